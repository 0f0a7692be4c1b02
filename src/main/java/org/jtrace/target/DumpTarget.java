package org.jtrace.target;

import java.time.Instant;
import java.util.List;
import org.jtrace.dump.ThreadLocks;
import org.jtrace.hotspot.JavaThreadInfo;
import org.jtrace.hotspot.LockStack;
import org.jtrace.hotspot.UnmountedThread;

/** A process whose threads are dumped, or the core of one. */
public interface DumpTarget extends Target, AutoCloseable {
    /** When the core was written that this is; null for a process. */
    default Instant coreWritten() {
        return null;
    }

    /** What the kernel tells of a thread; null when the kernel knows it no more. */
    TaskFiles taskFiles(int tid);

    /** A thread's id in its own pid namespace; null when it is not known. */
    Integer innerTid(int tid);

    /** A tick that leaves nobody out. */
    long[] tickOfAll();

    /** From now on it is noted which memory is read, so that {@link #standStill} can copy it. */
    default void prepareToStandStill() {
        throw new UnsupportedOperationException("it stands still as it is");
    }

    /**
     * Stops all threads together, for as long as it takes to copy them. From now on all that is asked for is of that
     * instant.
     *
     * @return how long, in ns
     */
    default long standStill() {
        throw new UnsupportedOperationException("it stands still as it is");
    }

    /** How many pages were asked for since then that had not been copied: they are of now. */
    default int lateReads() {
        return 0;
    }

    /** What its VM calls itself, without the release; empty when it does not tell. */
    String vmName();

    /** Whether its own dumps give kernel ids in decimal. */
    boolean tellsDecimalIds();

    JavaThreadInfo javaThread(long javaThread);

    /** Whether locks can be told of this VM. */
    boolean tellsLocks();

    /**
     * The locks of threads, which count of those that did not run meanwhile; null where they cannot be told.
     *
     * @return null when they cannot be read now: a collection is moving objects
     */
    List<ThreadLocks> locks(List<LockStack> threads);

    /** Whether virtual threads that nobody carries can be found. */
    boolean findsUnmounted();

    /**
     * Virtual threads that nobody carries, by id.
     *
     * @param named of how many of them the name is wanted
     * @return null when they cannot be told now: a collection is moving objects
     */
    List<UnmountedThread> unmountedThreads(int named);

    /**
     * The stack of one, as one thread of a tick; null when it was carried meanwhile, or moved. Its object must have been
     * found after the last collection.
     */
    long[] unmountedStack(UnmountedThread thread);

    @Override
    void close();
}
