package org.jtrace.sampling;

/**
 * Durations in bounded memory: exact below {@value #SUB_BUCKETS} ns, above that buckets no wider than 1/64 of their
 * value. The largest is kept exactly.
 */
final class DurationHistogram {
    private static final int SUB_BUCKET_BITS = 6;
    private static final int SUB_BUCKETS = 1 << SUB_BUCKET_BITS;

    private final long[] counts = new long[(Long.SIZE - SUB_BUCKET_BITS) * SUB_BUCKETS];
    private long count;
    private long max;

    void add(long nanos) {
        long value = Math.max(0, nanos);
        counts[bucketOf(value)]++;
        count++;
        max = Math.max(max, value);
    }

    long count() {
        return count;
    }

    long max() {
        return max;
    }

    /** The middle of the median's bucket; 0 when empty. */
    long median() {
        long before = 0;
        for (int bucket = 0; bucket < counts.length; bucket++) {
            before += counts[bucket];
            if (2 * before >= count && before > 0) {
                return Math.min(max, middleOf(bucket));
            }
        }
        return 0;
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
