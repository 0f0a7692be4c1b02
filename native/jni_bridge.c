/* Java's side of the door: unpack, call, throw. No logic. */
#include <jni.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core_threads.h"
#include "hotspot/frame_walker.h"
#include "hotspot/vm.h"
#include "page_copy.h"
#include "process.h"
#include "sampler.h"
#include "spawn.h"
#include "standstill.h"
#include "unmounted_thread.h"

/* What the handle of a NativeTarget or NativeCore points to. */
typedef struct {
    const jt_memory *memory;
    jt_vm vm;
    jt_process *process; /* NULL: it is a core */
    jt_sampler *sampler;
    jt_native_frames *native; /* NULL: without --native */
    jt_core_file *core; /* NULL: it is a process */
    jt_core_threads *threads;
    jmethodID plan, identify; /* of HeapReader; NULL: not asked for yet */
    jt_page_copy *pages; /* NULL: it is a core; else what `memory` is */
    jt_unmounted *unmounted; /* NULL: not asked for yet */
    jt_standstill still; /* whose `threads` those are, of a process */
} target;

enum {
    MAX_READ = 64 << 20,
    MAX_NATIVE_NAME = 512 /* of C++ templates there are longer ones */
};

static target *unpack(jlong handle)
{
    return (target *)(intptr_t)handle;
}

static void throw_error(JNIEnv *env, const jt_error *err)
{
    const char *name = "org/jtrace/error/JtraceException";
    if (err->status == JT_NOT_PERMITTED)
        name = "org/jtrace/error/NotPermittedException";
    else if (err->status == JT_NO_TARGET)
        name = "org/jtrace/error/NoTargetException";
    else if (err->status == JT_UNSUPPORTED)
        name = "org/jtrace/error/UnsupportedVmException";
    else if (err->status == JT_GONE)
        name = "org/jtrace/error/TargetGoneException";
    jclass type = (*env)->FindClass(env, name);
    if (type != NULL)
        (*env)->ThrowNew(env, type, err->message);
}

static void free_target(target *t)
{
    if (t == NULL)
        return;
    jt_sampler_destroy(t->sampler);
    jt_native_frames_destroy(t->native);
    jt_core_threads_destroy(t->threads);
    jt_vm_close(&t->vm);
    jt_unmounted_destroy(t->unmounted);
    jt_standstill_free(&t->still);
    jt_page_copy_destroy(t->pages);
    jt_process_close(t->process);
    jt_core_file_close(t->core);
    free(t);
}

static jlong open_target(JNIEnv *env, jclass type, jint pid)
{
    (void)type;
    jt_error err = {0};
    char whose[32];
    snprintf(whose, sizeof whose, "process %d", pid);
    target *t = calloc(1, sizeof *t);
    int status = t == NULL ? jt_fail(&err, JT_NO_MEMORY, "out of memory") : JT_OK;
    if (status == JT_OK)
        status = jt_process_open(pid, &t->process, &err);
    if (status == JT_OK)
        status = jt_page_copy_create(jt_process_memory(t->process), &t->pages, &err);
    if (status == JT_OK) {
        t->memory = jt_page_copy_memory(t->pages);
        status = jt_vm_open(&t->vm, whose, t->memory, &err);
    }
    if (status == JT_OK)
        status = jt_sampler_create(t->process, &t->vm, &t->sampler, &err);
    if (status == JT_OK)
        return (jlong)(intptr_t)t;
    free_target(t);
    throw_error(env, &err);
    return 0;
}

static void close_target(JNIEnv *env, jclass type, jlong handle)
{
    (void)env, (void)type;
    free_target(unpack(handle));
}

static jboolean use_perf(JNIEnv *env, jclass type, jlong handle, jlong period_nanos, jboolean may_stop)
{
    (void)type;
    jt_error err = {0};
    bool with_kernel = false;
    jt_perf_stops stops = may_stop ? JT_STOPS_AS_LONG_AS_UNSAMPLED : JT_STOPS_NEVER;
    if (jt_sampler_use_perf(unpack(handle)->sampler, (uint64_t)period_nanos, stops, &with_kernel, &err) != JT_OK)
        throw_error(env, &err);
    return with_kernel;
}

