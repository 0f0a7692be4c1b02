package org.jtrace.output;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jtrace.profile.CallTree;
import org.jtrace.profile.Engine;
import org.jtrace.profile.Frame;
import org.jtrace.profile.FrameKind;
import org.jtrace.profile.Markers;
import org.jtrace.profile.Profile;
import org.jtrace.profile.ProfileInfo;

/** Profiles that look like a server's, the same at every run. */
final class SampleProfiles {
    private static final String[] SERVER = {
        "java.lang.Thread.run", "org.apache.tomcat.util.threads.TaskThread$WrappingRunnable.run",
        "org.apache.tomcat.util.threads.ThreadPoolExecutor$Worker.run",
        "org.apache.tomcat.util.net.SocketProcessorBase.run",
        "org.apache.coyote.http11.Http11Processor.service", "org.apache.catalina.connector.CoyoteAdapter.service",
        "org.apache.catalina.core.StandardWrapperValve.invoke", "jakarta.servlet.http.HttpServlet.service",
        "org.springframework.web.servlet.FrameworkServlet.processRequest",
        "org.springframework.web.servlet.DispatcherServlet.doDispatch"};
    private static final String[] CONTROLLERS = {
        "com.acme.shop.OrderController.list", "com.acme.shop.OrderController.place",
        "com.acme.shop.CatalogController.search", "com.acme.shop.CartController.update"};
    private static final String[][] WORK = {
        {"com.acme.shop.OrderService.findOpen", "org.h2.jdbc.JdbcPreparedStatement.executeQuery",
            "org.h2.command.CommandContainer.query", "org.h2.command.query.Select.queryFlat",
            "org.h2.mvstore.db.MVSecondaryIndex.find", "org.h2.mvstore.MVMap.get", "org.h2.mvstore.Page.get",
            "org.h2.mvstore.Page.binarySearch", "org.h2.value.ValueBigint.compareTypeSafe"},
        {"com.fasterxml.jackson.databind.ObjectMapper.writeValueAsBytes",
            "com.fasterxml.jackson.databind.ser.BeanSerializer.serialize",
            "com.fasterxml.jackson.databind.ser.std.BeanSerializerBase.serializeFields",
            "com.fasterxml.jackson.core.json.UTF8JsonGenerator.writeString",
            "com.fasterxml.jackson.core.json.UTF8JsonGenerator._writeStringSegment"},
        {"com.acme.shop.Search.rank", "org.apache.lucene.search.IndexSearcher.search",
            "org.apache.lucene.search.BooleanScorer.score",
            "org.apache.lucene.codecs.lucene99.Lucene99PostingsReader$BlockDocsEnum.nextDoc",
            "org.apache.lucene.codecs.lucene99.ForUtil.decode"},
        {"java.util.stream.ReferencePipeline.collect", "java.util.stream.AbstractPipeline.evaluate",
            "java.util.stream.ReduceOps$ReduceOp.evaluateSequential", "java.util.ArrayList.forEach",
            "com.acme.shop.Price$$Lambda.apply", "java.math.BigDecimal.multiply", "java.math.BigInteger.multiply"},
        {"java.util.HashMap.put", "java.util.HashMap.resize"},
        {"java.util.zip.GZIPOutputStream.write", "java.util.zip.Deflater.deflate",
            "java.util.zip.Deflater.deflateBytesBytes"},
        {"sun.nio.ch.SocketDispatcher.write", "sun.nio.ch.SocketDispatcher.write0"}};
    private static final String[] GROUPS = {"G1 Conc#", "C2 CompilerThread#", "GC Thread#", "VM Thread"};
    private static final String[][] WAITS = {
        {"java.lang.Thread.run", "java.util.concurrent.ThreadPoolExecutor.getTask",
            "java.util.concurrent.LinkedBlockingQueue.take", "java.util.concurrent.locks.LockSupport.park",
            "jdk.internal.misc.Unsafe.park"},
        {"java.lang.Thread.run", "org.apache.tomcat.util.net.NioEndpoint$Poller.run",
            "sun.nio.ch.SelectorImpl.select", "sun.nio.ch.EPollSelectorImpl.doSelect", "sun.nio.ch.EPoll.wait"},
        {"java.lang.ref.Reference$ReferenceHandler.run", "java.lang.ref.Reference.waitForReferencePendingList"},
        {"com.acme.shop.Main.main", "java.lang.Thread.sleep"}};

    private final Random random = new Random(20);
    private final CallTree tree;

    private SampleProfiles() {
        this(new CallTree());
    }

    private SampleProfiles(CallTree tree) {
        this.tree = tree;
    }

    /** A few hundred stacks: requests, garbage collection, waiting threads and some failures. */
    static Profile server() {
        SampleProfiles sample = new SampleProfiles();
        for (int i = 0; i < 400; i++) {
            sample.request();
        }
        for (String group : GROUPS) {
            sample.record(List.of(Markers.NON_JAVA, frame(group, Frame.NO_LINE, FrameKind.THREAD)), 12, true);
        }
        for (int i = 0; i < WAITS.length; i++) {
            List<Frame> stack = new ArrayList<>(List.of(Markers.IDLE));
            for (String name : WAITS[i]) {
                boolean leaf = name.equals(WAITS[i][WAITS[i].length - 1]);
                stack.add(frame(name, leaf ? Frame.NO_LINE : 100 + i, leaf ? FrameKind.NATIVE : FrameKind.C1));
            }
            sample.record(stack, 1000 - 200 * i, false);
        }
        sample.record(List.of(Markers.IDLE, Markers.NON_JAVA, frame("GC Thread#", -1, FrameKind.THREAD)), 300, false);
        sample.record(List.of(Markers.FAILED, Markers.of("unknown_code")), 9, true);
        sample.record(List.of(Markers.FAILED, Markers.of("broken_frame"), frame(SERVER[9], 1089, FrameKind.C2)), 4, true);
        return new Profile(sample.info("com.acme.shop.Main --port 8080", true), sample.tree);
    }

