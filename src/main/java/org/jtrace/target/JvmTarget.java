package org.jtrace.target;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
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
import org.jtrace.hotspot.VirtualThreads;
import org.jtrace.nativelib.NativeTarget;
import org.jtrace.profile.CleanText;
import org.jtrace.profile.Frame;

/** A live HotSpot JVM: its process, its structure tables, and the names of what is found in it. */
public final class JvmTarget implements DumpTarget, AutoCloseable {
    private static final int MAX_COMMAND_LENGTH = 1000;
    private static final int MAX_NAME_READS = 5;

    private final NativeTarget process;
    private final HotSpotVm vm;
    private final StackResolver stacks;
    private final ThreadNames threadNames;
    private final VirtualThreads virtualThreads;
    private final JavaThreadReader javaThreads;
    private final LockReader locks;
    private final String command;

    private JvmTarget(NativeTarget process, HotSpotVm vm) {
        this.process = process;
        this.vm = vm;
        this.stacks = new StackResolver(vm);
        this.threadNames = vm.threadNames();
        this.virtualThreads = vm.virtualThreads();
        this.javaThreads = vm.javaThreadReader(threadNames);
        this.locks = vm.lockReader(threadNames, stacks);
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
    public String vm() {
        return vm.release();
    }

    @Override
    public String vmName() {
        return vm.name();
    }

    @Override
    public boolean tellsDecimalIds() {
        return vm.tellsDecimalIds();
    }

    @Override
    public JavaThreadInfo javaThread(long javaThread) {
        return javaThreads.read(javaThread);
    }

    @Override
    public boolean tellsLocks() {
        return locks.available();
    }

    @Override
    public List<ThreadLocks> locks(List<LockStack> threads) {
        return locks.read(threads);
    }

    /** Main class or jar and its arguments, as the VM knows them; empty when it does not. */
    public String javaCommand() {
        return vm.javaCommand();
    }

    @Override
    public List<String> missing() {
        List<String> missing = new ArrayList<>(vm.missingOptional());
        if (virtualThreads.missing() != null) {
            missing.add(virtualThreads.missing());
        }
        return missing;
    }

    @Override
    public boolean usePerf(long periodNanos) {
        return process.usePerf(periodNanos);
    }

    @Override
    public long[] tick(long slots) {
        return process.tick(slots, false, heapReader());
    }

    @Override
    public long[] tickOfAll() {
        return process.tick(1, true, heapReader());
    }

    @Override
    public long[] more() {
        return process.more(heapReader());
    }

    @Override
    public long[] lookAgain() {
        return process.lookAgain(heapReader());
    }

    @Override
    public long[] settle() {
        return process.settle();
    }

    private HeapReader heapReader() {
        return virtualThreads.available() ? virtualThreads : null;
    }

    @Override
    public boolean undisturbed() {
        return process.undisturbed();
    }

    @Override
    public boolean namesAreCertain() {
        return !stacks.readSinceAsked() || process.undisturbed();
    }

    @Override
    public boolean alive() {
        return process.alive();
    }

    @Override
    public String javaThreadName(int tid, long javaThread) {
        for (int reads = 0; reads < MAX_NAME_READS; reads++) {
            process.watch();
            String name = threadNames.name(javaThread);
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
    public String virtualThreadName(long id) {
        return virtualThreads.name(id);
    }

    @Override
    public String kernelThreadName(int tid) {
        byte[] comm = process.comm(tid);
        String name = comm == null ? "" : CleanText.of(new String(comm, StandardCharsets.UTF_8).strip());
        return name.isEmpty() ? "(unnamed thread)" : name;
    }

    @Override
    public void resolveInterpreted(long methodAddress, int identity, int bci, List<Frame> leafFirst) {
        stacks.interpreted(methodAddress, identity, bci, leafFirst);
    }

    @Override
    public void resolveCompiled(long nmethodAddress, int compileId, int pcOffset, List<Frame> leafFirst) {
        stacks.compiled(nmethodAddress, compileId, pcOffset, leafFirst);
    }

    @Override
    public void resolveNativeWrapper(long nmethodAddress, int compileId, List<Frame> leafFirst) {
        stacks.nativeWrapper(nmethodAddress, compileId, leafFirst);
    }

    @Override
    public void close() {
        process.close();
    }
}
