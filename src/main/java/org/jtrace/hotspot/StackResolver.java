package org.jtrace.hotspot;

import java.util.List;
import org.jtrace.profile.Frame;
import org.jtrace.profile.FrameKind;

/**
 * Turns the physical frames of a walked stack into the frames that people read. Resolve a stack while it is fresh: a
 * method may be unloaded once its frame is gone. What cannot be read becomes a frame named {@code (unknown method)}.
 *
 * <p>What was resolved is kept by address and identity, the least recently used goes first when it is too much or too old.
 */
public final class StackResolver {
    /** In place of a pc offset: the method was entered, its frame does not stand yet. Other negative ones: not known. */
    public static final int AT_ENTRY = -1;

    private static final long MAX_METHOD_BYTES = 16L << 20;
    private static final long MAX_NMETHOD_BYTES = 32L << 20;

    private final FramePool pool = new FramePool();
    private final MethodReader methodReader;
    private final NmethodReader nmethodReader;
    private final AddressCache<InterpretedMethod> methods = new AddressCache<>(MAX_METHOD_BYTES);
    private final AddressCache<CompiledCode> nmethods = new AddressCache<>(MAX_NMETHOD_BYTES);
    private long readsWhenAsked;

    public StackResolver(HotSpotVm vm) {
        this.methodReader = vm.methodReader();
        this.nmethodReader = new NmethodReader(vm.memory(), vm.layout(), methodReader, pool);
    }

    /** Names of generated classes lose their numbers. Before the first stack: what is kept stays as it is. */
    public void leaveOutNumbers() {
        methodReader.leaveOutNumbers();
    }

    /** Whether anything was read from the target since the last time that this was asked. */
    public boolean readSinceAsked() {
        long reads = methodReader.reads() + nmethodReader.reads();
        boolean any = reads != readsWhenAsked;
        readsWhenAsked = reads;
        return any;
    }

    /** @param identity a number that changes when another Method takes the address */
    public void interpreted(long methodAddress, int identity, int bci, List<Frame> leafFirstOut) {
        InterpretedMethod method = methods.get(methodAddress, identity);
        if (method == null) {
            JavaMethod read = methodReader.read(methodAddress);
            if (read == null) {
                leafFirstOut.add(pool.unknown(FrameKind.INTERPRETED));
                return;
            }
            method = new InterpretedMethod(read);
            methods.put(methodAddress, identity, method, method.weight());
        }
        leafFirstOut.add(method.frame(bci, pool));
    }

    /**
     * Adds the frames of the methods inlined at a pc, innermost first, and then the one that they are inlined into.
     *
     * @param pcOffset of a return address, or of the instruction that comes next, from the code's begin; or
     *     {@link #AT_ENTRY}
     */
    public void compiled(long nmethodAddress, int compileId, int pcOffset, List<Frame> leafFirstOut) {
        CompiledCode code = code(nmethodAddress, compileId);
        if (code == null) {
            leafFirstOut.add(pool.unknown(FrameKind.C2));
        } else {
            long weight = code.weight();
            code.frames(pcOffset, leafFirstOut);
            if (code.weight() != weight) {
                nmethods.put(nmethodAddress, compileId, code, code.weight());
            }
        }
    }

    /** The nmethod is the wrapper around a native method. */
    public void nativeWrapper(long nmethodAddress, int compileId, List<Frame> leafFirstOut) {
        CompiledCode code = code(nmethodAddress, compileId);
        leafFirstOut.add(code == null ? pool.unknown(FrameKind.NATIVE) : code.methodFrame());
    }

    /** The monitors of each of the frames that {@link #compiled} gives; null when they cannot be told. */
    List<MonitorValue[]> monitors(long nmethodAddress, int compileId, int pcOffset, int narrowOopType) {
        CompiledCode code = code(nmethodAddress, compileId);
        return code == null ? null : code.monitors(pcOffset, narrowOopType);
    }

    private CompiledCode code(long nmethodAddress, int compileId) {
        CompiledCode code = nmethods.get(nmethodAddress, compileId);
        if (code == null) {
            code = nmethodReader.read(nmethodAddress, compileId);
            if (code != null) {
                nmethods.put(nmethodAddress, compileId, code, code.weight());
            }
        }
        return code;
    }

    /** A method with the frame of each bytecode that was seen. */
    private static final class InterpretedMethod {
        private final JavaMethod method;
        private final Frame[] frames;

        InterpretedMethod(JavaMethod method) {
            this.method = method;
            this.frames = new Frame[method.isNative() ? 1 : Math.max(method.codeSize(), 1)];
        }

        long weight() {
            return 128L + Integer.BYTES * frames.length + method.weight();
        }

        Frame frame(int bci, FramePool pool) {
            int index = Math.max(bci, 0);
            if (index >= frames.length) {
                return pool.frame(method, index, FrameKind.INTERPRETED);
            }
            if (frames[index] == null) {
                frames[index] = pool.frame(method, index, FrameKind.INTERPRETED);
            }
            return frames[index];
        }
    }
}
