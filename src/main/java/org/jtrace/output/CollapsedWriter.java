package org.jtrace.output;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jtrace.profile.CallTree;
import org.jtrace.profile.CleanText;
import org.jtrace.profile.Frame;
import org.jtrace.profile.Profile;

/**
 * One line per distinct stack, {@code frame;frame;... count}, root first: what flamegraph.pl and most other tools read.
 * Stacks that print alike are merged, and lines are sorted, so that two profiles can be compared by diff.
 */
final class CollapsedWriter implements ProfileWriter {
    @Override
    public void write(Profile profile, WriteOptions options, OutputStream out) throws IOException {
        Writer writer = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8));
        new Lines(options.withLines(), writer).write(profile.tree());
        writer.flush();
    }

    /**
     * What comes next behind a beginning of a line: either its end, or all lines that go on.
     *
     * @param text of the frame; with a ';' when the line goes on, so that steps sort as the lines do
     * @param nodes that print alike
     */
    private record Step(int beginning, String text, boolean goesOn, List<CallTree.Node> nodes) {}

    /** Writes line by line: the texts of all deep stacks together may be larger than the heap. No recursion, either. */
    private static final class Lines {
        private final boolean withLines;
        private final Writer writer;
        private final StringBuilder line = new StringBuilder();
        private final Deque<Step> pending = new ArrayDeque<>();

        private Lines(boolean withLines, Writer writer) {
            this.withLines = withLines;
            this.writer = writer;
        }

        private void write(CallTree tree) throws IOException {
            pushStepsBelow(List.of(tree.root()));
            while (!pending.isEmpty()) {
                Step step = pending.pop();
                line.setLength(step.beginning());
                line.append(step.text());
                if (step.goesOn()) {
                    pushStepsBelow(step.nodes());
                } else {
                    writer.append(line).append(' ').append(Long.toString(samples(step.nodes()))).append('\n');
                }
            }
        }

        private void pushStepsBelow(List<CallTree.Node> parents) {
            List<Step> steps = new ArrayList<>();
            childrenByText(parents).forEach((text, nodes) -> {
                if (samples(nodes) > 0) {
                    steps.add(new Step(line.length(), text, false, nodes));
                }
                if (nodes.stream().anyMatch(node -> !node.children().isEmpty())) {
                    steps.add(new Step(line.length(), text + ';', true, nodes));
                }
            });
            steps.sort(Comparator.comparing(Step::text).reversed());
            steps.forEach(pending::push);
        }

        private Map<String, List<CallTree.Node>> childrenByText(List<CallTree.Node> parents) {
            Map<String, List<CallTree.Node>> children = new HashMap<>();
            for (CallTree.Node parent : parents) {
                for (CallTree.Node child : parent.children()) {
                    children.computeIfAbsent(frameText(child.frame(), withLines), text -> new ArrayList<>(1)).add(child);
                }
            }
            return children;
        }

        private static long samples(List<CallTree.Node> nodes) {
            return nodes.stream().mapToLong(CallTree.Node::selfSamples).sum();
        }
    }

    /** A ';' in a thread's name or a class name would split the frame in two. */
    static String frameText(Frame frame, boolean withLines) {
        String text = CleanText.of(frame.text(withLines)).replace(';', ',');
        return text.isEmpty() ? "(unnamed)" : text;
    }
}
