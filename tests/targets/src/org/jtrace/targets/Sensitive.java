package org.jtrace.targets;

import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Does what a careless tracer disturbs, and counts what it sees of it: signals, null checks (which are signals to the
 * VM), and waits of all kinds with a limit. On the input line {@code begin} it sets out, on {@code end} it stops and
 * prints for each kind {@code COUNT name rounds early wrong}: how often it was done, how often a wait was over before
 * its time, and how often anything else than expected came out.
 */
public final class Sensitive {
    /** One round of something. {@code expected} outcomes return true. */
    private interface Round {
        boolean done() throws Exception;
    }

    /** How far the clocks of a wait and of the check may disagree; a wait that was interrupted is far shorter. */
    private static final long CLOCK_SLACK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long LOST_SIGNAL_NANOS = TimeUnit.SECONDS.toNanos(10);

    private static final List<Sensitive> ALL = new ArrayList<>();
    /** A server socket that nobody refers to is closed by the collector. */
    private static ServerSocket silentServer;
    private static volatile boolean running;

    private final String name;
    private final long limitNanos;
    private final Round round;
    private Thread thread;
    private long rounds;
    private long early;
    private long wrong;

    private Sensitive(String name, long limitMillis, Round round) {
        this.name = name;
        this.limitNanos = TimeUnit.MILLISECONDS.toNanos(limitMillis);
        this.round = round;
    }

    public static void main(String[] args) throws Exception {
        addWaits();
        addNetwork();
        addTraffic();
        ALL.add(new Sensitive("null check", 0, new NullChecks()));
        ALL.add(new Sensitive("signal", 0, new Signals()));
        Target.onInput(line -> {
            if (line.equals("begin")) {
                begin();
            } else {
                end();
            }
        });
        Target.ready();
        Block.forever();
    }

    private static void addWaits() {
        add("sleep 20", 20, () -> {
            Thread.sleep(20);
            return true;
        });
        Object monitor = new Object();
        add("wait 50", 50, () -> {
            synchronized (monitor) {
                monitor.wait(50);
            }
            return true;
        });
        add("park 30", 30, () -> {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(30));
            return true;
        });
        BlockingQueue<Object> empty = new ArrayBlockingQueue<>(1);
        add("poll 40", 40, () -> empty.poll(40, TimeUnit.MILLISECONDS) == null);
        add("join 60", 60, () -> {
            Thread.currentThread().join(60);
            return true;
        });
    }

    private static void addNetwork() throws IOException {
        Selector selector = Selector.open();
        add("select 200", 200, () -> selector.select(200) == 0);
        silentServer = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Socket silent = new Socket(silentServer.getInetAddress(), silentServer.getLocalPort());
        silent.setSoTimeout(100);
        add("socket read 100", 100, () -> {
            try {
                silent.getInputStream().read();
                return false;
            } catch (SocketTimeoutException e) {
                return true;
            }
        });
        ServerSocket uncalled = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        uncalled.setSoTimeout(70);
        add("accept 70", 70, () -> {
            try {
                uncalled.accept().close();
                return false;
            } catch (SocketTimeoutException e) {
                return true;
            }
        });
    }

    /** Handing over from thread to thread: nothing may be lost or come twice. */
    private static void addTraffic() {
        SynchronousQueue<Long> there = new SynchronousQueue<>();
        SynchronousQueue<Long> back = new SynchronousQueue<>();
        Target.daemon("echo", () -> {
            try {
                while (true) {
                    back.put(there.take() + 1);
                }
            } catch (InterruptedException e) {
                Target.say("interrupted by nobody");
            }
        });
        AtomicLong number = new AtomicLong();
        add("handover", 0, () -> {
            long sent = number.addAndGet(2);
            there.put(sent);
            long received = back.take();
            Thread.sleep(1);
            return received == sent + 1;
        });
    }

    /** A null check is a load that fails: SIGSEGV, which the VM turns into an exception. */
    private static final class NullChecks implements Round {
        private int[] array = new int[1];

        @Override
        public boolean done() {
            int caught = 0;
            for (int i = 0; i < 1000; i++) {
                array = i % 2 == 0 ? null : new int[1];
                try {
                    array[0]++;
                } catch (NullPointerException e) {
                    caught++;
                }
            }
            return caught == 500;
        }
    }

    /** Sends this process a signal, and waits until the handler has seen it, once. By reflection: sun.misc is no API. */
    private static final class Signals implements Round, InvocationHandler {
        private final AtomicLong handled = new AtomicLong();
        private final Method raise;
        private final Object signal;
        private long sent;

        Signals() throws ReflectiveOperationException {
            Class<?> type = Class.forName("sun.misc.Signal");
            Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
            signal = type.getConstructor(String.class).newInstance("WINCH");
            raise = type.getMethod("raise", type);
            Object handler = Proxy.newProxyInstance(handlerType.getClassLoader(), new Class<?>[] {handlerType}, this);
            type.getMethod("handle", type, handlerType).invoke(null, signal, handler);
        }

        @Override
        public Object invoke(Object proxy, Method method, Object[] args) {
            if (method.getName().equals("handle")) {
                handled.incrementAndGet();
                return null;
            }
            return method.getName().equals("hashCode") ? (Object) System.identityHashCode(this) : proxy == args[0];
        }

        @Override
        public boolean done() throws Exception {
            raise.invoke(null, signal);
            sent++;
            long deadline = System.nanoTime() + LOST_SIGNAL_NANOS;
            while (handled.get() < sent && System.nanoTime() < deadline) {
                Thread.yield();
            }
            return handled.get() == sent;
        }
    }

    private static void add(String name, long limitMillis, Round round) {
        ALL.add(new Sensitive(name, limitMillis, round));
    }

    private static void begin() {
        running = true;
        for (Sensitive one : ALL) {
            one.rounds = 0;
            one.early = 0;
            one.wrong = 0;
            one.thread = Target.daemon(one.name, one::repeat);
        }
    }

    private static void end() {
        running = false;
        for (Sensitive one : ALL) {
            try {
                one.thread.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            Target.say("COUNT " + one.name + ": " + one.rounds + " " + one.early + " " + one.wrong);
        }
        Target.say("END");
    }

    private void repeat() {
        while (running) {
            long begin = System.nanoTime();
            try {
                if (!round.done()) {
                    wrong++;
                }
            } catch (Exception e) {
                if (wrong++ == 0) {
                    Target.say("unexpected: " + e);
                }
            }
            if (System.nanoTime() - begin < limitNanos - CLOCK_SLACK_NANOS) {
                early++;
            }
            rounds++;
        }
    }
}
