package org.jtrace.hotspot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import org.junit.jupiter.api.Test;

class AddressCacheTest {
    private final AddressCache<String> cache = new AddressCache<>(100);

    @Test
    void anotherIdentityIsAnotherThing() {
        cache.put(8, 1, "first", 10);
        assertEquals("first", cache.get(8, 1));
        assertNull(cache.get(8, 2));
        cache.put(8, 2, "second", 10);
        assertEquals("second", cache.get(8, 2));
        assertNull(cache.get(8, 1));
    }

    @Test
    void theLeastRecentlyUsedGoesFirst() {
        cache.put(8, 1, "a", 40);
        cache.put(16, 1, "b", 40);
        cache.get(8, 1);
        cache.put(24, 1, "c", 40);
        assertEquals("a", cache.get(8, 1));
        assertNull(cache.get(16, 1));
        assertEquals("c", cache.get(24, 1));
    }

    @Test
    void weightsOfWhatWasReplacedDoNotCount() {
        cache.put(16, 1, "other", 40);
        for (int identity = 0; identity < 50; identity++) {
            cache.put(8, identity, "again", 40);
        }
        assertEquals("other", cache.get(16, 1));
    }

    @Test
    void whatWasNotAskedForInLongGoesWithTheNextThatComes() {
        cache.put(8, 1, "dead", 1);
        cache.put(16, 1, "asked for", 1);
        for (int i = 0; i <= AddressCache.MAX_AGE; i++) {
            assertEquals("asked for", cache.get(16, 1));
        }
        cache.put(24, 1, "new", 1);
        assertNull(cache.get(8, 1));
        assertEquals("asked for", cache.get(16, 1));
        assertEquals("new", cache.get(24, 1));
    }

    @Test
    void theLastOneStaysHoweverHeavy() {
        cache.put(8, 1, "light", 1);
        cache.put(16, 1, "heavy", 1000);
        assertEquals("heavy", cache.get(16, 1));
        assertNull(cache.get(8, 1));
    }
}
