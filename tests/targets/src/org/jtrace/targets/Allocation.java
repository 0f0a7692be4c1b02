package org.jtrace.targets;

import java.util.Arrays;
import java.util.List;

/** Work for the collector: short-lived trees, some that survive, and large arrays. */
final class Allocation implements Busy.Work {
    private static volatile Object sink;

    private final Tree[] survivors = new Tree[64];

    @Override
    public List<String> calls() {
        return Arrays.asList("Allocation.go > Allocation.build", "Allocation.build > Allocation.build",
                "Allocation.build > Allocation$Tree.<init>", "Allocation$Tree.<init> > jdk",
                "Allocation.go > Allocation.depth", "Allocation.depth > Allocation.depth", "Allocation.depth > jdk");
    }

    @Override
    public void go(int seed) {
        Tree tree = build(8);
        if (depth(tree) == 8) {
            survivors[seed >>> 4 & 63] = tree;
        }
        sink = new long[2000 + (seed & 1023)];
    }

    private static Tree build(int depth) {
        return depth == 0 ? null : new Tree(build(depth - 1), build(depth - 1));
    }

    private static int depth(Tree tree) {
        return tree == null ? 0 : 1 + Math.max(depth(tree.left), depth(tree.right));
    }

    private static final class Tree {
        final Tree left;
        final Tree right;

        Tree(Tree left, Tree right) {
            this.left = left;
            this.right = right;
        }
    }
}
