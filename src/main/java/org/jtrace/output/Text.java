package org.jtrace.output;

import org.jtrace.profile.CleanText;

/** Text that is safe to print: names come from the target, which is not trusted. */
final class Text {
    private Text() {}

    static String clean(String text) {
        return CleanText.of(text);
    }
}