    /** A tree of that many nodes below the root, with every shape of fan-out. */
    static Profile large(int nodes) {
        SampleProfiles sample = new SampleProfiles();
        List<List<Frame>> paths = new ArrayList<>(List.of(List.of()));
        for (int i = 0; i < nodes; i++) {
            List<Frame> parent = paths.get(sample.random.nextInt(paths.size()));
            List<Frame> path = new ArrayList<>(parent);
            path.add(frame("org.big.Package" + i % 997 + ".method" + i, 1 + i % 5000, FrameKind.values()[i % 5]));
            sample.record(path, 1 + sample.random.nextInt(5), true);
            if (path.size() < 120) {
                paths.add(path);
            }
        }
        return new Profile(sample.info("org.big.Main", true), sample.tree);
    }

    /** One sample of exactly these stacks each. */
    @SafeVarargs
    static Profile of(List<Frame>... stacks) {
        SampleProfiles sample = new SampleProfiles();
        for (List<Frame> stack : stacks) {
            sample.record(stack, 1, true);
        }
        return new Profile(sample.info("Main", true), sample.tree);
    }

    /** One sample had room, 10 idle ones and 20 of running threads had none. */
    static Profile full() {
        SampleProfiles sample = new SampleProfiles(new CallTree(640));
        Frame main = frame("a.Main.main", 5, FrameKind.C2);
        sample.record(List.of(main), 1, true);
        for (int i = 0; i < 10; i++) {
            sample.record(List.of(main, frame("a.Main.run" + i, 9, FrameKind.C1)), 2, true);
            sample.record(List.of(Markers.IDLE, main, frame("a.Main.wait" + i, 7, FrameKind.C1)), 1, false);
        }
        return new Profile(sample.info("Main", true), sample.tree);
    }

    static Frame frame(String name, int line, FrameKind kind) {
        return new Frame(name, line, kind);
    }

    private void request() {
        List<Frame> stack = new ArrayList<>();
        for (int i = 0; i < SERVER.length; i++) {
            stack.add(frame(SERVER[i], 50 + 37 * i, i % 3 == 2 ? FrameKind.INLINED : FrameKind.C2));
        }
        stack.add(frame(pick(CONTROLLERS), 40 + random.nextInt(3), random.nextInt(6) == 0 ? FrameKind.INTERPRETED
                : FrameKind.C1));
        String[] work = pick(WORK);
        int depth = 1 + random.nextInt(work.length);
        for (int i = 0; i < depth; i++) {
            boolean nativeLeaf = i == work.length - 1 && (work[i].endsWith("0") || work[i].endsWith("Bytes"));
            FrameKind kind = nativeLeaf ? FrameKind.NATIVE : random.nextInt(3) == 0 ? FrameKind.INLINED : FrameKind.C2;
            stack.add(frame(work[i], nativeLeaf ? Frame.NO_LINE : 100 * i + 11 + random.nextInt(4), kind));
        }
        if (random.nextInt(25) == 0) {
            stack.add(Markers.VM);
        }
        record(stack, 1 + random.nextInt(4), true);
    }

    private <T> T pick(T[] values) {
        int index = (int) Math.abs(random.nextGaussian() * values.length / 2.5);
        return values[Math.min(index, values.length - 1)];
    }

    private void record(List<Frame> stack, long samples, boolean onCpu) {
        tree.node(stack).record(samples, onCpu ? samples * 9_800_000 : 0);
    }

    private ProfileInfo info(String command, boolean idleIncluded) {
        long java = 0;
        long nonJava = 0;
        long idle = 0;
        long failed = 0;
        for (CallTree.Node top : tree.root().children()) {
            long samples = samplesBelow(top);
            switch (top.frame().name()) {
                case "(idle)" -> idle += samples;
                case "(non-java)" -> nonJava += samples;
                case "(failed)" -> failed += samples;
                default -> java += samples;
            }
        }
        return new ProfileInfo(4242, command, "OpenJDK 64-Bit Server VM 17.0.15+6", Instant.parse("2026-03-04T05:06:07Z"),
                10_004_000_000L, 10_000_000, idleIncluded, Engine.PTRACE, new ProfileInfo.Ticks(1000, 998, 3),
                new ProfileInfo.Samples(java, nonJava, idle, failed), new ProfileInfo.Stops(java, 38_000, 412_000),
                new ProfileInfo.CpuTime(10_100_000_000L, 9_890_000_000L));
    }

    static long samplesBelow(CallTree.Node node) {
        long samples = node.selfSamples();
        List<CallTree.Node> pending = new ArrayList<>(node.children());
        while (!pending.isEmpty()) {
            CallTree.Node next = pending.remove(pending.size() - 1);
            samples += next.selfSamples();
            pending.addAll(next.children());
        }
        return samples;
    }
}
