package org.jtrace.cli;

import java.util.List;
import java.util.Locale;
import org.jtrace.error.UsageException;
import org.jtrace.profile.CleanText;

/** What {@code --engine} may be. */
enum EngineChoice {
    PTRACE,
    PERF,
    /** Perf where the kernel permits it, with stops for threads that it does not sample yet; else ptrace. */
    AUTO;

    /** @throws UsageException when there is none of that name */
    static EngineChoice named(String name) {
        for (EngineChoice choice : values()) {
            if (choice.name().toLowerCase(Locale.ROOT).equals(name)) {
                return choice;
            }
        }
        throw new UsageException("--engine is one of " + List.of(values()).toString().toLowerCase(Locale.ROOT)
                .replaceAll("[\\[\\]]", "") + ", not '" + CleanText.of(name) + "'; see jtrace -h");
    }
}
