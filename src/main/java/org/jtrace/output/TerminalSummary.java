package org.jtrace.output;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jtrace.profile.CleanText;
import org.jtrace.profile.FrameKind;
import org.jtrace.profile.Markers;
import org.jtrace.profile.MethodTree;
import org.jtrace.profile.Profile;
import org.jtrace.profile.ProfileInfo;

/**
 * A profile for a person at a terminal: the methods that cost most, and the paths that lead to them. Plain text in
 * lines that fit; colour only when asked for.
 */
public final class TerminalSummary implements ProfileWriter {
    private static final int METHOD_ROWS = 15;
    private static final int IDLE_ROWS = 5;
    private static final int PATH_ROWS = 30;
    private static final double PATH_SHARE = 0.05;
    private static final int MIN_COLUMNS = 40;
    private static final int MAX_COLUMNS = 160;
    private static final int MAX_INDENT_LEVELS = 12;

    private final int columns;
    private final boolean colour;

    /** @param columns the terminal's width; 80 when it is not known */
    public TerminalSummary(int columns, boolean colour) {
        this.columns = Math.max(MIN_COLUMNS, Math.min(MAX_COLUMNS, columns));
        this.colour = colour;
    }

    @Override
    public void write(Profile profile, WriteOptions options, OutputStream out) throws IOException {
        out.write(text(profile, options).getBytes(StandardCharsets.UTF_8));
    }

    private String text(Profile profile, WriteOptions options) {
        Report report = new Report(options.withLines());
        MethodTree tree = MethodTree.of(profile.tree());
        header(report, profile.info());
        Map<String, Cost> running = costs(tree, false);
        long runningSamples = tree.root().samples() - idleSamples(tree);
        if (runningSamples == 0) {
            report.blank();
            report.line(tree.root().samples() == 0 && profile.info().samples().idle() > 0
                    ? "No thread ran: all samples are idle. Without -x they are shown."
                    : "No thread ran.");
        } else {
            methods(report, running, runningSamples);
            paths(report, tree, runningSamples);
        }
        idle(report, tree);
        return report.text.toString();
    }

