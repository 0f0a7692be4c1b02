package org.jtrace.hotspot;

/**
 * Everything that this package looks up in the target's structure tables, each thing once. Several names in a row are
 * renames of one thing; where a change between releases gave a field another meaning, there is a row for each meaning.
 */
enum VmItem {
    RELEASE(Kind.FIELD, "Abstract_VM_Version::_s_vm_release"),
    /** The JDK's, but in 8: there HotSpot had a version of its own, 25. */
    MAJOR_VERSION(Kind.FIELD, "Abstract_VM_Version::_vm_major_version"),
    /** Main class or jar and its arguments, as the launcher told them. */
    JAVA_COMMAND(Kind.FIELD, "Arguments::_java_command"),

    /** {@code OpenJDK 64-Bit Server VM (17.0.9+9) for linux-amd64 JRE (...), built on ...}. */
    VM_INFO(Kind.FIELD, "Abstract_VM_Version::_s_internal_vm_info_string"),

    METHOD_SIZE(Kind.SIZE, "Method"),
    METHOD_CONST_METHOD(Kind.FIELD, "Method::_constMethod"),
    METHOD_ACCESS_FLAGS(Kind.FIELD, "Method::_access_flags"),
    CONST_METHOD_SIZE(Kind.SIZE, "ConstMethod"),
    CONST_METHOD_CONSTANTS(Kind.FIELD, "ConstMethod::_constants"),
    CONST_METHOD_NAME_INDEX(Kind.FIELD, "ConstMethod::_name_index"),
    CONST_METHOD_CODE_SIZE(Kind.FIELD, "ConstMethod::_code_size"),
    CONST_METHOD_TOTAL_WORDS(Kind.FIELD, "ConstMethod::_constMethod_size"),
    CONST_METHOD_FLAGS(Kind.FIELD, "ConstMethod::_flags._flags", "ConstMethod::_flags"),
    HAS_LINE_NUMBER_TABLE(
            Kind.CONSTANT, "ConstMethodFlags::_misc_has_linenumber_table", "ConstMethod::_has_linenumber_table"),
    CONSTANT_POOL_SIZE(Kind.SIZE, "ConstantPool"),
    CONSTANT_POOL_LENGTH(Kind.FIELD, "ConstantPool::_length"),
    CONSTANT_POOL_HOLDER(Kind.FIELD, "ConstantPool::_pool_holder"),
    /** The index 0 is none. */
    SOURCE_FILE_NAME_IN_POOL(Kind.FIELD, "ConstantPool::_source_file_name_index"),
    /** 8 to 11. */
    SOURCE_FILE_NAME_IN_KLASS(Kind.FIELD, "InstanceKlass::_source_file_name_index"),
    KLASS_NAME(Kind.FIELD, "Klass::_name"),
    SYMBOL_LENGTH(Kind.FIELD, "Symbol::_length"),
    SYMBOL_BODY(Kind.FIELD, "Symbol::_body"),

    NMETHOD_SIZE(Kind.SIZE, "nmethod"),
    NMETHOD_METHOD(Kind.FIELD, "nmethod::_method", "CompiledMethod::_method"),
    NMETHOD_COMPILE_ID(Kind.FIELD, "nmethod::_compile_id"),
    NMETHOD_COMP_LEVEL(Kind.FIELD, "nmethod::_comp_level"),
    NMETHOD_SCOPES_PCS_OFFSET(Kind.FIELD, "nmethod::_scopes_pcs_offset"),
    /** In 8 from the nmethod's start, in 23 and later from the immutable data's. */
    NMETHOD_SCOPES_DATA_OFFSET(Kind.FIELD, "nmethod::_scopes_data_offset"),
    /** 9 to 22: a pointer instead. */
    COMPILED_METHOD_SCOPES_DATA_BEGIN(Kind.FIELD, "CompiledMethod::_scopes_data_begin"),
    NMETHOD_DEPENDENCIES_OFFSET(Kind.FIELD, "nmethod::_dependencies_offset"),
    /** Up to 22 from the nmethod's start, in 23 and 24 from its data section's. */
    NMETHOD_METADATA_OFFSET(Kind.FIELD, "nmethod::_metadata_offset"),
    NMETHOD_IMMUTABLE_DATA(Kind.FIELD, "nmethod::_immutable_data"),
    NMETHOD_IMMUTABLE_DATA_SIZE(Kind.FIELD, "nmethod::_immutable_data_size"),
    CODE_BLOB_SIZE(Kind.FIELD, "CodeBlob::_size"),
    CODE_BLOB_DATA_OFFSET(Kind.FIELD, "CodeBlob::_data_offset"),
    CODE_BLOB_MUTABLE_DATA(Kind.FIELD, "CodeBlob::_mutable_data"),
    CODE_BLOB_MUTABLE_DATA_SIZE(Kind.FIELD, "CodeBlob::_mutable_data_size"),
    CODE_BLOB_RELOCATION_SIZE(Kind.FIELD, "CodeBlob::_relocation_size"),
    /** Up to 22; later they begin the data section. */
    NMETHOD_OOPS_OFFSET(Kind.FIELD, "nmethod::_oops_offset"),
    LOCATION_NARROW_OOP(Kind.CONSTANT, "Location::narrowoop"),
    PC_DESC_SIZE(Kind.SIZE, "PcDesc"),
    PC_DESC_PC_OFFSET(Kind.FIELD, "PcDesc::_pc_offset"),
    PC_DESC_SCOPE_OFFSET(Kind.FIELD, "PcDesc::_scope_decode_offset"),

