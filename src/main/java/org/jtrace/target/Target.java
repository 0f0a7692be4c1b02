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
     * A look at every thread, as native/sampler.h lays it out.
     *
     * @throws org.jtrace.error.TargetGoneException when the process ended
     */
    long[] tick();

    boolean alive();

    /** Null when it cannot be read now: the thread is starting or ending, or a collection is moving its name. */
    String javaThreadName(long javaThread);

    /** The name of a virtual thread that the last tick found mounted, or what stands for it. */
    String virtualThreadName(long id);

    /** What the kernel calls it, at most 15 bytes: for a thread that Java does not know. Never empty. */
    String kernelThreadName(int tid);

    /** Adds the method of an interpreted frame. */
    void resolveInterpreted(long methodAddress, int identity, int bci, List<Frame> leafFirst);

    /** Adds the methods of a compiled frame, inlined ones first. */
    void resolveCompiled(long nmethodAddress, int compileId, int pcOffset, List<Frame> leafFirst);

    /** Adds the native method that a wrapper belongs to. */
    void resolveNativeWrapper(long nmethodAddress, int compileId, List<Frame> leafFirst);
}
