package org.jtrace.target;

/**
 * A HotSpot JVM that was seen on this machine. What could not be read is null, and {@link #note()} says why.
 *
 * @param innerPid its pid in its own pid namespace
 * @param user by name, or the uid's number where it has none here
 * @param release of the VM
 * @param program main class, jar or module
 * @param command all of its command line, cut when very long
 * @param threads of the kernel: Java's, the VM's and others
 * @param container a short id; empty when it is in none, or in the one that jtrace is in
 */
public record RunningJvm(
        int pid,
        Integer innerPid,
        Integer uid,
        String user,
        String release,
        String program,
        String command,
        Long uptimeMillis,
        Integer threads,
        Long cpuMillis,
        String container,
        String note) {}