    private void header(Report report, ProfileInfo info) {
        report.line(bold(MethodName.fit(CleanText.of(info.command()), columns - 20) + " (pid " + info.pid() + ")"));
        String start = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT)
                .format(info.start().atZone(ZoneId.systemDefault()));
        report.line(CleanText.of(info.vm()));
        report.line(LedgerText.duration(info.durationNanos()) + " from " + start
                + (info.intervalNanos() > 0 ? ", every " + LedgerText.duration(info.intervalNanos()) : ""));
        report.line(LedgerText.samples(info.samples()));
    }

    /** Own samples of a method, and samples of stacks that it is on. */
    private static final class Cost {
        private long self;
        private long total;
    }

    /** By printed name; recursion counts a stack once. Either of the running threads, or of those below (idle). */
    private static Map<String, Cost> costs(MethodTree tree, boolean idle) {
        Map<String, Cost> costs = new HashMap<>();
        Map<String, Integer> onStack = new HashMap<>();
        Deque<MethodTree.Node> stack = new ArrayDeque<>();
        boolean inIdle = false;
        for (MethodTree.Node node : tree.nodes()) {
            while (!stack.isEmpty() && stack.peek().depth() >= node.depth()) {
                onStack.merge(label(stack.pop()), -1, Integer::sum);
            }
            stack.push(node);
            inIdle = node.depth() == 1 ? node.isMarker(Markers.IDLE) : inIdle;
            boolean first = onStack.merge(label(node), 1, Integer::sum) == 1;
            if (inIdle == idle && node.depth() > (idle ? 1 : 0)) {
                Cost cost = costs.computeIfAbsent(label(node), name -> new Cost());
                cost.self += node.selfSamples();
                cost.total += first ? node.samples() : 0;
            }
        }
        return costs;
    }

    private static long idleSamples(MethodTree tree) {
        return tree.nodes().stream().filter(node -> node.depth() == 1 && node.isMarker(Markers.IDLE))
                .mapToLong(MethodTree.Node::samples).sum();
    }

    private void methods(Report report, Map<String, Cost> costs, long samples) {
        report.heading("Methods by own samples (share of " + LedgerText.count(samples, "running sample") + ")");
        report.line("   self   total  method");
        for (Map.Entry<String, Cost> entry : hottest(costs, METHOD_ROWS)) {
            Cost cost = entry.getValue();
            report.line(share(cost.self, samples) + "  " + share(cost.total, samples) + "  "
                    + MethodName.fit(entry.getKey(), columns - 16));
        }
    }

    private void idle(Report report, MethodTree tree) {
        long samples = idleSamples(tree);
        if (samples == 0) {
            return;
        }
        report.heading("Where threads wait (share of " + LedgerText.count(samples, "idle sample") + ")");
        for (Map.Entry<String, Cost> entry : hottest(costs(tree, true), IDLE_ROWS)) {
            report.line(share(entry.getValue().self, samples) + "  " + MethodName.fit(entry.getKey(), columns - 8));
        }
    }

    private static List<Map.Entry<String, Cost>> hottest(Map<String, Cost> costs, int rows) {
        return costs.entrySet().stream().filter(entry -> entry.getValue().self > 0)
                .sorted(Comparator.comparing((Map.Entry<String, Cost> entry) -> -entry.getValue().self)
                        .thenComparing(Map.Entry::getKey))
                .limit(rows).toList();
    }

    /** The tree's hot part: chains without a branch become their ends, each branch is one step further in. */
    private void paths(Report report, MethodTree tree, long samples) {
        report.heading("Hottest paths (from " + Math.round(PATH_SHARE * 100) + " % of the running samples)");
        long least = Math.max(1, (long) Math.ceil(samples * PATH_SHARE));
        Map<MethodTree.Node, List<MethodTree.Node>> hot = hotChildren(tree, least);
        record Start(MethodTree.Node node, int level) {}
        Deque<Start> pending = new ArrayDeque<>();
        hot.getOrDefault(tree.root(), List.of()).forEach(node -> pending.add(new Start(node, 0)));
        int rows = 0;
        while (!pending.isEmpty() && rows < PATH_ROWS) {
            Start start = pending.pop();
            List<MethodTree.Node> chain = chain(start.node(), hot);
            rows += chain(report, chain, start.level(), samples);
            List<MethodTree.Node> next = hot.getOrDefault(chain.get(chain.size() - 1), List.of());
            for (int i = next.size() - 1; i >= 0; i--) {
                pending.push(new Start(next.get(i), start.level() + 1));
            }
        }
        if (!pending.isEmpty()) {
            report.line("        ... and more; -o flame.html shows all");
        }
    }

    /** Per node its children with that many samples, hottest first; nothing below (idle). */
    private static Map<MethodTree.Node, List<MethodTree.Node>> hotChildren(MethodTree tree, long least) {
        Map<MethodTree.Node, List<MethodTree.Node>> hot = new HashMap<>();
        Deque<MethodTree.Node> stack = new ArrayDeque<>();
        boolean inIdle = false;
        for (MethodTree.Node node : tree.nodes()) {
            inIdle = node.depth() <= 1 ? node.isMarker(Markers.IDLE) : inIdle;
            while (!stack.isEmpty() && stack.peek().depth() >= node.depth()) {
                stack.pop();
            }
            if (!inIdle && node.depth() > 0 && node.samples() >= least) {
                hot.computeIfAbsent(stack.peek(), parent -> new ArrayList<>()).add(node);
            }
            stack.push(node);
        }
        hot.values().forEach(children -> children.sort(Comparator.comparing(node -> -node.samples())));
        return hot;
    }

    /** The node and its only hot child, and so on, as long as almost nothing is lost on the way. */
    private static List<MethodTree.Node> chain(MethodTree.Node first, Map<MethodTree.Node, List<MethodTree.Node>> hot) {
        List<MethodTree.Node> chain = new ArrayList<>();
        MethodTree.Node node = first;
        while (node != null) {
            chain.add(node);
            List<MethodTree.Node> children = hot.getOrDefault(node, List.of());
            boolean passesOn = children.size() == 1 && children.get(0).samples() >= 0.9 * first.samples();
            node = passesOn ? children.get(0) : null;
        }
        return chain;
    }

    private int chain(Report report, List<MethodTree.Node> chain, int level, long samples) {
        String indent = "  ".repeat(Math.min(level, MAX_INDENT_LEVELS));
        MethodTree.Node first = chain.get(0);
        MethodTree.Node last = chain.get(chain.size() - 1);
        report.line(share(first.samples(), samples) + "  " + indent + report.name(first, indent));
        if (chain.size() == 1) {
            return 1;
        }
        int between = chain.size() - 2;
        if (between > 1) {
            report.line("        " + indent + "  ... " + between + " frames");
        } else if (between == 1) {
            report.line("        " + indent + "  " + report.name(chain.get(1), indent + "  "));
        }
        report.line(share(last.samples(), samples) + "  " + indent + "  " + report.name(last, indent + "  "));
        return between > 0 ? 3 : 2;
    }

    private static String label(MethodTree.Node node) {
        return CleanText.of(node.mainKind() == FrameKind.NATIVE ? node.name() + "(native)" : node.name());
    }

    private String share(long part, long whole) {
        String text = String.format(Locale.ROOT, "%5.1f%%", 100.0 * part / whole);
        return part * 10 >= whole ? paint("31", text) : text;
    }

    private String bold(String text) {
        return paint("1", text);
    }

    private String paint(String code, String text) {
        return colour ? "\u001B[" + code + "m" + text + "\u001B[0m" : text;
    }

    /** The lines so far. */
    private final class Report {
        private final StringBuilder text = new StringBuilder();
        private final boolean withLines;

        private Report(boolean withLines) {
            this.withLines = withLines;
        }

        private void line(String line) {
            text.append(line).append('\n');
        }

        private void blank() {
            text.append('\n');
        }

        private void heading(String heading) {
            blank();
            line(bold(heading));
        }

        private String name(MethodTree.Node node, String indent) {
            String line = withLines ? mainLine(node) : "";
            return MethodName.fit(label(node), columns - 8 - indent.length() - line.length()) + line;
        }

        private static String mainLine(MethodTree.Node node) {
            return node.samplesByLine().entrySet().stream().max(Map.Entry.comparingByValue())
                    .map(entry -> ":" + entry.getKey()).orElse("");
        }
    }
}
