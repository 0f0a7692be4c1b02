package org.jtrace.hotspot;

import org.jtrace.dump.ThreadState;

/**
 * A virtual thread that nobody carries.
 *
 * @param object its address, until the next collection
 * @param name empty without one; null when it cannot be read
 */
public record UnmountedThread(long object, long id, String name, ThreadState state) {}
