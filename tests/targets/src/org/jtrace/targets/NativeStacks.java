package org.jtrace.targets;

import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.Selector;
import java.util.Random;
import java.util.zip.Deflater;

/** Threads in native code, each for long: waiting as the JDK does, and busy. With an argument: in the kernel. */
public final class NativeStacks {
    private static final int BYTES = 8 << 20;
    private static volatile int sink;

    private NativeStacks() {
    }

    public static void main(String[] args) throws Exception {
        Target.endWithInput();
        if (args.length > 0) {
            Target.daemon("draws", () -> BlockedThreads.run(NativeStacks::draw));
            Target.ready();
            Block.forever();
        }
        Target.daemon("sleeps", () -> BlockedThreads.run(() -> Thread.sleep(Long.MAX_VALUE)));
        Target.daemon("waits", () -> BlockedThreads.run(NativeStacks::waitForever));
        Target.daemon("parks", Block::forever);
        Target.daemon("selects", () -> BlockedThreads.run(() -> Selector.open().select()));
        ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
        Target.daemon("reads", () -> BlockedThreads.run(() -> client.getInputStream().read()));
        Target.daemon("deflates", NativeStacks::deflate);
        Target.ready();
        Block.forever();
    }

    /** Works in the kernel, which makes the file's text when it is read. */
    private static void draw() throws Exception {
        byte[] text = new byte[1 << 16];
        try (RandomAccessFile file = new RandomAccessFile("/proc/self/smaps", "r")) {
            while (true) {
                file.seek(0);
                sink = file.read(text);
            }
        }
    }

    private static void waitForever() throws InterruptedException {
        Object monitor = new Object();
        synchronized (monitor) {
            monitor.wait();
        }
    }

    /** Of noise, which takes longest: a call lasts for a good part of a second. */
    private static void deflate() {
        byte[] noise = new byte[BYTES];
        new Random(1).nextBytes(noise);
        byte[] deflated = new byte[2 * BYTES];
        while (true) {
            Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION);
            deflater.setInput(noise);
            deflater.finish();
            sink = deflater.deflate(deflated);
            deflater.end();
        }
    }
}
