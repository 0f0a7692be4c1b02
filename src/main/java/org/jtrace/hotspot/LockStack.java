package org.jtrace.hotspot;

import java.util.List;

/**
 * A thread that stands still, whose locks are asked for.
 *
 * @param blocked whether it is to enter a monitor
 * @param waits whether its innermost frame is Object.wait
 * @param leaf the number of its innermost Java frame
 * @param ownerId by which monitors know it, where they do so by a number; null when not known
 */
public record LockStack(long javaThread, boolean blocked, boolean waits, int leaf, Long ownerId,
        List<LockFrame> frames) {}
