package org.jtrace.dump;

/**
 * An object that threads synchronise on.
 *
 * @param address as it was when it was read: a collector may move it
 * @param className {@code java.lang.Object}, {@code [I}
 * @param represented the class that it stands for, when it is a java.lang.Class; null otherwise, or when not known
 */
public record LockObject(long address, String className, String represented) {}
