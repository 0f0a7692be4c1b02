package org.jtrace.targets;

import java.util.ArrayList;
import java.util.List;

/**
 * Fills the code cache with as many small methods as the argument says, and keeps them. To be run with
 * {@code -XX:TieredStopAtLevel=1 -XX:MaxInlineSize=0 -Xbatch} and a code cache large enough. Then it runs some now and
 * then.
 */
public final class ManyMethods {
    private static final int METHODS_PER_CLASS = 50;
    private static final int TURNS = 2_500;
    private static final int PAUSE_MILLIS = 20;

    private static volatile int sink;

    private ManyMethods() {
    }

    public static void main(String[] args) throws InterruptedException {
        int classes = Integer.parseInt(args[0]) / METHODS_PER_CLASS;
        List<FreshWork> works = new ArrayList<>();
        for (int number = 1; number <= classes; number++) {
            FreshWork work = FreshClasses.work(ManyN0000.class, number);
            works.add(work);
            sink = work.go(TURNS, number);
        }
        Target.endWithInput();
        Target.ready();
        for (int i = 0; true; i++) {
            sink = works.get(i % works.size()).go(TURNS, i);
            Thread.sleep(PAUSE_MILLIS);
        }
    }
}
