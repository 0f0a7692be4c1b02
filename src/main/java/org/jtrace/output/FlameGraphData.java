package org.jtrace.output;

import java.io.IOException;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jtrace.profile.CleanText;
import org.jtrace.profile.FrameKind;
import org.jtrace.profile.MethodTree;
import org.jtrace.profile.Profile;
import org.jtrace.profile.ProfileInfo;

/**
 * What the page's script reads: the profile's account of itself, the names once each, and the tree as columns in
 * preorder (name, depth, own samples, own CPU time in microseconds, kind, lines). A kind or line that all samples of a
 * node share stands alone, else it is a list of value and samples, most samples first; line 0 is "not known".
 */
final class FlameGraphData {
    private static final int LINE_LIMIT = 20;
    private static final DateTimeFormatter START = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss xxx", Locale.ROOT);

    private final Profile profile;
    private final ProfileInfo info;
    private final WriteOptions options;
    private final List<MethodTree.Node> nodes;

    FlameGraphData(Profile profile, WriteOptions options) {
        this.profile = profile;
        this.info = profile.info();
        this.options = options;
        this.nodes = MethodTree.of(profile.tree()).nodes();
    }

    void write(Json json) throws IOException {
        json.beginObject();
        writeInfo(json);
        json.name("kinds").beginArray();
        for (FrameKind kind : FrameKind.values()) {
            json.value(kind.name().toLowerCase(Locale.ROOT));
        }
        json.endArray();
        writeTree(json);
        json.endObject();
    }

    private void writeInfo(Json json) throws IOException {
        json.name("command").value(CleanText.of(info.command()));
        json.name("pid").value(info.pid());
        json.name("idleIncluded").value(info.idleIncluded());
        json.name("ledger").value(LedgerText.line(info));
        writeTexts(json.name("facts"), facts());
        json.name("unknown").beginArray();
        for (LedgerText.Gap gap : LedgerText.gaps(profile)) {
            json.beginObject().name("text").value(gap.text()).name("serious").value(gap.serious()).endObject();
        }
        json.endArray();
        ProfileInfo.Samples samples = info.samples();
        json.name("samples").beginObject();
        json.name("java").value(samples.java()).name("nonJava").value(samples.nonJava());
        json.name("idle").value(samples.idle()).name("failed").value(samples.failed());
        json.endObject();
    }

    private List<String> facts() {
        List<String> facts = new ArrayList<>();
        if (!info.vm().isEmpty()) {
            facts.add(CleanText.of(info.vm()));
        }
        facts.add(START.format(info.start().atZone(ZoneId.systemDefault())));
        facts.add("for " + LedgerText.duration(info.durationNanos()));
        if (info.intervalNanos() > 0) {
            facts.add("every " + LedgerText.duration(info.intervalNanos()));
        }
        return facts;
    }

    private static void writeTexts(Json json, List<String> texts) throws IOException {
        json.beginArray();
        for (String text : texts) {
            json.value(text);
        }
        json.endArray();
    }

    private void writeTree(Json json) throws IOException {
        Map<String, Integer> indexes = new HashMap<>();
        List<String> names = new ArrayList<>();
        json.name("tree").beginObject();
        json.name("name").beginArray();
        for (MethodTree.Node node : nodes) {
            json.value(indexes.computeIfAbsent(CleanText.of(node.name()), name -> {
                names.add(name);
                return names.size() - 1;
            }));
        }
        json.endArray();
        writeNumbers(json);
        json.endObject();
        writeTexts(json.name("names"), names);
    }

    private void writeNumbers(Json json) throws IOException {
        json.name("depth").beginArray();
        for (MethodTree.Node node : nodes) {
            json.value(node.depth());
        }
        json.endArray().name("self").beginArray();
        for (MethodTree.Node node : nodes) {
            json.value(node.selfSamples());
        }
        json.endArray().name("cpu").beginArray();
        for (MethodTree.Node node : nodes) {
            json.value(node.selfCpuNanos() / 1000);
        }
        json.endArray().name("kind").beginArray();
        for (MethodTree.Node node : nodes) {
            writeSpread(json, kinds(node));
        }
        json.endArray();
        if (options.withLines()) {
            json.name("lines").beginArray();
            for (MethodTree.Node node : nodes) {
                writeSpread(json, lines(node));
            }
            json.endArray();
        }
    }

    /** A value and the samples that have it. */
    private record Part(int value, long samples) {}

    private static void writeSpread(Json json, List<Part> parts) throws IOException {
        if (parts.size() == 1) {
            json.value(parts.get(0).value());
            return;
        }
        json.beginArray();
        for (Part part : parts) {
            json.value(part.value()).value(part.samples());
        }
        json.endArray();
    }

    private static List<Part> kinds(MethodTree.Node node) {
        List<Part> parts = new ArrayList<>();
        for (FrameKind kind : FrameKind.values()) {
            if (node.samples(kind) > 0) {
                parts.add(new Part(kind.ordinal(), node.samples(kind)));
            }
        }
        parts.sort(Comparator.comparing(Part::samples).reversed());
        return parts.isEmpty() ? List.of(new Part(node.mainKind().ordinal(), 0)) : parts;
    }

    /** The lines with most samples; all others, and samples without a line, under 0. */
    private static List<Part> lines(MethodTree.Node node) {
        List<Part> parts = new ArrayList<>();
        long rest = node.samples();
        for (Map.Entry<Integer, Long> line : node.samplesByLine().entrySet()) {
            parts.add(new Part(line.getKey(), line.getValue()));
        }
        parts.sort(Comparator.comparing(Part::samples).reversed());
        parts = parts.subList(0, Math.min(parts.size(), LINE_LIMIT));
        rest -= parts.stream().mapToLong(Part::samples).sum();
        List<Part> all = new ArrayList<>(parts);
        if (rest > 0 || all.isEmpty()) {
            all.add(new Part(0, rest));
        }
        return all;
    }
}
