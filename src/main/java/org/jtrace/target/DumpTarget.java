package org.jtrace.target;

import java.time.Instant;
import java.util.List;
import org.jtrace.dump.ThreadLocks;
import org.jtrace.hotspot.JavaThreadInfo;
import org.jtrace.hotspot.LockStack;

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

    @Override
    void close();
}
