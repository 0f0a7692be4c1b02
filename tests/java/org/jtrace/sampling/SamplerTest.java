package org.jtrace.sampling;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.SplittableRandom;
import org.jtrace.error.TargetGoneException;
import org.jtrace.profile.Engine;
import org.jtrace.profile.Frame;
import org.jtrace.profile.Profile;
import org.jtrace.sampling.Sampler.End;
import org.jtrace.target.Target;
import org.junit.jupiter.api.Test;

class SamplerTest {
    private static final long MILLISECOND = 1_000_000;

    @Test
    void makesTheTicksOfItsSchedule() {
        Sampler sampler = sampler(new EmptyTarget(Long.MAX_VALUE, true), Schedule.once());
        assertEquals(End.DURATION_OVER, sampler.run());
        Profile profile = sampler.profile();
        assertEquals(1, profile.info().ticks().made());
        assertEquals(1, profile.info().ticks().planned());
    }

    @Test
    void endsWithItsTarget() {
        Sampler sampler = sampler(new EmptyTarget(3, true), Schedule.endless(MILLISECOND, new SplittableRandom(1)));
        assertEquals(End.TARGET_GONE, sampler.run());
        assertEquals(3, sampler.schedule().made());
    }

    @Test
    void seesTheTargetsEndBetweenTicksThatAreFarApart() {
        Schedule hourly = Schedule.endless(3_600_000 * MILLISECOND, new SplittableRandom(1));
        assertEquals(End.TARGET_GONE, sampler(new EmptyTarget(Long.MAX_VALUE, false), hourly).run());
    }

    @Test
    void stopsInTheMiddleOfALongWait() throws InterruptedException {
        Schedule hourly = Schedule.endless(3_600_000 * MILLISECOND, new SplittableRandom(1));
        Sampler sampler = sampler(new EmptyTarget(Long.MAX_VALUE, true), hourly);
        Thread stopper = new Thread(sampler::stop);
        stopper.start();
        assertEquals(End.STOPPED, sampler.run());
        stopper.join();
    }

    private static Sampler sampler(Target target, Schedule schedule) {
        return new Sampler(target, Engine.PTRACE, schedule, true, false, false, (elapsed, s, ledger) -> { });
    }

    /** Has no threads, and ends after some ticks. */
    private static final class EmptyTarget implements Target {
        private final long ticks;
        private final boolean alive;
        private long made;

        EmptyTarget(long ticks, boolean alive) {
            this.ticks = ticks;
            this.alive = alive;
        }

        @Override
        public boolean usePerf(long periodNanos, boolean mayStop) {
            return true;
        }

        @Override
        public long[] tick(long slots) {
            if (made == ticks) {
                throw new TargetGoneException("gone");
            }
            made++;
            return new TickWords(System.nanoTime(), System.nanoTime(), 0).words();
        }

        @Override
        public long[] more() {
            throw new UnsupportedOperationException();
        }

        @Override
        public long[] lookAgain() {
            throw new UnsupportedOperationException();
        }

        @Override
        public long[] settle() {
            return new TickWords(0, 0, 0).words();
        }

        @Override
        public boolean undisturbed() {
            return true;
        }

        @Override
        public boolean namesAreCertain() {
            return true;
        }

        @Override
        public boolean alive() {
            return alive;
        }

        @Override
        public int pid() {
            return 1;
        }

        @Override
        public String command() {
            return "";
        }

        @Override
        public String vm() {
            return "";
        }

        @Override
        public List<String> missing() {
            return List.of();
        }

        @Override
        public String javaThreadName(int tid, long javaThread) {
            return "";
        }

        @Override
        public String virtualThreadName(long id) {
            throw new UnsupportedOperationException();
        }

        @Override
        public String kernelThreadName(int tid) {
            return "";
        }

        @Override
        public void resolveInterpreted(long methodAddress, int identity, int bci, List<Frame> leafFirst) {}

        @Override
        public void resolveCompiled(long nmethodAddress, int compileId, int pcOffset, List<Frame> leafFirst) {}

        @Override
        public void resolveNativeWrapper(long nmethodAddress, int compileId, List<Frame> leafFirst) {}
    }
}
