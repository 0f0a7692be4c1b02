#include "native_frames.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cfi_arch.h"
#include "image_file.h"
#include "maps.h"
#include "unwinder.h"
#include "wait_limit.h"

enum {
    MAX_LEARNED = 4096, /* a power of two */
    MAX_MODULES = 2048,
    MAX_BYTES = 1 << 30, /* of all modules' files */
    WORD = 8,
    PAGE = 4096
};
static const uint64_t MAPS_LIFETIME_NANOS = 1000000000; /* libraries come rarely, and go more rarely still */
static const uint64_t MAPS_PAUSE_NANOS = 100000000;     /* where code is in no image that would be seen: a JIT's */

/* A mapping of code that the unwinder was given. */
typedef struct {
    jt_addr start, end;
    uint64_t offset;
    char path[512];
} module;

/* Of the calls that led to where threads were blocked: how far above sp the frame pointer was. */
typedef struct {
    uint64_t calls; /* a hash of them; 0: nothing is here */
    uint64_t distance;
    bool known;
} learned;

struct jt_native_frames {
    const jt_process *process;
    void *library;
    const jt_unwinder_functions *functions;
    jt_unwinder *unwinder;
    module *modules;
    size_t module_count;
    uint64_t module_bytes;
    uint32_t generation; /* of the modules: names and frames of another one are another's */
    jt_maps maps;
    uint64_t maps_nanos; /* when they were read */
    learned learned[MAX_LEARNED];
};

/* --- the library --- */

static int load(jt_native_frames *frames, const char *library, jt_error *err)
{
    frames->library = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (frames->library == NULL)
        return jt_fail(err, JT_UNSUPPORTED, "--native needs elfutils' libdw1, which does not load: %s", dlerror());
    void *symbol = dlsym(frames->library, JT_UNWINDER_ENTRY);
    jt_unwinder_entry *entry;
    memcpy(&entry, &symbol, sizeof entry);
    frames->functions = entry == NULL ? NULL : entry();
    if (frames->functions == NULL || frames->functions->abi != JT_UNWINDER_ABI)
        return jt_fail(err, JT_UNSUPPORTED, "%s is of another build", library);
    return JT_OK;
}

int jt_native_frames_create(const char *library, const jt_process *process, jt_native_frames **frames, jt_error *err)
{
    jt_native_frames *made = calloc(1, sizeof *made);
    if (made == NULL)
        return jt_fail(err, JT_NO_MEMORY, "out of memory");
    made->process = process;
    made->modules = calloc(MAX_MODULES, sizeof *made->modules);
    int status = made->modules != NULL ? load(made, library, err) : jt_fail(err, JT_NO_MEMORY, "out of memory");
    if (status != JT_OK)
        jt_native_frames_destroy(made);
    else
        *frames = made;
    return status;
}

void jt_native_frames_destroy(jt_native_frames *frames)
{
    if (frames == NULL)
        return;
    if (frames->unwinder != NULL)
        frames->functions->destroy(frames->unwinder);
    if (frames->library != NULL)
        dlclose(frames->library);
    jt_maps_free(&frames->maps);
    free(frames->modules);
    free(frames);
}

/* --- the images --- */

static bool is_code(const jt_mapping *mapping)
{
    return mapping->executable && (mapping->path[0] == '/' || strcmp(mapping->path, "[vdso]") == 0);
}

static const module *find_module(const jt_native_frames *frames, jt_addr start)
{
    for (size_t i = 0; i < frames->module_count; i++)
        if (frames->modules[i].start == start)
            return &frames->modules[i];
    return NULL;
}

static bool is_in_module(const jt_native_frames *frames, jt_addr pc)
{
    for (size_t i = 0; i < frames->module_count; i++)
        if (pc >= frames->modules[i].start && pc < frames->modules[i].end)
            return true;
    return false;
}

static bool is_mapped_still(const jt_native_frames *frames, const module *known)
{
    const jt_mapping *now = jt_maps_find(&frames->maps, known->start);
    return now != NULL && now->start == known->start && now->end == known->end && now->offset == known->offset &&
           is_code(now) && strcmp(now->path, known->path) == 0;
}

/* libdwfl forgets no single module while others stay. */
static bool start_anew_if_any_went(jt_native_frames *frames)
{
    bool same = frames->unwinder != NULL;
    for (size_t i = 0; i < frames->module_count && same; i++)
        same = is_mapped_still(frames, &frames->modules[i]);
    if (same)
        return true;
    if (frames->unwinder != NULL)
        frames->functions->destroy(frames->unwinder);
    frames->unwinder = frames->functions->create();
    frames->module_count = 0;
    frames->module_bytes = 0;
    frames->generation++;
    memset(frames->learned, 0, sizeof frames->learned);
    return frames->unwinder != NULL;
}

