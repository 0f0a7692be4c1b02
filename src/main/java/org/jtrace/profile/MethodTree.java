package org.jtrace.profile;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A call tree merged by method: the lines of a method, and whether it ran interpreted, compiled or inlined, no longer
 * split it; each node keeps how its samples were spread over them. Nodes are in preorder, children by name.
 */
public final class MethodTree {
    private final List<Node> nodes;

    private MethodTree(List<Node> nodes) {
        this.nodes = nodes;
    }

    /** Iterative throughout, because stacks are as deep as the target likes. */
    public static MethodTree of(CallTree tree) {
        List<Merge> merges = merge(tree);
        for (int i = merges.size() - 1; i > 0; i--) {
            Merge merge = merges.get(i);
            merge.node.addVisit(merge.from.frame(), merge.samples);
            Merge parent = merges.get(merge.parent);
            parent.samples += merge.samples;
            parent.cpuNanos += merge.cpuNanos;
            merge.node.samples += merge.samples;
            merge.node.cpuNanos += merge.cpuNanos;
        }
        Node root = merges.get(0).node;
        root.samples = merges.get(0).samples;
        root.cpuNanos = merges.get(0).cpuNanos;
        return new MethodTree(preorder(root));
    }

    /** All nodes in preorder: the root first, each node before its children, children in order of their names. */
    public List<Node> nodes() {
        return nodes;
    }

    public Node root() {
        return nodes.get(0);
    }

    /** Samples and CPU time below a node of the call tree, and the node that they are merged into. */
    private static final class Merge {
        private final CallTree.Node from;
        private final Node node;
        private final int parent;
        private long samples;
        private long cpuNanos;

        private Merge(CallTree.Node from, Node node, int parent) {
            this.from = from;
            this.node = node;
            this.parent = parent;
            samples = from.selfSamples();
            cpuNanos = from.selfCpuNanos();
            node.selfSamples += samples;
            node.selfCpuNanos += cpuNanos;
        }
    }

    /** Each node of the call tree once, parents before their children. */
    private static List<Merge> merge(CallTree tree) {
        List<Merge> merges = new ArrayList<>();
        merges.add(new Merge(tree.root(), new Node("", FrameKind.MARKER, 0), 0));
        for (int i = 0; i < merges.size(); i++) {
            Merge at = merges.get(i);
            for (CallTree.Node child : at.from.children()) {
                merges.add(new Merge(child, at.node.child(child.frame()), i));
            }
        }
        return merges;
    }

    private static List<Node> preorder(Node root) {
        List<Node> nodes = new ArrayList<>();
        List<Node> pending = new ArrayList<>(List.of(root));
        while (!pending.isEmpty()) {
            Node node = pending.remove(pending.size() - 1);
            nodes.add(node);
            List<Node> children = new ArrayList<>(node.children.values());
            children.sort(Comparator.comparing(Node::name).thenComparing(Node::family).reversed());
            pending.addAll(children);
        }
        return nodes;
    }

    /** What keeps frames of one name apart: Java code is one however it was executed. */
    private static FrameKind familyOf(FrameKind kind) {
        return switch (kind) {
            case INTERPRETED, C1, C2, INLINED -> FrameKind.C2;
            case NATIVE, NATIVE_CODE, KERNEL, THREAD, MARKER -> kind;
        };
    }

    private record Key(String name, FrameKind family) {}

    /** A method below its callers. */
    public static final class Node {
        private final String name;
        private final FrameKind family;
        private final int depth;
        private Map<Key, Node> children = Map.of();
        private final long[] samplesByKind = new long[FrameKind.values().length];
        private final Map<Integer, Long> samplesByLine = new TreeMap<>();
        private long selfSamples;
        private long selfCpuNanos;
        private long samples;
        private long cpuNanos;

        private Node(String name, FrameKind family, int depth) {
            this.name = name;
            this.family = family;
            this.depth = depth;
        }

        private Node child(Frame frame) {
            if (children.isEmpty()) {
                children = new HashMap<>(4);
            }
            Key key = new Key(frame.name(), familyOf(frame.kind()));
            return children.computeIfAbsent(key, k -> new Node(k.name, k.family, depth + 1));
        }

        private void addVisit(Frame frame, long count) {
            samplesByKind[frame.kind().ordinal()] += count;
            if (frame.line() != Frame.NO_LINE) {
                samplesByLine.merge(frame.line(), count, Long::sum);
            }
        }

        /** Empty at the root. */
        public String name() {
            return name;
        }

        private FrameKind family() {
            return family;
        }

        /** 0 at the root. */
        public int depth() {
            return depth;
        }

        /** Samples whose leaf this is. */
        public long selfSamples() {
            return selfSamples;
        }

        public long selfCpuNanos() {
            return selfCpuNanos;
        }

        /** Own samples and those of all below. */
        public long samples() {
            return samples;
        }

        public long cpuNanos() {
            return cpuNanos;
        }

        public long samples(FrameKind kind) {
            return samplesByKind[kind.ordinal()];
        }

        /** By source line, lines ascending; samples without a known line are not in it. */
        public Map<Integer, Long> samplesByLine() {
            return samplesByLine;
        }

        /** How most of its samples were executed. */
        public FrameKind mainKind() {
            FrameKind main = family;
            for (FrameKind kind : FrameKind.values()) {
                if (samples(kind) > samples(main)) {
                    main = kind;
                }
            }
            return main;
        }

        public boolean isMarker(Frame marker) {
            return family == FrameKind.MARKER && name.equals(marker.name());
        }
    }
}
