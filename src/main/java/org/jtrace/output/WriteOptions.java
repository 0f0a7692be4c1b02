package org.jtrace.output;

/** @param withLines whether frames show their source line ({@code -n} turns it off) */
public record WriteOptions(boolean withLines) {}
