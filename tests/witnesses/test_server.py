"""The readers' server: a reader gone wrong costs its own answer, and nothing is left behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scrubkit import demo
from scrubkit.intake.pool import in_order
from scrubkit.model import Outcome
from scrubkit.witnesses import confined, landlock, link, observe, sandbox, seccomp, server
from scrubkit.witnesses.confined import ChildError
from scrubkit.witnesses.readers import READERS, Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

linux = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")

REVERSED = """
import ctypes, os, socket, subprocess, time
VERSION = "0"
TAGS = {"Image": {305: {"name": "Software"}}, "Exif": {}, "GPS": {}, "Interop": {}}
def tried(action):
    try:
        action()
    except OSError:
        return {"0th": {305: b"blocked"}}
    return {"0th": {305: b"done"}}
def load(data):
    %s
"""
"""A piexif of ours, which stands for one that a hostile file has taken over."""


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    link.close()
    yield
    link.close()


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put code in the place of piexif."""

    def put(code: str) -> None:
        folder = tmp_path / "library"
        folder.mkdir()
        (folder / "piexif.py").write_text(REVERSED % code, "utf-8")
        monkeypatch.setattr(confined, "ROOT", f"{folder}:{confined.ROOT}")

    return put


@pytest.fixture
def taken_over(tmp_path: Path, library: Callable[[str], None]) -> Callable[[str], str | bytes | None]:
    """Run code in the reader in the place of piexif; return what it says."""

    def run(code: str, seconds: int = 20) -> str | bytes | None:
        library(code)
        file = tmp_path / "photo"
        file.write_bytes(demo.photo(20, 1))
        return ask([file], seconds)[0]

    return run


@pytest.fixture
def pair(tmp_path: Path, library: Callable[[str], None]) -> Callable[[str], list[str | bytes | None]]:
    """Run code in the reader of two files, which say what they are; return its answers."""

    def run(code: str, seconds: int = 20) -> list[str | bytes | None]:
        library(f"{code}; return {{'0th': {{305: data}}}}")
        files = [tmp_path / "clean", tmp_path / "original"]
        for file in files:
            file.write_bytes(file.name.encode())
        return ask(files, seconds)

    return run


def ask(files: list[Path], seconds: int = 20) -> list[str | bytes | None]:
    """Have piexif read files; return the first value that it finds in each, or why there is none."""
    with ExitStack() as opened:
        handles = [opened.enter_context(file.open("rb")) for file in files]
        answers = link.ask("piexif", [link.File(each.fileno(), b"", seconds) for each in handles], "jpeg")
    return [outcome(answer) for answer in answers]


def outcome(answer: link.Answer | ChildError) -> str | bytes | None:
    if isinstance(answer, ChildError):
        return str(answer)
    try:
        return READERS["piexif"].parse(answer.said).seen[0].value
    except Unread as error:
        return str(error)


def test_a_reader_gone_wrong_can_still_answer(taken_over: Callable[[str], str]) -> None:
    assert taken_over("return tried(lambda: None)") == "done"


@pytest.mark.skipif(seccomp.program(alone=True) is None, reason="NOT RUN: no seccomp filter for this machine")
@pytest.mark.parametrize(
    "action",
    [
        "socket.socket()",
        "socket.create_connection(('127.0.0.1', 9))",
        "os.fork()",
        "os.kill(os.getppid(), 9)",
        "os.kill(-1, 0)",
        "os.execv('/bin/true', ['true'])",
        "open('made-by-a-reader', 'w')",
        "os.unlink('/proc/self/fd/3')",
        "os.write(4, b'x')",
    ],
)
def test_a_reader_gone_wrong_gets_no_further(action: str, taken_over: Callable[[str], str]) -> None:
    assert taken_over(f"return tried(lambda: {action})") == "blocked"


