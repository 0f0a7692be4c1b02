package org.jtrace.targets;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.lang.reflect.Method;
import java.util.Optional;

/**
 * A thread that goes from Java through the C library's {@code bsearch} to Java and back, several calls deep, by the
 * foreign function interface of 22 on. That is found by reflection, as this program is compiled for 8.
 */
public final class Upcalls implements Runnable {
    private static final int DEPTH = 1;
    private static final long ELEMENTS = 3;
    /** Not null; nobody reads there. */
    private static final long NOWHERE = 4096;
    private static final Search SEARCH = new Search();

    private volatile int sink;

    private Upcalls() {
    }

    public static void main(String[] args) {
        Target.daemon("upcalls", new Upcalls());
        Target.endWithInput();
        Target.ready();
        Block.forever();
    }

    @Override
    public void run() {
        for (int seed = 1;; seed++) {
            sink = SEARCH.search(seed, DEPTH);
        }
    }

    /** Called by {@code bsearch} with what is sought, here no address but two numbers, and an element's address. */
    static int compare(long sought, long element) {
        int depth = (int) (sought & 7);
        int seed = (int) (sought >>> 3);
        if (depth == 0) {
            return mix(seed, element);
        }
        return SEARCH.search(seed ^ (int) element, depth - 1) | 1;
    }

    private static int mix(int seed, long element) {
        int mixed = seed;
        for (int i = 0; i < 5; i++) {
            mixed = mixed * 31 + (int) (element >>> i);
        }
        return mixed | 1;
    }

    /** {@code bsearch} with a comparison that is {@link #compare}. */
    private static final class Search {
        private final MethodHandle bsearch;
        private final long comparison;

        Search() {
            try {
                Object linker = call(type("Linker"), "nativeLinker", null);
                Object lookup = call(type("Linker"), "defaultLookup", linker);
                Object symbol = ((Optional<?>) call(type("SymbolLookup"), "find", lookup, "bsearch")).get();
                Object number = type("ValueLayout").getField("JAVA_LONG").get(null);
                Object small = type("ValueLayout").getField("JAVA_INT").get(null);
                bsearch = (MethodHandle) call(type("Linker"), "downcallHandle", linker, symbol,
                        function(number, number, number, number, number, number), none("Linker$Option"));
                comparison = (long) call(type("MemorySegment"), "address",
                        call(type("Linker"), "upcallStub", linker, target(), function(small, number, number),
                                call(type("Arena"), "global", null), none("Linker$Option")));
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        }

        int search(int seed, int depth) {
            try {
                return (int) (long) bsearch.invokeExact((long) seed << 3 | depth, NOWHERE, ELEMENTS, 8L, comparison);
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
        }

        private static MethodHandle target() throws ReflectiveOperationException {
            return MethodHandles.lookup().findStatic(Upcalls.class, "compare",
                    MethodType.methodType(int.class, long.class, long.class));
        }

        private static Object function(Object result, Object... arguments) throws ReflectiveOperationException {
            Object layouts = Array.newInstance(type("MemoryLayout"), arguments.length);
            for (int i = 0; i < arguments.length; i++) {
                Array.set(layouts, i, arguments[i]);
            }
            return call(type("FunctionDescriptor"), "of", null, result, layouts);
        }

        private static Object none(String type) throws ReflectiveOperationException {
            return Array.newInstance(type(type), 0);
        }

        private static Class<?> type(String name) throws ReflectiveOperationException {
            return Class.forName("java.lang.foreign." + name);
        }

        /** The method of that name which takes these arguments. */
        private static Object call(Class<?> type, String name, Object receiver, Object... arguments)
                throws ReflectiveOperationException {
            for (Method method : type.getMethods()) {
                if (method.getName().equals(name) && takes(method, arguments)) {
                    return method.invoke(receiver, arguments);
                }
            }
            throw new NoSuchMethodException(type + "." + name);
        }

        private static boolean takes(Method method, Object... arguments) {
            Class<?>[] types = method.getParameterTypes();
            boolean all = types.length == arguments.length;
            for (int i = 0; all && i < types.length; i++) {
                all = types[i].isInstance(arguments[i]);
            }
            return all;
        }
    }
}
