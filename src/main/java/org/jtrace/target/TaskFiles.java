package org.jtrace.target;

import java.nio.file.Path;

/** What /proc tells of one thread; null for what it does not. Nothing here disturbs the thread. */
public final class TaskFiles {
    private static final Path UPTIME = Path.of("/proc/uptime");

    private final Path task;

    public TaskFiles(int pid, int tid) {
        task = Path.of("/proc", Integer.toString(pid), "task", Integer.toString(tid));
    }

    /** null when the thread has ended. */
    public ProcStat stat() {
        return ProcFiles.stat(task);
    }

    /** Time on a CPU: exact where the kernel keeps it, else in its ticks. */
    public Long cpuNanos(ProcStat stat) {
        Long exact = ProcFiles.firstNumber(ProcFiles.text(task.resolve("schedstat")));
        if (exact != null && exact > 0) {
            return exact;
        }
        return stat == null ? null : Long.valueOf(stat.cpuTicks() * (1_000_000_000L / ProcStat.TICKS_PER_SECOND));
    }

    /** Since its start. */
    static Long ageMillis(ProcStat stat) {
        return ageMillis(stat, uptimeSeconds());
    }

    /** At a time that {@link #uptimeSeconds()} told. */
    public static Long ageMillis(ProcStat stat, Double uptime) {
        if (stat == null || uptime == null) {
            return null;
        }
        return Math.max(0, Math.round((uptime - (double) stat.startTicks() / ProcStat.TICKS_PER_SECOND) * 1000));
    }

    /** Its id in its innermost pid namespace. */
    public Integer innerTid() {
        return ProcFiles.lastField(ProcFiles.text(task.resolve("status")), "NSpid:");
    }

    /** The function of the kernel that it sleeps in; null while it runs, and where the kernel does not say. */
    public String waitChannel() {
        String channel = ProcFiles.text(task.resolve("wchan"));
        return channel.isEmpty() || channel.equals("0") ? topOfKernelStack() : channel;
    }

    /** Kernels built without wchan give it as 0; to root they show the whole stack. */
    private String topOfKernelStack() {
        String line = ProcFiles.text(task.resolve("stack")).lines().findFirst().orElse("");
        String function = line.replaceFirst("^\\[<[^>]*>\\] ", "").replaceFirst("\\+0x.*", "").trim();
        return function.isEmpty() || function.startsWith("0x") ? null : function;
    }

    /** Of the machine; null when it is not known. */
    public static Double uptimeSeconds() {
        String text = ProcFiles.text(UPTIME);
        int end = text.indexOf(' ');
        return end < 0 ? null : Double.valueOf(text.substring(0, end));
    }
}
