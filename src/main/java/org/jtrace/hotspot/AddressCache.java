package org.jtrace.hotspot;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What is known about the things at addresses of the target, each as long as its identity there stays the same. What
 * was not asked for longest goes when the weights add up to too much.
 */
final class AddressCache<V> {
    private final Map<Long, Entry<V>> entries = new LinkedHashMap<>(256, 0.75f, true);
    private final long maxWeight;
    private long weight;

    AddressCache(long maxWeight) {
        this.maxWeight = maxWeight;
    }

    private record Entry<V>(int identity, V value, long weight) {}

    /** null when unknown. */
    V get(long address, int identity) {
        Entry<V> entry = entries.get(address);
        return entry != null && entry.identity == identity ? entry.value : null;
    }

    void put(long address, int identity, V value, long valueWeight) {
        Entry<V> replaced = entries.put(address, new Entry<>(identity, value, valueWeight));
        weight += valueWeight - (replaced == null ? 0 : replaced.weight);
        Iterator<Entry<V>> eldest = entries.values().iterator();
        while (weight > maxWeight && entries.size() > 1) {
            weight -= eldest.next().weight;
            eldest.remove();
        }
    }
}
