package org.jtrace.dump;

/**
 * A lock that a frame holds or waits for.
 *
 * @param frame which of the thread's frames
 * @param object null when there is no reference to it in the frame
 */
public record FrameLock(int frame, Kind kind, LockObject object) {
    /** As jstack calls it. */
    public enum Kind {
        LOCKED("locked"),
        ELIMINATED("eliminated"),
        WAITING_TO_LOCK("waiting to lock"),
        WAITING_TO_RELOCK("waiting to re-lock in wait()"),
        WAITING_ON("waiting on"),
        PARKING("parking to wait for");

        private final String text;

        Kind(String text) {
            this.text = text;
        }

        public String text() {
            return text;
        }
    }
}
