package org.jtrace.sampling;

import java.util.List;
import org.jtrace.error.JtraceException;
import org.jtrace.profile.Frame;
import org.jtrace.profile.Markers;
import org.jtrace.target.Target;

/**
 * Names the frames of the thread that a tick is at, and looks at it again while it is not certain that the names are
 * right.
 */
abstract class FrameReader {
    /** Looks at one thread, while code may be unloaded before its frames are named. */
    private static final int MAX_LOOKS = 10;

    private final Target target;
    private final TickRecord tick;
    private final List<Frame> leafFirst;

    /** @param leafFirst is given the frames, markers included */
    FrameReader(Target target, TickRecord tick, List<Frame> leafFirst) {
        this.target = target;
        this.tick = tick;
        this.leafFirst = leafFirst;
    }

    /** The frames are there, and the tick is at what was seen with them. May come several times; the last counts. */
    abstract void named();

    /** A frame of the stack was named: what the list has got since the one before. */
    void resolved(int frame, int end) {}

    /** What the tick is at does not count. */
    abstract void discarded();

    /**
     * Names are read from the target while it runs. When classes or code may have been unloaded meanwhile, other ones may
     * have taken their place: the thread is looked at again. False when that did not help.
     */
    boolean read() {
        for (int looks = 1; ; looks++) {
            resolveFrames();
            named();
            if (certain()) {
                return true;
            }
            if (looks == MAX_LOOKS) {
                return false;
            }
            discarded();
            tick.reset(target.lookAgain());
            if (!tick.nextThread()) {
                throw new JtraceException("the native library left out a thread");
            }
            if (tick.isUnchanged()) {
                return true; // it did not run while its frames were named: all of it was still there
            }
        }
    }

    /** The same once, of a stack that cannot be looked at again. False when it is not certain that the names are right. */
    boolean readOnce() {
        resolveFrames();
        return certain();
    }

    private boolean certain() {
        boolean misled = tick.walkStatus().mayComeOfChangedCode() && !target.undisturbed();
        return !misled && target.namesAreCertain();
    }

    /**
     * A PcDesc that is no call's tells of the code before it: of a pc that a thread was stopped at, not the first at or
     * behind it counts but the first behind it (is_decipherable_compiled_frame in forte.cpp; JDK 8 to 25).
     */
    private static int behind(int pcOffset) {
        return pcOffset < 0 ? pcOffset : pcOffset + 1;
    }

    private void resolveFrames() {
        leafFirst.clear();
        for (int i = 0; i < tick.frameCount(); i++) {
            switch (tick.frameKind(i)) {
                case INTERPRETED -> target.resolveInterpreted(
                        tick.frameAddress(i), tick.frameIdentity(i), tick.framePosition(i), leafFirst);
                case COMPILED -> target.resolveCompiled(
                        tick.frameAddress(i), tick.frameIdentity(i), tick.framePosition(i), leafFirst);
                case COMPILED_LEAF -> target.resolveCompiled(
                        tick.frameAddress(i), tick.frameIdentity(i), behind(tick.framePosition(i)), leafFirst);
                case NATIVE_WRAPPER -> target.resolveNativeWrapper(
                        tick.frameAddress(i), tick.frameIdentity(i), leafFirst);
                case VM -> leafFirst.add(Markers.VM);
                case FROZEN -> leafFirst.add(Markers.FROZEN);
                case NATIVE_CODE -> target.resolveNativeCode(tick.frameAddress(i), tick.frameIdentity(i), leafFirst);
                case KERNEL -> target.resolveKernelCode(tick.frameAddress(i), leafFirst);
                case NATIVE_LOST -> leafFirst.add(Markers.NATIVE_LOST);
                case NONE -> { }
            }
            resolved(i, leafFirst.size());
        }
    }
}
