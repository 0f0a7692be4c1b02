package org.jtrace.hotspot;

import static org.jtrace.hotspot.VmItem.*;

import java.util.ArrayList;
import java.util.List;

/** What can be told about a target, and the table rows it takes. A row missing costs the feature, not the profile. */
enum VmFeature {
    METHOD_NAMES(
            "method names",
            new VmItem[] {
                METHOD_SIZE, METHOD_CONST_METHOD, METHOD_ACCESS_FLAGS, CONST_METHOD_SIZE, CONST_METHOD_CONSTANTS,
                CONST_METHOD_NAME_INDEX, CONST_METHOD_CODE_SIZE, CONSTANT_POOL_SIZE, CONSTANT_POOL_LENGTH,
                CONSTANT_POOL_HOLDER, KLASS_NAME, SYMBOL_LENGTH, SYMBOL_BODY, NMETHOD_SIZE, NMETHOD_METHOD,
                NMETHOD_COMPILE_ID
            }),
    LINE_NUMBERS(
            "line numbers", new VmItem[] {CONST_METHOD_TOTAL_WORDS, CONST_METHOD_FLAGS, HAS_LINE_NUMBER_TABLE}),
    COMPILERS("which compiler made a frame", new VmItem[] {NMETHOD_COMP_LEVEL}),
    INLINED_FRAMES(
            "inlined frames and lines of compiled code",
            new VmItem[] {PC_DESC_SIZE, PC_DESC_PC_OFFSET, PC_DESC_SCOPE_OFFSET, NMETHOD_SCOPES_PCS_OFFSET},
            DebugInfoReader.IN_MUTABLE_AND_IMMUTABLE_DATA,
            DebugInfoReader.IN_BLOB_AND_IMMUTABLE_DATA,
            DebugInfoReader.IN_BLOB_BY_POINTER,
            DebugInfoReader.IN_BLOB_BY_OFFSET),
    THREAD_NAMES(
            "thread names",
            new VmItem[] {
                JAVA_THREAD_OBJECT, THREAD_KLASS, STRING_KLASS, KLASS_LAYOUT_HELPER, KLASS_CONSTANTS, ARRAY_LENGTH,
                ARRAY_U1_DATA, ARRAY_U2_DATA, NARROW_OOP_BASE, NARROW_OOP_SHIFT, NARROW_KLASS_BASE, NARROW_KLASS_SHIFT,
                FLAG_SIZE, FLAG_TABLE, FLAG_COUNT, FLAG_NAME, FLAG_ADDRESS
            },
            KlassFields.IN_STREAM,
            KlassFields.IN_SLOTS),
    LOCKS(
            "locks",
            new VmItem[] {
                JAVA_THREAD_STACK_BASE, JAVA_THREAD_STACK_SIZE, JAVA_THREAD_PENDING_MONITOR, MONITOR_OBJECT,
                MONITOR_OWNER, BASIC_OBJECT_LOCK_SIZE, BASIC_OBJECT_LOCK_OBJECT, LOCATION_NARROW_OOP, CLASS_KLASS,
                CLASS_KLASS_OFFSET, KLASS_SUPER
            }),
    /** 21 and later, and only with thread names. */
    VIRTUAL_THREADS("names and frozen frames of virtual threads", new VmItem[] {KLASS_SUPER});

    final String phrase;
    private final VmItem[] all;
    private final VmItem[][] oneSetOf;

    VmFeature(String phrase, VmItem[] all, VmItem[]... oneSetOf) {
        this.phrase = phrase;
        this.all = all;
        this.oneSetOf = oneSetOf;
    }

    boolean availableIn(HotSpotLayout layout) {
        return missingFrom(layout).isEmpty();
    }

    /** Names of the rows that are missing; where there are alternatives, those of the nearest. */
    List<String> missingFrom(HotSpotLayout layout) {
        List<String> missing = missing(all, layout);
        List<String> nearest = null;
        for (VmItem[] set : oneSetOf) {
            List<String> missingInSet = missing(set, layout);
            if (nearest == null || missingInSet.size() < nearest.size()) {
                nearest = missingInSet;
            }
        }
        if (nearest != null) {
            missing.addAll(nearest);
        }
        return missing;
    }

    private static List<String> missing(VmItem[] items, HotSpotLayout layout) {
        List<String> missing = new ArrayList<>();
        for (VmItem item : items) {
            if (!layout.has(item)) {
                missing.add(item.names[0]);
            }
        }
        return missing;
    }
}
