#!/usr/bin/env python3
"""Rooms include only what the table of rooms allows; the core touches no socket, file, stream, thread or clock.

The table here is the same as in CMakeLists.txt, where it decides what links."""
import pathlib
import re

import lint

CODECS = ["base", "dict", "dataset", "pdu", "dul", "dimse"]
CORE = [*CODECS, "session", "trace", "observe", "service"]
WITHOUT_IO = [*CORE, "scenario", "diagnose", "capture"]

ROOMS = {  # room -> rooms it may include besides itself
    "base": [],
    "dict": ["base"],
    "pdu": ["base"],
    "dataset": ["base", "dict"],
    "dul": ["base", "pdu"],
    "dimse": ["base", "dict", "dataset", "pdu"],
    "session": CODECS,
    "trace": [*CODECS, "session"],
    "observe": [*CODECS, "session", "trace"],
    "service": [*CODECS, "session", "trace", "observe"],
    "scenario": CORE,
    "diagnose": [*CODECS, "trace"],
    "capture": CORE,
    "conformance": [*CORE, "scenario"],
    "reports": [*CORE, "conformance"],
    "peers": [*CORE, "scenario", "diagnose"],
    "fuzz": [*CORE, "scenario", "diagnose", "capture", "conformance"],
    "app": [*WITHOUT_IO, "conformance", "fuzz", "reports", "peers"],
    "cli": [*WITHOUT_IO, "conformance", "reports", "app"],
    "python": [*WITHOUT_IO, "conformance", "reports", "app"],
}

LIBRARIES = {  # header -> rooms that may include it
    r"fmt/": [room for room in ROOMS if room not in ("base", "dict", "pdu", "dul")],
    r"pugixml\.hpp": ["dataset", "scenario", "conformance", "app"],
    r"nlohmann/": ["dataset", "fuzz", "reports", "app"],
    r"zlib\.h": ["dataset", "fuzz"],
    r"boost/|openssl/|png\.h|sqlite3\.h": ["peers"],
    r"CLI/": ["cli"],
}

# A reader that lives beside what it is read for, and that is fuzzed: built for its target alone, without its room.
READERS = {"fuzz/targets/fuzz_device_file.cpp": "harness/app/device_file.hpp"}

FORBIDDEN_HEADERS = re.compile(
    r"<(iostream|istream|ostream|fstream|sstream|syncstream|spanstream|thread|mutex|shared_mutex|condition_variable|"
    r"future|stop_token|semaphore|latch|barrier|filesystem|coroutine|random|csignal|ctime|time\.h|signal\.h|unistd\.h|"
    r"fcntl\.h|poll\.h|netdb\.h|pthread\.h|sys/.*|netinet/.*|arpa/.*)>"
)
FORBIDDEN_WORDS = re.compile(
    r"\b(steady_clock|system_clock|high_resolution_clock|utc_clock|file_clock|clock_gettime|gettimeofday|random_device|"
    r"fopen|getenv)\b"
)
INCLUDE = re.compile(r'\s*#\s*include\s*([<"][^>"]+[>"])')


def room_of(path: str) -> str | None:
    """The room of a path or of an include, both from the project root; None for what is no room."""
    parts = path.split("/")
    if len(parts) < 2:
        return None
    return parts[1] if parts[0] == "harness" else parts[0]


def code_of(line: str) -> str:
    return line.split("//")[0]