    FLAG_SIZE(Kind.SIZE, "JVMFlag", "Flag"),
    FLAG_TABLE(Kind.FIELD, "JVMFlag::flags", "Flag::flags"),
    FLAG_COUNT(Kind.FIELD, "JVMFlag::numFlags", "Flag::numFlags"),
    FLAG_NAME(Kind.FIELD, "JVMFlag::_name", "Flag::_name"),
    FLAG_ADDRESS(Kind.FIELD, "JVMFlag::_addr", "Flag::_addr"),

    /** An oop in 8 and 11, an OopHandle (pointer to an oop) in 17 and later; the type string tells. */
    JAVA_THREAD_OBJECT(Kind.FIELD, "JavaThread::_threadObj"),
    JAVA_THREAD_VIRTUAL(Kind.FIELD, "JavaThread::_vthread"),
    JAVA_THREAD_OSTHREAD(Kind.FIELD, "JavaThread::_osthread", "Thread::_osthread"),
    JAVA_THREAD_ANCHOR(Kind.FIELD, "JavaThread::_anchor"),
    ANCHOR_SP(Kind.FIELD, "JavaFrameAnchor::_last_Java_sp"),
    JAVA_THREAD_STACK_BASE(Kind.FIELD, "JavaThread::_stack_base"),
    JAVA_THREAD_STACK_SIZE(Kind.FIELD, "JavaThread::_stack_size"),
    JAVA_THREAD_PENDING_MONITOR(
            Kind.FIELD, "JavaThread::_current_pending_monitor", "Thread::_current_pending_monitor"),
    JAVA_THREAD_PENDING_FROM_JAVA(
            Kind.FIELD,
            "JavaThread::_current_pending_monitor_is_from_java",
            "Thread::_current_pending_monitor_is_from_java"),
    /** 21 and later. */
    JAVA_THREAD_LOCK_STACK(Kind.FIELD, "JavaThread::_lock_stack"),
    /** From the JavaThread's start to behind the last. */
    LOCK_STACK_TOP(Kind.FIELD, "LockStack::_top"),
    LOCK_STACK_BASE(Kind.FIELD, "LockStack::_base[0]"),
    LOCK_STACK_SIZE(Kind.SIZE, "LockStack"),
    /** 25 and later: what monitors call their owner by. */
    JAVA_THREAD_MONITOR_OWNER_ID(Kind.FIELD, "JavaThread::_monitor_owner_id"),
    /** An oop up to 15, a WeakHandle (pointer to an oop) since. */
    MONITOR_OBJECT(Kind.FIELD, "ObjectMonitor::_object"),
    /** Up to 23 the address of a JavaThread, or of a BasicLock in its stack. */
    MONITOR_OWNER(Kind.FIELD, "ObjectMonitor::_owner"),
    MONITOR_ANONYMOUS_OWNER(Kind.CONSTANT, "ObjectMonitor::ANONYMOUS_OWNER"),
    /** 24 and 25. */
    MONITOR_STACK_LOCKER(Kind.FIELD, "ObjectMonitor::_stack_locker"),
    BASIC_OBJECT_LOCK_SIZE(Kind.SIZE, "BasicObjectLock"),
    BASIC_OBJECT_LOCK_OBJECT(Kind.FIELD, "BasicObjectLock::_obj"),
    /** 8 only. */
    OLD_FLAG_SIZE(Kind.SIZE, "Flag"),
    CLASS_KLASS(
            Kind.FIELD,
            "vmClasses::_klasses[static_cast<int>(vmClassID::Class_klass_knum)]",
            "SystemDictionary::_well_known_klasses[SystemDictionary::Class_klass_knum]"),
    CLASS_KLASS_OFFSET(Kind.FIELD, "java_lang_Class::_klass_offset"),
    OSTHREAD_ID(Kind.FIELD, "OSThread::_thread_id"),
    /** Not in 8. */
    OSTHREAD_STATE(Kind.FIELD, "OSThread::_state"),
    THREAD_KLASS(
            Kind.FIELD,
            "vmClasses::_klasses[static_cast<int>(vmClassID::Thread_klass_knum)]",
            "SystemDictionary::_well_known_klasses[SystemDictionary::Thread_klass_knum]"),
    /** 19 and later: where most of a thread's fields are. */
    THREAD_HOLDER_KLASS(
            Kind.FIELD, "vmClasses::_klasses[static_cast<int>(vmClassID::Thread_FieldHolder_klass_knum)]"),
    STRING_KLASS(
            Kind.FIELD,
            "vmClasses::_klasses[static_cast<int>(vmClassID::String_klass_knum)]",
            "SystemDictionary::_well_known_klasses[SystemDictionary::String_klass_knum]"),
    KLASS_SUPER(Kind.FIELD, "Klass::_super"),
    KLASS_MIRROR(Kind.FIELD, "Klass::_java_mirror"),
    KLASS_NEXT_LINK(Kind.FIELD, "Klass::_next_link"),
    CLASS_LOADER_DATA_HEAD(Kind.FIELD, "ClassLoaderDataGraph::_head"),
    CLASS_LOADER_DATA_NEXT(Kind.FIELD, "ClassLoaderData::_next"),
    CLASS_LOADER_DATA_KLASSES(Kind.FIELD, "ClassLoaderData::_klasses"),
    /** An OopHandle: null for the boot loader. */
    CLASS_LOADER_DATA_LOADER(Kind.FIELD, "ClassLoaderData::_class_loader"),
    KLASS_LAYOUT_HELPER(Kind.FIELD, "Klass::_layout_helper"),
    KLASS_CONSTANTS(Kind.FIELD, "InstanceKlass::_constants"),
    /** Up to 20. */
    KLASS_FIELDS(Kind.FIELD, "InstanceKlass::_fields"),
    KLASS_FIELD_COUNT(Kind.FIELD, "InstanceKlass::_java_fields_count"),
    FIELD_SLOTS(Kind.CONSTANT, "FieldInfo::field_slots"),
    FIELD_NAME_SLOT(Kind.CONSTANT, "FieldInfo::name_index_offset"),
    FIELD_SIGNATURE_SLOT(Kind.CONSTANT, "FieldInfo::signature_index_offset"),
    FIELD_LOW_OFFSET_SLOT(Kind.CONSTANT, "FieldInfo::low_packed_offset"),
    FIELD_HIGH_OFFSET_SLOT(Kind.CONSTANT, "FieldInfo::high_packed_offset"),
    FIELD_TAG_BITS(Kind.CONSTANT, "FIELDINFO_TAG_SIZE"),
    /** 21 and later. */
    KLASS_FIELD_STREAM(Kind.FIELD, "InstanceKlass::_fieldinfo_stream"),
    FIELD_INITIALIZED_BIT(Kind.CONSTANT, "FieldInfo::FieldFlags::_ff_initialized"),
    FIELD_GENERIC_BIT(Kind.CONSTANT, "FieldInfo::FieldFlags::_ff_generic"),
    FIELD_CONTENDED_BIT(Kind.CONSTANT, "FieldInfo::FieldFlags::_ff_contended"),
    ARRAY_LENGTH(Kind.FIELD, "Array<int>::_length"),
    ARRAY_U1_DATA(Kind.FIELD, "Array<u1>::_data"),
    ARRAY_U2_DATA(Kind.FIELD, "Array<u2>::_data"),

