package org.jtrace.target;

import java.nio.charset.StandardCharsets;

/** The numbers of /proc/PID/stat or /proc/PID/task/TID/stat that jtrace shows; times in ticks of the kernel's. */
public record ProcStat(char state, long cpuTicks, int nice, long startTicks) {
    /** USER_HZ, which programs see whatever the kernel's own clock is: 100 on each CPU that HotSpot runs on. */
    public static final long TICKS_PER_SECOND = 100;

    private static final int STATE = 0;
    private static final int USER_TIME = 11;
    private static final int SYSTEM_TIME = 12;
    private static final int NICE = 16;
    private static final int START_TIME = 19;

    /** null when the file has another form. The name in it may hold anything, parentheses and spaces included. */
    static ProcStat parse(byte[] file) {
        String text = new String(file, StandardCharsets.ISO_8859_1);
        String[] fields = text.substring(text.lastIndexOf(')') + 1).trim().split(" ");
        if (fields.length <= START_TIME || fields[STATE].length() != 1) {
            return null;
        }
        try {
            return new ProcStat(fields[STATE].charAt(0),
                    Long.parseLong(fields[USER_TIME]) + Long.parseLong(fields[SYSTEM_TIME]),
                    Integer.parseInt(fields[NICE]), Long.parseLong(fields[START_TIME]));
        } catch (NumberFormatException e) {
            return null;
        }
    }
}
