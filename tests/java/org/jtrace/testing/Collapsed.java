package org.jtrace.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Collapsed stacks: {@code frame;frame;... count}, root first. */
public record Collapsed(List<Stack> stacks) {
    private static final Pattern LINE = Pattern.compile("(.+) (\\d+)");

    /** A stack and how often it was seen. */
    public record Stack(List<String> frames, long count) {
        public String root() {
            return frames.get(0);
        }

        public String leaf() {
            return frames.get(frames.size() - 1);
        }

        public boolean contains(String frame) {
            return frames.contains(frame);
        }

        public boolean idle() {
            return contains("(idle)");
        }

        public boolean failed() {
            return contains("(failed)");
        }

        /** Whether it stands for running Java code, failed walks left aside. */
        public boolean runningJava() {
            return !idle() && !failed() && !contains("(non-java)");
        }

        /** Without what tells that it is idle, and why: the thread's name comes first, with {@code --threads}. */
        public List<String> threadAndCode() {
            int state = !idle() ? 0 : frames.get(1).equals("(safepoint)") ? 2 : 1;
            return frames.subList(state, frames.size());
        }

        /** Without the frames that name a state and not code: {@code (vm)} and its like. */
        public List<String> code() {
            return frames.stream().filter(frame -> !frame.startsWith("(")).toList();
        }
    }

    /** Every line has to be a stack: jtrace's standard output carries nothing else. */
    public static Collapsed parse(String text) {
        List<Stack> stacks = new ArrayList<>();
        for (String line : text.lines().toList()) {
            Matcher matcher = LINE.matcher(line);
            if (!matcher.matches()) {
                throw new AssertionError("not a collapsed stack: " + line);
            }
            stacks.add(new Stack(List.of(matcher.group(1).split(";")), Long.parseLong(matcher.group(2))));
        }
        return new Collapsed(List.copyOf(stacks));
    }

    public long samples(Predicate<Stack> which) {
        return stacks.stream().filter(which).mapToLong(Stack::count).sum();
    }

    public Collapsed plus(Collapsed other) {
        List<Stack> both = new ArrayList<>(stacks);
        both.addAll(other.stacks);
        return new Collapsed(List.copyOf(both));
    }
}
