package org.jtrace.hotspot;

/**
 * Knows the objects of virtual threads, for the C side, which knows stacks. What leads to one is a root: a word outside
 * the heap that refers to the thread, or to its Continuation. Must not throw.
 */
public interface HeapReader {
    /**
     * Where the frames of a continuation lie that are not on its carrier's stack.
     *
     * @param root the address of the reference
     * @return the plan that native/hotspot/frozen_stack.h describes; null when it cannot be made now
     */
    long[] plan(long root, boolean isContinuation);

    /**
     * The id of the virtual thread that a reference leads to, negative when its name could not be read now; 0 when it is
     * none, or cannot be read.
     *
     * @param reference as it stood at the root
     */
    long identify(long reference, boolean isContinuation);
}
