package org.jtrace.profile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MethodTreeTest {
    private final CallTree tree = new CallTree();

    @Test
    void linesAndKindsOfAMethodAreMergedAndRemembered() {
        record("main:1:C2", "work:10:INTERPRETED").record(3, 30);
        record("main:2:INLINED", "work:11:C1").record(4, 40);
        record("main:2:INLINED").record(1, 5);
        MethodTree merged = MethodTree.of(tree);

        assertEquals(List.of("", "main", "work"), merged.nodes().stream().map(MethodTree.Node::name).toList());
        MethodTree.Node main = merged.nodes().get(1);
        assertEquals(8, main.samples());
        assertEquals(1, main.selfSamples());
        assertEquals(75, main.cpuNanos());
        assertEquals(5, main.selfCpuNanos());
        assertEquals(Map.of(1, 3L, 2, 5L), main.samplesByLine());
        assertEquals(5, main.samples(FrameKind.INLINED));
        assertEquals(FrameKind.INLINED, main.mainKind());
        assertEquals(8, merged.root().samples());
        assertEquals(75, merged.root().cpuNanos());
    }

    @Test
    void nativeMethodsThreadsAndMarkersKeepApartFromJavaCodeOfTheSameName() {
        record("(vm):-1:MARKER").record(1, 0);
        record("(vm):-1:C2").record(1, 0);
        record("(vm):-1:NATIVE").record(1, 0);
        record("(vm):-1:THREAD").record(1, 0);
        assertEquals(5, MethodTree.of(tree).nodes().size());
    }

    @Test
    void childrenFollowTheirParentInTheOrderOfTheirNames() {
        record("b:1:C2", "z:1:C2").record(1, 0);
        record("b:1:C2", "y:1:C2").record(1, 0);
        record("a:1:C2").record(1, 0);
        List<String> names = MethodTree.of(tree).nodes().stream().map(n -> n.depth() + n.name()).toList();
        assertEquals(List.of("0", "1a", "1b", "2y", "2z"), names);
    }

    @Test
    void aMarkerIsKnownByKindAndName() {
        record("(idle):-1:MARKER").record(1, 0);
        record("(idle):-1:C2").record(1, 0);
        long idle = MethodTree.of(tree).nodes().stream().filter(node -> node.isMarker(Markers.IDLE)).count();
        assertEquals(1, idle);
    }

    @Test
    void depthIsNoProblem() {
        List<Frame> stack = new ArrayList<>();
        for (int i = 0; i < 50_000; i++) {
            stack.add(new Frame("m", i, FrameKind.C2));
        }
        tree.node(stack).record(1, 7);
        MethodTree merged = MethodTree.of(tree);
        assertEquals(50_001, merged.nodes().size());
        assertTrue(merged.nodes().stream().allMatch(node -> node.samples() == 1 && node.cpuNanos() == 7));
    }

    @Test
    void anEmptyTreeHasItsRoot() {
        assertEquals(0, MethodTree.of(tree).root().samples());
        assertEquals(1, MethodTree.of(tree).nodes().size());
    }

    /** Frames written name:line:KIND. */
    private CallTree.Node record(String... frames) {
        List<Frame> stack = new ArrayList<>();
        for (String frame : frames) {
            String[] parts = frame.split(":");
            stack.add(new Frame(parts[0], Integer.parseInt(parts[1]), FrameKind.valueOf(parts[2])));
        }
        return tree.node(stack);
    }
}
