"""The process that holds the second readers loaded and forks a confined child for each reading.

Run as `python -m scrubkit.witnesses.server PARENT`, with a socket as stdin.  It opens no file
itself and looks into none: it is handed an open descriptor, forks, and relays what the child
says, up to a limit and a time.  No file meets what an earlier one may have done to a process.

A request is a line of JSON with one descriptor; the answer is a line of JSON (`why`, empty if
the child said all, and `size`), then so many bytes.
"""

from __future__ import annotations

import gc
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from typing import Any, NoReturn

from . import sandbox, seccomp
from .confined import ANSWER, kill_group
from .readers import READERS, exiftool, ffprobe
from .readers.seen import END, NOTHING, Unread, pack

MEMORY = 2 << 30
"""Bytes of address space of one reading."""

LOADERS = ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-x86_64.so.1")
"""The dynamic linkers that may be executed with a program."""

SHORT = 10
"""Seconds for a program to say its version."""

_FFMPEG = re.compile(rb"ffprobe version ([0-9A-Za-z.+~_-]{1,40})")
_REQUEST = 1 << 16
_FILE = 3
_DESCRIPTORS = 4096


class _OverError(Exception):
    """A child's time or space is over; the message is static words."""


class _Gone(Exception):
    """Nobody waits for an answer any more."""


def main() -> None:
    """Serve one parent until it is gone."""
    sandbox.follow(int(sys.argv[1]))
    os.setsid()
    os.chdir("/")
    sandbox.give_up_privileges()
    seccomp.install(seccomp.program(alone=False))
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    versions = {name: _version(name) for name in READERS if READERS[name].library}
    sandbox.limit_output()
    # What is loaded is shared with the children; counting it would copy it.
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=0) as link, suppress(_Gone, OSError):
        _Server(link, versions).serve()


def _version(name: str) -> str | None:
    library = READERS[name].library
    try:
        return library.load() if library else None
    except (ImportError, OSError, RuntimeError):
        return None


class _Server:
    """Owns the link to the parent, and Perl."""

    def __init__(self, link: socket.socket, versions: dict[str, str | None]) -> None:
        self._link = link
        self._versions = versions
        self._perl: subprocess.Popen[bytes] | None = None
        self._perl_version = ""

    def serve(self) -> None:
        """Answer requests until the parent closes the link."""
        while True:
            line, fds = b"", []
            while not line.endswith(b"\n"):
                data, more, _, _ = socket.recv_fds(self._link, _REQUEST, 4)
                fds += more
                if not data:
                    return
                line += data
            said, why = b"", ""
            try:
                said = self._answer(json.loads(line), fds[0] if fds else -1)
            except _OverError as error:
                why = str(error)
            except OSError:
                why = "could not be started"
            finally:
                for fd in fds:
                    os.close(fd)
            header = json.dumps({"why": why, "size": len(said)}).encode("ascii")
            self._link.sendall(header + b"\n" + said)

    def _answer(self, request: dict[str, Any], fd: int) -> bytes:
        until = time.monotonic() + request["seconds"]
        match request["reader"]:
            case "versions":
                return self._said_versions(until)
            case "exiftool":
                return self._ask_perl(request, fd, until)
            case name:
                if READERS[name].library is not None and self._versions[name] is None:
                    raise _OverError("not installed")
                return self._fork(request, fd, until)

    def _said_versions(self, until: float) -> bytes:
        versions = dict(self._versions)
        with suppress(_OverError, OSError):
            self._start_perl(until)
            versions["exiftool"] = self._perl_version
        with suppress(_OverError, OSError):
            found = _FFMPEG.search(self._fork({"reader": "ffprobe", "seconds": SHORT}, 0, until))
            versions["ffprobe"] = found[1].decode("ascii", "replace") if found else None
        return json.dumps(versions).encode("ascii")

    def _fork(self, request: dict[str, Any], fd: int, until: float) -> bytes:
        ours, theirs = os.pipe()
        server = os.getpid()
        child = os.fork()
        if not child:
            _read(request, fd, theirs, server)
        os.close(theirs)
        try:
            return self._drain(ours, until)
        finally:
            os.close(ours)
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            kill_group(child)
            os.waitpid(child, 0)

    def _drain(self, pipe: int, until: float, size: int = -1) -> bytes:
        """Read to the end, or so many bytes; raises `_OverError`, and `_Gone` if the parent is."""
        said = bytearray()
        while size < 0 or len(said) < size:
            self._wait(pipe, until)
            data = os.read(pipe, _REQUEST if size < 0 else size - len(said))
            if not data:
                break
            said += data
            if len(said) > ANSWER:
                raise _OverError("said too much")
        return bytes(said)

    def _wait(self, pipe: int, until: float) -> None:
        link = self._link.fileno()
        ready, _, _ = select.select([pipe, link], [], [], max(0, until - time.monotonic()))
        if not ready:
            raise _OverError("took too long")
        if link in ready and pipe not in ready:
            raise _Gone

    def _ask_perl(self, request: dict[str, Any], fd: int, until: float) -> bytes:
        # Perl can't be handed a descriptor, but can be told of ours where the system shows them.
        path = (
            f"/proc/{os.getpid()}/fd/{fd}".encode()
            if sys.platform == "linux"
            else bytes.fromhex(request["path"])
        )
        line = f"{path.hex()} {request['seconds']}\n".encode("ascii")
        try:
            into, out = self._start_perl(until)
            os.write(into, line)
            size = self._line(out, until)
            said = self._drain(out, until, int(size))
        except ValueError:
            self._end_perl()
            raise _OverError("gave no answer") from None
        except (_OverError, _Gone, OSError):
            self._end_perl()
            raise
        if len(said) < int(size):
            self._end_perl()
        return said

    def _line(self, pipe: int, until: float) -> bytes:
        line = b""
        while not line.endswith(b"\n"):
            self._wait(pipe, until)
            byte = os.read(pipe, 1)
            if not byte or len(line) > 16:
                raise _OverError("ended abnormally")
            line += byte
        return line

    def _start_perl(self, until: float) -> tuple[int, int]:
        found = exiftool.find()
        if found is None:
            raise _OverError("not installed")
        if self._perl is None or self._perl.poll() is not None:
            server = os.getpid()
            self._perl = subprocess.Popen(  # noqa: S603 (absolute paths from a fixed list)
                exiftool.command(found, MEMORY),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
                env={},
                cwd="/",
                start_new_session=True,
                preexec_fn=lambda: sandbox.follow(server),  # noqa: PLW1509 (this process has one thread)
            )
            assert self._perl.stdout is not None
            self._perl_version = (
                self._line(self._perl.stdout.fileno(), until).decode("ascii", "replace").strip()
            )
        assert self._perl.stdin is not None
        assert self._perl.stdout is not None
        return self._perl.stdin.fileno(), self._perl.stdout.fileno()

    def _end_perl(self) -> None:
        if self._perl is not None:
            kill_group(self._perl.pid)
            with self._perl:
                pass
            self._perl = None


