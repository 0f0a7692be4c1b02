package org.jtrace.cli;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jtrace.error.UsageException;

/** Reads the times that {@code -s} and {@code -r} take. */
final class Durations {
    private static final Pattern NUMBER_AND_UNIT = Pattern.compile("(\\d+\\.?\\d*|\\.\\d+)(?:[eE]([+-]?\\d))?\\s*([a-zA-Z]*)");
    private static final BigDecimal NANOS_PER_SECOND = BigDecimal.valueOf(1_000_000_000L);
    private static final long MIN_INTERVAL_NANOS = 50_000L;
    private static final long MAX_INTERVAL_NANOS = 3_600_000_000_000L;
    private static final BigDecimal MAX_SECONDS = BigDecimal.valueOf(1_000_000_000L);

    private Durations() {}

    /** Seconds, 0 and more, as nanoseconds. */
    static long seconds(String text) {
        Matcher matcher = NUMBER_AND_UNIT.matcher(text);
        if (!matcher.matches() || !matcher.group(3).isEmpty()) {
            throw new UsageException("-s wants seconds, 0 or more, not '" + text + "'");
        }
        BigDecimal seconds = number(matcher);
        if (seconds.compareTo(MAX_SECONDS) > 0) {
            throw new UsageException("-s " + text + " is more than a process can live");
        }
        return seconds.multiply(NANOS_PER_SECOND).longValue();
    }

    /** {@code 0.01} (seconds), {@code 10ms}, {@code 500us}, {@code 100hz}: time between ticks in nanoseconds. */
    static long interval(String text) {
        Matcher matcher = NUMBER_AND_UNIT.matcher(text);
        if (!matcher.matches()) {
            throw badInterval(text);
        }
        BigDecimal number = number(matcher);
        if (number.signum() == 0) {
            throw new UsageException("-r must be more than 0, not '" + text + "'");
        }
        double nanos = switch (matcher.group(3).toLowerCase(Locale.ROOT)) {
            case "", "s" -> number.doubleValue() * 1e9;
            case "ms" -> number.doubleValue() * 1e6;
            case "us" -> number.doubleValue() * 1e3;
            case "hz" -> 1e9 / number.doubleValue();
            case "khz" -> 1e6 / number.doubleValue();
            default -> throw badInterval(text);
        };
        if (nanos < MIN_INTERVAL_NANOS || nanos > MAX_INTERVAL_NANOS) {
            throw new UsageException("-r " + text + " is out of bounds: 50us (20000hz) to 3600 seconds");
        }
        return Math.round(nanos);
    }

    private static BigDecimal number(Matcher matcher) {
        String exponent = matcher.group(2);
        return new BigDecimal(matcher.group(1)).scaleByPowerOfTen(exponent == null ? 0 : Integer.parseInt(exponent));
    }

    private static UsageException badInterval(String text) {
        return new UsageException("-r wants the time between samples in seconds (0.01), or 10ms, 500us, 100hz; not '"
                + text + "'");
    }
}
