"""What the tests of scripts and of the Python module share: an archive of Assay's own, and scripts written to a folder."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[2]
ASSAY = str(pathlib.Path(os.environ.get("ASSAY_BIN", ROOT / "build" / "release" / "assay")).absolute())
sys.path.insert(0, str(pathlib.Path(ASSAY).resolve().parent / "python"))

HEAD = '''
import assay

# Its functions are declared with @assay.scenario, which is how a script is told from a file for import.
def case(slug, **more):
    return assay.scenario(**{"id": "ps3.7/9.1.5/" + slug, "role": "requestor", "title": "A title",
                             "clause": ("PS3.7", "9.1.5", "shall", "A duty."), "advice": "Do something.", **more})
'''


def assay(*arguments, limit=120, env=None):
    """Exit code, standard output and standard error."""
    done = subprocess.run([ASSAY, *map(str, arguments)], capture_output=True, text=True, timeout=limit,
                          stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})})
    return done.returncode, done.stdout, done.stderr


@contextlib.contextmanager
def archive(*arguments):
    """`assay serve archive` on a free port; yields "127.0.0.1:PORT"."""
    process = subprocess.Popen([ASSAY, "serve", "archive", "--port", "0", "--quiet", *arguments], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL)
    try:
        for line in process.stdout:
            if found := re.search(r"Listening on (127\.0\.0\.1:\d+)", line):
                yield found[1]
                break
        else:
            raise RuntimeError(f"the archive ended at once with {process.wait(timeout=10)}")
    finally:
        process.terminate()
        process.stdout.close()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def scripts(**files):
    """A folder with these scripts (name -> text without what HEAD says)."""
    with tempfile.TemporaryDirectory(prefix="assay-scripts-") as folder:
        for name, text in files.items():
            (pathlib.Path(folder) / f"{name}.py").write_text(HEAD + textwrap.dedent(text))
        yield pathlib.Path(folder)


def run(folder, target, *arguments, env=None, limit=120):
    """Runs what lies in the folder; exit code, the cases by the last part of their id, and what was printed."""
    out = pathlib.Path(folder) / "report"
    shutil.rmtree(out, ignore_errors=True)  # what was executed is a scenario of the same id
    code, said, complained = assay("run", folder, "--target", target, "--timeout", "3s", "--out", out, *arguments,
                                   limit=limit, env=env)
    results = out / "results.json"
    cases = json.loads(results.read_text())["cases"] if results.exists() else []
    return code, {case["id"].removeprefix("ps3.7/9.1.5/"): case for case in cases}, said + complained