def check(root: pathlib.Path) -> list[str]:
    complaints = []
    for path in lint.files(root, *lint.SOURCES, ".inc"):
        name = path.relative_to(root).as_posix()
        room = room_of(name)
        # What a vendor takes along sees the project as a folder of headers and a library, not as this tree.
        if name.startswith(("tests/", ".cmake/", "fuzz/bring_your_own/examples/")) or room is None:
            continue
        if room not in ROOMS:
            complaints.append(f"{name}: lies in no known room")
            continue
        for number, line in lint.lines(path):
            where = f"{name}:{number}: "
            if room in WITHOUT_IO and (word := FORBIDDEN_WORDS.search(code_of(line))):
                complaints.append(f"{where}{word[0]} in a room without I/O: time is an argument, files are not opened")
            include = INCLUDE.match(line)
            if not include:
                continue
            header = include[1]
            if room in WITHOUT_IO and FORBIDDEN_HEADERS.fullmatch(header):
                complaints.append(f"{where}{header} in a room without I/O")
            header = header[1:-1]
            for pattern, rooms in LIBRARIES.items():
                if re.match(pattern, header) and room not in rooms:
                    complaints.append(f"{where}{header} may be included only in {' '.join(rooms)}")
            other = room_of(header) if include[1][0] == '"' else None
            if other == "version.hpp" or other is None:
                if include[1][0] == '"' and other is None:
                    complaints.append(f"{where}{header}: include paths start at the project root")
                continue
            if other not in ROOMS:
                complaints.append(f"{where}{header} is in no known room")
            elif other != room and other not in ROOMS[room] and READERS.get(name) != header:
                complaints.append(f"{where}{room} may not include {other}")
    return complaints


if __name__ == "__main__":
    lint.main(
        check,
        broken=[
            ({"harness/pdu/a.cpp": '#include "harness/dimse/b.hpp"\n'}, "a.cpp:1: pdu may not include dimse"),
            ({"harness/base/a.hpp": '#include "harness/pdu/b.hpp"\n'}, "base may not include pdu"),
            ({"conformance/rules/a.cpp": '#include "peers/b.hpp"\n'}, "conformance may not include peers"),
            ({"fuzz/targets/a.cpp": '#include "harness/app/b.hpp"\n'}, "fuzz may not include app"),
            ({"fuzz/targets/fuzz_device_file.cpp": '#include "harness/app/home.hpp"\n'}, "fuzz may not include app"),
            ({"harness/pdu/a.cpp": '#include "b.hpp"\n'}, "start at the project root"),
            ({"harness/session/a.cpp": "\n#include <iostream>\n"}, "a.cpp:2: <iostream> in a room without I/O"),
            ({"harness/session/a.hpp": "#include <sys/socket.h>\n"}, "<sys/socket.h>"),
            ({"harness/dul/a.cpp": "auto now = std::chrono::steady_clock::now();\n"}, "steady_clock"),
            ({"harness/pdu/a.cpp": "#include <fmt/format.h>\n"}, "fmt/format.h may be included only in"),
            ({"harness/app/a.cpp": "#include <boost/asio/io_context.hpp>\n"}, "only in peers"),
            ({"harness/app/a.cpp": "#include <sqlite3.h>\n"}, "only in peers"),
            ({"harness/app/a.cpp": "#include <CLI/CLI.hpp>\n"}, "only in cli"),
            ({"harness/misc/a.cpp": "\n"}, "no known room"),
        ],
        sound=[
            {
                "harness/pdu/a.cpp": '#include "harness/pdu/a.hpp"\n#include <vector>\n#include "harness/base/b.hpp"\n',
                "harness/app/a.cpp": '#include <fstream>\n#include "harness/version.hpp"\n#include "peers/x.hpp"\n',
                "harness/cli/a.cpp": '#include <CLI/CLI.hpp>\n#include "harness/app/x.hpp"\n',
                "peers/a.cpp": "#include <boost/asio/io_context.hpp>\nusing std::chrono::steady_clock;\n",
                "harness/dul/a.hpp": "// never asks std::chrono::steady_clock: time is an argument\n",
                "fuzz/targets/fuzz_device_file.cpp": '#include "harness/app/device_file.hpp"\n',
                "fuzz/bring_your_own/examples/a/b.cpp": '#include "assay_fuzz.h"\n',
                "tests/unit/pdu/a.cpp": '#include "harness/app/x.hpp"\n#include <iostream>\n',
            }
        ],
    )
