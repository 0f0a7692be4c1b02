package org.jtrace.testing;

/**
 * Exact (Clopper-Pearson) interval for a share of which {@code hits} in {@code samples} were seen. It holds the true
 * share with at least the given confidence, whatever the share is.
 */
public record BinomialInterval(double low, double high) {
    private static final int BISECTIONS = 60;

    public static BinomialInterval of(long hits, long samples, double confidence) {
        if (samples <= 0 || hits < 0 || hits > samples) {
            throw new IllegalArgumentException(hits + " of " + samples);
        }
        double tail = (1 - confidence) / 2;
        return new BinomialInterval(hits == 0 ? 0 : 1 - upper(samples - hits, samples, tail),
                hits == samples ? 1 : upper(hits, samples, tail));
    }

    /**
     * Whether the samples leave it open that the true share is this one or more. A few hundred of them cannot tell 99.5 %
     * from 99.3 %: only a count that a right program reaches in less than one of 200 runs is held against it.
     */
    public static boolean mayBeAtLeast(double share, long hits, long samples) {
        return of(hits, samples, 0.99).high >= share;
    }

    public boolean contains(double share) {
        return low <= share && share <= high;
    }

    /** The share at which so few hits or fewer have just the probability {@code tail}. */
    private static double upper(long hits, long samples, double tail) {
        double below = 0;
        double above = 1;
        for (int i = 0; i < BISECTIONS; i++) {
            double middle = (below + above) / 2;
            if (cumulative(hits, samples, middle) > tail) {
                below = middle;
            } else {
                above = middle;
            }
        }
        return (below + above) / 2;
    }

    /** Probability of at most {@code hits}, each term made from the one before, from its logarithm up. */
    static double cumulative(long hits, long samples, double share) {
        double logTerm = samples * Math.log1p(-share);
        double logOdds = Math.log(share) - Math.log1p(-share);
        double sum = 0;
        for (long k = 0; k <= hits; k++) {
            sum += Math.exp(logTerm);
            logTerm += Math.log(samples - k) - Math.log(k + 1) + logOdds;
        }
        return Math.min(1, sum);
    }
}
