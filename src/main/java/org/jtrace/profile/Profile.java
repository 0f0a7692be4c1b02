package org.jtrace.profile;

/** A finished profile: the stacks, and what is known about how they were taken. */
public record Profile(ProfileInfo info, CallTree tree) {}
