package org.jtrace.target;

import org.jtrace.hotspot.JavaThreadInfo;

/** A process whose threads are dumped. */
public interface DumpTarget extends Target {
    /** A tick that leaves nobody out. */
    long[] tickOfAll();

    /** What its VM calls itself, without the release; empty when it does not tell. */
    String vmName();

    /** Whether its own dumps give kernel ids in decimal. */
    boolean tellsDecimalIds();

    JavaThreadInfo javaThread(long javaThread);
}
