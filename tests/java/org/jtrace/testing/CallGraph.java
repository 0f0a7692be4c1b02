package org.jtrace.testing;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The calls that a target says its code can make. Adjacent frames that are no such call tell of a frame that was
 * skipped or invented. Frames of the JDK between two of the target's are looked at only as to where they may stand.
 */
public final class CallGraph {
    private static final String JDK = "jdk";

    private final String ownPackage;
    private final Set<String> direct = new HashSet<>();
    private final Set<String> throughJdk = new HashSet<>();

    /** {@code calls}: {@code caller > callee}, {@code caller ~ callee through the JDK}, {@code caller > jdk}. */
    public CallGraph(String ownPackage, List<String> calls) {
        this.ownPackage = ownPackage;
        for (String call : calls) {
            String[] parts = call.split(" ");
            if (parts.length != 3 || !(parts[1].equals(">") || parts[1].equals("~"))) {
                throw new IllegalArgumentException(call);
            }
            if (parts[1].equals("~")) {
                throughJdk.add(edge(parts[0], parts[2]));
                direct.add(edge(parts[0], JDK));
            } else {
                direct.add(edge(parts[0], parts[2]));
            }
        }
    }

    /** The first thing wrong with a stack, root first, without markers; {@code roots} are the frames it begins with. */
    public Optional<String> violation(List<String> stack, List<List<String>> roots) {
        List<String> frames = new ArrayList<>();
        stack.forEach(frame -> frames.add(method(frame)));
        Optional<List<String>> root = roots.stream()
                .filter(r -> frames.size() >= r.size() && frames.subList(0, r.size()).equals(r)).findFirst();
        if (root.isEmpty()) {
            return Optional.of("begins with " + frames.subList(0, Math.min(4, frames.size())));
        }
        return wrongCall(frames.subList(root.get().size() - 1, frames.size()));
    }

    private Optional<String> wrongCall(List<String> frames) {
        String caller = own(frames.get(0));
        boolean viaJdk = false;
        for (String frame : frames.subList(1, frames.size())) {
            String callee = own(frame);
            boolean known = viaJdk
                    ? callee.equals(JDK) || throughJdk.contains(edge(caller, callee))
                    : direct.contains(edge(caller, callee));
            if (!known) {
                return Optional.of(caller + (viaJdk ? " ~ " : " > ") + (callee.equals(JDK) ? frame : callee));
            }
            viaJdk = callee.equals(JDK);
            caller = viaJdk ? caller : callee;
        }
        return Optional.empty();
    }

    private String own(String method) {
        return method.startsWith(ownPackage) ? method.substring(ownPackage.length()) : JDK;
    }

    private static String method(String frame) {
        return frame.replaceFirst(":\\d+$", "").replaceFirst("\\(native\\)$", "");
    }

    private static String edge(String caller, String callee) {
        return caller + ' ' + callee;
    }
}
