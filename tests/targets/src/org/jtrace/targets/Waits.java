package org.jtrace.targets;

import java.io.InputStream;
import java.net.DatagramSocket;
import java.net.DatagramPacket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Timer;
import java.util.TimerTask;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Exchanger;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/** The ways in which the JDK lets a thread wait. */
final class Waits {
    private static final long LONG_MILLIS = TimeUnit.DAYS.toMillis(1);

    private Waits() {
    }

    static void addTo(BlockedThreads all) throws Exception {
        addMonitors(all);
        addTimed(all);
        addLocks(all);
        addQueues(all);
        addThreadPools(all);
        addNetwork(all);
    }

    private static void addMonitors(BlockedThreads all) throws Exception {
        Object taken = new Object();
        CountDownLatch isTaken = new CountDownLatch(1);
        all.add("monitor owner", () -> {
            synchronized (taken) {
                isTaken.countDown();
                Block.forever();
            }
        });
        isTaken.await();
        all.add("monitor", () -> {
            Block.arriving();
            synchronized (taken) {
                Target.say("got a monitor that is taken");
            }
        });
        all.add("object wait", () -> {
            Object monitor = new Object();
            synchronized (monitor) {
                Block.arriving();
                monitor.wait();
            }
        });
        all.add("object wait timed", () -> {
            Object monitor = new Object();
            synchronized (monitor) {
                Block.arriving();
                monitor.wait(LONG_MILLIS);
            }
        });
        SynchronizedMethods methods = new SynchronizedMethods();
        all.add("synchronized method owner", methods::own);
        methods.owned.await();
        all.add("synchronized method", () -> {
            Block.arriving();
            methods.enter();
        });
    }

    private static final class SynchronizedMethods {
        final CountDownLatch owned = new CountDownLatch(1);

        synchronized void own() {
            owned.countDown();
            Block.forever();
        }

        synchronized void enter() {
            Target.say("entered a method that is taken");
        }
    }

    private static void addTimed(BlockedThreads all) {
        all.add("sleep", () -> {
            Block.arriving();
            Thread.sleep(LONG_MILLIS);
        });
        all.add("park", () -> {
            Block.arriving();
            LockSupport.park();
        });
        all.add("park nanos with blocker", () -> {
            Block.arriving();
            LockSupport.parkNanos(Waits.class, TimeUnit.DAYS.toNanos(1));
        });
        all.add("join", () -> {
            Thread self = Thread.currentThread();
            Block.arriving();
            self.join();
        });
    }

    private static void addLocks(BlockedThreads all) throws Exception {
        ReentrantLock lock = new ReentrantLock();
        ReentrantReadWriteLock readWriteLock = new ReentrantReadWriteLock();
        CountDownLatch isLocked = new CountDownLatch(1);
        all.add("lock owner", () -> {
            lock.lock();
            readWriteLock.writeLock().lock();
            isLocked.countDown();
            Block.forever();
        });
        isLocked.await();
        all.add("reentrant lock", () -> {
            Block.arriving();
            lock.lock();
        });
        all.add("read lock", () -> {
            Block.arriving();
            readWriteLock.readLock().lock();
        });
        all.add("condition", () -> {
            ReentrantLock own = new ReentrantLock();
            Condition condition = own.newCondition();
            own.lock();
            Block.arriving();
            condition.await();
        });
        all.add("semaphore", () -> {
            Block.arriving();
            new Semaphore(0).tryAcquire(1, TimeUnit.DAYS);
        });
        all.add("barrier", () -> {
            Block.arriving();
            new CyclicBarrier(2).await();
        });
    }

    private static void addQueues(BlockedThreads all) {
        all.add("array queue take", () -> {
            Block.arriving();
            new ArrayBlockingQueue<>(1).take();
        });
        all.add("linked queue poll", () -> {
            Block.arriving();
            new LinkedBlockingQueue<>().poll(1, TimeUnit.DAYS);
        });
        all.add("synchronous queue put", () -> {
            Block.arriving();
            new SynchronousQueue<>().put("nobody takes this");
        });
        all.add("exchanger", () -> {
            Block.arriving();
            new Exchanger<>().exchange("nobody wants this");
        });
    }

    private static void addThreadPools(BlockedThreads all) {
        ExecutorService pool = Executors.newFixedThreadPool(1, body -> all.register(new Thread(body, "in a pool")));
        pool.submit(Block::forever);
        ForkJoinPool forkJoin = new ForkJoinPool(1);
        all.add("future", () -> {
            Block.arriving();
            new CompletableFuture<>().get();
        });
        all.add("fork join waiter", () -> {
            Block.arriving();
            forkJoin.submit(() -> LockSupport.parkNanos(TimeUnit.DAYS.toNanos(1))).get();
        });
        all.add("timer maker", () -> {
            new Timer("timer", true).schedule(new TimerTask() {
                @Override
                public void run() {
                    Block.forever();
                }
            }, 0);
            Block.forever();
        });
    }

    private static void addNetwork(BlockedThreads all) throws Exception {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        ServerSocket silent = new ServerSocket(0, 10, loopback);
        all.addRunnable("accept", () -> {
            try (ServerSocket server = new ServerSocket(0, 1, loopback)) {
                Block.arriving();
                server.accept();
            }
        });
        all.addRunnable("socket read", () -> {
            try (Socket socket = new Socket(loopback, silent.getLocalPort());
                    InputStream in = socket.getInputStream()) {
                Block.arriving();
                in.read();
            }
        });
        all.addRunnable("channel read", () -> {
            try (SocketChannel channel =
                    SocketChannel.open(new InetSocketAddress(loopback, silent.getLocalPort()))) {
                Block.arriving();
                channel.read(ByteBuffer.allocate(1));
            }
        });
        all.addRunnable("datagram receive", () -> {
            try (DatagramSocket socket = new DatagramSocket(0, loopback)) {
                Block.arriving();
                socket.receive(new DatagramPacket(new byte[1], 1));
            }
        });
        all.addRunnable("select", () -> {
            try (Selector selector = Selector.open()) {
                Block.arriving();
                selector.select();
            }
        });
        all.addRunnable("select timed", () -> {
            try (Selector selector = Selector.open()) {
                Block.arriving();
                selector.select(LONG_MILLIS);
            }
        });
    }
}
