package org.jtrace.targets;

import java.util.Arrays;
import java.util.List;

/** Trees of objects of several classes, evaluated by interface and virtual calls. */
final class Expressions implements Busy.Work {
    private static volatile long sink;

    private final Term[] trees = new Term[16];

    Expressions() {
        for (int i = 0; i < trees.length; i++) {
            trees[i] = tree(7, i * 2_654_435_761L);
        }
    }

    @Override
    public List<String> calls() {
        return Arrays.asList(
                "Expressions.go > Expressions$Sum.value", "Expressions.go > Expressions$Product.value",
                "Expressions.go > Expressions$Negation.value",
                "Expressions$Sum.value > Expressions$Sum.value", "Expressions$Sum.value > Expressions$Product.value",
                "Expressions$Sum.value > Expressions$Negation.value",
                "Expressions$Sum.value > Expressions$Constant.value",
                "Expressions$Product.value > Expressions$Sum.value",
                "Expressions$Product.value > Expressions$Product.value",
                "Expressions$Product.value > Expressions$Negation.value",
                "Expressions$Product.value > Expressions$Constant.value",
                "Expressions$Negation.value > Expressions$Negation.negated",
                "Expressions$Negation.negated > Expressions$Sum.value",
                "Expressions$Negation.negated > Expressions$Product.value",
                "Expressions$Negation.negated > Expressions$Negation.value",
                "Expressions$Negation.negated > Expressions$Constant.value");
    }

    @Override
    public void go(int seed) {
        long sum = 0;
        for (int i = 0; i < 10; i++) {
            sum += trees[seed + i & trees.length - 1].value(i);
        }
        sink = sum;
    }

    private static Term tree(int depth, long seed) {
        long next = seed * 6_364_136_223_846_793_005L + 1;
        if (depth == 0) {
            return new Constant(next >>> 40);
        }
        switch ((int) (next >>> 60) % 3) {
            case 0:
                return new Sum(tree(depth - 1, next + 1), tree(depth - 1, next + 2));
            case 1:
                return new Product(tree(depth - 1, next + 3), tree(depth - 1, next + 4));
            default:
                return new Negation(tree(depth - 1, next + 5));
        }
    }

    private interface Term {
        long value(int x);
    }

    private abstract static class Pair implements Term {
        final Term left;
        final Term right;

        Pair(Term left, Term right) {
            this.left = left;
            this.right = right;
        }
    }

    private static final class Sum extends Pair {
        Sum(Term left, Term right) {
            super(left, right);
        }

        @Override
        public long value(int x) {
            return left.value(x) + right.value(x + 1);
        }
    }

    private static final class Product extends Pair {
        Product(Term left, Term right) {
            super(left, right);
        }

        @Override
        public long value(int x) {
            return left.value(x) * right.value(x + 2);
        }
    }

    private static final class Negation implements Term {
        private final Term term;

        Negation(Term term) {
            this.term = term;
        }

        @Override
        public long value(int x) {
            return negated(x);
        }

        private synchronized long negated(int x) {
            return -term.value(x);
        }
    }

    private static final class Constant implements Term {
        private final long constant;

        Constant(long constant) {
            this.constant = constant;
        }

        @Override
        public long value(int x) {
            return constant + x;
        }
    }
}