static void add_module(jt_native_frames *frames, const jt_mapping *mapping)
{
    module *added = &frames->modules[frames->module_count++]; /* also when it cannot be read: not to try again */
    *added = (module){.start = mapping->start, .end = mapping->end, .offset = mapping->offset};
    memcpy(added->path, mapping->path, sizeof added->path);
    int fd = jt_image_file_copy(jt_process_pid(frames->process), jt_process_memory(frames->process), &frames->maps,
                                mapping);
    const char *slash = strrchr(mapping->path, '/');
    struct stat about;
    if (fd < 0 || fstat(fd, &about) != 0)
        return;
    if ((uint64_t)about.st_size > MAX_BYTES - frames->module_bytes) {
        close(fd);
        return;
    }
    frames->module_bytes += (uint64_t)about.st_size;
    frames->functions->add_module(frames->unwinder, slash == NULL ? mapping->path : slash + 1, fd, mapping->start,
                                  mapping->offset);
}

static bool read_modules(jt_native_frames *frames)
{
    jt_maps_free(&frames->maps);
    frames->maps_nanos = jt_monotonic_nanos();
    if (jt_memory_read_maps(jt_process_memory(frames->process), &frames->maps, NULL) != JT_OK ||
        !start_anew_if_any_went(frames))
        return false;
    for (size_t i = 0; i < frames->maps.count && frames->module_count < MAX_MODULES; i++) {
        const jt_mapping *mapping = &frames->maps.entries[i];
        if (is_code(mapping) && find_module(frames, mapping->start) == NULL)
            add_module(frames, mapping);
    }
    return true;
}

static bool refresh(jt_native_frames *frames)
{
    if (frames->unwinder != NULL && jt_monotonic_nanos() - frames->maps_nanos < MAPS_LIFETIME_NANOS)
        return true;
    return read_modules(frames);
}

jt_addr jt_native_frames_mapping_end(jt_native_frames *frames, jt_addr address)
{
    if (!refresh(frames))
        return 0;
    const jt_mapping *mapping = jt_maps_find(&frames->maps, address);
    if (mapping == NULL && read_modules(frames)) /* a new thread's */
        mapping = jt_maps_find(&frames->maps, address);
    return mapping == NULL ? 0 : mapping->end;
}

/* --- the frames --- */

typedef struct {
    const jt_native_place *place;
    const jt_frame_walker *walker;
    jt_addr page_address; /* of what was read last; 0: nothing was */
    uint8_t page[PAGE];
} unwind_context;

static bool holds(jt_addr begin, size_t length, jt_addr address)
{
    return address >= begin && length >= WORD && address - begin <= length - WORD;
}

/* Words are asked for one by one, and most of them lie close together. */
static bool read_page_word(unwind_context *unwinding, jt_addr address, uint64_t *word)
{
    if (address % WORD != 0) /* it could go on in the next page */
        return jt_memory_read_u64(unwinding->place->rest, address, word) == JT_OK;
    jt_addr page = address & ~(jt_addr)(PAGE - 1);
    if (page != unwinding->page_address) {
        unwinding->page_address = 0;
        if (jt_memory_read(unwinding->place->rest, page, unwinding->page, PAGE) != JT_OK)
            return false;
        unwinding->page_address = page;
    }
    memcpy(word, unwinding->page + (address - page), sizeof *word);
    return true;
}

static bool read_word(void *context, uint64_t address, uint64_t *word)
{
    unwind_context *unwinding = context;
    const jt_native_place *place = unwinding->place;
    if (place->red_zone != NULL && holds(place->registers.sp - JT_RED_ZONE, JT_RED_ZONE, address)) {
        memcpy(word, place->red_zone + (address - (place->registers.sp - JT_RED_ZONE)), sizeof *word);
        return true;
    }
    if (holds(place->stack_address, place->stack_length, address)) {
        memcpy(word, place->stack + (address - place->stack_address), sizeof *word);
        return true;
    }
    return place->rest != NULL && read_page_word(unwinding, address, word);
}

static bool ends_at(void *context, uint64_t pc)
{
    const jt_frame_walker *walker = ((const unwind_context *)context)->walker;
    return walker != NULL && jt_frame_walker_covers(walker, pc);
}

static void set_registers(jt_unwind_start *start, const jt_native_place *place)
{
    jt_registers registers = place->registers;
    for (uint64_t column = 0; column < JT_UNWINDER_REGISTERS; column++) {
        const uint64_t *value = jt_cfi_arch_register(&registers, column);
        bool known = place->known == JT_NATIVE_ALL || value == &registers.pc || value == &registers.sp ||
                     (place->known == JT_NATIVE_AND_FP && value == &registers.fp);
        if (value != NULL && known) {
            start->registers[column] = *value;
            start->known[column] = true;
        }
    }
}

/* `missing`: a frame for what was not found goes below them. */
static void put_above(const jt_native_frames *frames, const uint64_t *pcs, size_t count, bool missing,
                      jt_walk_result *walk)
{
    size_t added = count + (missing ? 1 : 0);
    if (added > walk->capacity - walk->count)
        return;
    memmove(walk->frames + added, walk->frames, walk->count * sizeof *walk->frames);
    for (size_t i = 0; i < count; i++)
        walk->frames[i] =
            (jt_frame){.kind = JT_FRAME_NATIVE_CODE, .address = pcs[i], .identity = frames->generation};
    if (missing)
        walk->frames[count] = (jt_frame){.kind = JT_FRAME_NATIVE_LOST};
    walk->count += added;
}

