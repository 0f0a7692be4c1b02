package org.jtrace.hotspot;

/**
 * A reference is an address. Shenandoah's may be to an object that was copied meanwhile; the old copy of a name is as
 * good, for strings do not change.
 */
final class PlainReferences implements References {
    @Override
    public long target(TargetReader reader, long reference) {
        return reference;
    }
}
