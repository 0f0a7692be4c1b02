package org.jtrace.output;

import java.io.IOException;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import org.jtrace.dump.DumpedThread;
import org.jtrace.dump.DumpedVirtualThread;
import org.jtrace.dump.FrameLock;
import org.jtrace.dump.LockObject;
import org.jtrace.dump.LockWait;
import org.jtrace.dump.ThreadDump;
import org.jtrace.profile.Frame;
import org.jtrace.profile.FrameKind;
import org.jtrace.profile.Markers;
import org.jtrace.profile.PlainNumbers;

/** A thread dump in jstack's layout, for people and for the tools that read jstack's. What is not known is left out. */
public final class ThreadDumpText {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);
    private static final long PAGE_MASK = -4096;

    private final ThreadDump dump;
    private final Appendable out;

    private ThreadDumpText(ThreadDump dump, Appendable out) {
        this.dump = dump;
        this.out = out;
    }

    public static void write(ThreadDump dump, Appendable out) throws IOException {
        new ThreadDumpText(dump, out).write();
    }

    private void write() throws IOException {
        line(TIME.format(dump.time().atZone(ZoneId.systemDefault())));
        if (dump.ofCore()) {
            line("Core of process " + (dump.pid() == 0 ? "(unknown)" : dump.pid())
                    + ", last written then; which of its threads ran is not known");
        }
        line("Full thread dump " + (dump.vmName().isEmpty() ? "HotSpot VM" : dump.vmName())
                + (dump.release().isEmpty() ? "" : " (" + dump.release() + ")") + ":");
        line("");
        for (DumpedThread thread : dump.threads()) {
            line(heading(thread));
            writeJava(thread);
            writeSynchronizers(thread);
            line("");
        }
        if (dump.unmounted() != null) {
            writeUnmounted(dump.unmounted());
        }
        for (List<DumpedThread> deadlock : dump.deadlocks()) {
            writeDeadlock(deadlock);
        }
        if (!dump.deadlocks().isEmpty()) {
            int count = dump.deadlocks().size();
            line("");
            line("Found " + count + (count == 1 ? " deadlock." : " deadlocks."));
            line("");
        }
    }

    private void writeUnmounted(ThreadDump.Unmounted unmounted) throws IOException {
        for (DumpedVirtualThread thread : unmounted.threads()) {
            line('"' + (thread.name() == null ? "(name not known)" : thread.name()) + "\" #" + thread.id() + " virtual");
            line("   java.lang.Thread.State: " + thread.state().text());
            for (Frame frame : thread.leafFirst()) {
                line(text(frame));
            }
            if (thread.problem() != null) {
                line("\t- (stack not complete: " + thread.problem() + ")");
            }
            line("");
        }
        if (unmounted.more() > 0) {
            line("(" + PlainNumbers.grouped(unmounted.more()) + " more virtual threads)");
            line("");
        }
    }

    private static String text(Frame frame) {
        return frame.kind() == FrameKind.MARKER ? "\t- " + frame.name() : "\tat " + frame.name() + "(" + place(frame) + ")";
    }

    private String heading(DumpedThread thread) {
        StringBuilder text = new StringBuilder().append('"').append(thread.name()).append('"');
        DumpedThread.Kernel kernel = thread.kernel();
        DumpedThread.Java java = thread.java();
        if (java != null) {
            add(text, " #", java.id());
            add(text, dump.decimalIds() ? " [" : null, kernel.innerTid(), "]");
            text.append(Boolean.TRUE.equals(java.daemon()) ? " daemon" : "");
            add(text, " prio=", java.priority());
        }
        add(text, " os_prio=", kernel.nice());
        add(text, " cpu=", kernel.cpuNanos() == null ? null : PlainNumbers.decimal(kernel.cpuNanos(), 1_000_000, 2), "ms");
        add(text, " elapsed=", kernel.ageMillis() == null ? null : PlainNumbers.decimal(kernel.ageMillis(), 1000, 2), "s");
        add(text, " tid=", java == null ? null : PlainNumbers.address(java.address()));
        add(text, " nid=", nid(kernel));
        add(text, " ", java == null ? kernelState(kernel.state()) : java.osState());
        add(text, "  [", java == null || java.stackPointer() == null
                ? null : PlainNumbers.address(java.stackPointer() & PAGE_MASK), "]");
        return text.toString();
    }

    private String nid(DumpedThread.Kernel kernel) {
        if (kernel.innerTid() == null) {
            return null;
        }
        return dump.decimalIds() ? kernel.innerTid().toString() : "0x" + Integer.toHexString(kernel.innerTid());
    }

    /** The VM's own word for threads without a Java thread is not known: the kernel's, in words that jstack has too. */
    private static String kernelState(Character stateOrNull) {
        if (stateOrNull == null) {
            return null;
        }
        char state = stateOrNull;
        return switch (state) {
            case 'R' -> "runnable";
            case 'T', 't' -> "stopped";
            case 'Z', 'X' -> "zombie";
            default -> "sleeping";
        };
    }

    private void writeJava(DumpedThread thread) throws IOException {
        DumpedThread.Java java = thread.java();
        if (java != null && java.state() != null) {
            line("   java.lang.Thread.State: " + java.state().text());
        }
        if (java != null && java.mountedId() != null) {
            line("   Carrying virtual thread #" + java.mountedId());
        }
        if (thread.kernel().waitChannel() != null) {
            line("   Kernel wait channel: " + thread.kernel().waitChannel());
        }
        writeStack(thread);
        if (thread.problem() != null) {
            line("\t- (stack not complete: " + thread.problem() + ")");
        }
        boolean locksUnknown = java != null && dump.tellsLocks() && !thread.leafFirst().isEmpty()
                && (thread.locks() == null || !thread.locks().complete());
        if (locksUnknown) {
            line(thread.locks() == null ? "\t- (locks not known)" : "\t- (locks not complete)");
        }
    }

    private void writeStack(DumpedThread thread) throws IOException {
        List<FrameLock> locks = thread.locks() == null ? List.of() : thread.locks().frames();
        int lock = 0;
        for (int i = 0; i < thread.leafFirst().size(); i++) {
            Frame frame = thread.leafFirst().get(i);
            if (frame.kind() == FrameKind.NATIVE_CODE) {
                line("\t- native " + frame.name());
            } else if (frame.kind() != FrameKind.MARKER) {
                line("\tat " + frame.name() + "(" + place(frame) + ")");
            } else if (!frame.equals(Markers.VM)) {
                line("\t- " + frame.name());
            }
            for (; lock < locks.size() && locks.get(lock).frame() <= i; lock++) {
                line("\t- " + text(locks.get(lock)));
            }
        }
    }

    private static String text(FrameLock lock) {
        String kind = lock.kind().text() + ' ';
        if (lock.object() == null) {
            return kind + "<no object reference available>";
        }
        // jstack has two blanks there, and does not tell of what class a Class is.
        return lock.kind() == FrameLock.Kind.PARKING
                ? kind + ' ' + text(lock.object(), null) : kind + text(lock.object(), lock.object().represented());
    }

    private static String text(LockObject object, String representedOrNull) {
        return "<" + PlainNumbers.address(object.address()) + "> (a " + object.className()
                + (representedOrNull == null ? "" : " for " + representedOrNull) + ")";
    }

    private void writeSynchronizers(DumpedThread thread) throws IOException {
        if (thread.locks() == null || thread.locks().synchronizers().isEmpty()) {
            return;
        }
        line("");
        line("   Locked ownable synchronizers:");
        for (LockObject lock : thread.locks().synchronizers()) {
            line("\t- " + text(lock, null));
        }
    }

    private void writeDeadlock(List<DumpedThread> threads) throws IOException {
        line("");
        line("Found one Java-level deadlock:");
        line("=============================");
        for (int i = 0; i < threads.size(); i++) {
            LockWait wait = threads.get(i).locks().waitsFor();
            String object = PlainNumbers.address(wait.object().address());
            String owner = threads.get((i + 1) % threads.size()).name();
            line('"' + threads.get(i).name() + "\":");
            if (wait.monitor() != 0) {
                line("  waiting to lock monitor " + PlainNumbers.address(wait.monitor()) + " (object " + object + ", a "
                        + wait.object().className() + ")" + (wait.fromJava() ? "," : ""));
                line((wait.fromJava() ? "" : "  in JNI,") + "  which is held by \"" + owner + '"');
            } else {
                line("  waiting for ownable synchronizer " + object + ", (a " + wait.object().className() + "),");
                line("  which is held by \"" + owner + '"');
            }
            line("");
        }
        line("Java stack information for the threads listed above:");
        line("===================================================");
        for (DumpedThread thread : threads) {
            line('"' + thread.name() + "\":");
            writeStack(thread);
        }
    }

    private static String place(Frame frame) {
        if (frame.kind() == FrameKind.NATIVE) {
            return "Native Method";
        }
        if (frame.sourceFile() == null) {
            return "Unknown Source";
        }
        return frame.line() == Frame.NO_LINE ? frame.sourceFile() : frame.sourceFile() + ":" + frame.line();
    }

    private static void add(StringBuilder text, String before, Object valueOrNull) {
        add(text, before, valueOrNull, "");
    }

    private static void add(StringBuilder text, String beforeOrNull, Object valueOrNull, String after) {
        if (beforeOrNull != null && valueOrNull != null) {
            text.append(beforeOrNull).append(valueOrNull).append(after);
        }
    }

    private void line(String text) throws IOException {
        out.append(text).append('\n');
    }
}
