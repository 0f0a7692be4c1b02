package org.jtrace.targets;

/** Does nothing, until a line of input tells it to end. */
public final class Idle {
    private Idle() {
    }

    public static void main(String[] args) {
        Target.onInput(line -> Runtime.getRuntime().halt(0));
        Target.ready();
        Block.forever();
    }
}
