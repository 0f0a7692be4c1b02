package org.jtrace.hotspot;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What is known about the things at addresses of the target, each as long as its identity there stays the same. What
 * was not asked for longest goes when the weights add up to too much, or when it was not asked for in very long: where
 * classes come and go, it is most likely gone.
 */
final class AddressCache<V> {
    /** In questions: more than there are methods on all stacks. */
    static final int MAX_AGE = 1 << 17;

    private final Map<Long, Entry<V>> entries = new LinkedHashMap<>(256, 0.75f, true);
    private final long maxWeight;
    private long weight;
    private long questions;

    AddressCache(long maxWeight) {
        this.maxWeight = maxWeight;
    }

    private static final class Entry<V> {
        private final int identity;
        private final V value;
        private final long weight;
        private long asked;

        private Entry(int identity, V value, long weight, long asked) {
            this.identity = identity;
            this.value = value;
            this.weight = weight;
            this.asked = asked;
        }
    }

    /** null when unknown. */
    V get(long address, int identity) {
        questions++;
        Entry<V> entry = entries.get(address);
        if (entry == null || entry.identity != identity) {
            return null;
        }
        entry.asked = questions;
        return entry.value;
    }

    void put(long address, int identity, V value, long valueWeight) {
        Entry<V> replaced = entries.put(address, new Entry<>(identity, value, valueWeight, questions));
        weight += valueWeight - (replaced == null ? 0 : replaced.weight);
        Iterator<Entry<V>> eldestFirst = entries.values().iterator();
        Entry<V> eldest = eldestFirst.next();
        while (entries.size() > 1 && (weight > maxWeight || questions - eldest.asked > MAX_AGE)) {
            weight -= eldest.weight;
            eldestFirst.remove();
            eldest = eldestFirst.next();
        }
    }
}
