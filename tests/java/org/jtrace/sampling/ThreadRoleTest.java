package org.jtrace.sampling;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ThreadRoleTest {
    /** As the kernel has them, from JDKs of all ages. */
    @ParameterizedTest
    @CsvSource({
        "GC Thread#3, GC",
        "GC task thread#, GC",
        "Gang worker#0 (P, GC",
        "G1 Conc#0, GC",
        "ZDriverMajor, GC",
        "ZWorkerYoung#1, GC",
        "Shenandoah GC T, GC",
        "ShenWorker#0, GC",
        "C1 CompilerThre, C1",
        "C1 Comp..hread0, C1",
        "C2 CompilerThre, C2",
        "VM Thread, VM",
        "VM Peri..Thread, VM",
        "Monitor Deflati, VM",
        "java, other",
        "http-nio-8080-e, other",
        "Monitor-my-app, other",
        "'', other",
    })
    void roleIsToldByTheKernelsName(String name, String label) {
        assertEquals(label, ThreadRole.of(name).label());
    }
}
