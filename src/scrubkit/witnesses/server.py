"""The process that holds the second readers loaded, and forks confined children to read files.

Run as `python -m scrubkit.witnesses.server PARENT`, with a socket as stdin.  It opens no file
itself and looks into none: it is handed open descriptors, forks, and relays what the child
says, up to a limit and a time for each file.

A child reads the clean file, says all that it has to say of it, and only then looks into the
original; after an original it reads nothing more.  So no original has a say in what is said of a
clean file, or of another original.  The child holds the original's descriptor from the beginning,
since nothing can be handed to it once it is confined.  Whoever takes over a reader by way of the
clean file gains nothing by that: the clean file was made of the original, so its maker knows
what is in there; the child has nobody to tell but us; and the same reader, with the same flaw, would have
met the original, in which its maker has a freer hand.

A request is a line of JSON with a descriptor for each file.  The answers come in the order of the
files, each as soon as it is there, in two frames: why there is none, empty if the child said all,
and what it said.
"""

from __future__ import annotations

import fcntl
import gc
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any, NoReturn

from . import sandbox, seccomp
from .confined import MALLOC, ChildError, kill_group
from .readers import READERS, exiftool, ffprobe
from .readers.seen import END, NOTHING, Unread, pack
from .stream import Gone, Stream, frame

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from .readers.seen import Library

MEMORY = 2 << 30
"""Bytes of address space of one child."""

LOADERS = ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-x86_64.so.1")
"""The dynamic linkers that may be executed with a program."""

SHORT = 10
"""Seconds for a program to say its version."""

_FFMPEG = re.compile(rb"ffprobe version ([0-9A-Za-z.+~_-]{1,40})")
_REQUEST = 1 << 16
_FILES = 2
_FIRST = 3
_DESCRIPTORS = 4096


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
    # What is there before the fork is shared with the children; counting it would copy it.
    seccomp.program(alone=True)
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=0) as link, suppress(Gone, OSError):
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
        self._perl_says: Stream | None = None
        self._perl_version = ""

    def serve(self) -> None:
        """Answer requests until the parent closes the link."""
        while True:
            line, fds = b"", []
            while not line.endswith(b"\n"):
                data, more, _, _ = socket.recv_fds(self._link, _REQUEST, _FILES)
                fds += more
                if not data:
                    return
                line += data
            try:
                request = json.loads(line)
                if request["reader"] == "versions":
                    self._send(said=self._said_versions(time.monotonic() + request["seconds"][0]))
                else:
                    self._answer(request, fds)
            finally:
                for fd in fds:
                    os.close(fd)

    def _answer(self, request: dict[str, Any], fds: list[int]) -> None:
        """Send what is said of each file; where a child fails at one, another reads what comes after it."""
        done = 0
        while done < len(fds):
            left = request | {name: request[name][done:] for name in ("paths", "seconds")}
            try:
                with closing(self._readings(left, fds[done:])) as answers:
                    for said in answers:
                        self._send(said=said)
                        done += 1
            except ChildError as error:
                self._send(why=str(error))
                done += 1

    def _send(self, *, why: str = "", said: bytes = b"") -> None:
        self._link.sendall(frame(why.encode("ascii")) + frame(said))

    def _readings(self, request: dict[str, Any], fds: list[int]) -> Generator[bytes]:
        """Yield what is said of each file, first what confines the child; `ChildError` at one that fails."""
        name = request["reader"]
        if name == "exiftool":
            yield from self._ask_perl(request, fds)
        elif READERS[name].library is None:
            for fd, seconds in zip(fds, request["seconds"], strict=True):
                yield from self._fork(request | {"seconds": [seconds]}, [fd])
        elif self._versions[name] is None:
            raise ChildError("not installed")
        else:
            yield from self._fork(request, fds)

    def _said_versions(self, until: float) -> bytes:
        versions = dict(self._versions)
        with suppress(ChildError):
            self._start_perl(until)
            versions["exiftool"] = self._perl_version
        with suppress(ChildError):
            said = b"".join(self._fork({"reader": "ffprobe", "seconds": [SHORT]}, []))
            found = _FFMPEG.search(said)
            versions["ffprobe"] = found[1].decode("ascii", "replace") if found else None
        return json.dumps(versions).encode("ascii")

    def _fork(self, request: dict[str, Any], fds: list[int]) -> Iterator[bytes]:
        server = os.getpid()
        try:
            ours, theirs = os.pipe()
            child = os.fork()
        except OSError:
            raise ChildError("could not be started") from None
        if not child:
            _read(request, fds, theirs, server)
        os.close(theirs)
        says = Stream(ours, self._link.fileno())
        take = Stream.to_end if READERS[request["reader"]].library is None else Stream.frame
        try:
            yield from _in_time(says, take, request["seconds"])
        finally:
            says.close()
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            kill_group(child)
            os.waitpid(child, 0)

    def _ask_perl(self, request: dict[str, Any], fds: list[int]) -> Iterator[bytes]:
        # Perl can't be handed a descriptor, but can be told of ours where the system shows them.
        paths = request["paths"]
        if sys.platform == "linux":
            paths = [f"/proc/{os.getpid()}/fd/{fd}".encode("ascii").hex() for fd in fds]
        into, says = self._start_perl(time.monotonic() + request["seconds"][0])
        try:
            os.write(into, f"{sum(request['seconds'])} {' '.join(paths)}\n".encode("ascii"))
            yield from _in_time(says, Stream.frame, request["seconds"])
        except OSError:
            self._end_perl()
            raise ChildError("ended abnormally") from None
        except BaseException:
            self._end_perl()
            raise

    def _start_perl(self, until: float) -> tuple[int, Stream]:
        if self._perl is None or self._perl.poll() is not None:
            self._end_perl()
            found = exiftool.find()
            if found is None:
                raise ChildError("not installed")
            server = os.getpid()
            try:
                self._perl = subprocess.Popen(  # noqa: S603 (absolute paths from a fixed list)
                    exiftool.command(found, MEMORY),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    bufsize=0,
                    env=MALLOC,
                    cwd="/",
                    start_new_session=True,
                    preexec_fn=lambda: sandbox.follow(server),  # noqa: PLW1509 (this process has one thread)
                )
            except (OSError, subprocess.SubprocessError):
                raise ChildError("could not be started") from None
            assert self._perl.stdout is not None
            self._perl_says = Stream(self._perl.stdout.fileno(), self._link.fileno())
            try:
                self._perl_version = self._perl_says.line(until).decode("ascii", "replace")
            except BaseException:
                self._end_perl()
                raise
        assert self._perl.stdin is not None
        assert self._perl_says is not None
        return self._perl.stdin.fileno(), self._perl_says

    def _end_perl(self) -> None:
        if self._perl is not None:
            kill_group(self._perl.pid)
            with self._perl:
                pass
            self._perl = None


