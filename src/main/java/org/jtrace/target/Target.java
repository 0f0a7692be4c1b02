package org.jtrace.target;

import java.util.List;
import org.jtrace.profile.Frame;

/** A process that is sampled, as the sampler sees it: ticks, and names for what is in them. For one thread only. */
public interface Target {
    int pid();

    /** Command line, cleaned of control characters. */
    String command();

    /** Name and release of its VM; empty when not known. */
    String vm();

    /** What cannot be told about this VM, each as a short phrase ("line numbers"). */
    List<String> missing();

    /**
     * Running threads are sampled by the kernel from now on. Before the first tick.
     *
     * @param periodNanos CPU time of a thread between two of its samples
     * @param mayStop a thread that runs is stopped as long as the kernel does not sample it: when it is met for the first
     *         time, and where there is no event for it. Else nobody is
     * @return whether time in the kernel is sampled, too
     * @throws org.jtrace.error.NotPermittedException when the kernel refuses, or with {@code mayStop} does not sample
     *         time in the kernel
     */
    boolean usePerf(long periodNanos, boolean mayStop);

    /** Samples that the kernel takes in itself show its frames. Before {@link #usePerf}, which may refuse it then. */
    default void showKernel() {
        throw new UnsupportedOperationException("only a process runs in the kernel");
    }

    /**
     * Native frames are shown from now on, too. Before the first tick.
     *
     * @throws org.jtrace.error.JtraceException when what it takes is not installed, and what to do about it
     */
    default void showNative() {
        throw new UnsupportedOperationException("only a process has native frames to show");
    }

    /**
     * Classes that the JDK makes while it runs are named without the numbers that differ from run to run. Before the
     * first tick.
     */
    default void leaveOutNumbers() {}

    /**
     * Begins to look at every thread, and gives the first part of what is seen, as native/sampler.h lays it out. A part
     * ends with a thread whose frames are to be named before the next one is looked at. A thread that did not run may be
     * left out: its next record stands for more than one tick then.
     *
     * @param slots ticks that this one is for idle threads: more than one when some were missed before it
     * @throws org.jtrace.error.TargetGoneException when the process ended
     */
    long[] tick(long slots);

    /** The next part. */
    long[] more();

    /** Looks again at the last thread of the last part, and gives a part with it alone. */
    long[] lookAgain();

    /** After the last tick, even when the process has ended: the samples of threads that were left out since. */
    long[] settle();

    /**
     * Whether names that were given since the last part came are certain to be those of the code that was seen: they
     * were known before, or nothing was unloaded since that look began.
     */
    boolean namesAreCertain();

    /** Whether nothing can have been unloaded since the last look at a thread began. */
    boolean undisturbed();

    boolean alive();

    /**
     * Null when it cannot be read now: the thread is starting or ending, or a collection is moving its name. Not to be
     * asked between the look at a thread and {@link #namesAreCertain()}.
     */
    String javaThreadName(int tid, long javaThread);

    /** The name of a virtual thread that the last tick found mounted, or what stands for it. */
    String virtualThreadName(long id);

    /** What the kernel calls it, at most 15 bytes: for a thread that Java does not know. Never empty. */
    String kernelThreadName(int tid);

    /** Adds the method of an interpreted frame. */
    void resolveInterpreted(long methodAddress, int identity, int bci, List<Frame> leafFirst);

    /** Adds the methods of a compiled frame, inlined ones first. */
    void resolveCompiled(long nmethodAddress, int compileId, int pcOffset, List<Frame> leafFirst);

    /**
     * Adds the function that a pc lies in.
     *
     * @param identity a number that changes when other code may lie there
     */
    default void resolveNativeCode(long pc, int identity, List<Frame> leafFirst) {
        throw new UnsupportedOperationException("nobody asked for native frames");
    }

    /** Adds the kernel's function at an address, without its highest byte. */
    default void resolveKernelCode(long address, List<Frame> leafFirst) {
        throw new UnsupportedOperationException("nobody asked for the kernel's frames");
    }

    /** Adds the native method that a wrapper belongs to. */
    void resolveNativeWrapper(long nmethodAddress, int compileId, List<Frame> leafFirst);
}