/* One attempt to unwind a place. */
typedef struct {
    uint64_t pcs[JT_NATIVE_MAX_FRAMES];
    size_t count;
    int end; /* enum jt_unwound */
} attempt;

static void unwind_once(jt_native_frames *frames, const jt_frame_walker *walker, const jt_native_place *place,
                        attempt *done)
{
    unwind_context context;
    context.place = place;
    context.walker = walker;
    context.page_address = 0;
    jt_unwind_start start = {.context = &context, .read_word = read_word, .ends_at = ends_at};
    set_registers(&start, place);
    done->count = 0;
    done->end = JT_UNWOUND_IN_PART;
    if (refresh(frames))
        done->end =
            frames->functions->unwind(frames->unwinder, &start, done->pcs, JT_NATIVE_MAX_FRAMES, &done->count);
}

/* Once more where it ended in code that may have been loaded since the modules were read. */
static void unwind(jt_native_frames *frames, const jt_frame_walker *walker, const jt_native_place *place, attempt *done)
{
    unwind_once(frames, walker, place, done);
    if (done->end == JT_UNWOUND_IN_PART && done->count > 0 && !is_in_module(frames, done->pcs[done->count - 1]) &&
        jt_monotonic_nanos() - frames->maps_nanos > MAPS_PAUSE_NANOS && read_modules(frames))
        unwind_once(frames, walker, place, done);
}

/* The bottom is where it ends only of a thread without Java frames. */
static bool is_complete(const attempt *done, bool has_java_frames)
{
    return done->end == JT_UNWOUND_TO_END || (done->end == JT_UNWOUND_TO_BOTTOM && !has_java_frames);
}

/* The place of what was learned of these calls, or for what is to be. */
static learned *learned_of(jt_native_frames *frames, const attempt *calls)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (size_t i = 0; i < calls->count; i++)
        hash = (hash ^ calls->pcs[i]) * 1099511628211u;
    hash += hash == 0;
    learned *slot = &frames->learned[(hash >> 32) % MAX_LEARNED];
    if (slot->calls != hash)
        *slot = (learned){.calls = hash};
    return slot;
}

void jt_native_frames_learn(jt_native_frames *frames, const jt_frame_walker *walker, const jt_native_place *place)
{
    jt_native_place blocked = *place;
    attempt done;
    blocked.known = JT_NATIVE_PC_AND_SP;
    unwind(frames, walker, &blocked, &done);
    if (done.end != JT_UNWOUND_IN_PART || done.count == 0)
        return;
    learned *slot = learned_of(frames, &done);
    slot->distance = place->registers.fp - place->registers.sp;
    slot->known = true;
}

/* What is known of the same calls leads further, or nothing is known of them yet. */
static jt_native_outcome unwind_by_learned(jt_native_frames *frames, const jt_frame_walker *walker,
                                           const jt_native_place *place, bool has_java_frames, attempt *done)
{
    attempt further;
    const learned *known = learned_of(frames, done);
    if (!known->known)
        return JT_NATIVE_NEEDS_STOP;
    jt_native_place guided = *place;
    guided.known = JT_NATIVE_AND_FP;
    guided.registers.fp = place->registers.sp + known->distance;
    unwind(frames, walker, &guided, &further);
    if (!is_complete(&further, has_java_frames))
        return JT_NATIVE_IN_PART;
    *done = further;
    return JT_NATIVE_COMPLETE;
}

jt_native_outcome jt_native_frames_add(jt_native_frames *frames, const jt_frame_walker *walker,
                                       const jt_native_place *place, jt_walk_result *walk)
{
    attempt done;
    bool has_java_frames = walk->count > 0;
    if (walker != NULL && jt_frame_walker_covers(walker, place->registers.pc))
        return JT_NATIVE_COMPLETE; /* in Java code, or in one of the VM's stubs */
    unwind(frames, walker, place, &done);
    jt_native_outcome outcome = is_complete(&done, has_java_frames) ? JT_NATIVE_COMPLETE : JT_NATIVE_IN_PART;
    if (done.end == JT_UNWOUND_IN_PART && done.count > 0 && place->known == JT_NATIVE_PC_AND_SP)
        outcome = unwind_by_learned(frames, walker, place, has_java_frames, &done);
    put_above(frames, done.pcs, done.count, outcome != JT_NATIVE_COMPLETE, walk);
    return outcome;
}

bool jt_native_frames_name(jt_native_frames *frames, jt_addr pc, char *into, size_t capacity, jt_addr *begin,
                           jt_addr *end)
{
    return frames->unwinder != NULL && frames->functions->name(frames->unwinder, pc, into, capacity, begin, end);
}
