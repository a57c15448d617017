#!/usr/bin/env python3
"""symbols.py BUILD-FOLDER: the archives of the core need no symbol that opens a socket or file, asks a clock or waits.

Includes can lie (a header may declare what nobody suspects); what the linker would have to resolve cannot."""
import pathlib
import re
import subprocess
import sys
import tempfile

from includes import WITHOUT_IO

FORBIDDEN = re.compile(
    r"(socket|socketpair|recv|recvfrom|recvmsg|send|sendto|sendmsg|connect|accept4?|bind|listen|shutdown|getaddrinfo|"
    r"open|open64|openat|openat64|creat|fopen|fopen64|freopen|fdopen|popen|tmpfile|mkstemp|opendir|read|write|close|"
    r"stat|lstat|mmap|unlink|rename|select|poll|ppoll|epoll_\w+|"
    r"clock_gettime|clock|gettimeofday|time|timespec_get|nanosleep|clock_nanosleep|usleep|sleep|"
    r"pthread_create|pthread_cond_wait|pthread_mutex_lock|fork|execv\w*|system|getenv|getrandom|getentropy)"
    r"|std::chrono::.*::now\(\).*"
    r"|std::(__\w+::)?(basic_(fstream|ifstream|ofstream|filebuf)<.*|cin|cout|cerr|clog|ios_base::Init::.*|thread::.*|"
    r"random_device::.*|filesystem::.*|condition_variable::.*)"
    r"|pugi::xml_document::(load_file|save_file)\(.*"
)
SYMBOL = re.compile(r"\s+[Uw] (.+?)(@+\S+)?$")


def complaints_about(archive: pathlib.Path) -> list[str]:
    listing = subprocess.run(["nm", "-uC", str(archive)], check=True, capture_output=True, text=True).stdout
    complaints = []
    member = ""
    for line in listing.splitlines():
        if line.endswith(":"):
            member = line[:-1]
        elif (symbol := SYMBOL.match(line)) and FORBIDDEN.fullmatch(symbol[1]):
            complaints.append(f"{archive.name}({member}) needs {symbol[1]}")
    return complaints


def self_test() -> int:
    """Archives are made for the purpose with the compiler that builds everything else."""
    cases = {
        "#include <sys/socket.h>\nint f() { return socket(1, 2, 3); }": "socket",
        "#include <chrono>\nauto f() { return std::chrono::steady_clock::now(); }": "steady_clock",
        "#include <ctime>\nlong f() { return time(nullptr); }": "time",
        "#include <cstdio>\nvoid* f() { return fopen(\"a\", \"r\"); }": "fopen",
        "#include <fstream>\nbool f() { return std::ifstream(\"a\").good(); }": "ifstream",
        "#include <iostream>\nvoid f() { std::cout << 1; }": "cout",
        "#include <fcntl.h>\nint f() { return open(\"a\", 0); }": "open",
        "#include <string>\nstd::string f(std::string s) { return s + \"time open read\"; }": "",
    }
    wrong = 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        for source, expected in cases.items():
            (folder / "a.cpp").write_text(source + "\n", encoding="utf-8")
            (folder / "a.a").unlink(missing_ok=True)
            subprocess.run(["clang++-19", "-c", "-O1", folder / "a.cpp", "-o", folder / "a.o"], check=True)
            subprocess.run(["ar", "rcs", folder / "a.a", folder / "a.o"], check=True)
            found = complaints_about(folder / "a.a")
            if bool(found) != bool(expected) or (expected and not any(expected in line for line in found)):
                print(f"expected {expected or 'nothing'}, found {found}: {source!r}")
                wrong += 1
    print(f"self-test: {len(cases)} archives, {wrong} judged wrongly")
    return 1 if wrong else 0


def main() -> int:
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    archives = [archive for room in WITHOUT_IO if (archive := pathlib.Path(sys.argv[1]) / f"libassay_{room}.a").exists()]
    complaints = [line for archive in archives for line in complaints_about(archive)]
    if not archives:
        complaints.append(f"{sys.argv[1]}: no archive of a core room; build first")
    print("\n".join(complaints) or f"{len(archives)} archives need nothing of the outside world")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
