package org.jtrace.cli;

/** What {@code -h} prints. By hand, because it is read more often than any page; a test holds it against the options. */
final class HelpText {
    static final String MAIN = """
            jtrace shows what a running HotSpot JVM is doing, from outside.

            Usage: jtrace [options] -p PID                  profile a process
                   jtrace [options] -t COMMAND ARGS...      run a command and profile the JVM in it
                   jtrace -d -p PID, or jtrace dump PID     the stacks of all its threads, as jstack shows them
                   jtrace dump --core FILE                  the same from the core file of one
                   jtrace list [--json]                     the JVMs on this machine
                   jtrace demo [options]                    profile a small program that comes with jtrace

              -p, --pid=PID          the process to profile
              -t, --trace=COMMAND    the command to run; all that follows belongs to it. Exits with its status
              -s, --seconds=SECS     how long, in seconds; 0 is a single look at all threads. Default: 1, and with -t
                                     until the command ends
              -r, --rate=RATE        time between samples: 0.01 (seconds), 10ms, 500us, 100hz. Default: 10ms
              -x, --exclude-idle     leave out threads that are off CPU
              -n, --no-line-numbers  methods only, no lines
                  --threads          put each stack under its thread's name
                  --carrier          show virtual threads on top of the threads that carry them
                  --native           show the native frames of threads in native and VM code, and of those that are not
                                     Java's; running ones are stopped for it. With -d, too
                  --kernel           show the kernel's frames of time in the kernel; needs the engine perf
                  --engine=ENGINE    how running threads are sampled: ptrace stops each for a moment, perf has the
                                     kernel sample them and stops nobody, auto (the default) has the kernel sample
                                     them, but for a stop when one is met first, and does as ptrace where it may not
              -o, --output=FILE      write to FILE; its name says in which format: .txt or .collapsed (one stack a
                                     line), .html (flame graph). - is stdout. %p stands for the pid, %t for the time,
                                     %h for the host, %n for a number not yet taken
                  --format=FORMAT    collapsed or html, whatever the name says
              -d, --dump             a thread dump instead of a profile; see jtrace dump -h
                  --json             with -d: for programs
                  --kernel-wait      with -d: what each thread waits for in the kernel
                  --virtual          with -d: virtual threads that nobody carries, too
                  --consistent       with -d: all threads at one instant, stopped together while they are copied
                  --core=FILE        with -d: of a core file; --sysroot=DIR and --exe=FILE say where its JDK is
              -q, --quiet            no progress, no summary; errors still
                  --stats            in the summary, how long threads were stopped: a histogram
                  --debug            stack traces of jtrace's own errors
              -h, --help             this text
              -V, --version          the version

            Without -o a terminal gets a summary, and everything else collapsed stacks.
            Ctrl-C ends the profile and writes what there is; a second one leaves at once.

            Exit status: 0 done, 1 jtrace failed, 2 wrong use, 3 no such process or no JVM that can be read,
            4 not permitted, 5 most stacks could not be read; with -t the command's own.
            """;

    static final String DEMO = """
            jtrace demo runs a small program, profiles it and writes a flame graph.

            Usage: jtrace demo [options]

              -s, --seconds=SECS     how long the program runs. Default: 5
              -o, --output=FILE      where the profile goes. Default: jtrace-demo.html

            Of the other options, see jtrace -h, all but -p and -t have their meaning here too.
            """;

    static final String DUMP = """
            jtrace dump shows the stacks of all threads of a JVM, once, in jstack's layout. The JVM need not answer.

            Usage: jtrace dump [options] PID, or jtrace -d [options] -p PID
                   jtrace dump [options] --core FILE

              -p, --pid=PID          the process
                  --core=FILE        a core file instead, written by the kernel or by gcore
                  --sysroot=DIR      with --core: the root directory in which the files lie that the process had mapped;
                                     for what the core leaves out of them. Default: /
                  --exe=FILE         with --core: where the java launcher is that ran; the JDK's other files are looked
                                     for beside it
                  --json             for programs, one object; its members are described in docs/json.md
                  --kernel-wait      what each thread waits for in the kernel, where it tells
                  --native           native frames, too; not with --core
                  --virtual          virtual threads that nobody carries, too: those that the JDK knows, up to 10,000
                  --consistent       all threads at one instant: they are stopped together while they are copied, some
                                     milliseconds, and it is said how long
              -o, --output=FILE      write to FILE instead of standard output. %p stands for the pid, %t for the time,
                                     %h for the host, %n for a number not yet taken
              -q, --quiet            no account of the dump; errors still
                  --debug            stack traces of jtrace's own errors
              -h, --help             this text

            Exit status: as of jtrace; 5 when most stacks of Java threads could not be read to their end.
            """;

    static final String LIST = """
            jtrace list shows the HotSpot JVMs on this machine: of all users and in all containers that /proc shows.

            Usage: jtrace list [options]

                  --json             for programs, one object; its members are described in docs/json.md
                  --debug            stack traces of jtrace's own errors
              -h, --help             this text

            What is not known is a dash, and behind the program it is said why. Of JVMs of other users only root sees
            the release.
            """;

    private HelpText() {}
}
