"""The readers' server: a reader gone wrong costs its own answer, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scrubkit import demo
from scrubkit.intake.pool import in_order
from scrubkit.model import Outcome
from scrubkit.witnesses import confined, landlock, link, observe, seccomp
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
def taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str | bytes | None]:
    """Run code in the reader in the place of piexif; return what it says."""

    def run(code: str, seconds: int = 20) -> str | bytes | None:
        folder = tmp_path / "library"
        folder.mkdir()
        (folder / "piexif.py").write_text(REVERSED % code, "utf-8")
        monkeypatch.setattr(confined, "ROOT", f"{folder}:{confined.ROOT}")
        file = tmp_path / "photo"
        file.write_bytes(demo.photo(20, 1))
        with file.open("rb") as opened:
            said = link.ask("piexif", opened.fileno(), b"", "jpeg", seconds).said
        return READERS["piexif"].parse(said).seen[0].value

    return run


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
        (r"os.write(1, b'{}\n.\n'); os._exit(0)", "gave no answer"),
        (r"os.write(1, b'[[1]]\n.\n'); os._exit(0)", "gave no answer"),
        ("while True: os.write(1, bytes(1 << 20))", "said too much"),
    ],
)
def test_a_reader_that_fails_is_a_typed_failure(
    code: str, why: str, taken_over: Callable[[str, int], str]
) -> None:
    with pytest.raises((ChildError, Unread), match=why):
        taken_over(code, 2 if "too long" in why else 20)


def test_an_answer_does_not_change_the_next_one(taken_over: Callable[[str], str], tmp_path: Path) -> None:
    code = "TAGS['count'] = TAGS.get('count', 0) + 1; return {'0th': {305: b'%d' % TAGS['count']}}"
    assert taken_over(code) == "1"
    with (tmp_path / "photo").open("rb") as opened:
        again = link.ask("piexif", opened.fileno(), b"", "jpeg", 20).said
    assert READERS["piexif"].parse(again).seen[0].value == "1"


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
