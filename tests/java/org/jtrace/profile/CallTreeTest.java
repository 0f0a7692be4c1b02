package org.jtrace.profile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CallTreeTest {
    private static final Frame MAIN = frame("main");
    private static final Frame WORK = frame("work");

    @Test
    void aStackThatIsKnownIsFoundInAFullTree() {
        CallTree tree = new CallTree(CallTree.NODE_BYTES);
        CallTree.Node known = tree.node(List.of(MAIN));
        assertSame(known, tree.node(List.of(MAIN)));
        assertEquals("main;(profile full)", text(tree.node(List.of(MAIN, WORK, MAIN))));
        assertSame(known, tree.node(List.of(MAIN)));
    }

    @Test
    void eachKindOfSampleKeepsItsPlaceInAFullTree() {
        CallTree tree = new CallTree(0);
        assertEquals("(profile full)", text(tree.node(List.of(MAIN, Markers.VM))));
        assertEquals("(idle);(profile full)", text(tree.node(List.of(Markers.IDLE, MAIN))));
        assertEquals("(idle);(safepoint);(profile full)",
                text(tree.node(List.of(Markers.IDLE, Markers.SAFEPOINT, MAIN))));
        assertEquals("(failed);broken_frame", text(tree.node(List.of(Markers.FAILED, Markers.of("broken_frame")))));
        assertEquals("(non-java);(profile full)", text(tree.node(List.of(Markers.NON_JAVA, frame("GC")))));
    }

    @Test
    void onlyWhatWasCutIsCountedAsCut() {
        CallTree tree = new CallTree(CallTree.NODE_BYTES);
        tree.node(List.of(MAIN)).record(3, 30);
        assertEquals(0, tree.cutSamples());
        tree.node(List.of(MAIN, WORK)).record(2, 20);
        tree.node(List.of(Markers.IDLE, MAIN)).record(5, 0);
        tree.node(List.of(Markers.FAILED, Markers.of("stack_moved"))).record(7, 0);
        assertEquals(7, tree.cutSamples());
    }

    /** Stacks without end, of each kind: the tree stops to grow, and no sample or CPU time is lost or changes its kind. */
    @Test
    void theBooksStayClosedHoweverManyStacksCome() {
        int maxNodes = 2000;
        CallTree tree = new CallTree((long) maxNodes * CallTree.NODE_BYTES);
        Map<String, Long> recorded = new HashMap<>();
        Random random = new Random(1);
        long cpu = 0;
        for (int i = 0; i < 200_000; i++) {
            List<Frame> stack = new ArrayList<>();
            if (random.nextBoolean()) {
                stack.add(Markers.IDLE);
            }
            for (int depth = 1 + random.nextInt(20); depth > 0; depth--) {
                stack.add(frame("m" + (int) Math.abs(random.nextGaussian() * 1000)));
            }
            tree.node(stack).record(1 + i % 3, i);
            recorded.merge(stack.get(0) == Markers.IDLE ? "idle" : "running", 1L + i % 3, Long::sum);
            cpu += i;
        }
        Map<String, Long> seen = new HashMap<>();
        long seenCpu = 0;
        long cut = 0;
        List<CallTree.Node> nodes = nodes(tree);
        for (CallTree.Node node : nodes) {
            seen.merge(text(node).startsWith("(idle)") ? "idle" : "running", node.selfSamples(), Long::sum);
            seenCpu += node.selfCpuNanos();
            cut += node.frame() == Markers.FULL ? node.selfSamples() : 0;
            assertTrue(node.frame() != Markers.FULL || node.children().isEmpty(), () -> text(node));
        }
        assertEquals(recorded, seen);
        assertEquals(cpu, seenCpu);
        assertEquals(cut, tree.cutSamples());
        assertTrue(nodes.size() > maxNodes / 2 && nodes.size() < maxNodes * 5 / 4, () -> nodes.size() + " nodes");
        assertEquals(nodes.stream().mapToLong(CallTree.Node::selfSamples).sum(), MethodTree.of(tree).root().samples());
    }

    private static List<CallTree.Node> nodes(CallTree tree) {
        List<CallTree.Node> nodes = new ArrayList<>(tree.root().children());
        for (int i = 0; i < nodes.size(); i++) {
            nodes.addAll(nodes.get(i).children());
        }
        return nodes;
    }

    private static String text(CallTree.Node node) {
        String parent = node.parent().frame() == null ? "" : text(node.parent()) + ";";
        return parent + node.frame().text(false);
    }

    private static Frame frame(String name) {
        return new Frame(name, 1, FrameKind.C2);
    }
}