/* A HeapReader of Java's, for the length of a part of a tick. Once it has thrown, it is not asked any more. */
typedef struct {
    jt_heap_reader base;
    JNIEnv *env;
    jobject reader;
    const target *of;
} java_heap_reader;

static size_t plan(const jt_heap_reader *self, jt_addr root, bool is_continuation, uint64_t *words, size_t capacity)
{
    const java_heap_reader *java = (const java_heap_reader *)self;
    JNIEnv *env = java->env;
    if ((*env)->ExceptionCheck(env))
        return 0;
    jlongArray array =
        (*env)->CallObjectMethod(env, java->reader, java->of->plan, (jlong)root, (jboolean)is_continuation);
    if (array == NULL || (*env)->ExceptionCheck(env))
        return 0;
    jsize length = (*env)->GetArrayLength(env, array);
    size_t count = (size_t)length <= capacity ? (size_t)length : 0;
    if (count > 0)
        (*env)->GetLongArrayRegion(env, array, 0, length, (jlong *)words);
    (*env)->DeleteLocalRef(env, array);
    return count;
}

static uint64_t identify(const jt_heap_reader *self, uint64_t reference, bool is_continuation)
{
    const java_heap_reader *java = (const java_heap_reader *)self;
    JNIEnv *env = java->env;
    if ((*env)->ExceptionCheck(env))
        return 0;
    jlong id = (*env)->CallLongMethod(env, java->reader, java->of->identify, (jlong)reference, (jboolean)is_continuation);
    return (*env)->ExceptionCheck(env) ? 0 : (uint64_t)id;
}

/* The methods are those of the interface, whatever object comes; looking them up takes longer than reading a part. */
static bool bind_heap_reader(JNIEnv *env, target *of, jobject reader, java_heap_reader *bound)
{
    *bound = (java_heap_reader){{plan, identify}, env, reader, of};
    if (of->identify != NULL)
        return true;
    jclass type = (*env)->FindClass(env, "org/jtrace/hotspot/HeapReader");
    of->plan = type == NULL ? NULL : (*env)->GetMethodID(env, type, "plan", "(JZ)[J");
    of->identify = of->plan == NULL ? NULL : (*env)->GetMethodID(env, type, "identify", "(JZ)J");
    return of->identify != NULL;
}

static jlongArray words_or_throw(JNIEnv *env, int status, const uint64_t *words, size_t count, const jt_error *err)
{
    if ((*env)->ExceptionCheck(env))
        return NULL;
    if (status != JT_OK) {
        throw_error(env, err);
        return NULL;
    }
    jlongArray result = (*env)->NewLongArray(env, (jsize)count);
    if (result != NULL)
        (*env)->SetLongArrayRegion(env, result, 0, (jsize)count, (const jlong *)words);
    return result;
}

typedef int take_part(jt_sampler *sampler, const uint64_t **words, size_t *count, jt_error *err);

static jlongArray part_of_tick(JNIEnv *env, jlong handle, jobject reader, take_part *take)
{
    java_heap_reader heap;
    if (reader != NULL && !bind_heap_reader(env, unpack(handle), reader, &heap))
        return NULL;
    jt_sampler_read_heap_by(unpack(handle)->sampler, reader == NULL ? NULL : &heap.base);
    jt_error err = {0};
    const uint64_t *words;
    size_t count;
    int status = take(unpack(handle)->sampler, &words, &count, &err);
    jt_sampler_read_heap_by(unpack(handle)->sampler, NULL);
    return words_or_throw(env, status, words, count, &err);
}

