package org.jtrace.hotspot;

/** Names of Java threads, from their java.lang.Thread objects. */
public final class ThreadNames {
    ThreadNames(Memory memory, HotSpotLayout layout, Symbols symbols) {}

    /** null when it cannot be read: the thread is just starting or ending, or the collector is moving it. */
    public String name(long javaThreadAddress) {
        return null;
    }

    /** The name of the virtual thread that is mounted; null when none is, or when it has no name. */
    public String virtualThreadName(long javaThreadAddress) {
        return null;
    }
}
