package org.jtrace.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * Ctrl-C and its relatives. The first signal is told to somebody who ends the work in good order, the second ends this
 * process at once. The JVM hands signals to a thread of its own: sampling never runs in a handler.
 */
final class Interrupts {
    /** A signal that is ignored when jtrace starts, as nohup has it, stays ignored: the JVM sees to that. */
    private static final List<String> SIGNALS = List.of("INT", "TERM", "HUP");

    private record Replaced(Signal signal, SignalHandler handler) {}

    private final IntConsumer onFirst;
    private boolean arrived;

    private Interrupts(IntConsumer onFirst) {
        this.onFirst = onFirst;
    }

    /** @param onFirst gets the number of the first signal, in another thread */
    static <T> T during(Supplier<T> work, IntConsumer onFirst) {
        Interrupts interrupts = new Interrupts(onFirst);
        List<Replaced> replaced = new ArrayList<>();
        for (String name : SIGNALS) {
            Signal signal = new Signal(name);
            replaced.add(new Replaced(signal, Signal.handle(signal, interrupts::arrived)));
        }
        try {
            return work.get();
        } finally {
            replaced.forEach(old -> Signal.handle(old.signal(), old.handler()));
        }
    }

    private synchronized void arrived(Signal signal) {
        if (arrived) {
            Runtime.getRuntime().halt(ExitCode.SIGNAL_BASE + signal.getNumber());
        }
        arrived = true;
        onFirst.accept(signal.getNumber());
    }
}
