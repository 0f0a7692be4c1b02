package org.jtrace.targets;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.security.AccessController;
import java.security.PrivilegedAction;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import java.util.function.IntUnaryOperator;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The kinds of calls that lead to a blocked frame. */
final class Calls {
    private static final int REFLECTIVE_CALLS_UNTIL_GENERATED = 16;

    private Calls() {
    }

    static void addTo(BlockedThreads all) throws Exception {
        addRecursion(all);
        addLambdas(all);
        addReflection(all);
        addMethodHandles(all);
        addInitialisers(all);
        addDispatch(all);
        addExceptions(all);
        addUpcalls(all);
        all.add(new RunOverridden());
    }

    private static void addRecursion(BlockedThreads all) {
        all.add("recursion", () -> recurse(300));
        all.add("mutual recursion", () -> even(301));
    }

    private static int recurse(int depth) {
        if (depth == 0) {
            return Block.forever();
        }
        return depth
                + recurse(depth - 1);
    }

    private static int even(int depth) {
        return depth == 0 ? Block.forever() : odd(depth - 1) + 1;
    }

    private static int odd(int depth) {
        return depth == 0 ? Block.forever() : even(depth - 1) - 1;
    }

    private static void addLambdas(BlockedThreads all) {
        all.add("lambda", () -> {
            int captured = Thread.currentThread().getName().length();
            IntUnaryOperator operator = x -> x + captured + Block.forever();
            operator.applyAsInt(1);
        });
        all.add("lambdas composed", () -> {
            Function<Integer, Integer> first = x -> x + 1;
            first.andThen(x -> x * 2).compose((Integer x) -> x + Block.forever()).apply(1);
        });
        all.add("method reference", () -> {
            Supplier<Integer> supplier = Block::forever;
            supplier.get();
        });
        all.add("stream", () -> IntStream.range(0, 100).filter(x -> x % 3 == 0).mapToObj(Integer::toString)
                .map(text -> text.length() == 2 ? Block.forever() : 0).collect(Collectors.toList()));
        all.add("stream flat", () -> Arrays.asList(1, 2, 3).stream()
                .flatMap(x -> IntStream.range(0, x).boxed())
                .sorted(Comparator.comparing(x -> x == 2 ? Block.forever() : x))
                .forEach(x -> { }));
        all.add("map compute", () -> new HashMap<String, Integer>()
                .computeIfAbsent("key", key -> Block.forever()));
        all.add("tree map comparator", () -> {
            Map<String, String> map = new TreeMap<>((a, b) -> a.equals(b) ? 0 : Block.forever());
            map.put("a", "1");
            map.put("b", "2");
        });
    }

    private static void addReflection(BlockedThreads all) throws Exception {
        Method method = Calls.class.getDeclaredMethod("reflected", boolean.class);
        all.add("reflection once", () -> method.invoke(null, true));
        Method oftenCalled = Calls.class.getDeclaredMethod("reflected", boolean.class);
        for (int i = 0; i < 2 * REFLECTIVE_CALLS_UNTIL_GENERATED; i++) {
            oftenCalled.invoke(null, false);
        }
        all.add("reflection generated", () -> oftenCalled.invoke(null, true));
        all.add("reflection constructor",
                () -> Constructed.class.getDeclaredConstructor(boolean.class).newInstance(true));
        all.add("proxy", () -> {
            InvocationHandler handler = (proxy, called, args) -> Block.forever();
            Comparable<?> proxy = (Comparable<?>) Proxy.newProxyInstance(Calls.class.getClassLoader(),
                    new Class<?>[] {Comparable.class}, handler);
            proxy.compareTo(null);
        });
    }

    private static int reflected(boolean block) {
        return block ? Block.forever() : 1;
    }

    private static void addMethodHandles(BlockedThreads all) throws Exception {
        MethodHandle handle = MethodHandles.lookup()
                .findStatic(Calls.class, "reflected", MethodType.methodType(int.class, boolean.class));
        all.add("method handle exact", () -> exact(handle));
        all.add("method handle generic", () -> anyType(handle));
        MethodHandle bound = MethodHandles.lookup()
                .findVirtual(Calls.class, "virtual", MethodType.methodType(int.class, int.class)).bindTo(new Calls());
        all.add("method handle bound", () -> exactInt(bound));
        all.add("method handle adapted", () -> exactInt(MethodHandles.dropArguments(
                MethodHandles.insertArguments(handle, 0, true), 0, int.class)));
    }

    private static int exact(MethodHandle handle) throws Exception {
        try {
            return (int) handle.invokeExact(true);
        } catch (Throwable e) {
            throw new Exception(e);
        }
    }

    private static Object anyType(MethodHandle handle) throws Exception {
        try {
            return handle.invoke((Boolean) true);
        } catch (Throwable e) {
            throw new Exception(e);
        }
    }

    private static int exactInt(MethodHandle handle) throws Exception {
        try {
            return (int) handle.invokeExact(1);
        } catch (Throwable e) {
            throw new Exception(e);
        }
    }

    private int virtual(int x) {
        return x + Block.forever();
    }

    private static void addInitialisers(BlockedThreads all) {
        all.add("constructor", () -> new ConstructedBelow(true));
        all.add("instance initialiser", InstanceInitialised::new);
        CountDownLatch initialising = StaticInitialised.BEGUN;
        all.add("static initialiser", () -> StaticInitialised.Inner.touch());
        all.addRunnable("waits for static initialiser", () -> {
            initialising.await();
            Block.arriving();
            StaticInitialised.Inner.touch();
        });
        all.add("class for name", () -> Class.forName("org.jtrace.targets.Calls$NamedOnly"));
        all.add("interface initialiser", () -> InterfaceInitialised.VALUE.toString());
    }

