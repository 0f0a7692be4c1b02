package org.jtrace.targets;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;

/** Calls by reflection and by method handles. */
final class Reflection implements Busy.Work {
    private static volatile int sink;

    private final Method method;
    private final MethodHandle handle;

    Reflection() {
        try {
            method = Reflection.class.getDeclaredMethod("reflected", int.class);
            handle = MethodHandles.lookup()
                    .findStatic(Reflection.class, "handled", MethodType.methodType(int.class, int.class));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public List<String> calls() {
        return Arrays.asList("Reflection.go > Reflection.byMethod", "Reflection.go > Reflection.byHandle",
                "Reflection.byMethod > jdk", "Reflection.byMethod ~ Reflection.reflected",
                "Reflection.byHandle > jdk", "Reflection.byHandle ~ Reflection.handled",
                // A constant method handle is compiled into a direct call.
                "Reflection.byHandle > Reflection.handled");
    }

    @Override
    public void go(int seed) {
        try {
            sink = byMethod(seed) + byHandle(seed);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private int byMethod(int seed) throws ReflectiveOperationException {
        int sum = seed;
        for (int i = 0; i < 20; i++) {
            sum += (int) method.invoke(null, sum);
        }
        return sum;
    }

    private int byHandle(int seed) throws Throwable {
        int sum = seed;
        for (int i = 0; i < 100; i++) {
            sum += (int) handle.invokeExact(sum);
        }
        return sum;
    }

    private static int reflected(int x) {
        return x * 3;
    }

    private static int handled(int x) {
        return x * 5;
    }
}
