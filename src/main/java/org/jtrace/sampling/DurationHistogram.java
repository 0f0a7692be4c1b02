package org.jtrace.sampling;

import java.util.ArrayList;
import java.util.List;

/**
 * Durations in bounded memory: exact below {@value #SUB_BUCKETS} ns, above that buckets no wider than 1/64 of their
 * value. The largest is kept exactly.
 */
public final class DurationHistogram {
    private static final int SUB_BUCKET_BITS = 6;
    private static final int SUB_BUCKETS = 1 << SUB_BUCKET_BITS;

    private final long[] counts = new long[(Long.SIZE - SUB_BUCKET_BITS) * SUB_BUCKETS];
    private long count;
    private long sum;
    private long max;

    /** How many durations there are from one power of two, in ns, to below the next; the first begins with 0. */
    public record Octave(long fromNanos, long toNanos, long count) {}

    public void add(long nanos) {
        long value = Math.max(0, nanos);
        counts[bucketOf(value)]++;
        count++;
        sum += value;
        max = Math.max(max, value);
    }

    public long count() {
        return count;
    }

    public long max() {
        return max;
    }

    /** All durations together. */
    public long sum() {
        return sum;
    }

    long median() {
        return percentile(0.5);
    }

    /** The middle of the bucket below or in which this share of the durations is, 0 to 1; 0 when empty. */
    public long percentile(double share) {
        long wanted = Math.max(1, (long) Math.ceil(share * count));
        long before = 0;
        for (int bucket = 0; bucket < counts.length; bucket++) {
            before += counts[bucket];
            if (before >= wanted) {
                return Math.min(max, middleOf(bucket));
            }
        }
        return 0;
    }

    /** From the first that has a duration to the last, with those between that have none. */
    public List<Octave> octaves() {
        List<Octave> octaves = new ArrayList<>();
        long seen = 0;
        for (int bits = 0; seen < count; bits++) {
            long from = bits == 0 ? 0 : 1L << bits;
            long to = 2L << bits;
            long here = countOf(from, to - 1);
            seen += here;
            if (seen > 0) {
                octaves.add(new Octave(from, to, here));
            }
        }
        return octaves;
    }

    /** Both values are the first and last of buckets. */
    private long countOf(long first, long last) {
        long found = 0;
        for (int bucket = bucketOf(first); bucket <= bucketOf(last); bucket++) {
            found += counts[bucket];
        }
        return found;
    }

    private static int bucketOf(long value) {
        int bits = Long.SIZE - Long.numberOfLeadingZeros(value);
        if (bits <= SUB_BUCKET_BITS) {
            return (int) value;
        }
        int shift = bits - SUB_BUCKET_BITS - 1;
        // The leading one makes value >>> shift one of SUB_BUCKETS..2*SUB_BUCKETS-1.
        return (shift + 1) * SUB_BUCKETS + (int) (value >>> shift) - SUB_BUCKETS;
    }

    private static long middleOf(int bucket) {
        int shift = bucket / SUB_BUCKETS - 1;
        if (shift < 0) {
            return bucket;
        }
        long low = (long) (bucket % SUB_BUCKETS + SUB_BUCKETS) << shift;
        return low + ((1L << shift) >>> 1);
    }
}
