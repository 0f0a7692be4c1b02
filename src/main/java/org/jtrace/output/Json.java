package org.jtrace.output;

import java.io.IOException;

/** Writes JSON that may stand inside an HTML script element: no name can end the element or open a comment in it. */
final class Json {
    private final Appendable out;
    private boolean first = true;

    Json(Appendable out) {
        this.out = out;
    }

    Json beginObject() throws IOException {
        return open('{');
    }

    Json endObject() throws IOException {
        return close('}');
    }

    Json beginArray() throws IOException {
        return open('[');
    }

    Json endArray() throws IOException {
        return close(']');
    }

    /** The name of the value that follows. */
    Json name(String name) throws IOException {
        value(name);
        out.append(':');
        first = true;
        return this;
    }

    Json value(long value) throws IOException {
        separate();
        out.append(Long.toString(value));
        return this;
    }

    Json value(boolean value) throws IOException {
        separate();
        out.append(Boolean.toString(value));
        return this;
    }

    Json value(String value) throws IOException {
        separate();
        out.append('"');
        for (int i = 0; i < value.length(); i++) {
            escape(value.charAt(i));
        }
        out.append('"');
        return this;
    }

    /** A member that is left out when its value is not known. */
    Json member(String name, Object valueOrNull) throws IOException {
        if (valueOrNull == null) {
            return this;
        }
        name(name);
        if (valueOrNull instanceof Boolean known) {
            return value(known.booleanValue());
        }
        return valueOrNull instanceof Number number ? value(number.longValue()) : value(valueOrNull.toString());
    }

    private void escape(char c) throws IOException {
        if (c == '"' || c == '\\') {
            out.append('\\').append(c);
        } else if (c < 0x20 || c == '<' || c == '>' || c == '&' || c == '\u2028' || c == '\u2029') {
            out.append(String.format("\\u%04x", (int) c));
        } else {
            out.append(c);
        }
    }

    private Json open(char bracket) throws IOException {
        separate();
        out.append(bracket);
        first = true;
        return this;
    }

    private Json close(char bracket) throws IOException {
        out.append(bracket);
        first = false;
        return this;
    }

    private void separate() throws IOException {
        if (!first) {
            out.append(',');
        }
        first = false;
    }
}
