package org.jtrace.targets;

import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Native methods, intrinsics and stubs: in and out of compiled code all the time. */
final class Natives implements Busy.Work {
    private static volatile long sink;

    @Override
    public List<String> calls() {
        return Arrays.asList("Natives.go > Natives.clocks", "Natives.go > Natives.copies",
                "Natives.go > Natives.checksums", "Natives.go > Natives.deflated", "Natives.go > Natives.objects",
                "Natives.clocks > jdk", "Natives.copies > jdk", "Natives.checksums > jdk", "Natives.deflated > jdk",
                "Natives.objects > jdk");
    }

    @Override
    public void go(int seed) {
        byte[] data = new byte[1000];
        data[seed & 511] = (byte) seed;
        sink = clocks() + copies(data, seed) + checksums(data) + deflated(data) + objects();
    }

    private static long clocks() {
        long sum = 0;
        for (int i = 0; i < 50; i++) {
            sum += System.nanoTime() ^ System.currentTimeMillis();
        }
        return sum;
    }

    private static int copies(byte[] data, int seed) {
        byte[] copy = Arrays.copyOf(data, data.length + (seed & 63));
        for (int i = 0; i < 20; i++) {
            System.arraycopy(data, i, copy, 2 * i, data.length - 2 * i);
        }
        Arrays.fill(copy, 100, 200, (byte) seed);
        return copy[seed & 255];
    }

    private static long checksums(byte[] data) {
        CRC32 crc = new CRC32();
        for (int i = 0; i < 10; i++) {
            crc.update(data, i, data.length - i);
        }
        return crc.getValue();
    }

    private static int deflated(byte[] data) {
        Deflater deflater = new Deflater(Deflater.BEST_SPEED);
        try {
            deflater.setInput(data);
            deflater.finish();
            return deflater.deflate(new byte[2000]);
        } finally {
            deflater.end();
        }
    }

    private static int objects() {
        int sum = 0;
        for (int i = 0; i < 20; i++) {
            Object object = new int[i];
            sum += object.hashCode() + ((int[]) object).clone().length + object.getClass().getModifiers();
        }
        return sum;
    }
}