    NARROW_OOP_BASE(
            Kind.FIELD,
            "CompressedOops::_base",
            "CompressedOops::_narrow_oop._base",
            "Universe::_narrow_oop._base"),
    NARROW_OOP_SHIFT(
            Kind.FIELD,
            "CompressedOops::_shift",
            "CompressedOops::_narrow_oop._shift",
            "Universe::_narrow_oop._shift"),
    NARROW_KLASS_BASE(
            Kind.FIELD,
            "CompressedKlassPointers::_base",
            "CompressedKlassPointers::_narrow_klass._base",
            "Universe::_narrow_klass._base"),
    NARROW_KLASS_SHIFT(
            Kind.FIELD,
            "CompressedKlassPointers::_shift",
            "CompressedKlassPointers::_narrow_klass._shift",
            "Universe::_narrow_klass._shift"),
    MARK_KLASS_SHIFT(Kind.CONSTANT, "markWord::klass_shift"),

    COLLECTED_HEAP(Kind.FIELD, "Universe::_collectedHeap"),
    COLLECTION_COUNT(Kind.FIELD, "CollectedHeap::_total_collections"),
    COLLECTION_ACTIVE(Kind.FIELD, "CollectedHeap::_is_stw_gc_active", "CollectedHeap::_is_gc_active"),
    /** The collector without generations is named X in 21, which has both. */
    LEGACY_Z_GLOBALS(Kind.FIELD, "XGlobalsForVMStructs::_instance_p", "ZGlobalsForVMStructs::_instance_p"),
    LEGACY_Z_GOOD_MASK(
            Kind.FIELD, "XGlobalsForVMStructs::_XAddressGoodMask", "ZGlobalsForVMStructs::_ZAddressGoodMask"),
    LEGACY_Z_WEAK_BAD_MASK(
            Kind.FIELD, "XGlobalsForVMStructs::_XAddressWeakBadMask", "ZGlobalsForVMStructs::_ZAddressWeakBadMask"),
    LEGACY_Z_OFFSET_MASK(
            Kind.FIELD, "XGlobalsForVMStructs::_XAddressOffsetMask", "ZGlobalsForVMStructs::_ZAddressOffsetMask"),
    /** 11: the mask itself. */
    LEGACY_Z_OFFSET_MASK_VALUE(Kind.CONSTANT, "ZAddressOffsetMask"),
    LEGACY_Z_HEAP(Kind.FIELD, "XCollectedHeap::_heap", "ZCollectedHeap::_heap"),
    LEGACY_Z_FORWARDING_TABLE(Kind.FIELD, "XHeap::_forwarding_table", "ZHeap::_forwarding_table"),
    /** In 21, which has both, the two have different sizes; all else that is needed of them is the same. */
    LEGACY_Z_FORWARDING_SIZE(Kind.SIZE, "XForwarding", "ZForwarding"),
    /** 11 keeps forwardings with the pages: {@link ZPageForwardings}. */
    Z_PAGE_MAP(Kind.FIELD, "ZHeap::_pagetable"),
    Z_PAGE_MAP_ENTRIES(Kind.FIELD, "ZAddressRangeMapForPageTable::_map"),
    Z_PAGE_MIN_SHIFT(Kind.CONSTANT, "ZPageSizeMinShift"),
    Z_PAGE_TYPE(Kind.FIELD, "ZPage::_type"),
    Z_PAGE_TYPE_SMALL(Kind.CONSTANT, "ZPageTypeSmall"),
    Z_PAGE_VIRTUAL(Kind.FIELD, "ZPage::_virtual"),
    Z_PAGE_FORWARDING(Kind.FIELD, "ZPage::_forwarding"),
    Z_VIRTUAL_START(Kind.FIELD, "ZVirtualMemory::_start"),
    Z_FORWARDING_TABLE_SLOTS(Kind.FIELD, "ZForwardingTable::_table"),
    Z_FORWARDING_TABLE_SIZE(Kind.FIELD, "ZForwardingTable::_size"),
    Z_SMALL_ALIGNMENT_SHIFT(Kind.FIELD, "ZGlobalsForVMStructs::_ZObjectAlignmentSmallShift"),
    Z_GLOBALS(Kind.FIELD, "ZGlobalsForVMStructs::_instance_p"),
    Z_LOAD_GOOD_MASK(Kind.FIELD, "ZGlobalsForVMStructs::_ZPointerLoadGoodMask"),
    Z_LOAD_BAD_MASK(Kind.FIELD, "ZGlobalsForVMStructs::_ZPointerLoadBadMask"),
    Z_OFFSET_MASK(Kind.FIELD, "ZGlobalsForVMStructs::_ZAddressOffsetMask"),
    Z_HEAP(Kind.FIELD, "ZCollectedHeap::_heap"),
    Z_HEAP_SIZE(Kind.SIZE, "ZHeap"),
    Z_PAGE_ALLOCATOR(Kind.FIELD, "ZHeap::_page_allocator"),
    Z_PAGE_TABLE(Kind.FIELD, "ZHeap::_page_table"),
    Z_GRANULE_SHIFT(Kind.CONSTANT, "ZGranuleSizeShift", "XGranuleSizeShift"),
    Z_GRANULE_MAP(Kind.FIELD, "ZGranuleMapForForwarding::_map", "XGranuleMapForForwarding::_map"),
    Z_FORWARDING_SIZE(Kind.SIZE, "ZForwarding"),
    Z_FORWARDING_START(Kind.FIELD, "ZForwarding::_virtual", "XForwarding::_virtual"),
    Z_FORWARDING_ALIGNMENT_SHIFT(
            Kind.FIELD, "ZForwarding::_object_alignment_shift", "XForwarding::_object_alignment_shift"),
    Z_FORWARDING_ENTRIES(Kind.FIELD, "ZForwarding::_entries", "XForwarding::_entries");

    enum Kind {
        FIELD,
        SIZE,
        CONSTANT
    }

    final Kind kind;
    final String[] names;

    VmItem(Kind kind, String... names) {
        this.kind = kind;
        this.names = names;
    }
}
