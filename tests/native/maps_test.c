#include "maps.h"

#include <fcntl.h>

#include "check.h"
#include "child.h"

static void parses_what_the_kernel_writes(void)
{
    jt_mapping m;
    CHECK(jt_maps_parse_line("7f00a000-7f00c000 r-xp 00001000 fe:00 4242          /usr/lib/lib x.so", &m));
    CHECK_EQ(m.start, 0x7f00a000);
    CHECK_EQ(m.end, 0x7f00c000);
    CHECK_EQ(m.offset, 0x1000);
    CHECK(m.readable && !m.writable && m.executable && !m.deleted);
    CHECK(strcmp(m.path, "/usr/lib/lib x.so") == 0);
    CHECK(jt_maps_parse_line("ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]", &m));
    CHECK(!m.readable && m.executable);
    CHECK(strcmp(m.path, "[vsyscall]") == 0);
}

static void parses_paths(void)
{
    jt_mapping m;
    CHECK(jt_maps_parse_line("1000-2000 rw-p 00000000 00:00 0 ", &m));
    CHECK(m.path[0] == '\0' && !m.deleted && m.writable);
    CHECK(jt_maps_parse_line("1000-2000 rw-p 00000000 00:00 0", &m));
    CHECK(m.path[0] == '\0');
    CHECK(jt_maps_parse_line("1000-2000 r--s 00000000 00:01 9    /memfd:a b (deleted)", &m));
    CHECK(m.deleted);
    CHECK(strcmp(m.path, "/memfd:a b") == 0);
    CHECK(jt_maps_parse_line("1000-2000 r--s 00000000 00:01 9    /x (deleted) y", &m));
    CHECK(!m.deleted);
    char line[2048] = "1000-2000 r--p 00000000 00:01 9 /";
    memset(line + strlen(line), 'a', 1500);
    strcat(line, " (deleted)");
    CHECK(jt_maps_parse_line(line, &m));
    CHECK_EQ(strlen(m.path), sizeof m.path - 1);
    CHECK(m.deleted);
}

static void refuses_other_forms(void)
{
    jt_mapping m;
    const char *const lines[] = {
        "", "x", "1000", "1000-", "1000-2000", "1000-2000 rw-p", "1000-2000 rw 0 00:00 0", "2000-1000 rw-p 0 00:00 0",
        "1000-1000 rw-p 0 00:00 0", "1000-2000 rw-p 0 0000 0", "-2000 rw-p 0 00:00 0", "1000 2000 rw-p 0 00:00 0",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        CHECK(!jt_maps_parse_line(lines[i], &m));
}

static void reads_a_process(void)
{
    jt_error err;
    jt_maps maps;
    pid_t child = start_child(wait_for_ever, NULL);
    CHECK_STATUS(jt_maps_read(child, &maps, &err), JT_OK, err);
    for (size_t i = 1; i < maps.count; i++)
        CHECK(maps.entries[i - 1].end <= maps.entries[i].start);
    const jt_mapping *code = jt_maps_find(&maps, (jt_addr)(uintptr_t)reads_a_process);
    CHECK(code != NULL && code->executable && !code->writable);
    CHECK_CONTAINS(code->path, "maps_test");
    CHECK(jt_maps_find(&maps, 0) == NULL);
    CHECK(jt_maps_find(&maps, maps.entries[0].start - 1) == NULL);
    CHECK(jt_maps_find(&maps, maps.entries[0].start) == &maps.entries[0]);
    CHECK(jt_maps_find(&maps, UINT64_MAX) == NULL);
    jt_maps_free(&maps);
    kill_child(child);
    CHECK_STATUS(jt_maps_read(child, &maps, &err), JT_GONE, err);
    jt_maps_free(&maps);
}

static void reads_a_process_whose_first_thread_ended(void)
{
    jt_error err;
    jt_maps maps;
    pid_t child = start_child(leave_another_thread, NULL);
    WAIT_UNTIL(state_of(child) == 'Z');
    CHECK_STATUS(jt_maps_read(child, &maps, &err), JT_OK, err);
    CHECK(jt_maps_find(&maps, (jt_addr)(uintptr_t)reads_a_process) != NULL);
    jt_maps_free(&maps);
    kill(child, SIGKILL);
    wait_for_child(child);
    CHECK_STATUS(jt_maps_read(child, &maps, &err), JT_GONE, err);
}

static void has_no_maps_of_a_zombie(void)
{
    jt_error err;
    jt_maps maps;
    pid_t child = start_child(wait_for_ever, NULL);
    kill(child, SIGKILL);
    WAIT_UNTIL(state_of(child) == 'Z');
    CHECK_STATUS(jt_maps_read(child, &maps, &err), JT_GONE, err);
    CHECK(maps.count == 0);
    wait_for_child(child);
}

static void sees_deleted_files(void)
{
    char path[] = "/tmp/jtrace maps test XXXXXX";
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    CHECK_EQ(ftruncate(fd, 4096), 0);
    void *mapped = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
    CHECK(mapped != MAP_FAILED);
    close(fd);
    unlink(path);
    jt_error err;
    jt_maps maps;
    CHECK_STATUS(jt_maps_read(getpid(), &maps, &err), JT_OK, err);
    const jt_mapping *found = jt_maps_find(&maps, (jt_addr)(uintptr_t)mapped);
    CHECK(found != NULL && found->deleted);
    CHECK(strcmp(found->path, path) == 0);
    jt_maps_free(&maps);
}

int main(void)
{
    parses_what_the_kernel_writes();
    parses_paths();
    refuses_other_forms();
    reads_a_process();
    reads_a_process_whose_first_thread_ended();
    has_no_maps_of_a_zombie();
    sees_deleted_files();
}
