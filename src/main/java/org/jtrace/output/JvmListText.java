package org.jtrace.output;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jtrace.target.RunningJvm;

/** JVMs as a table for people: one line each, what is not known as a dash, and why behind it. */
public final class JvmListText {
    private static final List<String> HEADING =
            List.of("PID", "USER", "RELEASE", "UPTIME", "THREADS", "CPU", "CONTAINER", "PROGRAM");
    private static final String UNKNOWN = "-";

    private JvmListText() {}

    public static void write(List<RunningJvm> jvms, Appendable out) throws IOException {
        List<List<String>> rows = new ArrayList<>();
        rows.add(HEADING);
        for (RunningJvm jvm : jvms) {
            rows.add(row(jvm));
        }
        int[] widths = new int[HEADING.size()];
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        for (List<String> row : rows) {
            writeRow(row, widths, out);
        }
    }

    private static void writeRow(List<String> row, int[] widths, Appendable out) throws IOException {
        int last = row.size() - 1;
        for (int i = 0; i < last; i++) {
            String padding = " ".repeat(widths[i] - row.get(i).length());
            boolean number = HEADING.get(i).equals("PID") || HEADING.get(i).equals("THREADS");
            out.append(number ? padding + row.get(i) : row.get(i) + padding).append("  ");
        }
        out.append(row.get(last)).append('\n');
    }

    private static List<String> row(RunningJvm jvm) {
        String container = jvm.container() != null && jvm.container().isEmpty() ? "none" : text(jvm.container());
        String program = text(jvm.program()) + (jvm.note() == null ? "" : "  (" + jvm.note() + ")");
        return List.of(text(jvm.pid()), text(jvm.user()), text(jvm.release()), duration(jvm.uptimeMillis()),
                text(jvm.threads()), duration(jvm.cpuMillis()), container, program);
    }

    private static String text(Object value) {
        return value == null ? UNKNOWN : value.toString();
    }

    /** As ps has it: days, hours, minutes, seconds. */
    static String duration(Long millis) {
        if (millis == null) {
            return UNKNOWN;
        }
        long seconds = millis / 1000;
        long days = seconds / 86_400;
        String time = String.format(Locale.ROOT, "%02d:%02d:%02d", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
        return days > 0 ? days + "-" + time : time;
    }
}
