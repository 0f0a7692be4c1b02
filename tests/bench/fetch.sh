# Sourced by the programs here: `work` is where things are put.

# Gets an artifact by Maven, once: coordinates, name of the file.
fetch() {
    [ -f "$work/$2" ] || {
        mvn -q dependency:copy -Dartifact="$1" -DoutputDirectory="$work" -Dmdep.stripVersion=true
        [ -f "$work/$2" ]
    }
}

fetch_async_profiler() {
    [ ! -f "$work/libasyncProfiler.so" ] || return 0
    fetch tools.profiler:async-profiler:4.1 async-profiler.jar
    case $(uname -m) in
    aarch64) platform=linux-arm64 ;;
    *) platform=linux-x64 ;;
    esac
    (cd "$work" && jar xf async-profiler.jar "$platform/libasyncProfiler.so" && mv "$platform/libasyncProfiler.so" .)
}

# Compiles a program of this folder, with what it uses of the tests.
compile() {
    mkdir -p "$work/classes"
    javac --release 17 -encoding UTF-8 -d "$work/classes" -sourcepath tests/java:tests/bench/src \
        "tests/bench/src/org/jtrace/bench/$1.java"
}
