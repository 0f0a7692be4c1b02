package org.jtrace.sampling;

import org.jtrace.error.JtraceException;

/**
 * Reads the words of one part of a tick, as native/sampler.h lays them out, without making an object per thread: a cursor that
 * {@link #nextThread()} moves from thread to thread.
 */
final class TickRecord {
    private static final int BEGIN_NANOS = 0;
    private static final int END_NANOS = 1;
    private static final int CPU_NANOS = 2;
    private static final int THREAD_COUNT = 3;
    private static final int MORE = 4;
    private static final int THROTTLED = 5;
    private static final int ROUND_NANOS = 6;
    private static final int HEADER_WORDS = 7;

    private static final int TID = 0;
    private static final int STATUS = 1;
    private static final int JAVA_THREAD = 2;
    private static final int THREAD_CPU_NANOS = 3;
    private static final int STOP_NANOS = 4;
    private static final int VIRTUAL_THREAD = 5;
    private static final int SAMPLES = 6;
    private static final int THREAD_WORDS = 7;

    private static final int FRAME_WORDS = 3;

    private static final int UNCHANGED = 1;
    private static final int AT_SAFEPOINT = 2;
    private static final int NEW = 4;

    private static final int KIND_SHIFT = 56;
    private static final long ADDRESS_MASK = (1L << KIND_SHIFT) - 1;

    private long[] words;
    private int threadsLeft;
    private int thread;
    private int next;

    /** Starts at the part's header; {@link #nextThread()} goes to the first thread. */
    void reset(long[] tickWords) {
        words = tickWords;
        if (words.length < HEADER_WORDS || words[THREAD_COUNT] < 0
                || words[THREAD_COUNT] > (words.length - HEADER_WORDS) / THREAD_WORDS) {
            throw malformed();
        }
        threadsLeft = (int) words[THREAD_COUNT];
        next = HEADER_WORDS;
    }

    long beginNanos() {
        return words[BEGIN_NANOS];
    }

    long endNanos() {
        return words[END_NANOS];
    }

    /** CPU time of the process so far. */
    long cpuNanos() {
        return words[CPU_NANOS];
    }

    /** Whether another part follows. */
    boolean hasMore() {
        return words[MORE] != 0;
    }

    /** How often the kernel silenced its sampling since the last tick. */
    long throttled() {
        return words[THROTTLED];
    }

    /** How long it took until all threads had stopped that were stopped in one round; 0: there was none. */
    long roundNanos() {
        return words[ROUND_NANOS];
    }

    int threadCount() {
        return (int) words[THREAD_COUNT];
    }

    boolean nextThread() {
        if (threadsLeft == 0) {
            return false;
        }
        threadsLeft--;
        thread = next;
        if (thread > words.length - THREAD_WORDS) {
            throw malformed();
        }
        int frames = frameCount();
        if (frames < 0 || frames > (words.length - thread - THREAD_WORDS) / FRAME_WORDS) {
            throw malformed();
        }
        next = thread + THREAD_WORDS + frames * FRAME_WORDS;
        return true;
    }

    int tid() {
        return (int) words[thread + TID];
    }

    /** On a CPU, or ready to be. */
    boolean isRunning() {
        return kernelState() == 'R';
    }

    /** The kernel's letter. */
    char kernelState() {
        return (char) (status() & 0xff);
    }

    WalkStatus walkStatus() {
        return WalkStatus.of((int) (status() >>> 8) & 0xff);
    }

    /** It did not run since the last tick: same stack and status as then, frames left out. */
    boolean isUnchanged() {
        return hasFlag(UNCHANGED);
    }

    /** It is idle, and waits for a safepoint. Not said again of a thread that is unchanged. */
    boolean isAtSafepoint() {
        return hasFlag(AT_SAFEPOINT);
    }

    /** First look at this thread; its id may have been another's before. */
    boolean isNew() {
        return hasFlag(NEW);
    }

    int frameCount() {
        return (int) (status() >>> 32);
    }

    /** Address of the JavaThread; 0 for a thread that is none. */
    long javaThread() {
        return words[thread + JAVA_THREAD];
    }

    /** CPU time since the last look. */
    long threadCpuNanos() {
        return words[thread + THREAD_CPU_NANOS];
    }

    /** 0 if it was not stopped. */
    long stopNanos() {
        return words[thread + STOP_NANOS];
    }

    /** Id of the virtual thread that is mounted on it; 0: none, or not known. */
    long virtualThread() {
        return words[thread + VIRTUAL_THREAD];
    }

    /** How many samples this one stands for: those that were lost, or the ticks since the last look. */
    long samples() {
        return words[thread + SAMPLES];
    }

    /** Frames are leaf first. */
    PhysicalFrameKind frameKind(int frame) {
        return PhysicalFrameKind.of((int) (words[frameAt(frame)] >>> KIND_SHIFT));
    }

    /** Of the Method or nmethod. */
    long frameAddress(int frame) {
        return words[frameAt(frame)] & ADDRESS_MASK;
    }

    int frameIdentity(int frame) {
        return (int) (words[frameAt(frame) + 1] >>> 32);
    }

    /** bci or pc offset. */
    int framePosition(int frame) {
        return (int) words[frameAt(frame) + 1];
    }

    /** Where it stands on the stack: fp of an interpreted frame, sp of a compiled one; 0 when that is not known. */
    long frameBase(int frame) {
        return words[frameAt(frame) + 2];
    }

    private int frameAt(int frame) {
        return thread + THREAD_WORDS + frame * FRAME_WORDS;
    }

    private long status() {
        return words[thread + STATUS];
    }

    private boolean hasFlag(int flag) {
        return ((status() >>> 16) & flag) != 0;
    }

    private static JtraceException malformed() {
        return new JtraceException("a malformed tick from the native library");
    }
}
