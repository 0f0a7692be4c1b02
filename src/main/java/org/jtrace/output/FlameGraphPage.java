package org.jtrace.output;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jtrace.profile.CleanText;
import org.jtrace.profile.Profile;

/**
 * One self-contained interactive HTML page: style, script and data stand in it, and its content security policy lets
 * it load nothing and run nothing else. Names come from the target: they are data in a JSON block and reach the screen
 * as text only.
 */
final class FlameGraphPage implements ProfileWriter {
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{([a-z-]+)}}");

    @Override
    public void write(Profile profile, WriteOptions options, OutputStream out) throws IOException {
        Writer writer = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8), 1 << 16);
        String template = resource("flame-graph.html");
        String style = resource("flame-graph.css");
        String script = resource("flame-graph.js");
        Matcher placeholder = PLACEHOLDER.matcher(template);
        int written = 0;
        while (placeholder.find()) {
            writer.append(template, written, placeholder.start());
            written = placeholder.end();
            switch (placeholder.group(1)) {
                case "title" -> writer.append(escape(title(profile)));
                case "style" -> writer.append(style);
                case "style-hash" -> writer.append(hash(style));
                case "script" -> writer.append(script);
                case "script-hash" -> writer.append(hash(script));
                case "profile" -> new FlameGraphData(profile, options).write(new Json(writer));
                default -> throw new IllegalStateException("unknown placeholder " + placeholder.group());
            }
        }
        writer.append(template, written, template.length());
        writer.flush();
    }

    private static String title(Profile profile) {
        return CleanText.of(profile.info().command()) + " (pid " + profile.info().pid() + ") - jtrace";
    }

    /** For text between tags. */
    static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    /** As Content-Security-Policy names an inline element that it lets pass. */
    private static String hash(String content) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(content.getBytes(StandardCharsets.UTF_8));
            return "sha256-" + Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = FlameGraphPage.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException("jtrace's own file " + name + " is missing; build it again");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
