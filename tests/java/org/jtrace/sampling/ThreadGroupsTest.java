package org.jtrace.sampling;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ThreadGroupsTest {
    @ParameterizedTest
    @CsvSource({
        "GC Thread#3, GC Thread",
        "GC Thread#17, GC Thread",
        "C2 CompilerThread0, C2 CompilerThread",
        "ForkJoinPool-1-worker-3, ForkJoinPool-1-worker",
        "http-nio-8080-exec-12, http-nio-8080-exec",
        "pool-7-thread-1, pool-7-thread",
        "worker 12, worker",
        "VM Thread, VM Thread",
        "main, main",
        "42, 42",
        "#42, #42",
        "Thread-, Thread-",
        "Shenand..eads#3, Shenand..",
        "Shenand..ads#10, Shenand..",
        "ForkJoi..rker-1, ForkJoi..",
        "VM Peri..Thread, VM Peri..Thread",
    })
    void numbersAtTheEndAreFolded(String name, String group) {
        assertEquals(group, ThreadGroups.groupOf(name));
    }
}
