package org.jtrace.output;

import java.io.IOException;
import java.io.OutputStream;
import org.jtrace.profile.Profile;

/** One self-contained interactive HTML page. */
final class FlameGraphPage implements ProfileWriter {
    @Override
    public void write(Profile profile, WriteOptions options, OutputStream out) throws IOException {
        throw new IOException("the page is not written yet");
    }
}
