package org.jtrace.hotspot;

/** A reference is an address. */
final class PlainReferences implements References {
    @Override
    public long target(TargetReader reader, long reference) {
        return reference;
    }
}
