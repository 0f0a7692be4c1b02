package org.jtrace.dump;

/**
 * What a thread cannot go on without.
 *
 * @param monitor address of the VM's ObjectMonitor; 0 for a synchronizer of java.util.concurrent
 * @param fromJava false when it is entered by JNI
 * @param owner address of the JavaThread that has it; null when nobody has, or that is not known
 */
public record LockWait(long monitor, boolean fromJava, LockObject object, Long owner) {}
