package org.jtrace.sampling;

/** What a thread was found to be at a tick. Every look at a thread is exactly one of these. */
enum SampleKind {
    JAVA,
    NON_JAVA,
    IDLE,
    FAILED
}
