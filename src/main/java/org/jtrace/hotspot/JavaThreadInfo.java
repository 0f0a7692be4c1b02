package org.jtrace.hotspot;

/**
 * What the VM and its java.lang.Thread object tell about a Java thread; null for what could not be read.
 *
 * @param id what Thread.getId() gives
 * @param status the number behind Thread.getState() (javaThreadStatus.hpp)
 * @param osState what the VM calls its state, as jstack prints it
 * @param lastJavaSp stack pointer of its last Java frame; 0 while it runs Java code, or has no frames
 * @param innerTid its kernel id in the target's pid namespace
 * @param mountedId id of the virtual thread that it carries, null when there is none
 */
public record JavaThreadInfo(
        String name,
        Long id,
        Boolean daemon,
        Integer priority,
        Integer status,
        String osState,
        Long lastJavaSp,
        Integer innerTid,
        Long mountedId) {}
