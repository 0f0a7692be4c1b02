package org.jtrace.output;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** JSON to Map, List, String, Double, Boolean and null; strict enough to find what no parser would take. */
public final class JsonReader {
    private final String text;
    private int at;

    private JsonReader(String text) {
        this.text = text;
    }

    public static Object read(String text) {
        JsonReader reader = new JsonReader(text);
        Object value = reader.value();
        reader.skipSpace();
        reader.check(reader.at == text.length());
        return value;
    }

    private Object value() {
        skipSpace();
        check(at < text.length());
        return switch (text.charAt(at)) {
            case '{' -> object();
            case '[' -> array();
            case '"' -> string();
            case 't' -> literal("true", true);
            case 'f' -> literal("false", false);
            case 'n' -> literal("null", null);
            default -> number();
        };
    }

    private Map<String, Object> object() {
        Map<String, Object> object = new LinkedHashMap<>();
        for (at++; !closes('}', object.isEmpty());) {
            skipSpace();
            String name = string();
            skipSpace();
            check(text.charAt(at++) == ':');
            object.put(name, value());
        }
        return object;
    }

    private List<Object> array() {
        List<Object> array = new ArrayList<>();
        for (at++; !closes(']', array.isEmpty());) {
            array.add(value());
        }
        return array;
    }

    private boolean closes(char bracket, boolean first) {
        skipSpace();
        if (text.charAt(at) == bracket) {
            at++;
            return true;
        }
        check(first || text.charAt(at++) == ',');
        return false;
    }

    private String string() {
        check(text.charAt(at++) == '"');
        StringBuilder string = new StringBuilder();
        while (text.charAt(at) != '"') {
            char c = text.charAt(at++);
            check(c >= 0x20);
            string.append(c == '\\' ? escaped() : c);
        }
        at++;
        return string.toString();
    }

    private char escaped() {
        char c = text.charAt(at++);
        if (c == 'u') {
            at += 4;
            return (char) Integer.parseInt(text.substring(at - 4, at), 16);
        }
        int index = "\"\\/bfnrt".indexOf(c);
        check(index >= 0);
        return "\"\\/\b\f\n\r\t".charAt(index);
    }

    private Object literal(String word, Object value) {
        check(text.startsWith(word, at));
        at += word.length();
        return value;
    }

    private Double number() {
        int start = at;
        while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        return Double.valueOf(text.substring(start, at));
    }

    private void skipSpace() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
    }

    private void check(boolean isJson) {
        if (!isJson) {
            throw new IllegalArgumentException("no JSON at " + at + ": " + text.substring(Math.max(0, at - 30)));
        }
    }
}
