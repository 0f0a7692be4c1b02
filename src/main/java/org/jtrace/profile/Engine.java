package org.jtrace.profile;

/** How samples of running threads are taken. Idle threads are read without a stop by both. */
public enum Engine {
    /** The thread is stopped, copied and let go. */
    PTRACE,
    /** The kernel takes the samples (perf events); stopped are threads that it does not sample yet, or nobody. */
    PERF
}
