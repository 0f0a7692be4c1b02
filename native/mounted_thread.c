#include "mounted_thread.h"

#include <string.h>

/* ContinuationEntry::_cont: not exported (continuationEntry.hpp, 21 to 27). */
enum {
    ENTRY_CONTINUATION = 16,
    BELOW_ENTRY = 64 /* bytes that are compared */
};

int jt_mounted_init(jt_mounted_thread *mounted, const jt_vm *vm, jt_error *err)
{
    memset(mounted, 0, sizeof *mounted);
    mounted->vm = vm;
    return jt_frozen_stack_init(&mounted->frozen, err);
}

void jt_mounted_free(jt_mounted_thread *mounted)
{
    jt_frozen_stack_free(&mounted->frozen);
}

/* The thread refers to the virtual one, except while it acts as the carrier on its behalf
 * (VirtualThread.switchToCarrierThread): then there is only the ContinuationEntry. */
static void choose_root(jt_mounted_thread *mounted, const jt_java_thread_words *words)
{
    mounted->is_continuation = mounted->references.virtual_thread == mounted->references.thread;
    if (!mounted->is_continuation)
        mounted->root = mounted->handles.virtual_thread;
    else
        mounted->root = words->cont_entry != 0 ? words->cont_entry + ENTRY_CONTINUATION : 0;
}

static bool entry_exported(const jt_mounted_thread *mounted)
{
    return jt_field_present(mounted->vm->layout.thread_cont_entry);
}

void jt_mounted_plan(jt_mounted_thread *mounted, jt_addr java_thread, const jt_java_thread_words *words)
{
    jt_read reads[JT_THREAD_REFERENCES];
    mounted->root = 0;
    mounted->planned = mounted->copied = false;
    mounted->handles = (jt_thread_references){0};
    if (mounted->heap == NULL || words->handles.virtual_thread == 0 || words->handles.thread == 0)
        return;
    mounted->handles = words->handles;
    mounted->java_thread = java_thread;
    if (!jt_mounted_may_be(mounted, words))
        return; /* if it is mounted in the copy, then only who it is can be told */
    jt_java_thread_references_plan(&mounted->handles, &mounted->references, reads);
    if (jt_memory_read_batch(mounted->vm->memory, reads, JT_THREAD_REFERENCES) != JT_THREAD_REFERENCES)
        return;
    choose_root(mounted, words);
    if (mounted->root == 0 || (mounted->frozen.buffer == NULL && jt_frozen_stack_init(&mounted->frozen, NULL) != JT_OK))
        return;
    size_t count = mounted->heap->plan(mounted->heap, mounted->root, mounted->is_continuation, mounted->words,
                                       JT_FROZEN_PLAN_WORDS);
    mounted->planned = count != 0 && jt_frozen_stack_plan(&mounted->frozen, mounted->words, count);
}

bool jt_mounted_may_be(const jt_mounted_thread *mounted, const jt_java_thread_words *words)
{
    return !entry_exported(mounted) || words->cont_entry != 0;
}

size_t jt_mounted_reads(jt_mounted_thread *mounted, jt_read reads[JT_MOUNTED_MAX_READS])
{
    mounted->references = (jt_thread_references){0};
    if (mounted->handles.virtual_thread == 0)
        return 0;
    jt_java_thread_references_plan(&mounted->handles, &mounted->references, reads);
    size_t thread_size = entry_exported(mounted) ? 0 : sizeof mounted->thread_words;
    reads[JT_THREAD_REFERENCES] = (jt_read){mounted->java_thread, mounted->thread_words, thread_size};
    size_t count = JT_THREAD_REFERENCES + 1;
    return count + (mounted->planned ? jt_frozen_stack_reads(&mounted->frozen, reads + count) : 0);
}

void jt_mounted_copied(jt_mounted_thread *mounted, size_t done, size_t planned, jt_walk_input *input)
{
    mounted->copied = mounted->planned && done == planned && jt_frozen_stack_as_planned(&mounted->frozen);
    if (done < JT_THREAD_REFERENCES)
        mounted->references = (jt_thread_references){0};
    bool has_words = done > JT_THREAD_REFERENCES && !entry_exported(mounted);
    input->thread_words = has_words ? mounted->thread_words : NULL;
    input->frozen = mounted->copied ? &mounted->frozen : NULL;
}

/* The lowest thawed frame returns through the words below the entry, which names its continuation. */
bool jt_mounted_as_sampled(jt_mounted_thread *mounted, jt_walk_input *input)
{
    uint8_t now[BELOW_ENTRY + ENTRY_CONTINUATION + 8];
    jt_addr from = input->cont_entry - BELOW_ENTRY;
    if (input->cont_entry > BELOW_ENTRY && from >= input->stack_address && input->stack_length >= sizeof now &&
        from - input->stack_address <= input->stack_length - sizeof now &&
        jt_memory_read(mounted->vm->memory, from, now, sizeof now) == JT_OK &&
        memcmp(now, input->stack + (from - input->stack_address), sizeof now) == 0)
        return true;
    mounted->references = (jt_thread_references){0};
    mounted->copied = false;
    input->frozen = NULL;
    return false;
}

/* A concurrent collector moves objects without a trace in the words that led to them: what moved is found elsewhere
 * when the plan is made anew. So it is when the thread goes on; but a thread that was stopped in Java was in no pause. */
bool jt_mounted_confirm(jt_mounted_thread *mounted, const jt_walk_input *input, const jt_walk_result *walk)
{
    if (mounted->heap == NULL || !walk->met_frozen)
        return true;
    if (input->frozen == NULL || mounted->root == 0)
        return false;
    bool at_once = input->has_registers && !input->sampled; /* all was copied at one instant */
    if (at_once && input->in_java && mounted->frozen.stays)
        return true;
    size_t count = mounted->heap->plan(mounted->heap, mounted->root, mounted->is_continuation, mounted->words,
                                       JT_FROZEN_PLAN_WORDS);
    return count != 0 && jt_frozen_stack_same_plan(&mounted->frozen, mounted->words, count, !at_once);
}

/* The word of the copied stack at an address; 0 when it is not in the copy. */
static uint64_t stack_word(const jt_walk_input *input, jt_addr address)
{
    uint64_t word = 0;
    if (address >= input->stack_address && input->stack_length >= sizeof word &&
        address - input->stack_address <= input->stack_length - sizeof word)
        memcpy(&word, input->stack + (address - input->stack_address), sizeof word);
    return word;
}

/* The heap's answer has a minus sign for a thread whose name could not be read, and is 0 for one that could not. */
static uint64_t identify(const jt_mounted_thread *mounted, uint64_t reference, bool is_continuation, bool *unnamed)
{
    uint64_t id = mounted->heap->identify(mounted->heap, reference, is_continuation);
    *unnamed = (int64_t)id <= 0;
    return *unnamed ? -id : id;
}

uint64_t jt_mounted_identity(const jt_mounted_thread *mounted, const jt_walk_input *input, bool *unnamed)
{
    const jt_thread_references *references = &mounted->references;
    *unnamed = false;
    if (mounted->heap == NULL || (entry_exported(mounted) && input->cont_entry == 0))
        return 0;
    if (references->virtual_thread != references->thread && references->virtual_thread != 0)
        return identify(mounted, references->virtual_thread, false, unnamed);
    uint64_t continuation = input->cont_entry == 0 ? 0 : stack_word(input, input->cont_entry + ENTRY_CONTINUATION);
    return continuation == 0 ? 0 : identify(mounted, continuation, true, unnamed);
}
