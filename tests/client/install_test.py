"""An installed client is all that a program needs: C++ and C, through CMake and through pkg-config.

usage: install_test.py SOURCE_DIR MEMOD

Builds the client alone, installs it, moves the installed tree, builds the examples against it, outside of the source
tree, and runs them with the daemon MEMOD. Exit code 1 and one line for each thing that does not hold.
"""
import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

EXAMPLES = {"cpp": "publish_and_lookup.cpp", "c": "publish_and_lookup.c"}
FOUND = "found 1000 bytes\n"
HEAVY = ("libtorch", "libc10", "libfaiss", "libopenblas", "libblas", "libpmem", "libtbb", "libdnnl", "libgomp")


def run(*command, environment=None, cwd=None):
    result = subprocess.run(command, env={**os.environ, **(environment or {})}, cwd=cwd, capture_output=True, text=True,
                            check=False)
    if result.returncode != 0:
        sys.exit(f"{' '.join(command)}\nends with {result.returncode}:\n{result.stdout}{result.stderr}")
    return result.stdout


def launchers():
    if shutil.which("ccache") is None:
        return []
    return [f"-DCMAKE_{language}_COMPILER_LAUNCHER=ccache" for language in ("C", "CXX")]


def packages_found(build):
    """By find_package, and by pkg-config under the names that memo_pkg_config gives."""
    with open(os.path.join(build, "CMakeCache.txt"), encoding="utf-8") as cache:
        text = cache.read()
    found = re.findall(r"^FIND_PACKAGE_MESSAGE_DETAILS_(\w+):|^memo_(\w+)_FOUND:|^(\w+?)_DIR:PATH=", text, re.M)
    return {name for names in found for name in names if name}


def install_client(source, folder):
    """Not optimized: it is the installation that is tested. Returns the tree, moved after it was installed."""
    build, first, prefix = (os.path.join(folder, name) for name in ("build", "installed", "moved"))
    settings = ["-DMEMO_CLIENT_ONLY=ON", "-DCMAKE_BUILD_TYPE=", "-DCMAKE_INSTALL_LIBDIR=lib", *launchers()]
    run("cmake", "-S", source, "-B", build, *settings)
    run("cmake", "--build", build, "--parallel", "2")
    run("cmake", "--install", build, "--prefix", first)
    os.rename(first, prefix)
    unneeded = packages_found(build) - {"Threads", "PkgConfig", "fmt", "capnp"}
    return prefix, [f"the client alone asks for {name}" for name in sorted(unneeded)]


def header_findings(prefix, folder):
    """Each header compiles alone, as the first thing that a file includes, with strict flags."""
    strict = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-I", os.path.join(prefix, "include")]
    for name in sorted(os.listdir(os.path.join(prefix, "include", "memo"))):
        alone = os.path.join(folder, "alone")
        with open(alone, "w", encoding="utf-8") as file:
            file.write(f"#include <memo/{name}>\n")
        languages = [("c++", "c++20")] + ([("c", "c11"), ("c++", "c++11")] if name == "memo.h" else [])
        for language, standard in languages:
            compiler = "cc" if language == "c" else "c++"
            result = subprocess.run([compiler, "-x", language, f"-std={standard}", *strict, alone], capture_output=True,
                                    text=True, check=False)
            if result.returncode != 0:
                yield f"memo/{name} does not compile alone as {standard}:\n{result.stderr}"


def export_findings(prefix):
    """The shared library has the functions of memo.h and no others."""
    listing = run("nm", "-D", "--defined-only", os.path.join(prefix, "lib", "libmemod-client.so"))
    exported = set(re.findall(r" [TWVDBR] ([^@\s]+)", listing))
    with open(os.path.join(prefix, "include", "memo", "memo.h"), encoding="utf-8") as file:
        declared = set(re.findall(r"^MEMO_EXPORT [^(]*?(memo_\w+)\(", file.read(), re.M))
    assert len(declared) > 10, f"found only {declared} in memo.h"
    yield from (f"libmemod-client.so exports {name}" for name in sorted(exported - declared))
    yield from (f"libmemod-client.so lacks {name}" for name in sorted(declared - exported))


def copy_example(source, folder, language):
    place = os.path.join(folder, "example-" + language)
    shutil.copytree(os.path.join(source, "client", "examples", language), place)
    return place


def build_by_cmake(place, prefix):
    build = os.path.join(place, "build")
    run("cmake", "-S", place, "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", build)
    return os.path.join(build, "publish_and_lookup")


def build_by_pkg_config(place, prefix, language):
    program = os.path.join(place, "by-pkg-config")
    compiler = "cc -std=c11" if language == "c" else "c++ -std=c++20"
    strict = "-Wall -Wextra -Wpedantic -Werror"
    script = f"{compiler} {strict} {EXAMPLES[language]} -o by-pkg-config $(pkg-config --cflags --libs memod-client)"
    run("bash", "-ec", script, cwd=place, environment={"PKG_CONFIG_PATH": os.path.join(prefix, "lib", "pkgconfig")})
    return program


@contextlib.contextmanager
def running(memod, folder):
    endpoint = "unix:" + os.path.join(folder, "socket")
    log_path = os.path.join(folder, "memod.log")
    with open(log_path, "w", encoding="utf-8") as log:
        pool = ["--pool", os.path.join(folder, "pool"), "--size", "64MiB"]
        daemon = subprocess.Popen([memod, *pool, "--listen", endpoint], stdout=log, stderr=log)
    try:
        limit = time.monotonic() + 60
        while not os.path.exists(os.path.join(folder, "socket")):
            if daemon.poll() is not None or time.monotonic() > limit:
                with open(log_path, encoding="utf-8") as log:
                    sys.exit(f"memod does not come up:\n{log.read()}")
            time.sleep(0.02)
        yield endpoint
    finally:
        daemon.terminate()
        daemon.wait()


def run_findings(programs, endpoint):
    for name, program in programs.items():
        result = subprocess.run([program, endpoint], capture_output=True, text=True, check=False, timeout=60)
        if (result.returncode, result.stdout) != (0, FOUND):
            yield f"{name} ends with {result.returncode} and says {result.stdout}{result.stderr}"


def link_findings(programs):
    for name, program in programs.items():
        listing = run("ldd", program)
        yield from (f"{name} links {library}" for library in HEAVY if library in listing)


def main(source, memod):
    # On /tmp, so that the socket's path is short enough.
    with tempfile.TemporaryDirectory(prefix="memo-install-", dir="/tmp") as folder:
        prefix, findings = install_client(source, folder)
        findings += list(header_findings(prefix, folder)) + list(export_findings(prefix))
        programs = {}
        for language in EXAMPLES:
            place = copy_example(source, folder, language)
            programs[f"the {language} example by CMake"] = build_by_cmake(place, prefix)
            programs[f"the {language} example by pkg-config"] = build_by_pkg_config(place, prefix, language)
        with running(memod, folder) as endpoint:
            findings += run_findings(programs, endpoint)
        findings += link_findings(programs)
    for finding in findings:
        print(finding)
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
