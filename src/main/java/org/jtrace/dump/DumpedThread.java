package org.jtrace.dump;

import java.util.List;
import org.jtrace.profile.Frame;

/**
 * One thread of a dump. What is not known is null.
 *
 * @param java null for a thread that Java does not know
 * @param leafFirst markers included
 * @param problem why the stack is not complete, null when it is
 * @param locks null when they are not known
 */
public record DumpedThread(
        String name, Kernel kernel, Java java, List<Frame> leafFirst, String problem, ThreadLocks locks) {
    /** The same thread with its locks. */
    public DumpedThread with(ThreadLocks known) {
        return new DumpedThread(name, kernel, java, leafFirst, problem, known);
    }

    /**
     * What the kernel tells.
     *
     * @param tid as jtrace sees it
     * @param innerTid in the target's own pid namespace
     * @param state the kernel's letter; null when it was read of a core
     * @param waitChannel the kernel's function that it sleeps in; null when not asked for
     */
    public record Kernel(
            int tid, Integer innerTid, Character state, Integer nice, Long cpuNanos, Long ageMillis, String waitChannel) {}

    /**
     * What the VM and the Thread object tell.
     *
     * @param address of the JavaThread
     * @param id as Thread.getId() gives it
     * @param stackPointer of the last Java frame, 0 when there is none
     * @param mountedId of the virtual thread that it carries
     */
    public record Java(
            long address,
            Long id,
            Boolean daemon,
            Integer priority,
            ThreadState state,
            String osState,
            Long stackPointer,
            Long mountedId) {}
}
