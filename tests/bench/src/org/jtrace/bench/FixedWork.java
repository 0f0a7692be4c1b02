package org.jtrace.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * Two threads that do the same piece of work again and again: sorting, maps, strings, recursion. For each line of its
 * input it prints PIECES, how many were done, and at what time ({@link System#nanoTime}). Ends with its input.
 */
public final class FixedWork {
    private static final int THREADS = 2;
    private static final int SIZE = 600;

    private final LongAdder done;
    private int seed;
    private long checksum;

    private FixedWork(LongAdder done, int seed) {
        this.done = done;
        this.seed = seed;
    }

    public static void main(String[] args) throws IOException {
        LongAdder done = new LongAdder();
        for (int i = 0; i < THREADS; i++) {
            FixedWork work = new FixedWork(done, i + 1);
            Thread thread = new Thread(work::run, "work " + i);
            thread.setDaemon(true);
            thread.start();
        }
        System.out.println("READY");
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        while (input.readLine() != null) {
            System.out.println("PIECES " + done.sum() + " " + System.nanoTime());
        }
    }

    private void run() {
        while (true) {
            piece();
            done.increment();
        }
    }

    private void piece() {
        int[] numbers = new int[SIZE];
        for (int i = 0; i < SIZE; i++) {
            seed = seed * 1103515245 + 12345;
            numbers[i] = seed >>> 8;
        }
        Arrays.sort(numbers);
        Map<Integer, String> map = new HashMap<>();
        for (int i = 0; i < SIZE; i += 4) {
            map.put(numbers[i] % 64, "value " + numbers[i]);
        }
        checksum += map.values().stream().mapToInt(String::length).sum() + fibonacci(12);
    }

    private static int fibonacci(int n) {
        return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
    }
}