static jlongArray tick(JNIEnv *env, jclass type, jlong handle, jlong slots, jboolean of_all, jobject reader)
{
    (void)type;
    if (of_all)
        jt_sampler_want_all(unpack(handle)->sampler);
    jt_sampler_stand_for(unpack(handle)->sampler, (uint64_t)slots);
    return part_of_tick(env, handle, reader, jt_sampler_tick);
}

static jlongArray more(JNIEnv *env, jclass type, jlong handle, jobject reader)
{
    (void)type;
    return part_of_tick(env, handle, reader, jt_sampler_more);
}

static jlongArray look_again(JNIEnv *env, jclass type, jlong handle, jobject reader)
{
    (void)type;
    return part_of_tick(env, handle, reader, jt_sampler_look_again);
}

static jlongArray settle(JNIEnv *env, jclass type, jlong handle)
{
    (void)type;
    return part_of_tick(env, handle, NULL, jt_sampler_settle);
}

static jboolean undisturbed(JNIEnv *env, jclass type, jlong handle)
{
    (void)env, (void)type;
    return jt_sampler_undisturbed(unpack(handle)->sampler);
}

static void watch(JNIEnv *env, jclass type, jlong handle)
{
    (void)env, (void)type;
    jt_sampler_watch(unpack(handle)->sampler);
}

static jboolean is_java_thread(JNIEnv *env, jclass type, jlong handle, jint tid, jlong java_thread)
{
    (void)env, (void)type;
    return jt_sampler_is_java_thread(unpack(handle)->sampler, tid, (jt_addr)java_thread);
}

static jint read_memory(JNIEnv *env, jclass type, jlong handle, jlong address, jbyteArray into, jint offset,
                        jint length)
{
    (void)type;
    if (offset < 0 || length < 0 || length > MAX_READ || offset > (*env)->GetArrayLength(env, into) - length)
        return EINVAL;
    jbyte small[4096];
    jbyte *buffer = length <= (jint)sizeof small ? small : malloc((size_t)length);
    if (buffer == NULL)
        return ENOMEM;
    int status = jt_memory_read(unpack(handle)->memory, (jt_addr)address, buffer, (size_t)length);
    if (status == JT_OK)
        (*env)->SetByteArrayRegion(env, into, offset, length, buffer);
    if (buffer != small)
        free(buffer);
    return status == JT_OK ? 0 : EFAULT;
}

/* The bytes of a Java name as C text; NULL (exception pending) when out of memory. Release with release_text. */
static const char *text_of(JNIEnv *env, jstring string)
{
    return (*env)->GetStringUTFChars(env, string, NULL);
}

static void release_text(JNIEnv *env, jstring string, const char *text)
{
    if (text != NULL)
        (*env)->ReleaseStringUTFChars(env, string, text);
}

static jboolean find_field(JNIEnv *env, jclass type, jlong handle, jstring type_name, jstring field_name,
                           jlongArray static_and_offset, jobjectArray type_string)
{
    (void)type;
    jt_vm_field field;
    const char *of = text_of(env, type_name), *name = text_of(env, field_name);
    bool found = of != NULL && name != NULL && jt_vm_structs_field(unpack(handle)->vm.structs, of, name, &field);
    release_text(env, type_name, of);
    release_text(env, field_name, name);
    if (!found)
        return JNI_FALSE;
    jlong values[2] = {field.is_static, (jlong)field.offset_or_address};
    (*env)->SetLongArrayRegion(env, static_and_offset, 0, 2, values);
    jstring text = (*env)->NewStringUTF(env, field.type_string);
    if (text != NULL)
        (*env)->SetObjectArrayElement(env, type_string, 0, text);
    return JNI_TRUE;
}

static jlong type_size(JNIEnv *env, jclass type, jlong handle, jstring type_name)
{
    (void)type;
    uint64_t size = 0;
    const char *name = text_of(env, type_name);
    bool found = name != NULL && jt_vm_structs_type_size(unpack(handle)->vm.structs, name, &size);
    release_text(env, type_name, name);
    return found ? (jlong)size : -1;
}

