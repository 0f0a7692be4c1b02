package org.jtrace.target;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** By what a process's container is told: the id in its control group, or its pid namespace. */
final class ContainerId {
    /** Docker, containerd, CRI-O and Podman name the group by the container's 256-bit id. */
    private static final Pattern ID = Pattern.compile("(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])");
    /** Groups of LXC and systemd-nspawn are named by the container. */
    private static final Pattern NAME =
            Pattern.compile("/(?:lxc\\.payload[./]|lxc/|machine\\.slice/machine-|machine/)([^/\\s]+)");
    private static final int SHORT = 12;

    private ContainerId() {}

    /**
     * @param cgroup content of /proc/PID/cgroup
     * @param pidNamespace what /proc/PID/ns/pid refers to ({@code pid:[4026531836]}), null when not known
     * @return empty for a process of our own pid namespace without a container's group; null when nobody knows
     */
    static String of(String cgroup, String pidNamespace, String ownPidNamespace) {
        String id = null;
        for (Matcher found = ID.matcher(cgroup); found.find();) {
            id = found.group().substring(0, SHORT);
        }
        Matcher name = NAME.matcher(cgroup);
        if (id == null && name.find()) {
            id = name.group(1).replaceFirst("\\.scope$", "");
        }
        if (id != null || pidNamespace == null) {
            return id;
        }
        return pidNamespace.equals(ownPidNamespace) ? "" : pidNamespace;
    }
}
