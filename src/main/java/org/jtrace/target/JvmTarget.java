package org.jtrace.target;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.jtrace.hotspot.HotSpotVm;
import org.jtrace.nativelib.NativeTarget;
import org.jtrace.profile.CleanText;
import org.jtrace.profile.Frame;

/** A live HotSpot JVM: its process, its structure tables, and the names of what is found in it. */
public final class JvmTarget extends VmTarget {
    private static final int MAX_COMMAND_LENGTH = 1000;
    private static final int MAX_NAME_READS = 5;

    private final NativeTarget process;
    private final NativeNames nativeNames;
    private final KernelSymbols kernelSymbols = new KernelSymbols(Path.of("/proc/kallsyms"));
    private final String command;
    private boolean still;

    private JvmTarget(NativeTarget process, HotSpotVm vm) {
        super(vm);
        this.process = process;
        this.nativeNames = new NativeNames(process);
        this.command = readCommand(process.pid());
    }

    /** @throws org.jtrace.error.JtraceException or the subclass that says why it cannot be read */
    public static JvmTarget open(int pid) {
        NativeTarget process = NativeTarget.open(pid);
        try {
            return new JvmTarget(process, HotSpotVm.open(process, process));
        } catch (RuntimeException e) {
            process.close();
            throw e;
        }
    }

    /** A plain loop: streams would cost the first sample of a starting program some milliseconds. */
    private static String readCommand(int pid) {
        StringBuilder command = new StringBuilder();
        for (byte[] argument : ProcFiles.commandLine(Path.of("/proc", Integer.toString(pid)))) {
            command.append(command.length() == 0 ? "" : " ").append(new String(argument, StandardCharsets.UTF_8));
            if (command.length() > MAX_COMMAND_LENGTH) {
                command.setLength(MAX_COMMAND_LENGTH);
                command.append("...");
                break;
            }
        }
        return CleanText.of(command.toString());
    }

    @Override
    public int pid() {
        return process.pid();
    }

    @Override
    public String command() {
        return command;
    }

    @Override
    public boolean usePerf(long periodNanos, boolean mayStop) {
        return process.usePerf(periodNanos, mayStop);
    }

    @Override
    public void showNative() {
        process.showNative();
    }

    @Override
    public void showKernel() {
        process.showKernel();
    }

    @Override
    public void resolveKernelCode(long address, List<Frame> leafFirst) {
        kernelSymbols.resolve(address, leafFirst);
    }

    @Override
    public void resolveNativeCode(long pc, int identity, List<Frame> leafFirst) {
        nativeNames.resolve(pc, identity, leafFirst);
    }

    @Override
    public long[] tick(long slots) {
        return process.tick(slots, false, heapReader());
    }

    @Override
    public long[] tickOfAll() {
        return still ? process.stillPart(true, heapReader()) : process.tick(1, true, heapReader());
    }

    @Override
    public long[] more() {
        return still ? process.stillPart(false, heapReader()) : process.more(heapReader());
    }

    @Override
    public void prepareToStandStill() {
        process.noteReads();
    }

    @Override
    public long standStill() {
        long nanos = process.standStill();
        still = true;
        return nanos;
    }

    @Override
    public int lateReads() {
        return process.lateReads();
    }

    @Override
    public long[] lookAgain() {
        return process.lookAgain(heapReader());
    }

    @Override
    public long[] settle() {
        return process.settle();
    }

    @Override
    public boolean undisturbed() {
        return still || process.undisturbed();
    }

    @Override
    public boolean namesAreCertain() {
        return still || !namesReadSinceAsked() || process.undisturbed();
    }

    @Override
    public boolean alive() {
        return process.alive();
    }

    @Override
    public String javaThreadName(int tid, long javaThread) {
        for (int reads = 0; reads < MAX_NAME_READS; reads++) {
            process.watch();
            String name = threadName(javaThread);
            // It may have ended, and its JavaThread be the next one's: then this is the next one's name. So it may be
            // when a collection has moved the name away while it was read.
            if (name == null || !process.isJavaThread(tid, javaThread)) {
                return null;
            }
            if (process.undisturbed()) {
                return name;
            }
        }
        return null;
    }

    @Override
    long[] walkFrozen(long[] plan) {
        return process.walkFrozen(plan);
    }

    @Override
    void watch() {
        process.watch();
    }

    @Override
    public TaskFiles taskFiles(int tid) {
        return new TaskFiles(pid(), tid);
    }

    @Override
    public Integer innerTid(int tid) {
        return taskFiles(tid).innerTid();
    }

    @Override
    public String kernelThreadName(int tid) {
        byte[] comm = process.comm(tid);
        String name = comm == null ? "" : CleanText.of(new String(comm, StandardCharsets.UTF_8).strip());
        return name.isEmpty() ? UNNAMED : name;
    }

    @Override
    public void close() {
        process.close();
    }
}
