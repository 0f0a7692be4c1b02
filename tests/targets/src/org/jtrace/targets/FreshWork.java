package org.jtrace.targets;

/** What a class made by {@link FreshClasses} does. */
public interface FreshWork {
    int go(int turns, int seed);
}
