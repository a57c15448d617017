"""Runs a planted target: the limits under which a bug shows itself, and what the run said."""
import dataclasses
import os
import re
import subprocess

# A stack of this size, so that recursion without bound ends within an input that a fuzzer makes.
STACK_KIB = 256
MAX_LENGTH = 16384  # bytes of an input
LIMITS = ["-timeout=2", "-malloc_limit_mb=256", "-rss_limit_mb=1024"]
FINDING = re.compile(r"ERROR: (?:\w+Sanitizer|libFuzzer)|runtime error:|INVARIANT broken|ALARM: ")
SUMMARY = re.compile(r"^(?:SUMMARY: .*|INVARIANT .*|.*runtime error: .*|==\d+== ?ERROR: .*)$", re.MULTILINE)
# As in fuzz/sanitizer_options.cpp: what was given back stays unused for some executions, not for all memory.
OPTIONS = {
    "ASAN_OPTIONS": "detect_stack_use_after_return=0:allocator_may_return_null=0:malloc_context_size=2:"
                    "quarantine_size_mb=1:thread_local_quarantine_size_kb=64",
    "UBSAN_OPTIONS": "print_stacktrace=0",
}


@dataclasses.dataclass
class Run:
    tripped: bool   # a report of a sanitizer, of libFuzzer or of an invariant
    status: int     # as of a shell: negative if ended by a signal
    output: str
    cpu_seconds: float

    def report(self):
        """The line that says what it was."""
        lines = SUMMARY.findall(self.output)
        return lines[0].strip() if lines else ""


def run(target, *arguments, cpu_seconds=None, environment=None, nice=0):
    """Runs it to its end, or until it has used so many CPU seconds. It ends with its starter."""
    limits = f"ulimit -s {STACK_KIB}; ulimit -c 0; " + (f"ulimit -t {cpu_seconds}; " if cpu_seconds else "")
    command = ["sh", "-c", limits + 'exec "$@"', "sh", "setpriv", "--pdeathsig", "KILL", "nice", "-n", str(nice), str(target),
               *LIMITS, *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                               env={**os.environ, **OPTIONS, **(environment or {})})
    output = process.stdout.read()
    process.stdout.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Run(bool(FINDING.search(output)), process.returncode, output, usage.ru_utime + usage.ru_stime)
