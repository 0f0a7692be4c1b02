package org.jtrace.target;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import org.junit.jupiter.api.Test;

class ContainerIdTest {
    private static final String OWN = "pid:[4026531836]";
    private static final String HEX = "3f4ac7cbe34d09cd1aa2bc42c0b2d28e2ef5c3c6d3a6d7f4a1c0b9e8d7f6a5b4";

    @Test
    void theIdInTheControlGroup() {
        assertEquals("3f4ac7cbe34d", of("0::/system.slice/docker-" + HEX + ".scope\n", OWN));
        assertEquals("3f4ac7cbe34d", of("12:cpu:/docker/" + HEX + "\n11:memory:/docker/" + HEX + "\n", OWN));
        assertEquals("3f4ac7cbe34d", of("0::/kubepods.slice/kubepods-pod1f/cri-containerd-" + HEX + ".scope\n", OWN));
        assertEquals("3f4ac7cbe34d", of("0::/../" + HEX + "\n", "pid:[4026532000]"));
    }

    @Test
    void theInnermostOfSeveral() {
        assertEquals("3f4ac7cbe34d", of("0::/docker/" + "a".repeat(64) + "/docker/" + HEX + "\n", OWN));
    }

    @Test
    void theNameOfContainersThatHaveNoId() {
        assertEquals("web1", of("0::/lxc.payload.web1/system.slice\n", OWN));
        assertEquals("web1", of("4:devices:/lxc/web1\n", OWN));
        assertEquals("deb", of("0::/machine.slice/machine-deb.scope/payload\n", OWN));
    }

    @Test
    void thePidNamespaceWhereThereIsNoSuchGroup() {
        assertEquals("pid:[4026532000]", of("0::/\n", "pid:[4026532000]"));
        assertEquals("", of("0::/user.slice/session-1.scope\n", OWN));
        assertEquals("", of("0::/build/" + HEX + "ab\n", OWN));
    }

    @Test
    void nothingIsKnownOfWhatCannotBeRead() {
        assertNull(of("", null));
    }

    private static String of(String cgroup, String namespace) {
        return ContainerId.of(cgroup, namespace, OWN);
    }
}
