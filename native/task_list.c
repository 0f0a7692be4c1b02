#include "task_list.h"

#include <stdlib.h>

static int tid_of(const jt_task_entry *entry)
{
    return jt_task_tid(entry->looked_at.task);
}

static int compare_tids(const void *tid, const void *entry)
{
    int left = *(const int *)tid, right = tid_of(entry);
    return (left > right) - (left < right);
}

jt_task_entry *jt_task_list_find(const jt_task_list *list, int tid)
{
    return list->count == 0 ? NULL : bsearch(&tid, list->entries, list->count, sizeof *list->entries, compare_tids);
}

/* Both lists ascend. */
int jt_task_list_update(jt_task_list *list, jt_process *process, const jt_task_entry *first, jt_task_ended *ended,
                        void *context, jt_error *err)
{
    const int *tids;
    size_t count;
    int status = jt_process_list_tasks(process, &tids, &count, err);
    if (status != JT_OK)
        return status;
    jt_task_entry *merged = calloc(count + 1, sizeof *merged), *end = list->entries + list->count;
    if (merged == NULL)
        return jt_fail(err, JT_NO_MEMORY, "out of memory");
    jt_task_entry *old = list->entries;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        for (; old < end && (tid_of(old) < tids[i] || (tid_of(old) == tids[i] && old->ended)); old++) {
            ended(context, old);
            jt_task_close(old->looked_at.task);
        }
        merged[kept] = *first;
        if (old < end && tid_of(old) == tids[i])
            merged[kept++] = *old++;
        else if (jt_task_open(process, tids[i], &merged[kept].looked_at.task, NULL) == JT_OK)
            kept++;
    }
    for (; old < end; old++) {
        ended(context, old);
        jt_task_close(old->looked_at.task);
    }
    free(list->entries);
    *list = (jt_task_list){merged, kept, count};
    return JT_OK;
}

void jt_task_list_free(jt_task_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        jt_task_close(list->entries[i].looked_at.task);
    free(list->entries);
    *list = (jt_task_list){.entries = NULL};
}
