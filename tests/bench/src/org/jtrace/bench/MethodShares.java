package org.jtrace.bench;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jtrace.testing.Collapsed.Stack;

/** Which share of a profile's Java samples each method has: as the innermost one, and anywhere on the stack. */
record MethodShares(Map<String, Double> self, Map<String, Double> total, long samples) {
    /** Names of hidden classes and numbers of lambdas differ from run to run and from profiler to profiler. */
    private static final Pattern HIDDEN = Pattern.compile("[.+/]0x[0-9a-f]+|(?<=\\$\\$Lambda)\\$\\d+");

    /** Of stacks that are all Java, root first. */
    static MethodShares of(List<Stack> stacks) {
        Map<String, Double> self = new HashMap<>();
        Map<String, Double> total = new HashMap<>();
        long samples = stacks.stream().mapToLong(Stack::count).sum();
        for (Stack stack : stacks) {
            double share = (double) stack.count() / samples;
            self.merge(method(stack.leaf()), share, Double::sum);
            HashSet<String> seen = new HashSet<>();
            stack.frames().forEach(frame -> seen.add(method(frame)));
            seen.forEach(method -> total.merge(method, share, Double::sum));
        }
        return new MethodShares(self, total, samples);
    }

    private static String method(String frame) {
        return HIDDEN.matcher(frame.replace("(native)", "")).replaceAll("").replace('/', '.');
    }

    /** 1 when each method has the same share of itself in both, 0 when no method is in both. */
    double overlapOfSelf(MethodShares other) {
        return sumOfMinima(self, other.self);
    }

    /** The same for shares of whole stacks, which add up to more than 1. */
    double overlapOfTotal(MethodShares other) {
        return 2 * sumOfMinima(total, other.total) / (sum(total) + sum(other.total));
    }

    private static double sumOfMinima(Map<String, Double> a, Map<String, Double> b) {
        return a.entrySet().stream().mapToDouble(e -> Math.min(e.getValue(), b.getOrDefault(e.getKey(), 0.0))).sum();
    }

    private static double sum(Map<String, Double> shares) {
        return shares.values().stream().mapToDouble(Double::doubleValue).sum();
    }
}
