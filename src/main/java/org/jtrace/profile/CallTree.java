package org.jtrace.profile;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Stacks merged from their roots, with samples and CPU time at each node. Written by one thread. */
public final class CallTree {
    private final Node root = new Node(null, null);

    public Node root() {
        return root;
    }

    /** The node that a stack, root first, leads to; made if new. Keep it to record the same stack again cheaply. */
    public Node node(List<Frame> rootFirst) {
        Node node = root;
        for (Frame frame : rootFirst) {
            node = node.child(frame);
        }
        return node;
    }

    /** A frame below its callers. */
    public static final class Node {
        private final Node parent;
        private final Frame frame;
        /** Most nodes have one child or none, and the tree is what a long profile's memory goes into. */
        private Map<Frame, Node> children = Map.of();
        private long selfSamples;
        private long selfCpuNanos;

        private Node(Node parent, Frame frame) {
            this.parent = parent;
            this.frame = frame;
        }

        private Node child(Frame childFrame) {
            Node child = children.get(childFrame);
            if (child == null) {
                child = new Node(this, childFrame);
                add(child);
            }
            return child;
        }

        private void add(Node child) {
            if (children.isEmpty()) {
                children = Collections.singletonMap(child.frame, child);
                return;
            }
            if (children.size() == 1) {
                children = new LinkedHashMap<>(children);
            }
            children.put(child.frame, child);
        }

        /** Adds samples whose leaf this is. */
        public void record(long samples, long cpuNanos) {
            selfSamples += samples;
            selfCpuNanos += cpuNanos;
        }

        /** null at the root. */
        public Node parent() {
            return parent;
        }

        /** null at the root. */
        public Frame frame() {
            return frame;
        }

        public Collection<Node> children() {
            return children.values();
        }

        public long selfSamples() {
            return selfSamples;
        }

        public long selfCpuNanos() {
            return selfCpuNanos;
        }
    }
}
