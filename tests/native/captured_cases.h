/* Captured cases: what the walker was given and what it read of a live JVM at one instruction, and the frames that were
 * right there. A file of them is text, one record a line, numbers in hexadecimal:
 *
 *   process ADDRESS                 a JVM, and where its libjvm.so is; the tables that it exports follow
 *   m ADDRESS WORD...               memory from there on, in little-endian words; 'TEXT is a word of 8 letters, with
 *                                   ~ for NUL and ^ for a space
 *   case NAME                       how the place where the thread stood is told from others
 *   registers PC SP FP GENERAL...
 *   thread JAVATHREAD STACKBASE ANCHORSP ANCHORPC ANCHORFP SAVEDEXCEPTIONPC CONTENTRY STACKLENGTH INJAVA
 *   frame KIND ADDRESS IDENTITY POSITION    leaf first
 *   end STATUS                      the case is whole
 *
 * Memory is said in the order of time: a record says only what was not known yet or has changed, also against processes
 * before. Those of one JDK that run without address space randomisation have almost all of it in common. */
#ifndef JTRACE_TESTS_CAPTURED_CASES_H
#define JTRACE_TESTS_CAPTURED_CASES_H

#include <stdio.h>

#include "hotspot/frame_walker.h"
#include "line_memory.h"

enum { CAPTURED_NAME = 160, CAPTURED_STACK = 16 * 1024, CAPTURED_FRAMES = 512 };

typedef struct {
    char name[CAPTURED_NAME];
    jt_walk_input input; /* without the stack, which is in the memory: as much of it as the walk needs */
    jt_frame frames[CAPTURED_FRAMES];
    size_t count;
    const char *status; /* enum jt_walk_status's label */
} captured_case;

/* --- writing --- */

/* The lines of `now` that `known` has not, or has otherwise; `known` has them afterwards. */
void captured_write_lines(FILE *file, const line_memory *now, line_memory *known);
void captured_write_process(FILE *file, jt_addr image);
void captured_write_case(FILE *file, const captured_case *one);

/* --- reading --- */

typedef struct {
    FILE *file;
    const char *path;
    unsigned line_number;
    line_memory *memory;
    jt_addr image; /* of the process that the last case is of */
    unsigned processes;
} captured_reader;

/* Reads up to the end of the next case. False at the end of the file; ends the program when it has another form. */
bool captured_read_case(captured_reader *reader, captured_case *one);

/* --- walking --- */

/* The VM whose image is at `image` of a memory, as jt_vm_open finds it in a process. */
int captured_open_vm(jt_vm *vm, const jt_memory *memory, jt_addr image, jt_error *err);
/* Walks with a walker that knows nothing yet, as at the first sample of a process. The result has the status, and frames
 * in `frames`, CAPTURED_FRAMES at most. */
int captured_walk(const jt_vm *vm, const jt_walk_input *input, jt_walk_result *result);

#endif
