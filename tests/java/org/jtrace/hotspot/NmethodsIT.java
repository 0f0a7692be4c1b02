package org.jtrace.hotspot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jtrace.profile.Frame;
import org.jtrace.profile.FrameKind;
import org.jtrace.testing.AttachTool;
import org.jtrace.testing.Jdk;
import org.jtrace.testing.TargetJvm;
import org.jtrace.testing.VmSetup;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Everything that a live JVM has compiled, pc by pc, held against the JVM's own list of its code. */
class NmethodsIT {
    private static final Pattern CODE = Pattern.compile("^\\s*(\\d+)\\s+(-?\\d+)\\s+(-?\\d+)\\s+(\\S+)\\(.*$");
    private static final Pattern SANE_NAME = Pattern.compile("[\\w$./<>\\[\\]-]+", Pattern.UNICODE_CHARACTER_CLASS);

    /** What jcmd says of a compilation. */
    private record Compilation(int level, String method) {}

    /** What was seen of all code, to be judged as a whole. */
    private static final class Tally {
        final List<String> wrong = new ArrayList<>();
        int nmethods;
        int pcs;
        int inlined;
        int withLine;
        int compared;

        void add(Tally other) {
            wrong.addAll(other.wrong);
            nmethods += other.nmethods;
            pcs += other.pcs;
            inlined += other.inlined;
            withLine += other.withLine;
            compared += other.compared;
        }
    }

    static Stream<VmSetup> compilingSetups() {
        return VmSetup.modes().filter(setup -> setup.mode() != VmSetup.Mode.XINT);
    }

    @ParameterizedTest
    @MethodSource("compilingSetups")
    void everyPcOfEveryNmethodResolves(VmSetup setup) throws IOException {
        try (TargetJvm target = TargetJvm.start(setup, "BlockedThreads"); LiveVm live = new LiveVm(target.pid())) {
            boolean listsCode = setup.jdk().feature() > 8;
            Map<Integer, Compilation> listed = listsCode ? codeList(setup.jdk(), target.pid()) : Map.of();
            Tally tally = new Tally();
            StackResolver resolver = new StackResolver(live.vm);
            for (LiveVm.Nmethod nmethod : live.nmethods()) {
                Tally of = new Tally();
                check(nmethod, live, resolver, listed, of);
                if (live.holds(nmethod)) {
                    tally.add(of);
                }
            }
            System.out.printf("%-24s %d nmethods (%d compared with jcmd), %d pcs, %d inlined frames%n", setup,
                    tally.nmethods, tally.compared, tally.pcs, tally.inlined);
            assertEquals(List.of(), tally.wrong);
            // jcmd leaves out what is not entered any more, and method handle linkers.
            assertTrue(!listsCode || tally.compared > tally.nmethods / 2, "too few known to jcmd: " + tally.compared);
            assertTrue(tally.inlined > 50 && tally.withLine > tally.pcs / 2, "inlined " + tally.inlined);
        }
    }

    private static void check(LiveVm.Nmethod nmethod, LiveVm live, StackResolver resolver,
            Map<Integer, Compilation> listed, Tally tally) {
        Frame own = nmethod.isNative() ? wrapperFrame(nmethod, resolver) : checkPcs(nmethod, live, resolver, tally);
        Compilation compilation = listed.get(nmethod.compileId());
        tally.nmethods++;
        if (compilation != null && own != null) {
            tally.compared++;
            FrameKind kind = nmethod.isNative() ? FrameKind.NATIVE
                    : compilation.level() < 4 ? FrameKind.C1 : FrameKind.C2;
            if (!own.name().equals(compilation.method()) || own.kind() != kind) {
                tally.wrong.add(own + " is " + compilation);
            }
        }
    }

    private static Frame wrapperFrame(LiveVm.Nmethod nmethod, StackResolver resolver) {
        List<Frame> frames = new ArrayList<>();
        resolver.nativeWrapper(nmethod.address(), nmethod.compileId(), frames);
        return frames.get(0);
    }

    /** Resolves each pc that has debug info; the same method must be below all of them. */
    private static Frame checkPcs(LiveVm.Nmethod nmethod, LiveVm live, StackResolver resolver, Tally tally) {
        DebugInfo debugInfo = debugInfo(nmethod, live);
        Frame own = null;
        for (int i = 1; i < debugInfo.pcDescCount() - 1; i++) {
            List<Frame> frames = new ArrayList<>();
            resolver.compiled(nmethod.address(), nmethod.compileId(), debugInfo.pcOffset(i), frames);
            Frame bottom = frames.get(frames.size() - 1);
            tally.pcs++;
            tally.inlined += frames.size() - 1;
            tally.withLine += bottom.line() == Frame.NO_LINE ? 0 : 1;
            if (!isSound(debugInfo, i) || (own != null && !own.name().equals(bottom.name()))
                    || !frames.stream().allMatch(frame -> SANE_NAME.matcher(frame.name()).matches())) {
                tally.wrong.add(nmethod + " pc " + debugInfo.pcOffset(i) + ": " + frames);
            }
            own = bottom;
        }
        return own;
    }

    private static boolean isSound(DebugInfo debugInfo, int pcDesc) {
        DebugInfo.ScopeCursor scope = debugInfo.scopesAt(pcDesc);
        boolean reachesBottom = false;
        while (scope.next()) {
            reachesBottom = scope.isBottom();
        }
        return scope.sound() && reachesBottom;
    }

    private static DebugInfo debugInfo(LiveVm.Nmethod nmethod, LiveVm live) {
        TargetReader reader = new TargetReader(live.memory);
        HotSpotLayout layout = live.vm.layout();
        return new DebugInfoReader(live.memory, layout)
                .read(reader, nmethod.address(), reader.block(nmethod.address(), layout.offset(VmItem.NMETHOD_SIZE)));
    }

    /** 8 has no such list. */
    private static Map<Integer, Compilation> codeList(Jdk jdk, long pid) {
        Map<Integer, Compilation> byId = new HashMap<>();
        for (String line : AttachTool.jcmd(jdk, pid, "Compiler.codelist").lines().toList()) {
            Matcher code = CODE.matcher(line);
            if (code.matches()) {
                String name = code.group(4).replaceAll("[+/]0x[0-9a-f]+", "").replace('/', '.');
                byId.put(Integer.valueOf(code.group(1)), new Compilation(Integer.parseInt(code.group(2)), name));
            }
        }
        return byId;
    }
}
