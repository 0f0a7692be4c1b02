package org.jtrace.dump;

import java.util.List;

/**
 * The locks of one thread.
 *
 * @param frames by frame, innermost first, in the order in which jstack has them
 * @param waitsFor a monitor to be entered, or a synchronizer that it is parked for; null when there is none
 * @param synchronizers those of java.util.concurrent that it owns, as far as others wait for them
 * @param complete whether all its monitors are there
 */
public record ThreadLocks(
        List<FrameLock> frames, LockWait waitsFor, List<LockObject> synchronizers, boolean complete) {}
