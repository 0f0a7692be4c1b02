package org.jtrace.hotspot;

/**
 * Where the debug info of compiled code says that the object of a monitor is.
 *
 * @param narrow whether it is a narrow reference
 * @param offset from the frame's sp in bytes, or the number of a constant
 */
record MonitorValue(Place place, boolean narrow, int offset, boolean eliminated) {
    enum Place {
        ON_STACK,
        /** In rbp, the one register that a called method leaves as it was. It has saved it in its own frame. */
        IN_FRAME_POINTER,
        CONSTANT,
        /** It does not exist as an object. */
        SCALAR_REPLACED,
        /** It is dead. */
        NOWHERE
    }
}
