package org.jtrace.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jtrace.output.JsonReader;
import org.jtrace.testing.Collapsed;
import org.jtrace.testing.Command;
import org.jtrace.testing.Jtrace;
import org.jtrace.testing.TargetJvm;
import org.jtrace.testing.VmSetup;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** With --native: what C code threads are in, between Java's native method and the leaf. With --kernel: and then. */
class NativeFramesIT {
    private static final int NOT_PERMITTED = 4;
    private static final String CODE = "native_code";

    /**
     * Where a thread is.
     *
     * @param leaf pattern of a native frame near the leaf
     * @param entry pattern of the function that Java called
     * @param method pattern of the native method
     */
    private record Place(String thread, String leaf, String entry, String method) {}

    /** Functions that a library exports: those have names in each build. */
    private static final List<Place> PLACES = List.of(
            new Place("sleeps", "lib\\S+!pthread_cond_timedwait", "libjvm\\.so!JVM_Sleep(Nanos)?",
                    "java\\.lang\\.Thread\\.sleep(0|Nanos0)?"),
            new Place("waits", "lib\\S+!pthread_cond_wait", "libjvm\\.so!JVM_MonitorWait",
                    "java\\.lang\\.Object\\.wait0?"),
            new Place("selects", "libc\\S+!epoll_wait", "libnio\\.so!Java_sun_nio_ch_EPoll(ArrayWrapper_epollW|_w)ait",
                    "sun\\.nio\\.ch\\.EPoll(ArrayWrapper\\.epollW|\\.w)ait"),
            new Place("reads", "lib\\S+!(read|recv|poll)", "lib(nio|net)\\.so!Java_\\S+", "(sun|java)\\.\\S+"),
            new Place("deflates", "libz\\S+", "libzip\\.so!Java_java_util_zip_Deflater_deflateBytes\\S*",
                    "java\\.util\\.zip\\.Deflater\\.deflateBytes\\S*"));

    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#defaults")
    void nativeFramesLieBetweenTheNativeMethodAndTheLeaf(VmSetup setup) {
        try (TargetJvm target = TargetJvm.start(setup, "NativeStacks")) {
            Map<String, List<String>> threads = Jtrace.await(() -> dumpOf(target), dump -> PLACES.stream()
                    .allMatch(place -> isAt(dump.getOrDefault(place.thread(), List.of()), place)));
            List<String> vmThread = threads.get("VM Thread");
            assertTrue(vmThread.stream().allMatch(frame -> frame.startsWith(CODE)), vmThread::toString);
            assertTrue(vmThread.stream().anyMatch(frame -> frame.contains("!pthread_cond_")), vmThread::toString);
            assertProfiled(target);
        }
    }

    static Stream<VmSetup> any() {
        return VmSetup.defaults().limit(1);
    }

    @ParameterizedTest
    @MethodSource("any")
    void theKernelsFramesAreTheLeaves(VmSetup setup) {
        try (TargetJvm target = TargetJvm.start(setup, "NativeStacks", "draws")) {
            String[] profile = {"--native", "--kernel", "--engine", "perf", "-x", "-s", "0.5", "-p", "" + target.pid()};
            Command.Result permitted = Jtrace.run((Object[]) profile);
            assumeTrue(permitted.exit() != NOT_PERMITTED, permitted.stderr());
            Collapsed seen = Jtrace.await(() -> Jtrace.profile((Object[]) profile),
                    any -> any.stacks().stream().anyMatch(NativeFramesIT::isReadingInKernel));
            for (Collapsed.Stack stack : seen.stacks().stream().filter(NativeFramesIT::isReadingInKernel).toList()) {
                int first = 0;
                while (!isKernel(stack.frames().get(first))) {
                    first++;
                }
                assertTrue(stack.frames().get(first - 1).contains("!"), stack::toString);
                assertTrue(stack.frames().stream().skip(first).allMatch(NativeFramesIT::isKernel), stack::toString);
            }
        }
    }

    private static boolean isReadingInKernel(Collapsed.Stack stack) {
        return stack.frames().stream().anyMatch(frame -> frame.startsWith("libjava.so!")) && isKernel(stack.leaf());
    }

    private static boolean isKernel(String frame) {
        return frame.endsWith("_[k]") || frame.equals("(kernel)");
    }

    /** In the profile the leaf is last. */
    private static void assertProfiled(TargetJvm target) {
        Collapsed profile = Jtrace.await(() -> Jtrace.profile("--native", "-p", target.pid(), "-s", "0.2"),
                seen -> seen.stacks().stream().anyMatch(NativeFramesIT::isDeflating));
        for (Collapsed.Stack stack : profile.stacks().stream().filter(NativeFramesIT::isDeflating).toList()) {
            List<String> frames = stack.frames();
            int method = 0;
            while (!frames.get(method).endsWith("(native)")) {
                method++;
            }
            assertTrue(frames.get(method + 1).startsWith("libzip.so!Java_java_util_zip_Deflater_"), frames::toString);
            assertTrue(frames.subList(method + 1, frames.size()).stream().allMatch(NativeFramesIT::isCode),
                    frames::toString);
        }
        assertTrue(profile.stacks().stream().anyMatch(NativeFramesIT::isVmThread), profile::toString);
        assertTrue(profile.stacks().stream().noneMatch(Collapsed.Stack::failed), profile::toString);
    }

    private static boolean isDeflating(Collapsed.Stack stack) {
        return stack.frames().stream().anyMatch(frame -> frame.startsWith("libzip.so!"));
    }

    private static boolean isCode(String frame) {
        return frame.contains("!") || frame.equals("(unknown code)") || frame.equals("(native frames missing)");
    }

    private static boolean isVmThread(Collapsed.Stack stack) {
        int group = stack.frames().indexOf("VM Thread");
        return group > 0 && stack.frames().get(group - 2).equals("(non-java)") && stack.leaf().contains("!");
    }

    /** Frames of each thread, leaf first, with their kind before them. */
    private static Map<String, List<String>> dumpOf(TargetJvm target) {
        Command.Result result = Jtrace.run("dump", "--native", "--json", target.pid());
        assertEquals(0, result.exit(), result::toString);
        Map<String, List<String>> threads = new HashMap<>();
        for (Object thread : (List<?>) ((Map<?, ?>) JsonReader.read(result.stdout())).get("threads")) {
            List<String> frames = new ArrayList<>();
            for (Object frame : (List<?>) ((Map<?, ?>) thread).get("frames")) {
                frames.add(((Map<?, ?>) frame).get("kind") + " " + ((Map<?, ?>) frame).get("method"));
            }
            threads.put((String) ((Map<?, ?>) thread).get("name"), frames);
        }
        return threads;
    }

    private static boolean isAt(List<String> frames, Place place) {
        int method = 0;
        while (method < frames.size() && frames.get(method).startsWith(CODE)) {
            method++;
        }
        return method > 0 && method < frames.size()
                && frames.get(method).matches("native " + place.method())
                && frames.get(method - 1).matches(CODE + " " + place.entry())
                && frames.subList(0, method).stream().anyMatch(frame -> frame.matches(CODE + " " + place.leaf()));
    }
}
