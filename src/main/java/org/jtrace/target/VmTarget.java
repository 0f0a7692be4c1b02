package org.jtrace.target;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jtrace.dump.ThreadLocks;
import org.jtrace.hotspot.HeapReader;
import org.jtrace.hotspot.HotSpotVm;
import org.jtrace.hotspot.JavaThreadInfo;
import org.jtrace.hotspot.JavaThreadReader;
import org.jtrace.hotspot.LockReader;
import org.jtrace.hotspot.LockStack;
import org.jtrace.hotspot.StackResolver;
import org.jtrace.hotspot.ThreadNames;
import org.jtrace.hotspot.UnmountedThread;
import org.jtrace.hotspot.UnmountedThreads;
import org.jtrace.hotspot.VirtualThreads;
import org.jtrace.profile.Frame;

/** What is read of a HotSpot VM by its structure tables, wherever its memory is. */
abstract class VmTarget implements DumpTarget {
    static final String UNNAMED = "(unnamed thread)";

    private final HotSpotVm vm;
    private final StackResolver stacks;
    private final ThreadNames threadNames;
    private final VirtualThreads virtualThreads;
    private final JavaThreadReader javaThreads;
    private final LockReader locks;
    private final UnmountedThreads unmounted;

    VmTarget(HotSpotVm vm) {
        this.vm = vm;
        this.stacks = new StackResolver(vm);
        this.threadNames = vm.threadNames();
        this.virtualThreads = vm.virtualThreads();
        this.javaThreads = vm.javaThreadReader(threadNames);
        this.locks = vm.lockReader(threadNames, stacks);
        this.unmounted = vm.unmountedThreads();
    }

    @Override
    public final String vm() {
        return vm.release();
    }

    @Override
    public final String vmName() {
        return vm.name();
    }

    @Override
    public final boolean tellsDecimalIds() {
        return vm.tellsDecimalIds();
    }

    @Override
    public final JavaThreadInfo javaThread(long javaThread) {
        return javaThreads.read(javaThread);
    }

    @Override
    public final boolean tellsLocks() {
        return locks.available();
    }

    @Override
    public final List<ThreadLocks> locks(List<LockStack> threads) {
        return locks.read(threads);
    }

    @Override
    public final boolean findsUnmounted() {
        return unmounted.available();
    }

    @Override
    public final List<UnmountedThread> unmountedThreads(int named) {
        return unmounted.find(named);
    }

    @Override
    public final long[] unmountedStack(UnmountedThread thread) {
        watch();
        long[] plan = virtualThreads.planOf(thread);
        long[] stack = plan == null ? null : walkFrozen(plan);
        return Arrays.equals(plan, virtualThreads.planOf(thread)) ? stack : null;
    }

    /** The frames that a plan leads to. */
    abstract long[] walkFrozen(long[] plan);

    /** From now on {@link #namesAreCertain()} tells of what is read after this. */
    abstract void watch();

    /** Main class or jar and its arguments, as the VM knows them; empty when it does not. */
    public final String javaCommand() {
        return vm.javaCommand();
    }

    @Override
    public final List<String> missing() {
        List<String> missing = new ArrayList<>(vm.missingOptional());
        if (virtualThreads.missing() != null) {
            missing.add(virtualThreads.missing());
        }
        return missing;
    }

    final HeapReader heapReader() {
        return virtualThreads.available() ? virtualThreads : null;
    }

    /** null when it cannot be read now. */
    final String threadName(long javaThread) {
        return threadNames.name(javaThread);
    }

    /** Whether names were read of the VM since this was asked last. */
    final boolean namesReadSinceAsked() {
        return stacks.readSinceAsked();
    }

    @Override
    public final void leaveOutNumbers() {
        stacks.leaveOutNumbers();
    }

    @Override
    public final String virtualThreadName(long id) {
        return virtualThreads.name(id);
    }

    @Override
    public final void resolveInterpreted(long methodAddress, int identity, int bci, List<Frame> leafFirst) {
        stacks.interpreted(methodAddress, identity, bci, leafFirst);
    }

    @Override
    public final void resolveCompiled(long nmethodAddress, int compileId, int pcOffset, List<Frame> leafFirst) {
        stacks.compiled(nmethodAddress, compileId, pcOffset, leafFirst);
    }

    @Override
    public final void resolveNativeWrapper(long nmethodAddress, int compileId, List<Frame> leafFirst) {
        stacks.nativeWrapper(nmethodAddress, compileId, leafFirst);
    }
}
