package org.jtrace.target;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.jtrace.hotspot.HotSpotVm;
import org.jtrace.nativelib.NativeCore;
import org.jtrace.profile.CleanText;

/** A HotSpot JVM in a core file: nothing in it moves or runs. */
public final class CoreTarget extends VmTarget {
    private final NativeCore core;

    private CoreTarget(NativeCore core, HotSpotVm vm) {
        super(vm);
        this.core = core;
    }

    /**
     * Opens a core; see {@link NativeCore#open}.
     *
     * @throws org.jtrace.error.JtraceException or the subclass that says why it cannot be read
     */
    public static CoreTarget open(byte[] file, byte[] sysroot, byte[] exe) {
        NativeCore core = NativeCore.open(file, sysroot, exe);
        try {
            return new CoreTarget(core, HotSpotVm.open(core, core));
        } catch (RuntimeException e) {
            core.close();
            throw e;
        }
    }

    /** What was asked for until now and is neither in the core nor in a file that fits, one line each. */
    public List<String> missingPages() {
        return core.missing().stream().map(line -> CleanText.of(new String(line, StandardCharsets.UTF_8))).toList();
    }

    @Override
    public int pid() {
        return core.pid();
    }

    @Override
    public String command() {
        return javaCommand();
    }

    @Override
    public Instant coreWritten() {
        return core.written();
    }

    @Override
    public long[] tick(long slots) {
        return core.firstPart(heapReader());
    }

    @Override
    public long[] tickOfAll() {
        return core.firstPart(heapReader());
    }

    @Override
    public long[] more() {
        return core.nextPart(heapReader());
    }

    @Override
    public long[] lookAgain() {
        throw new UnsupportedOperationException("names in a core are certain");
    }

    @Override
    public long[] settle() {
        throw new UnsupportedOperationException("nobody is left out of a core");
    }

    @Override
    public boolean usePerf(long periodNanos, boolean mayStop) {
        throw new UnsupportedOperationException("a core cannot be sampled");
    }

    @Override
    public boolean undisturbed() {
        return true;
    }

    @Override
    public boolean namesAreCertain() {
        return true;
    }

    @Override
    public boolean alive() {
        return false;
    }

    @Override
    public String javaThreadName(int tid, long javaThread) {
        return threadName(javaThread);
    }

    /** A core has no names of threads that Java does not know. */
    @Override
    public String kernelThreadName(int tid) {
        return UNNAMED;
    }

    @Override
    long[] walkFrozen(long[] plan) {
        return core.walkFrozen(plan);
    }

    @Override
    void watch() {}

    @Override
    public TaskFiles taskFiles(int tid) {
        return null;
    }

    @Override
    public Integer innerTid(int tid) {
        return core.hasInnerIds() ? tid : null;
    }

    @Override
    public void close() {
        core.close();
    }
}
