package org.jtrace.hotspot;

import java.util.OptionalLong;

/** The target's exported structure tables (gHotSpotVMStructs and its siblings), looked up by name. */
public interface VmStructs {
    /**
     * @param typeString the field's C++ type as the table gives it, empty if it gives none
     * @param isStatic whether {@code offsetOrAddress} is an absolute address
     * @param offsetOrAddress bytes from the object's start, or the static field's address
     */
    record Field(String typeString, boolean isStatic, long offsetOrAddress) {}

    /** The field, or null when this VM does not export it. */
    Field field(String type, String name);

    /** sizeof in bytes, from gHotSpotVMTypes; empty when the type is not exported. */
    OptionalLong typeSize(String type);

    /** From gHotSpotVMIntConstants, then gHotSpotVMLongConstants. */
    OptionalLong constant(String name);
}