def _in_time(says: Stream, take: Callable[[Stream, float], bytes], times: list[int]) -> Iterator[bytes]:
    """Yield what confines a child, said before it looks into anything, with each of its answers.

    Its time for each file begins when the answer on the one before it has been handed on.
    """
    words = b""
    for seconds in times:
        until = time.monotonic() + seconds
        words = words or says.frame(until) + b"\n"
        yield words + take(says, until)


def _read(request: dict[str, Any], fds: list[int], pipe: int, server: int) -> NoReturn:
    """Be the child: read each file and say what is in it before the next is touched, and end."""
    try:
        os.setsid()
        sandbox.follow(server)
        files = _keep_only(fds, pipe)
        library = READERS[request["reader"]].library
        if library is None:
            _execute(request, files)
        # The libraries are loaded; what is read is open.
        words = sandbox.confine(sum(request["seconds"]), MEMORY)
        _say(", ".join(words).encode("ascii"))
        for file in files:
            _say(_seen(library, file))
    except BaseException:  # noqa: BLE001 (whatever the library raises: the missing end says it)
        os._exit(1)
    os._exit(0)


def _seen(library: Library, fd: int) -> bytes:
    with open(fd, "rb") as file:
        try:
            return pack(library.read(file)) + END
        except Unread as error:
            return pack(error) + END
        except Exception:  # noqa: BLE001 (whatever the library raises at what it doesn't understand)
            return pack(Unread(NOTHING)) + END


def _keep_only(fds: list[int], pipe: int) -> range:
    """Leave nothing open but the pipe, as stdout, and the files, as the descriptors that are returned."""
    files = range(_FIRST, _FIRST + len(fds))
    # Above all that they are moved to, so that none takes another's place.
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD, files.stop) for fd in (*fds, pipe)]
    for fd, place in zip(high, (*files, 1), strict=True):
        os.dup2(fd, place)
    # stderr goes nowhere already; the link to the parent is not the child's.
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.closerange(files.stop, _DESCRIPTORS)
    for file in files:
        os.lseek(file, 0, os.SEEK_SET)
    return files


def _execute(request: dict[str, Any], files: range) -> NoReturn:
    """Become a program that reads the only file, or says its version if there is none."""
    found = ffprobe.find()
    if found is None:
        os._exit(1)
    program = found[0]
    command = [program, "-version"]
    if files:
        command = ffprobe.arguments(program, files[0], request["format"])
    words = sandbox.confine(
        sum(request["seconds"]),
        2 * MEMORY,
        readable=[*sandbox.SYSTEM, *files],
        executable=[program, *LOADERS],
    )
    _say(", ".join(words).encode("ascii"))
    os.execve(program, command, {})  # noqa: S606 (an absolute path from a fixed list)


def _say(data: bytes) -> None:
    view = memoryview(frame(data))
    while view:
        view = view[os.write(1, view) :]


if __name__ == "__main__":
    main()
