package org.jtrace.output;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jtrace.error.UsageException;
import org.jtrace.profile.CleanText;

/** The formats that profiles are written in. A new one is a constant here and a {@link ProfileWriter}. */
public enum OutputFormat {
    COLLAPSED("collapsed", ".txt", ".collapsed") {
        @Override
        public ProfileWriter writer() {
            return new CollapsedWriter();
        }
    },
    HTML("html", ".html") {
        @Override
        public ProfileWriter writer() {
            return new FlameGraphPage();
        }
    };

    private final String id;
    private final List<String> extensions;

    OutputFormat(String id, String... extensions) {
        this.id = id;
        this.extensions = List.of(extensions);
    }

    /** The name as {@code --format} takes it. */
    public String id() {
        return id;
    }

    /** File name endings, with their dot, in lower case. */
    public List<String> extensions() {
        return extensions;
    }

    public abstract ProfileWriter writer();

    /** For {@code --format}. */
    public static OutputFormat named(String id) {
        for (OutputFormat format : values()) {
            if (format.id.equals(id.toLowerCase(Locale.ROOT))) {
                return format;
            }
        }
        String known = Arrays.stream(values()).map(OutputFormat::id).collect(Collectors.joining(", "));
        throw new UsageException("unknown format '" + CleanText.of(id) + "'; known formats: " + known);
    }

    /** By the name that {@code -o} gives. Standard output and devices have no extension and get collapsed stacks. */
    public static OutputFormat ofFile(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        for (OutputFormat format : values()) {
            if (format.extensions.stream().anyMatch(lower::endsWith)) {
                return format;
            }
        }
        if (lower.equals("-") || lower.startsWith("/dev/")) {
            return COLLAPSED;
        }
        String known = Arrays.stream(values()).flatMap(f -> f.extensions.stream()).collect(Collectors.joining(", "));
        throw new UsageException("cannot tell the format of '" + CleanText.of(name) + "' by its name; known endings: "
                + known + ". Choose one of them or name the format with --format");
    }
}
