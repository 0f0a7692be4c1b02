package org.jtrace.hotspot;

/**
 * A reference is an address, perhaps that of an object's old copy, whose mark word then leads to the new one. Strings do
 * not change, but other objects do so in their new place.
 */
final class ShenandoahReferences implements References {
    private static final long LOCK_BITS = 3;
    private static final long FORWARDED = 3;

    @Override
    public long target(TargetReader reader, long reference) {
        if (reference == 0) {
            return 0;
        }
        long mark = reader.pointer(reference);
        return (mark & LOCK_BITS) == FORWARDED && mark != FORWARDED ? mark & ~LOCK_BITS : reference;
    }
}
