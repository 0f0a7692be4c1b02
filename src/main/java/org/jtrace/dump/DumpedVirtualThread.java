package org.jtrace.dump;

import java.util.List;
import org.jtrace.profile.Frame;

/**
 * A virtual thread that nobody carried.
 *
 * @param name empty without one, null when it could not be read
 * @param problem why the stack is not complete, null when it is
 */
public record DumpedVirtualThread(long id, String name, ThreadState state, List<Frame> leafFirst, String problem) {}
