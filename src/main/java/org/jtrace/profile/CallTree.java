package org.jtrace.profile;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Stacks merged from their roots, with samples and CPU time at each node. Written by one thread.
 *
 * <p>It takes no more than its share of the memory, however long the profile: once it is full, a stack that is new ends
 * in {@link Markers#FULL} behind the part of it that is known. No sample is lost by that, nor its kind.
 */
public final class CallTree {
    /** What a node takes at most, its name apart: here, and merged by method while the profile is written. */
    static final int NODE_BYTES = 640;
    /** Of the share, beside it: for the markers. When that is used up, they stand nearer to the root. */
    private static final int MARKERS_PART = 8;

    private final Node root = new Node(null, null);
    private final List<Node> cuts = new ArrayList<>();
    private final long maxBytes;
    private long bytes;

    /** With as much of this program's heap as names and the rest can spare. */
    public CallTree() {
        this(Runtime.getRuntime().maxMemory() / 2);
    }

    /** @param maxBytes for its nodes and what the output makes of them, as {@link #NODE_BYTES} counts it */
    public CallTree(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    public Node root() {
        return root;
    }

    /** The node that a stack, root first, leads to; made if new. Keep it to record the same stack again cheaply. */
    public Node node(List<Frame> rootFirst) {
        Node node = root;
        boolean onlyMarkers = true; // they tell a sample's kind, and are few
        for (Frame frame : rootFirst) {
            onlyMarkers &= frame.kind() == FrameKind.MARKER;
            Node child = node.children.get(frame);
            if (child == null) {
                if (bytes >= maxBytes && !onlyMarkers) {
                    return cut(node);
                }
                child = add(node, frame);
            }
            node = child;
        }
        return node;
    }

    /** Samples of stacks that are not in the tree as a whole. */
    public long cutSamples() {
        return cuts.stream().mapToLong(Node::selfSamples).sum();
    }

    private Node add(Node parent, Frame frame) {
        Node child = new Node(parent, frame);
        parent.add(child);
        bytes += NODE_BYTES + (long) Character.BYTES * frame.name().length();
        return child;
    }

    private Node cut(Node deepest) {
        Node node = deepest;
        Node cut = node.children.get(Markers.FULL);
        while (cut == null && bytes >= maxBytes + maxBytes / MARKERS_PART && !node.isKind()) {
            node = node.parent;
            cut = node.children.get(Markers.FULL);
        }
        if (cut == null) {
            cut = add(node, Markers.FULL);
            cuts.add(cut);
        }
        return cut;
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

        /** Whether it is the root or a marker below nothing but markers. */
        private boolean isKind() {
            Node node = this;
            while (node.parent != null && node.frame.kind() == FrameKind.MARKER) {
                node = node.parent;
            }
            return node.parent == null;
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