static jboolean find_constant(JNIEnv *env, jclass type, jlong handle, jstring constant_name, jlongArray value)
{
    (void)type;
    int64_t found_value = 0;
    const char *name = text_of(env, constant_name);
    bool found = name != NULL && jt_vm_structs_constant(unpack(handle)->vm.structs, name, &found_value);
    release_text(env, constant_name, name);
    jlong out = found_value;
    if (found)
        (*env)->SetLongArrayRegion(env, value, 0, 1, &out);
    return found;
}

static jbyteArray bytes_of(JNIEnv *env, const char *text)
{
    jsize length = (jsize)strlen(text);
    jbyteArray bytes = (*env)->NewByteArray(env, length);
    if (bytes != NULL)
        (*env)->SetByteArrayRegion(env, bytes, 0, length, (const jbyte *)text);
    return bytes;
}

static jbyteArray comm(JNIEnv *env, jclass type, jlong handle, jint tid)
{
    (void)type;
    char name[64];
    jt_task *task;
    if (jt_task_open(unpack(handle)->process, tid, &task, NULL) != JT_OK)
        return NULL;
    int status = jt_task_read_comm(task, name, sizeof name);
    jt_task_close(task);
    return status == JT_OK ? bytes_of(env, name) : NULL;
}

static jlong cpu_nanos(JNIEnv *env, jclass type, jlong handle)
{
    (void)env, (void)type;
    uint64_t nanos;
    return jt_process_cpu_nanos(unpack(handle)->process, &nanos) == JT_OK ? (jlong)nanos : -1;
}

static jboolean alive(JNIEnv *env, jclass type, jlong handle)
{
    (void)env, (void)type;
    return jt_process_alive(unpack(handle)->process);
}

static jobjectArray names(JNIEnv *env, const char *(*name)(int), int count)
{
    jclass string = (*env)->FindClass(env, "java/lang/String");
    jobjectArray array = string == NULL ? NULL : (*env)->NewObjectArray(env, count, string, NULL);
    for (int i = 0; array != NULL && i < count; i++) {
        jstring text = (*env)->NewStringUTF(env, name(i));
        if (text == NULL)
            return NULL;
        (*env)->SetObjectArrayElement(env, array, i, text);
        (*env)->DeleteLocalRef(env, text);
    }
    return array;
}

static jobjectArray frame_kinds(JNIEnv *env, jclass type)
{
    (void)type;
    return names(env, jt_frame_kind_name, JT_FRAME_KIND_COUNT);
}

static jobjectArray walk_statuses(JNIEnv *env, jclass type)
{
    (void)type;
    return names(env, jt_walk_status_label, JT_WALK_STATUS_COUNT);
}

static void free_strings(char **strings)
{
    for (size_t i = 0; strings != NULL && strings[i] != NULL; i++)
        free(strings[i]);
    free(strings);
}

/* byte[][] as a NULL-terminated array of C strings. */
static char **strings_of(JNIEnv *env, jobjectArray arrays)
{
    jsize count = (*env)->GetArrayLength(env, arrays);
    char **strings = calloc((size_t)count + 1, sizeof *strings);
    for (jsize i = 0; strings != NULL && i < count; i++) {
        jbyteArray bytes = (*env)->GetObjectArrayElement(env, arrays, i);
        jsize length = (*env)->GetArrayLength(env, bytes);
        strings[i] = calloc((size_t)length + 1, 1);
        if (strings[i] == NULL) {
            free_strings(strings);
            return NULL;
        }
        (*env)->GetByteArrayRegion(env, bytes, 0, length, (jbyte *)strings[i]);
        (*env)->DeleteLocalRef(env, bytes);
    }
    return strings;
}

static void show_native(JNIEnv *env, jclass type, jlong handle, jobjectArray library)
{
    (void)type;
    target *t = unpack(handle);
    jt_error err = {0};
    char **names = strings_of(env, library);
    int status = names != NULL ? jt_native_frames_create(names[0], t->process, &t->native, &err)
                               : jt_fail(&err, JT_NO_MEMORY, "out of memory");
    free_strings(names);
    if (status == JT_OK)
        jt_sampler_show_native(t->sampler, t->native);
    else
        throw_error(env, &err);
}

