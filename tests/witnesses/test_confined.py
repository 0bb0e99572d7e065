"""What a confined child can't do; each attempt is the only thing its child does after `accept`."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from scrubkit.witnesses import confined, landlock, sandbox, seccomp

needs_landlock = pytest.mark.skipif(
    not landlock.version(), reason="NOT RUN: this kernel has no Landlock, so nothing keeps a child from files"
)
needs_seccomp = pytest.mark.skipif(
    seccomp.program(alone=True) is None, reason="NOT RUN: no seccomp filter for this machine"
)

TRY = """
import ctypes, json, os, resource, signal, socket, subprocess, sys
from scrubkit.witnesses.confined import accept
request = accept()
given = bytes.fromhex(request["paths"][0]).decode() if request.get("paths") else ""
try:
    {attempt}
except (OSError, ValueError):
    print(json.dumps({{"blocked": True}}))
else:
    print(json.dumps({{"blocked": False}}))
"""


def child(monkeypatch: pytest.MonkeyPatch, folder: Path, code: str) -> None:
    """Make `python -m child` run the code."""
    modules = folder / "modules"
    modules.mkdir(exist_ok=True)
    (modules / "child.py").write_text(code, "utf-8")
    monkeypatch.setattr(confined, "ROOT", f"{modules}:{confined.ROOT}")


def blocked(monkeypatch: pytest.MonkeyPatch, folder: Path, attempt: str, **request: Any) -> bool:
    child(monkeypatch, folder, TRY.format(attempt=attempt))
    return bool(confined.ask("child", request, 20)["blocked"])


def alive(process: int) -> bool:
    """Whether a process runs; a zombie doesn't."""
    try:
        return Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@needs_seccomp
@pytest.mark.parametrize(
    "attempt",
    [
        "socket.socket()",
        "socket.socket(socket.AF_UNIX)",
        "socket.socketpair()",
        "os.fork()",
        "os.execv(sys.executable, [sys.executable, '-c', ''])",
        "subprocess.run(['/bin/true'])",
        "os.kill(os.getppid(), 0)",
        "os.setsid()",
        "resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))",
        "open('/dev/null', 'wb')",
        "os.chmod('/proc/self/fd/0', 0o777)",
        "os.setxattr('/', 'user.x', b'')",
    ],
)
def test_a_child_gets_no_further(attempt: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert blocked(monkeypatch, tmp_path, attempt)


@needs_seccomp
@pytest.mark.parametrize(
    "attempt",
    [
        "os.mkdir({!r})",
        "os.symlink('/', {!r})",
        "os.mkfifo({!r})",
        "open({!r}, 'wb')",
        "os.rename(given, {!r})",
        "os.link(given, {!r})",
    ],
)
def test_a_child_makes_nothing(attempt: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given, new = tmp_path / "given", tmp_path / "new"
    given.write_bytes(b"given")
    assert blocked(monkeypatch, tmp_path, attempt.format(str(new)), paths=[os.fsencode(given).hex()])
    assert not new.exists()


@needs_seccomp
@pytest.mark.parametrize("attempt", ["os.unlink(given)", "os.truncate(given, 0)", "os.utime(given, (0, 0))"])
def test_a_child_changes_nothing_of_what_it_is_given(
    attempt: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = tmp_path / "given"
    given.write_bytes(b"given")
    before = given.stat()
    assert blocked(monkeypatch, tmp_path, attempt, paths=[os.fsencode(given).hex()])
    assert (given.stat().st_size, given.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)


@needs_landlock
def test_a_child_reads_what_it_is_given_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, other = tmp_path / "given", tmp_path / "sub" / "other"
    other.parent.mkdir()
    given.write_bytes(b"given")
    other.write_bytes(b"other")
    paths = [os.fsencode(given).hex()]
    assert not blocked(monkeypatch, tmp_path, "open(given, 'rb').read()", paths=paths)
    assert blocked(monkeypatch, tmp_path, f"open({str(other)!r}, 'rb').read()", paths=paths)
    assert blocked(monkeypatch, tmp_path, f"os.listdir({str(other.parent)!r})", paths=paths)
    assert blocked(monkeypatch, tmp_path, "open('/etc/passwd', 'rb')", paths=paths)


def test_a_child_and_all_it_started_end_when_time_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = tmp_path / "number"
    child(
        monkeypatch,
        tmp_path,
        "import subprocess, time\n"
        f"open({str(number)!r}, 'w').write(str(subprocess.Popen(['/bin/sleep', '60']).pid))\n"
        "time.sleep(60)\n",
    )
    with pytest.raises(confined.ChildError, match="took too long"):
        confined.ask("child", {}, 2)
    grandchild = int(number.read_text())
    until = time.monotonic() + 5
    while alive(grandchild) and time.monotonic() < until:
        time.sleep(0.02)
    assert not alive(grandchild)


def test_a_child_that_says_too_much_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child(monkeypatch, tmp_path, "while True: print('x' * 100_000)")
    with pytest.raises(confined.ChildError, match="said too much"):
        confined.ask("child", {}, 60)


def test_a_child_that_says_all_and_stays_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child(monkeypatch, tmp_path, "import os, time; print('{}', flush=True); os.close(1); time.sleep(60)")
    with pytest.raises(confined.ChildError, match="took too long"):
        confined.ask("child", {}, 2)


@pytest.mark.parametrize("said", ["[1]", "1", "", "{", "[" * 100_000])
def test_an_answer_that_is_no_object_is_a_typed_failure(
    said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child(monkeypatch, tmp_path, f"print({said!r})")
    with pytest.raises(confined.ChildError, match="gave no answer"):
        confined.ask("child", {}, 20)


def test_a_child_does_not_load_modules_from_where_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child(
        monkeypatch,
        tmp_path,
        "import json, os, sys; print(json.dumps({'cwd': os.getcwd(), 'path': sys.path}))",
    )
    answer = confined.ask("child", {}, 20)
    assert answer["cwd"] == "/"
    assert not {"", "/"} & set(answer["path"])


@needs_seccomp
def test_the_filter_leaves_threads_and_reading_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = "t = __import__('threading').Thread(target=open, args=('/dev/null',)); t.start(); t.join()"
    assert not blocked(monkeypatch, tmp_path, attempt)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no word for it")
def test_what_is_in_force_is_said() -> None:
    code = (
        "import json; from scrubkit.witnesses import sandbox; print(json.dumps(sandbox.confine(9, 1 << 32)))"
    )
    import subprocess

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=20).stdout
    expected = [
        *(["landlock"] if landlock.version() else []),
        *(["seccomp"] if seccomp.program(alone=True) else []),
        sandbox.LIMITS,
    ]
    assert json.loads(said) == expected


def test_a_machine_without_numbers_has_no_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    class Machine:
        machine = "vax"

    monkeypatch.setattr(os, "uname", Machine)
    assert seccomp.program(alone=True) is None
    assert not seccomp.install(None)
