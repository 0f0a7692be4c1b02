package org.jtrace.nativelib;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InstallationTrustTest {
    @TempDir
    Path directory;

    @Test
    void aDirectoryThatOnlyItsOwnerWritesIsTrusted() throws IOException {
        permit("rwxr-xr-x");
        assertTrue(InstallationTrust.isTrusted(directory, entry()));
        permit("rwxrwxr-x");
        assertTrue(InstallationTrust.isTrusted(directory, directory.resolve("library")));
    }

    @Test
    void aDirectoryThatEverybodyWritesIsNot() throws IOException {
        Path entry = entry();
        permit("rwxrwxrwx");
        assertFalse(InstallationTrust.isTrusted(directory, entry));
    }

    @Test
    void inAStickyDirectoryOnlyWhatBelongsToRootIsTrusted() throws IOException {
        Path entry = entry();
        permit("rwxrwxrwx");
        int mode = (Integer) Files.getAttribute(directory, "unix:mode");
        Files.setAttribute(directory, "unix:mode", mode | 01000);
        boolean roots = (Integer) Files.getAttribute(entry, "unix:uid") == 0;
        assertEquals(roots, InstallationTrust.isTrusted(directory, entry));
    }

    private Path entry() throws IOException {
        return Files.createFile(directory.resolve("library"));
    }

    private void permit(String permissions) throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(permissions));
    }
}