static void show_kernel(JNIEnv *env, jclass type, jlong handle)
{
    (void)env, (void)type;
    jt_sampler_show_kernel(unpack(handle)->sampler);
}

static jbyteArray native_name(JNIEnv *env, jclass type, jlong handle, jlong pc, jlongArray range)
{
    (void)type;
    char name[MAX_NATIVE_NAME];
    jt_addr bounds[2];
    if (!jt_native_frames_name(unpack(handle)->native, (jt_addr)pc, name, sizeof name, &bounds[0], &bounds[1]))
        return NULL;
    (*env)->SetLongArrayRegion(env, range, 0, 2, (const jlong *)bounds);
    return bytes_of(env, name);
}

static jint spawn(JNIEnv *env, jclass type, jobjectArray argv, jobjectArray envp)
{
    (void)type;
    jt_error err = {0};
    int pid = -1;
    char **arguments = strings_of(env, argv), **environment = strings_of(env, envp);
    int status = arguments != NULL && environment != NULL ? jt_spawn(arguments, environment, &pid, &err)
                                                          : jt_fail(&err, JT_NO_MEMORY, "out of memory");
    free_strings(arguments);
    free_strings(environment);
    if (status != JT_OK)
        throw_error(env, &err);
    return pid;
}

static jint spawn_poll(JNIEnv *env, jclass type, jint pid)
{
    (void)env, (void)type;
    int exit_status;
    return jt_spawn_poll(pid, &exit_status) == 1 ? exit_status : -1;
}

static jboolean is_terminal(JNIEnv *env, jclass type, jint descriptor)
{
    (void)env, (void)type;
    return isatty(descriptor) == 1;
}