@pytest.mark.skipif(not landlock.version(), reason="NOT RUN: this kernel has no Landlock")
@pytest.mark.parametrize("path", ["/etc/passwd", "/proc/self/environ", "/proc/1/cmdline", sys.executable])
def test_a_reader_gone_wrong_opens_no_file(path: str, taken_over: Callable[[str], str]) -> None:
    assert taken_over(f"return tried(lambda: open({path!r}, 'rb'))") == "blocked"


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("while True: pass", "took too long|ended abnormally"),
        ("time.sleep(60)", "took too long"),
        ("ctypes.string_at(0)", "ended abnormally"),
        ("os._exit(0)", "ended abnormally"),
        ("bytearray(1 << 40)", "makes nothing of the file"),
        ("raise SystemExit", "ended abnormally"),
        ("raise ValueError", "makes nothing of the file"),
        ("os.write(1, b'{}'); os._exit(0)", "ended abnormally"),
        (r"os.write(1, b'2\n{}'); os._exit(0)", "ended abnormally"),
        (r"os.write(1, b'9\n{}\n.\n'); os._exit(0)", "ended abnormally"),
        (r"os.write(1, b'-1\n{}\n.\n'); os._exit(0)", "ended abnormally"),
        (r"os.write(1, b'5\n{}\n.\n'); os._exit(0)", "gave no answer"),
        (r"os.write(1, b'8\n[[1]]\n.\n'); os._exit(0)", "gave no answer"),
        (r"os.write(1, b'99999999\n'); os._exit(0)", "said too much"),
        ("while True: os.write(1, bytes(1 << 20))", "ended abnormally"),
    ],
)
def test_a_reader_that_fails_is_a_typed_failure(
    code: str, why: str, taken_over: Callable[[str, int], str]
) -> None:
    assert re.fullmatch(why, taken_over(code, 2 if "too long" in why else 20))


def test_a_reader_reads_a_clean_file_and_its_original(pair: Callable[[str], list[str]]) -> None:
    assert pair("pass") == ["clean", "original"]


@pytest.mark.parametrize(
    ("attack", "why"),
    [
        ("os._exit(0)", "ended abnormally"),
        ("ctypes.string_at(0)", "ended abnormally"),
        ("raise SystemExit", "ended abnormally"),
        ("raise ValueError", "makes nothing of the file"),
        ("time.sleep(60)", "took too long"),
        ("exec('while True: pass')", "took too long"),
        ("os.write(1, b'99999999' + bytes([10]))", "said too much"),
        ("os.write(1, b'{}'), os._exit(0)", "ended abnormally"),
        ("os.close(1)", "ended abnormally"),
    ],
)
def test_an_original_that_stops_its_reader_costs_no_answer_on_the_clean_file(
    attack: str, why: str, pair: Callable[[str, int], list[str]]
) -> None:
    code = f"data == b'original' and ({attack})"
    if attack.startswith("raise"):
        code = f"exec('if data == b\\'original\\': {attack}')"
    assert pair(code, 2 if "too long" in why else 20) == ["clean", why]


def test_an_original_changes_no_answer_on_the_clean_file(pair: Callable[[str], list[str]]) -> None:
    rows = '[["0th/Software", "forged"]]'
    answer = f"{rows}\n.\n"
    forged = f"{len(answer)}\n{answer}".encode()
    attack = f"os.write(1, {forged!r} * 3), os.lseek(3, 0, 0), os._exit(0)"
    assert pair(f"data == b'original' and ({attack})") == ["clean", "forged"]


@pytest.mark.parametrize(
    ("failure", "why"), [("os._exit(0)", "ended abnormally"), ("time.sleep(60)", "took too long")]
)
def test_a_reader_that_fails_at_the_clean_file_still_reads_the_original(
    failure: str, why: str, pair: Callable[[str, int], list[str]]
) -> None:
    assert pair(f"data == b'clean' and {failure}", 2) == [why, "original"]


@linux
def test_a_server_that_dies_at_an_original_costs_no_answer_on_the_clean_file(
    pair: Callable[[str], list[str]],
) -> None:
    def kill() -> None:
        while not (reading := [each for each in servers_of(os.getpid()) if descendants(each)]):
            time.sleep(0.05)
        # By now it has said what it has to say of the clean file.
        time.sleep(1)
        os.kill(reading[0], signal.SIGKILL)

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    assert pair("data == b'original' and time.sleep(60)") == ["clean", "ended abnormally"]
    killer.join(5)


def test_each_file_has_a_time_of_its_own(pair: Callable[[str, int], list[str]]) -> None:
    assert pair("time.sleep(1.2)", 2) == ["clean", "original"]


@linux
def test_limits_are_in_force_in_a_reader(taken_over: Callable[[str], str]) -> None:
    names = ("CPU", "AS", "FSIZE", "CORE", "NOFILE")
    limits = ", ".join(f"resource.getrlimit(resource.RLIMIT_{name})[0]" for name in names)
    said = taken_over(f"import resource; return {{'0th': {{305: ' '.join(map(str, [{limits}])).encode()}}}}")
    assert said.split() == [str(each) for each in (20, server.MEMORY, 0, 0, sandbox.FILES)]


