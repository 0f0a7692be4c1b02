/* Steps one Java thread instruction by instruction and walks its stack at each. The truth comes from the steps before:
 * from one instruction to the next a stack stays as it is, gains a callee or loses its leaf; nothing else is possible
 * (but for deoptimisation, OSR and exceptions, which are told apart). What does not fit is a wrong stack.
 *
 * For test programs: any failure ends the program. One that takes long says on stderr now and then where it is. */
#ifndef JTRACE_TESTS_STEPPER_H
#define JTRACE_TESTS_STEPPER_H

#include "hotspot/frame_walker.h"
#include "process.h"
#include "tracee.h"
#include "tracer_schedule.h"

enum { STEPPER_MAX_FRAMES = 4096 };

typedef enum { INTERPRETED, C1, C2, WRAPPER, STUB, OUTSIDE, REGIONS } region;
extern const char *const region_names[REGIONS];

typedef struct {
    jt_frame frames[STEPPER_MAX_FRAMES]; /* without what marks VM code */
    jt_addr methods[STEPPER_MAX_FRAMES]; /* the Method of each */
    size_t count;
    int status;
    bool scanned;
} stack;

typedef struct {
    jt_process *process;
    jt_vm vm;
    jt_frame_walker *walker;
    /* a code cache and interpreter of our own, to name the place of each pc */
    jt_code_cache *places;
    jt_interpreter *interpreter;
    jt_field comp_level;
    jt_addr java_thread;
    int tid;
    jt_task *task;
    jt_tracee tracee;
    jt_tracer_schedule schedule;
    int signal; /* to be handed on with the next step */
    jt_registers registers; /* after the last step */
    uint8_t *bytes;
    jt_walk_input input; /* of the stack now */
    stack good, now;
    bool lost; /* there is no good stack yet */
    unsigned right_in_a_row, wrong_in_a_row;
    unsigned long steps;
} stepper;

typedef enum {
    STEP_RIGHT,     /* complete, and follows from the one before */
    STEP_WRONG,     /* complete, and cannot be */
    STEP_INCOMPLETE,
    STEP_DEOPTIMIZING /* refused by the walker: old and new frames are mixed */
} step_verdict;

/* Told of each stack that was checked: s->now, with s->good before it. */
typedef void (*stepper_checked)(void *context, step_verdict verdict);

void stepper_open(stepper *s, int pid, const char *thread_name);
void stepper_close(stepper *s);
/* Stops the thread. The first complete stack is believed to be right. */
void stepper_begin(stepper *s);
/* One instruction. All are checked in the code cache, elsewhere one now and then. */
void stepper_step(stepper *s, stepper_checked checked, void *context);
/* Lets the thread go. */
void stepper_end(stepper *s);
/* On stderr: where the thread was last seen, and what it does now. */
void stepper_say_where(stepper *s);

region stepper_region(stepper *s, jt_addr pc);

#endif
