package org.jtrace.targets;

/**
 * Nearly all its time goes into one method of a single load, which the compilers inline into its caller: it follows a
 * list whose nodes are scattered over more memory than the caches hold, and waits for each.
 */
public final class TinyHot {
    private static final int NODES = 1 << 20;

    private static volatile Node sink;

    private TinyHot() {
    }

    private static final class Node {
        private Node next;

        private Node next() {
            return next;
        }
    }

    public static void main(String[] args) {
        Target.endWithInput();
        Node first = scatteredRing();
        Target.daemon("tiny", () -> work(first));
        Target.ready();
        Block.forever();
    }

    private static void work(Node first) {
        Node node = first;
        while (true) {
            node = follow(node);
            sink = node;
        }
    }

    private static Node follow(Node first) {
        Node node = first;
        for (int i = 0; i < 100_000; i++) {
            node = node.next();
        }
        return node;
    }

    /** A ring over all nodes in an order of no pattern: a full-period generator's. */
    private static Node scatteredRing() {
        Node[] nodes = new Node[NODES];
        for (int i = 0; i < NODES; i++) {
            nodes[i] = new Node();
        }
        int at = 0;
        for (int i = 0; i < NODES; i++) {
            int next = (at * 1_664_525 + 1_013_904_223) & NODES - 1;
            nodes[at].next = nodes[next];
            at = next;
        }
        return nodes[0];
    }
}