def _read(request: dict[str, Any], fd: int, pipe: int, server: int) -> NoReturn:
    """Be the child: read one file, say what is in it, and end."""
    try:
        os.setsid()
        sandbox.follow(server)
        _keep_only(fd, pipe)
        reader = READERS[request["reader"]]
        if reader.library is None:
            _execute(request)
        # The libraries are loaded; what is read is open.
        words = sandbox.confine(request["seconds"], MEMORY)
        _say(", ".join(words).encode("ascii") + b"\n")
        with open(_FILE, "rb") as file:
            try:
                said = pack(reader.library.read(file))
            except Unread as error:
                said = pack(error)
            except Exception:  # noqa: BLE001 (whatever the library raises at what it doesn't understand)
                said = pack(Unread(NOTHING))
            _say(said + END)
    except BaseException:  # noqa: BLE001 (whatever the library raises: the missing end says it)
        os._exit(1)
    os._exit(0)


def _keep_only(fd: int, pipe: int) -> None:
    """Leave nothing open but the file, as descriptor 3, and the pipe, as stdout."""
    file, out = os.dup(fd), os.dup(pipe)
    while min(file, out) <= _FILE:
        file, out = os.dup(file), os.dup(out)
    os.dup2(out, 1)
    os.dup2(file, _FILE)
    # stderr goes nowhere already; the link to the parent is not the child's.
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.closerange(_FILE + 1, _DESCRIPTORS)
    with suppress(OSError):
        # Whoever asks for a version hands no file.
        os.lseek(_FILE, 0, os.SEEK_SET)


def _execute(request: dict[str, Any]) -> NoReturn:
    found = ffprobe.find()
    if found is None:
        os._exit(1)
    program = found[0]
    os.set_inheritable(_FILE, True)
    words = sandbox.confine(
        request["seconds"], 2 * MEMORY, readable=[*sandbox.SYSTEM, _FILE], executable=[program, *LOADERS]
    )
    _say(", ".join(words).encode("ascii") + b"\n")
    wanted = request.get("format")
    command = [program, "-version"] if wanted is None else ffprobe.arguments(program, _FILE, wanted)
    os.execve(program, command, {})  # noqa: S606 (an absolute path from a fixed list)


def _say(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


if __name__ == "__main__":
    main()
