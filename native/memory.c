#include "memory.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "maps.h"

enum {
    MAX_IOVECS = 1024,    /* the kernel's UIO_MAXIOV */
    SMALLEST_PAGE = 4096, /* every page size is a multiple of it */
};

int jt_memory_read(const jt_memory *memory, jt_addr address, void *into, size_t length)
{
    jt_read read = {address, into, length};
    return memory->read_batch(memory, &read, 1) == 1 ? JT_OK : JT_STALE;
}

size_t jt_memory_read_batch(const jt_memory *memory, const jt_read *reads, size_t count)
{
    return memory->read_batch(memory, reads, count);
}

int jt_memory_read_maps(const jt_memory *memory, jt_maps *maps, jt_error *err)
{
    *maps = (jt_maps){NULL, 0};
    if (memory->read_maps == NULL)
        return jt_fail(err, JT_UNSUPPORTED, "what is mapped where is not known");
    return memory->read_maps(memory, maps, err);
}

int jt_memory_read_string(const jt_memory *memory, jt_addr address, char *into, size_t capacity)
{
    size_t done = 0;
    while (done < capacity) {
        jt_addr from = address + done;
        size_t length = SMALLEST_PAGE - (size_t)(from % SMALLEST_PAGE);
        if (length > capacity - done)
            length = capacity - done;
        if (jt_memory_read(memory, from, into + done, length) != JT_OK)
            break;
        if (memchr(into + done, '\0', length) != NULL)
            return JT_OK;
        done += length;
    }
    if (capacity > 0)
        into[0] = '\0';
    return JT_STALE;
}

int jt_memory_read_u16(const jt_memory *memory, jt_addr address, uint16_t *value)
{
    return jt_memory_read(memory, address, value, sizeof *value);
}

int jt_memory_read_i32(const jt_memory *memory, jt_addr address, int32_t *value)
{
    return jt_memory_read(memory, address, value, sizeof *value);
}

int jt_memory_read_u64(const jt_memory *memory, jt_addr address, uint64_t *value)
{
    return jt_memory_read(memory, address, value, sizeof *value);
}

/* How many of `reads` are complete when the first `transferred` bytes arrived. */
static size_t completed(const jt_read *reads, size_t count, size_t transferred)
{
    size_t complete = 0;
    while (complete < count && reads[complete].length <= transferred)
        transferred -= reads[complete++].length;
    return complete;
}

/* One system call for each. The file is bound to the memory, not to a thread or a number. */
static size_t read_from_file(int file, const jt_read *reads, size_t count)
{
    size_t complete = 0;
    while (complete < count && pread(file, reads[complete].into, reads[complete].length,
                                     (off_t)reads[complete].address) == (ssize_t)reads[complete].length)
        complete++;
    return complete;
}

/* One process_vm_readv of at most MAX_IOVECS reads. It stops at the first page that cannot be read and returns the
 * bytes before it. */
static size_t read_some(const jt_live_memory *live, const jt_read *reads, size_t count)
{
    struct iovec local[MAX_IOVECS], remote[MAX_IOVECS];
    for (size_t i = 0; i < count; i++) {
        local[i] = (struct iovec){reads[i].into, reads[i].length};
        remote[i] = (struct iovec){(void *)(uintptr_t)reads[i].address, reads[i].length};
    }
    ssize_t transferred = process_vm_readv(live->pid, local, count, remote, count, 0);
    if (transferred < 0 && errno == ESRCH && live->file >= 0)
        return read_from_file(live->file, reads, count);
    return completed(reads, count, transferred > 0 ? (size_t)transferred : 0);
}

static size_t live_read_batch(const jt_memory *self, const jt_read *reads, size_t count)
{
    const jt_live_memory *live = (const jt_live_memory *)self;
    size_t done = 0;
    while (done < count) {
        size_t some = count - done < MAX_IOVECS ? count - done : MAX_IOVECS;
        size_t complete = read_some(live, reads + done, some);
        done += complete;
        if (complete < some)
            break;
    }
    return done;
}

static int live_read_maps(const jt_memory *self, jt_maps *maps, jt_error *err)
{
    return jt_maps_read(((const jt_live_memory *)self)->pid, maps, err);
}

void jt_live_memory_init(jt_live_memory *memory, int pid)
{
    memory->base = (jt_memory){live_read_batch, live_read_maps};
    memory->pid = pid;
    memory->file = -1;
}