@linux
def test_a_reader_that_takes_too_much_memory_fails(taken_over: Callable[[str], str]) -> None:
    assert taken_over("bytearray(3 << 30)") == "makes nothing of the file"


def test_a_reader_that_hangs_at_an_original_costs_no_check(
    tmp_path: Path, library: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(observe, "SECONDS", 2)
    library("if data.endswith(b'original'): time.sleep(60)\n    return {}")
    original, staged = tmp_path / "original", tmp_path / "staged"
    staged.write_bytes(demo.grey(20))
    original.write_bytes(demo.grey(20) + b"original")
    seen = observe.observe(original, staged, "jpeg")
    check = next(check for check in seen.checks if check.name == "reader-piexif")
    assert check.outcome is Outcome.PASSED
    assert check.scope.endswith("the original was not read by it (took too long)")


def test_an_answer_does_not_change_the_next_one(taken_over: Callable[[str], str], tmp_path: Path) -> None:
    code = "TAGS['count'] = TAGS.get('count', 0) + 1; return {'0th': {305: b'%d' % TAGS['count']}}"
    assert taken_over(code) == "1"
    assert ask([tmp_path / "photo"]) == ["1"]


def test_a_library_that_is_missing_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "piexif.py").write_text("raise ImportError", "utf-8")
    monkeypatch.setattr(confined, "ROOT", f"{tmp_path}:{confined.ROOT}")
    file = tmp_path / "photo"
    file.write_bytes(demo.grey(20))
    checks = {check.name: check for check in observe.observe(None, file, "jpeg").checks}
    assert checks["reader-piexif"].outcome is Outcome.NOT_RUN
    assert checks["reader-piexif"].reason == "piexif: not installed"
    assert checks["reader-mediainfo"].outcome is Outcome.PASSED


@linux
def test_a_server_that_was_killed_is_started_again(tmp_path: Path) -> None:
    assert link.versions()["piexif"]
    for process in servers_of(os.getpid()):
        os.kill(process, signal.SIGKILL)
    assert link.versions()["piexif"]


@linux
def test_a_perl_that_was_killed_is_started_again(tmp_path: Path) -> None:
    if link.versions()["exiftool"] is None:
        pytest.skip("NOT RUN: ExifTool is not installed")
    file = tmp_path / "photo"
    file.write_bytes(demo.grey(20))
    before = outcomes(file)
    (perl,) = [each for each in descendants(os.getpid()) if b"exiftool.pl" in command_line(each)]
    os.kill(perl, signal.SIGKILL)
    assert outcomes(file) == before


def command_line(process: int) -> bytes:
    return Path(f"/proc/{process}/cmdline").read_bytes()


def servers_of(parent: int) -> list[int]:
    """Processes whose command line says that they serve `parent`, and all Perls of theirs."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"scrubkit.witnesses.server" in words and str(parent).encode() in words:
                found.append(int(entry.name))
    return found


def descendants(parent: int) -> list[int]:
    """All processes below one."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                above = int((entry / "stat").read_text("utf-8").rpartition(")")[2].split()[1])
            except OSError:
                continue
            parents.setdefault(above, []).append(int(entry.name))
    below = parents.get(parent, [])
    return below + [each for process in below for each in descendants(process)]


def ended(processes: list[int]) -> bool:
    until = time.monotonic() + 10
    while any(Path(f"/proc/{each}").exists() for each in processes):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


WORKER = """
import sys
from scrubkit.witnesses import link
link.versions()
print("ready", flush=True)
sys.stdin.read()
"""


@linux
@pytest.mark.parametrize("how", ["ends", "is killed"])
def test_nothing_is_left_when_a_worker(how: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        worker.stdout.readline()
        below = descendants(worker.pid)
        assert below
        if how == "ends":
            worker.stdin.close()
        else:
            worker.kill()
        worker.wait(10)
        assert ended(below)


def outcomes(path: Path) -> list[str]:
    return [str(check.outcome) for check in observe.observe(None, path, "jpeg").checks]


@linux
def test_forked_workers_each_have_a_server_and_leave_none(tmp_path: Path) -> None:
    file = tmp_path / "photo"
    file.write_bytes(demo.grey(20))
    # The parent has one too, which the forks must not use.
    here = outcomes(file)
    before = set(descendants(os.getpid()))
    done = list(in_order(outcomes, [file] * 6, 3, lost=["lost"], abandon=lambda _: None))
    assert [result for _, result in done] == [here] * 6
    assert ended(sorted(set(descendants(os.getpid())) - before))