    private static class Constructed {
        Constructed(boolean block) {
            if (block) {
                Block.forever();
            }
        }
    }

    private static final class ConstructedBelow extends Constructed {
        ConstructedBelow(boolean block) {
            super(block);
        }
    }

    private static final class InstanceInitialised {
        private final int value = Block.forever();

        @Override
        public String toString() {
            return "never made: " + value;
        }
    }

    private static final class StaticInitialised {
        static final CountDownLatch BEGUN = new CountDownLatch(1);

        static final class Inner {
            static {
                BEGUN.countDown();
                Block.forever();
            }

            static void touch() {
                Target.say("initialised");
            }
        }
    }

    private interface InterfaceInitialised {
        Integer VALUE = Block.forever();
    }

    private static final class NamedOnly {
        static {
            Block.forever();
        }
    }

    private static void addDispatch(BlockedThreads all) {
        Shape[] shapes = {new Square(), new Circle(), new Triangle(), new Blocking()};
        all.add("interface call", () -> {
            for (Shape shape : shapes) {
                shape.area();
            }
        });
        all.add("default method", () -> shapes[3].twice());
        all.add("virtual call", () -> {
            for (Shape shape : shapes) {
                ((Figure) shape).name();
            }
        });
        all.add("bridge", () -> bridged(new Identity()));
        all.add("unicode method", Calls::gr\u00f6\u00dfe\u6771);
        all.add("many lines", () -> ManyLines.block(5));
    }

    private static void bridged(Function<Integer, Integer> function) {
        function.apply(1);
    }

    private static void gr\u00f6\u00dfe\u6771() {
        Block.forever();
    }

    private interface Shape {
        int area();

        default int twice() {
            return 2 * area();
        }
    }

    private abstract static class Figure implements Shape {
        String name() {
            return getClass().getSimpleName() + area();
        }
    }

    private static final class Square extends Figure {
        @Override
        public int area() {
            return 1;
        }
    }

    private static final class Circle extends Figure {
        @Override
        public int area() {
            return 2;
        }
    }

    private static final class Triangle extends Figure {
        @Override
        public int area() {
            return 3;
        }
    }

    private static final class Blocking extends Figure {
        @Override
        public int area() {
            return Block.forever();
        }
    }

    private static final class Identity implements Function<Integer, Integer> {
        @Override
        public Integer apply(Integer x) {
            return x + Block.forever();
        }
    }

    private static void addExceptions(BlockedThreads all) {
        all.add("finally", Calls::blockInFinally);
        all.add("catch", Calls::blockInCatch);
        all.add("exception message", () -> {
            throw new MessageBlocks();
        });
        Thread uncaught = new Thread(() -> {
            throw new IllegalStateException("expected by the test");
        }, "uncaught exception handler");
        uncaught.setUncaughtExceptionHandler((thread, exception) -> Block.forever());
        all.add(uncaught);
    }

    private static void blockInFinally() {
        try {
            Integer.parseInt("not a number");
        } finally {
            Block.forever();
        }
    }

    private static void blockInCatch() {
        int[] nothing = null;
        try {
            nothing[0]++;
        } catch (NullPointerException e) {
            Block.forever();
        }
    }

    private static final class MessageBlocks extends Exception {
        private static final long serialVersionUID = 1;

        @Override
        public synchronized Throwable fillInStackTrace() {
            Block.forever();
            return this;
        }
    }

    @SuppressWarnings("removal")
    private static void addUpcalls(BlockedThreads all) throws Exception {
        all.add("privileged",
                () -> AccessController.doPrivileged((PrivilegedAction<Integer>) Block::forever));
        all.add("class loader", () -> {
            try (ClassLoaderThatBlocks loader = new ClassLoaderThatBlocks()) {
                Method refer =
                        loader.loadClass("org.jtrace.targets.Calls$RefersToOther").getDeclaredMethod("refer");
                refer.setAccessible(true);
                refer.invoke(null);
            }
        });
        byte[] serialised = serialise(new BlocksWhenRead());
        all.add("deserialisation",
                () -> new ObjectInputStream(new ByteArrayInputStream(serialised)).readObject());
    }

    private static byte[] serialise(Object object) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        new ObjectOutputStream(bytes).writeObject(object);
        return bytes.toByteArray();
    }

    private static final class BlocksWhenRead implements Serializable {
        private static final long serialVersionUID = 1;

        private void readObject(ObjectInputStream in) {
            Block.forever();
        }
    }

    /** Resolving its constant calls the class loader from inside the VM. */
    static final class RefersToOther {
        static void refer() {
            List<Object> other = Arrays.asList(new Other());
            Target.say(other.toString());
        }
    }

    static final class Other {
    }

    private static final class ClassLoaderThatBlocks extends ClassLoader implements AutoCloseable {
        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (name.endsWith("$Other")) {
                Block.forever();
            }
            return name.endsWith("$RefersToOther") ? define(name) : super.loadClass(name, resolve);
        }

        private Class<?> define(String name) throws ClassNotFoundException {
            String file = name.substring(name.lastIndexOf('.') + 1) + ".class";
            try (InputStream in = Calls.class.getResourceAsStream(file)) {
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                for (int b = in.read(); b >= 0; b = in.read()) {
                    bytes.write(b);
                }
                return defineClass(name, bytes.toByteArray(), 0, bytes.size());
            } catch (java.io.IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }

        @Override
        public void close() {
        }
    }

    private static final class RunOverridden extends Thread {
        RunOverridden() {
            super("run overridden");
        }

        @Override
        public void run() {
            Block.forever();
        }
    }
}
