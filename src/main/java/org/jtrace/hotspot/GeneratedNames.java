package org.jtrace.hotspot;

import java.util.List;

/**
 * Names of classes that the JDK makes while it runs, without what tells them apart within one run and means nothing
 * outside it. All names are as the VM has them, with slashes.
 */
final class GeneratedNames {
    /** Up to JDK 20 the number counts all lambdas of the run; from 21 on there is none. */
    private static final String LAMBDA = "$$Lambda";
    /** What calls a method or constructor that reflection has called often: its own name is on the next frame. */
    private static final List<String> ACCESSORS = List.of(
            "/reflect/GeneratedMethodAccessor",
            "/reflect/GeneratedConstructorAccessor",
            "/reflect/GeneratedSerializationConstructorAccessor");
    private static final List<String> ACCESSOR_PACKAGES = List.of("sun", "jdk/internal");

    private GeneratedNames() {}

    /**
     * A hidden class has its address behind its name ({@code Foo$$Lambda+0x00007f...}; '/' where HotSpot prints it),
     * which differs from run to run and would keep equal stacks apart.
     */
    static String withoutAddress(String className) {
        int i = className.length();
        while (i > 0 && Character.digit(className.charAt(i - 1), 16) >= 0) {
            i--;
        }
        boolean isAddress = i < className.length() && i > 3 && className.charAt(i - 1) == 'x'
                && className.charAt(i - 2) == '0' && (className.charAt(i - 3) == '+' || className.charAt(i - 3) == '/');
        return isAddress ? className.substring(0, i - 3) : className;
    }

    /**
     * {@code Foo$$Lambda$14} and {@code jdk/internal/reflect/GeneratedMethodAccessor27} lose their numbers. No other
     * class does: those of {@code $Proxy12}, say, are of different interfaces, which no other frame tells.
     */
    static String withoutNumber(String className) {
        int end = className.length();
        while (end > 0 && className.charAt(end - 1) >= '0' && className.charAt(end - 1) <= '9') {
            end--;
        }
        if (end == className.length()) {
            return className;
        }
        String name = className.substring(0, end);
        if (name.endsWith(LAMBDA + '$')) {
            return className.substring(0, end - 1);
        }
        return isAccessor(name) ? name : className;
    }

    private static boolean isAccessor(String name) {
        for (String accessor : ACCESSORS) {
            if (name.endsWith(accessor)
                    && ACCESSOR_PACKAGES.contains(name.substring(0, name.length() - accessor.length()))) {
                return true;
            }
        }
        return false;
    }
}
