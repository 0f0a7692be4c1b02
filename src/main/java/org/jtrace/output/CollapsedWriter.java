package org.jtrace.output;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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
        for (Map.Entry<String, Long> stack : stacks(profile.tree(), options.withLines()).entrySet()) {
            writer.write(stack.getKey());
            writer.write(' ');
            writer.write(Long.toString(stack.getValue()));
            writer.write('\n');
        }
        writer.flush();
    }

    /** Samples by printed stack. Iterative, because stacks are as deep as the target likes. */
    private static Map<String, Long> stacks(CallTree tree, boolean withLines) {
        Map<String, Long> stacks = new TreeMap<>();
        Deque<CallTree.Node> pending = new ArrayDeque<>(tree.root().children());
        while (!pending.isEmpty()) {
            CallTree.Node node = pending.pop();
            if (node.selfSamples() > 0) {
                stacks.merge(stackText(node, withLines), node.selfSamples(), Long::sum);
            }
            node.children().forEach(pending::push);
        }
        return stacks;
    }

    private static String stackText(CallTree.Node leaf, boolean withLines) {
        List<String> leafFirst = new ArrayList<>();
        for (CallTree.Node node = leaf; node.frame() != null; node = node.parent()) {
            leafFirst.add(frameText(node.frame(), withLines));
        }
        Collections.reverse(leafFirst);
        return String.join(";", leafFirst);
    }

    /** A ';' in a thread's name or a class name would split the frame in two. */
    static String frameText(Frame frame, boolean withLines) {
        String text = CleanText.of(frame.text(withLines)).replace(';', ',');
        return text.isEmpty() ? "(unnamed)" : text;
    }
}
