package org.jtrace.targets;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Hash maps that call back into our own keys. */
final class Maps implements Busy.Work {
    private static volatile int sink;

    @Override
    public List<String> calls() {
        return Arrays.asList("Maps.go > Maps.fill", "Maps.go > Maps.sum", "Maps.fill > Maps$Key.<init>",
                "Maps$Key.<init> > jdk", "Maps.fill > jdk", "Maps.fill ~ Maps$Key.hashCode",
                "Maps.fill ~ Maps$Key.equals", "Maps.fill ~ Maps$$Lambda.apply", "Maps$$Lambda.apply > jdk", "Maps.sum > jdk", "Maps.go > jdk");
    }

    @Override
    public void go(int seed) {
        Map<Key, Integer> map = new HashMap<>();
        fill(map, seed);
        sink = sum(map);
    }

    private static void fill(Map<Key, Integer> map, int seed) {
        for (int i = 0; i < 100; i++) {
            map.merge(new Key(seed + i & 31), i, Integer::sum);
        }
    }

    private static int sum(Map<Key, Integer> map) {
        int sum = 0;
        for (int value : map.values()) {
            sum += value;
        }
        return sum;
    }

    private static final class Key {
        private final int value;

        Key(int value) {
            this.value = value;
        }

        @Override
        public int hashCode() {
            return value & 7;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Key && ((Key) other).value == value;
        }
    }
}
