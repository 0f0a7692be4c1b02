package org.jtrace.output;

import java.io.IOException;
import java.io.OutputStream;
import org.jtrace.profile.Profile;

/** Writes a profile in one format. The stream is neither flushed nor closed by the writer. */
public interface ProfileWriter {
    void write(Profile profile, WriteOptions options, OutputStream out) throws IOException;
}