static jint terminal_columns(JNIEnv *env, jclass type, jint descriptor)
{
    (void)env, (void)type;
    struct winsize size;
    return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static int open_core_target(target *t, char *const *names, jt_error *err)
{
    enum { FILE_NAME, SYSROOT, EXE };
    jt_core_places places = {names[SYSROOT][0] == '\0' ? NULL : names[SYSROOT],
                             names[EXE][0] == '\0' ? NULL : names[EXE]};
    int status = jt_core_file_open(names[FILE_NAME], &places, &t->core, err);
    if (status != JT_OK)
        return status;
    t->memory = jt_core_file_memory(t->core);
    status = jt_core_open_vm(t->core, names[FILE_NAME], &t->vm, err);
    return status == JT_OK ? jt_core_threads_create(t->core, &t->vm, &t->threads, err) : status;
}

static jlong open_core(JNIEnv *env, jclass type, jobjectArray file_names)
{
    (void)type;
    jt_error err = {0};
    target *t = calloc(1, sizeof *t);
    char **names = strings_of(env, file_names);
    int status = t != NULL && names != NULL ? open_core_target(t, names, &err)
                                            : jt_fail(&err, JT_NO_MEMORY, "out of memory");
    free_strings(names);
    if (status == JT_OK)
        return (jlong)(intptr_t)t;
    free_target(t);
    throw_error(env, &err);
    return 0;
}

static jlongArray core_part(JNIEnv *env, jclass type, jlong handle, jboolean first, jobject reader)
{
    (void)type;
    jt_core_threads *threads = unpack(handle)->threads;
    java_heap_reader heap;
    if (reader != NULL && !bind_heap_reader(env, unpack(handle), reader, &heap))
        return NULL;
    jt_error err = {0};
    const uint64_t *words;
    size_t count;
    if (first)
        jt_core_threads_rewind(threads);
    jt_core_threads_read_heap_by(threads, reader == NULL ? NULL : &heap.base);
    int status = jt_core_threads_next(threads, &words, &count, &err);
    jt_core_threads_read_heap_by(threads, NULL);
    return words_or_throw(env, status, words, count, &err);
}

static jint core_pid(JNIEnv *env, jclass type, jlong handle)
{
    (void)env, (void)type;
    return jt_core_file_pid(unpack(handle)->core);
}

static jboolean core_inner_ids(JNIEnv *env, jclass type, jlong handle)
{
    (void)env, (void)type;
    return jt_core_threads_inner_ids(unpack(handle)->threads);
}

static jlong core_written(JNIEnv *env, jclass type, jlong handle)
{
    (void)env, (void)type;
    return jt_core_file_written_millis(unpack(handle)->core);
}

static jbyteArray core_missing(JNIEnv *env, jclass type, jlong handle, jint index)
{
    (void)type;
    char line[1024];
    return jt_core_threads_missing(unpack(handle)->threads, (size_t)index, line, sizeof line) ? bytes_of(env, line) : NULL;
}

static void keep_reads(JNIEnv *env, jclass type, jlong handle, jboolean on)
{
    (void)env, (void)type;
    target *t = unpack(handle);
    if (t->process == NULL || t->threads != NULL)
        return; /* nothing changes there */
    if (on)
        jt_page_copy_keep(t->pages);
    else
        jt_page_copy_pass(t->pages);
}

enum { MAX_PLAN_WORDS = JT_FROZEN_PLAN_WORDS };

static jlongArray walk_frozen(JNIEnv *env, jclass type, jlong handle, jlongArray plan)
{
    (void)type;
    target *t = unpack(handle);
    jt_error err = {0};
    jlong planned[MAX_PLAN_WORDS];
    jsize length = (*env)->GetArrayLength(env, plan);
    jsize taken = length <= MAX_PLAN_WORDS ? length : 0;
    const uint64_t *words = NULL;
    size_t count = 0;
    (*env)->GetLongArrayRegion(env, plan, 0, taken, planned);
    int status = t->unmounted != NULL ? JT_OK : jt_unmounted_create(&t->vm, &t->unmounted, &err);
    if (status == JT_OK)
        status = jt_unmounted_walk(t->unmounted, (const uint64_t *)planned, (size_t)taken, &words, &count, &err);
    return words_or_throw(env, status, words, count, &err);
}

static void note_reads(JNIEnv *env, jclass type, jlong handle)
{
    (void)env, (void)type;
    jt_page_copy_note(unpack(handle)->pages);
}

static jlong stand_still(JNIEnv *env, jclass type, jlong handle)
{
    (void)type;
    target *t = unpack(handle);
    jt_error err = {0};
    jt_core_threads_destroy(t->threads);
    t->threads = NULL;
    jt_standstill_free(&t->still);
    int status = jt_standstill_take(t->process, &t->vm, t->pages, &t->still, &err);
    if (status == JT_OK)
        status = jt_core_threads_create_of(t->still.threads, t->still.count, &t->vm, &t->threads, &err);
    if (status != JT_OK)
        throw_error(env, &err);
    return (jlong)t->still.stop_nanos;
}

static jint late_reads(JNIEnv *env, jclass type, jlong handle)
{
    (void)env, (void)type;
    return (jint)jt_page_copy_late(unpack(handle)->pages);
}

static jlongArray still_part(JNIEnv *env, jclass type, jlong handle, jboolean first, jobject reader)
{
    jt_standstill_release_late(&unpack(handle)->still);
    return core_part(env, type, handle, first, reader);
}

static const JNINativeMethod vm_methods[] = {
    {"close0", "(J)V", (void *)close_target},
    {"read0", "(JJ[BII)I", (void *)read_memory},
    {"keepReads0", "(JZ)V", (void *)keep_reads},
    {"walkFrozen0", "(J[J)[J", (void *)walk_frozen},
    {"field0", "(JLjava/lang/String;Ljava/lang/String;[J[Ljava/lang/String;)Z", (void *)find_field},
    {"typeSize0", "(JLjava/lang/String;)J", (void *)type_size},
    {"constant0", "(JLjava/lang/String;[J)Z", (void *)find_constant},
};

static const JNINativeMethod core_methods[] = {
    {"open0", "([[B)J", (void *)open_core},
    {"part0", "(JZLorg/jtrace/hotspot/HeapReader;)[J", (void *)core_part},
    {"pid0", "(J)I", (void *)core_pid},
    {"innerIds0", "(J)Z", (void *)core_inner_ids},
    {"writtenMillis0", "(J)J", (void *)core_written},
    {"missing0", "(JI)[B", (void *)core_missing},
};

static const JNINativeMethod target_methods[] = {
    {"open0", "(I)J", (void *)open_target},
    {"usePerf0", "(JJZ)Z", (void *)use_perf},
    {"showNative0", "(J[[B)V", (void *)show_native},
    {"showKernel0", "(J)V", (void *)show_kernel},
    {"nativeName0", "(JJ[J)[B", (void *)native_name},
    {"noteReads0", "(J)V", (void *)note_reads},
    {"standStill0", "(J)J", (void *)stand_still},
    {"stillPart0", "(JZLorg/jtrace/hotspot/HeapReader;)[J", (void *)still_part},
    {"lateReads0", "(J)I", (void *)late_reads},
    {"tick0", "(JJZLorg/jtrace/hotspot/HeapReader;)[J", (void *)tick},
    {"more0", "(JLorg/jtrace/hotspot/HeapReader;)[J", (void *)more},
    {"lookAgain0", "(JLorg/jtrace/hotspot/HeapReader;)[J", (void *)look_again},
    {"settle0", "(J)[J", (void *)settle},
    {"undisturbed0", "(J)Z", (void *)undisturbed},
    {"watch0", "(J)V", (void *)watch},
    {"isJavaThread0", "(JIJ)Z", (void *)is_java_thread},
    {"comm0", "(JI)[B", (void *)comm},
    {"cpuNanos0", "(J)J", (void *)cpu_nanos},
    {"alive0", "(J)Z", (void *)alive},
    {"frameKinds0", "()[Ljava/lang/String;", (void *)frame_kinds},
    {"walkStatuses0", "()[Ljava/lang/String;", (void *)walk_statuses},
};

static const JNINativeMethod command_methods[] = {
    {"spawn0", "([[B[[B)I", (void *)spawn},
    {"spawnPoll0", "(I)I", (void *)spawn_poll},
};

static const JNINativeMethod terminal_methods[] = {
    {"isTerminal0", "(I)Z", (void *)is_terminal},
    {"terminalColumns0", "(I)I", (void *)terminal_columns},
};

static bool register_methods(JNIEnv *env, const char *class_name, const JNINativeMethod *methods, jint count)
{
    jclass type = (*env)->FindClass(env, class_name);
    return type != NULL && (*env)->RegisterNatives(env, type, methods, count) == 0;
}

#define COUNT(array) (jint)(sizeof(array) / sizeof((array)[0]))

JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM *vm, void *reserved)
{
    (void)reserved;
    JNIEnv *env;
    if ((*vm)->GetEnv(vm, (void **)&env, JNI_VERSION_10) != JNI_OK ||
        !register_methods(env, "org/jtrace/nativelib/NativeVm", vm_methods, COUNT(vm_methods)) ||
        !register_methods(env, "org/jtrace/nativelib/NativeCore", core_methods, COUNT(core_methods)) ||
        !register_methods(env, "org/jtrace/nativelib/NativeTarget", target_methods, COUNT(target_methods)) ||
        !register_methods(env, "org/jtrace/nativelib/NativeCommand", command_methods, COUNT(command_methods)) ||
        !register_methods(env, "org/jtrace/nativelib/NativeTerminal", terminal_methods, COUNT(terminal_methods)))
        return JNI_ERR;
    return JNI_VERSION_10;
}
