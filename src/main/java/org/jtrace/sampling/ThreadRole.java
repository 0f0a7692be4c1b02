package org.jtrace.sampling;

import java.util.List;

/**
 * What a thread without Java frames is there for. Told by how its name begins: the names are those of HotSpot's sources,
 * JDK 8 to 27, of which the kernel keeps 15 letters. JDK 26 and later give it the first seven, two dots and the last six.
 */
enum ThreadRole {
    GC("GC", List.of("GC ", "G1 ", "Gang worker", "CMS ", "Concurrent Mark", "Surrogate Locke", "Shen", "ZWorker",
            "ZDriver", "ZDirect", "ZStat", "ZUncomm", "ZUnmapp", "XWorker", "XDriver", "XDirect", "XStat", "XUncomm",
            "XUnmapp", "RuntimeWorker", "Runtime..rker", "StrDedup", "StringDedup", "StringD..")),
    C1("C1", List.of("C1 Comp")),
    C2("C2", List.of("C2 Comp")),
    VM("VM", List.of("VM Thread", "VM Peri", "Monitor Defl", "Monitor..", "Service Thread", "Service..", "Signal Disp",
            "Signal ..", "Sweeper thread", "Notification Th", "Notific..", "Attach Listener", "Attach ..", "JFR ",
            "AsyncLog")),
    /** Of libraries, the program's own native code, or threads that are about to become Java's or have just been. */
    OTHER("other", List.of(""));

    private final String label;
    private final List<String> beginnings;

    ThreadRole(String label, List<String> beginnings) {
        this.label = label;
        this.beginnings = beginnings;
    }

    String label() {
        return label;
    }

    static ThreadRole of(String threadName) {
        ThreadRole role = GC;
        while (role.beginnings.stream().noneMatch(threadName::startsWith)) {
            role = values()[role.ordinal() + 1];
        }
        return role;
    }
}
