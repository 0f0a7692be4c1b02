package org.jtrace.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;

/** A program that prints READY, and then, for each line of its input, one that begins with a word of its own. */
final class AskedProgram implements AutoCloseable {
    private final Process process;
    private final BufferedReader output;
    private final OutputStream input;

    AskedProgram(Process process) throws IOException {
        this.process = process;
        this.output = process.inputReader();
        this.input = process.getOutputStream();
        if (!"READY".equals(output.readLine())) {
            throw new IOException("the program did not start");
        }
    }

    /** The words of its answer. Agents, and the JVM for its tools, write to the same output. */
    String[] ask(String firstWord) throws IOException {
        input.write('\n');
        input.flush();
        String line = output.readLine();
        while (line != null && !line.startsWith(firstWord + " ")) {
            line = output.readLine();
        }
        if (line == null) {
            throw new IOException("the program ended");
        }
        return line.split(" ");
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
