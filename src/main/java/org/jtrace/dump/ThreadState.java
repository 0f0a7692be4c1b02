package org.jtrace.dump;

/** The states of a Java thread as the VM tells them apart: javaThreadStatus.hpp, the same numbers from 8 to 27. */
public enum ThreadState {
    NEW(0, "NEW", "allocated"),
    RUNNABLE(5, "RUNNABLE", null),
    SLEEPING(225, "TIMED_WAITING (sleeping)", "waiting on condition"),
    IN_OBJECT_WAIT(401, "WAITING (on object monitor)", "in Object.wait()"),
    IN_OBJECT_WAIT_TIMED(417, "TIMED_WAITING (on object monitor)", "in Object.wait()"),
    PARKED(657, "WAITING (parking)", "waiting on condition"),
    PARKED_TIMED(673, "TIMED_WAITING (parking)", "waiting on condition"),
    BLOCKED_ON_MONITOR_ENTER(1025, "BLOCKED (on object monitor)", "waiting for monitor entry"),
    TERMINATED(2, "TERMINATED", "zombie");

    private final int number;
    private final String text;
    private final String osState;

    ThreadState(int number, String text, String osState) {
        this.number = number;
        this.text = text;
        this.osState = osState;
    }

    /** null for a number that no release has. */
    public static ThreadState of(int number) {
        for (ThreadState state : values()) {
            if (state.number == number) {
                return state;
            }
        }
        return null;
    }

    /** As jstack prints it: the state of java.lang.Thread.State, and how. */
    public String text() {
        return text;
    }

    /**
     * The VM's word for a thread that is in this state, for 8, which does not tell. null for one that counts as
     * runnable: it may wait all the same, for another thread to initialise a class.
     */
    public String osState() {
        return osState;
    }
}
