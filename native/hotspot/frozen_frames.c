#include "frozen_frames.h"

/* Of the room for thawed frames: what thaw_size in continuationFreezeThaw.cpp adds (21 to 27), and alignment. */
enum { THAW_ROOM_MORE = 32, THAW_ROOM_ALIGNMENT = 8 };

/* Where a frame lies in a chunk. Below its sp stand its return address and what the frame pointer was, as they would if
 * its callee were there (StackChunkFrameStream, 21 to 27). */
typedef struct {
    jt_addr sp;
    jt_addr unextended_sp; /* without what an interpreted callee added for its locals */
} frozen_cursor;

/* A frozen interpreted frame may be thawed to any address: its links are relative
 * (FreezeBase::relativize_interpreted_frame in continuationFreezeThaw_x86.inline.hpp). */
static bool relative(const jt_walk *chunk, jt_addr slot, jt_addr from, jt_addr *address)
{
    jt_addr words;
    if (!jt_walk_word(chunk, slot, &words))
        return false;
    *address = from + 8 * words;
    return *address > from;
}

static bool step_interpreted(const jt_walk *chunk, frozen_cursor *cursor, jt_walk_result *result)
{
    jt_addr fp;
    int32_t bci;
    if (!relative(chunk, cursor->sp - 16, cursor->sp - 16, &fp))
        return false;
    const jt_method *method = jt_walk_interpreted(chunk, fp, &bci);
    jt_addr sender_slot = fp + (jt_addr)(int64_t)(8 * JT_INTERPRETED_SENDER_SP);
    if (method == NULL || !relative(chunk, sender_slot, fp, &cursor->unextended_sp))
        return false;
    cursor->sp = fp + 16;
    return jt_walk_push(result, jt_method_frame(method, bci));
}

static bool step_compiled(const jt_walk *chunk, jt_blob *blob, jt_addr pc, frozen_cursor *cursor,
                          jt_walk_result *result)
{
    bool deoptimized = jt_blob_is_deopt_pc(blob, pc);
    if (deoptimized && !jt_walk_word(chunk, cursor->unextended_sp + (jt_addr)(int64_t)blob->orig_pc_offset, &pc))
        return false;
    bool in_code = pc >= blob->code_begin && pc < blob->code_end;
    if (!in_code || blob->frame_size_words <= 0 ||
        (blob->kind == JT_BLOB_NMETHOD && !jt_code_cache_has_pc_desc(chunk->code_cache, blob, pc)))
        return false;
    cursor->sp = cursor->unextended_sp += 8 * (jt_addr)blob->frame_size_words;
    return jt_walk_push(result, jt_nmethod_frame(blob, JT_FRAME_COMPILED, (int32_t)(pc - blob->code_begin)));
}

static bool step(const jt_walk *chunk, frozen_cursor *cursor, jt_walk_result *result)
{
    jt_addr pc;
    if (!jt_walk_word(chunk, cursor->sp - 8, &pc))
        return false;
    pc = jt_arch_strip(pc);
    if (jt_interpreter_contains(chunk->interpreter, pc))
        return step_interpreted(chunk, cursor, result);
    jt_blob *blob = jt_code_cache_find(chunk->code_cache, pc);
    return blob != NULL && (blob->kind == JT_BLOB_NMETHOD || blob->kind == JT_BLOB_NATIVE_NMETHOD) &&
           step_compiled(chunk, blob, pc, cursor, result);
}

static bool has_frames(const jt_frozen_chunk *chunk)
{
    return chunk->begin < chunk->end;
}

/* Where the youngest frame's sp is, that of one that was thawed before, or of one that will never be: the frames after
 * it have to be the chunk's. They end where it says that they do, or a word before, as interpreted frames are aligned
 * to two words. */
static bool walk_chunk(const jt_walk *walk, const jt_frozen_chunk *chunk, jt_addr sp, jt_walk_result *result)
{
    jt_walk_input input = *walk->input;
    input.stack_address = chunk->low;
    input.stack_base = chunk->end;
    input.stack = chunk->bytes;
    input.stack_length = chunk->end - chunk->low;
    jt_walk in_chunk = *walk;
    in_chunk.input = &input;
    frozen_cursor cursor = {sp, sp};
    bool met = !has_frames(chunk);
    do {
        sp = cursor.sp;
        met = met || sp == chunk->begin + JT_FROZEN_METADATA;
        if (!step(&in_chunk, &cursor, result) || cursor.sp <= sp)
            return false;
    } while (cursor.sp + 8 < chunk->end);
    return cursor.sp <= chunk->end && met;
}

static bool walk_chunks(const jt_walk *walk, const jt_frozen_stack *frozen, size_t first, jt_walk_result *result)
{
    for (size_t i = first; i < frozen->chunk_count; i++) {
        const jt_frozen_chunk *chunk = &frozen->chunks[i];
        if (has_frames(chunk) && !walk_chunk(walk, chunk, chunk->begin + JT_FROZEN_METADATA, result))
            return false;
    }
    return true;
}

bool jt_walk_frozen(const jt_walk *walk, const jt_frozen_stack *frozen, jt_walk_result *result)
{
    size_t base = result->count;
    return walk_chunks(walk, frozen, 0, result) && result->count > base;
}

/* Whether the frames of the chunk, when the thaw began, can have been those from sp on. */
static bool began_at(const jt_walk *walk, const jt_frozen_chunk *chunk, jt_addr sp, jt_walk_result *result)
{
    size_t base = result->count;
    bool began = sp >= chunk->low + JT_FROZEN_METADATA && sp < chunk->end && walk_chunk(walk, chunk, sp, result);
    result->count = began ? result->count : base;
    return began;
}

/* Room is made for all frames of the chunk, although few may be thawed (prepare_thaw_internal): what is not needed for
 * those that are left is of those that are on their way (finalize_thaw and remove_top_compiled_frame_from_chunk in
 * continuationFreezeThaw.cpp, 21 to 27). */
bool jt_walk_thawing(const jt_walk *walk, const jt_frozen_stack *frozen, jt_addr room, jt_walk_result *result)
{
    size_t base = result->count, readings = 0;
    const jt_frozen_chunk *chunk = &frozen->chunks[0];
    if (frozen->chunk_count == 0 || frozen->thawing_size > room)
        return false;
    jt_addr next = has_frames(chunk) ? chunk->begin + JT_FROZEN_METADATA : chunk->end, found = 0;
    for (jt_addr aligned = 0; aligned <= THAW_ROOM_ALIGNMENT; aligned += 8) {
        jt_addr sp = next - (room - frozen->thawing_size - THAW_ROOM_MORE - aligned);
        if (sp <= next && began_at(walk, chunk, sp, result)) {
            found = sp;
            readings++;
        }
        result->count = base;
    }
    return readings == 1 && began_at(walk, chunk, found, result) && walk_chunks(walk, frozen, 1, result);
}
