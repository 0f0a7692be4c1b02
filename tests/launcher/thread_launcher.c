/* Runs a Java program as some native launchers do, by the JNI of a libjvm.so: the process's first thread starts another
 * one, which creates the JVM, and ends itself.
 *
 *   thread_launcher LIBJVM CLASSPATH MAIN/CLASS [OPTION...] */
#include <dlfcn.h>
#include <jni.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_OPTIONS = 32 };

typedef jint create_vm(JavaVM **, void **, void *);

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "thread_launcher: %s\n", what);
    exit(1);
}

static create_vm *load(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    create_vm *create = library != NULL ? (create_vm *)dlsym(library, "JNI_CreateJavaVM") : NULL;
    if (create == NULL)
        fail(dlerror());
    return create;
}

/* `arguments` from CLASSPATH on. */
static JNIEnv *start_vm(create_vm *create, JavaVM **vm, char **arguments)
{
    char class_path[4096];
    snprintf(class_path, sizeof class_path, "-Djava.class.path=%s", arguments[0]);
    JavaVMOption options[MAX_OPTIONS] = {{.optionString = class_path}};
    jint count = 1;
    for (char **option = arguments + 2; *option != NULL && count < MAX_OPTIONS; option++)
        options[count++].optionString = *option;
    JavaVMInitArgs init = {.version = JNI_VERSION_1_8, .nOptions = count, .options = options};
    JNIEnv *env;
    if (create(vm, (void **)&env, &init) != JNI_OK)
        fail("cannot create the JVM");
    return env;
}

static void call_main(JNIEnv *env, const char *name)
{
    jclass type = (*env)->FindClass(env, name);
    jmethodID method = type != NULL ? (*env)->GetStaticMethodID(env, type, "main", "([Ljava/lang/String;)V") : NULL;
    jclass string = (*env)->FindClass(env, "java/lang/String");
    if (method == NULL || string == NULL)
        fail("no such main class");
    (*env)->CallStaticVoidMethod(env, type, method, (*env)->NewObjectArray(env, 0, string, NULL));
    if ((*env)->ExceptionCheck(env))
        (*env)->ExceptionDescribe(env);
}

static void *run_java(void *arguments)
{
    char **argv = arguments;
    JavaVM *vm;
    JNIEnv *env = start_vm(load(argv[1]), &vm, argv + 2);
    call_main(env, argv[3]);
    (*vm)->DestroyJavaVM(vm);
    exit(0);
}

int main(int argc, char **argv)
{
    pthread_t thread;
    if (argc < 4)
        fail("usage: thread_launcher LIBJVM CLASSPATH MAIN/CLASS [OPTION...]");
    if (pthread_create(&thread, NULL, run_java, argv) != 0)
        fail("cannot start a thread");
    pthread_exit(NULL);
}
