package org.jtrace.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CallGraphTest {
    private static final List<List<String>> ROOTS = List.of(List.of("java.lang.Thread.run", "p.Main.run"));

    private final CallGraph graph =
            new CallGraph("p.", List.of("Main.run > A.a", "A.a > A.b", "A.a ~ A$$Lambda.get", "A.b > A.a"));

    @Test
    void knownCalls() {
        assertEquals(Optional.empty(), check("p.A.a:1", "p.A.b:2", "p.A.a:3"));
        assertEquals(Optional.empty(), check("p.A.a:1", "java.util.Map.x:2", "java.util.Map.y", "p.A$$Lambda.get"));
        assertEquals(Optional.empty(), check("p.A.a:1", "java.lang.Object.hashCode(native)"));
    }

    @Test
    void skippedFrame() {
        assertEquals(Optional.of("Main.run > A.b"), check("p.A.b:1"));
        assertEquals(Optional.of("A.a > A$$Lambda.get"), check("p.A.a:1", "p.A$$Lambda.get"));
        assertEquals(Optional.of("A.a ~ A.b"), check("p.A.a:1", "java.util.Map.x:2", "p.A.b:2"));
    }

    @Test
    void inventedFrame() {
        assertEquals(Optional.of("A.b > java.util.Map.x"), check("p.A.a:1", "p.A.b:2", "java.util.Map.x:2"));
    }

    @Test
    void wrongRoot() {
        assertEquals(Optional.of("begins with [p.Main.run, p.A.a]"),
                graph.violation(List.of("p.Main.run:1", "p.A.a:2"), ROOTS));
    }

    @Test
    void malformedCalls() {
        assertThrows(IllegalArgumentException.class, () -> new CallGraph("p.", List.of("A.a - A.b")));
    }

    private Optional<String> check(String... calls) {
        List<String> stack = new java.util.ArrayList<>(List.of("java.lang.Thread.run:840", "p.Main.run:9"));
        stack.addAll(List.of(calls));
        return graph.violation(stack, ROOTS);
    }
}
