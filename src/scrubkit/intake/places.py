"""Where a run may write: checked as a whole before anything is read or created."""

from __future__ import annotations

import errno
import fcntl
import os
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..staged import discard, is_staged

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Places:
    """The three folders of a run; `private` is None if nothing private is to be kept."""

    output: Path
    report: Path
    private: Path | None


def places(
    output: Path, report: Path | None = None, private: Path | None = None, *, keep_private: bool = True
) -> Places:
    """Return the folders asked for, the reports by default beside the output."""
    beside = output.absolute()
    return Places(
        output,
        report or beside.with_name(f"{beside.name}-report"),
        (private or beside.with_name(f"{beside.name}-private")) if keep_private else None,
    )


def check(where: Places, sources: Sequence[Path], *, force: bool = False) -> None:
    """Raise `UsageError` unless the run would touch nothing but new or empty folders of its own.

    `force` allows folders that hold something already.  No folder may lie in a
    source or hold one; the private report may lie in neither of the others.
    """
    check_sources(sources)
    try:
        _check(where, sources, force=force)
    except OSError as error:
        raise UsageError("output", errno.errorcode.get(error.errno or 0, "EUNKNOWN")) from None


def _check(where: Places, sources: Sequence[Path], *, force: bool) -> None:
    folders = dict(_named(where))
    for name, folder in folders.items():
        if folder.is_symlink():
            raise UsageError(name, "is-a-link")
        if folder.exists() and not folder.is_dir():
            raise UsageError(name, "not-a-folder")
        for source in sources:
            if _within(folder, source):
                raise UsageError(name, "inside-the-source")
            if _within(source, folder):
                raise UsageError("source", f"inside-the-{name}-folder")
        if not force and _has_entries(folder, name):
            raise UsageError(name, "folder-not-empty")
    if where.private is not None:
        if _within(where.private, where.output) or _within(where.private, where.report):
            raise UsageError("private", "inside-what-is-shared")
        if _within(where.output, where.private) or _within(where.report, where.private):
            raise UsageError("private", "holds-what-is-shared")
    if _within(where.report, where.output) or _within(where.output, where.report):
        raise UsageError("report", "not-apart-from-the-output")
    for name, folder in folders.items():
        if not os.access(_nearest(folder), os.W_OK | os.X_OK):
            raise UsageError(name, "EACCES")


def check_sources(sources: Sequence[Path]) -> None:
    """Raise `UsageError` if a source isn't there."""
    if not all(os.path.lexists(source) for source in sources):
        raise UsageError("source", "not-found")


def check_policy_file(policy: Path, sources: Sequence[Path]) -> None:
    """Raise `UsageError` if a policy would be taken from the drive that it is meant for."""
    if any(_within(policy, source) for source in sources):
        raise UsageError("policy", "inside-the-source")


@contextmanager
def held(where: Places) -> Iterator[None]:
    """Make the folders and keep other runs out of them; what a killed run left unfinished is removed.

    The lock is the system's: it ends with the last process of the run, whatever ends
    that.  Where a file system has no locks, nothing is kept out, and nothing removed.
    Raises `UsageError` if another run is at work in one of the folders.
    """
    make(where)
    with ExitStack() as stack:
        for name, folder in _named(where):
            fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            stack.callback(os.close, fd)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UsageError(name, "in-use-by-another-run") from None
            except OSError:
                continue
            if name == "output":
                _sweep(folder)
        yield


def _sweep(folder: Path) -> None:
    with os.scandir(folder) as entries:
        left = [entry.name for entry in entries if is_staged(entry.name)]
    for name in left:
        discard(folder / name)


def _named(where: Places) -> Iterator[tuple[str, Path]]:
    yield "output", where.output
    yield "report", where.report
    if where.private is not None:
        yield "private", where.private


def make(where: Places) -> None:
    """Create the folders; the private one is its owner's alone.  Raises `UsageError` if it can't."""
    for name, folder in _named(where):
        private = name == "private"
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir(mode=0o700 if private else 0o755, exist_ok=True)
            if private:
                _restrict(folder, 0o700)
        except OSError as error:
            raise UsageError(name, errno.errorcode.get(error.errno or 0, "EUNKNOWN")) from None


def _restrict(folder: Path, mode: int) -> None:
    now = folder.stat()
    if now.st_mode & 0o077:
        try:
            folder.chmod(mode)
        except OSError:
            # FAT has no modes: what is ours there is as private as it can be.
            if now.st_uid != os.geteuid():
                raise


def _within(inner: Path, outer: Path) -> bool:
    """Whether `inner` is or lies below `outer`, through whatever links, mounts or spelling of case."""
    real = Path(os.path.realpath(outer))
    below = Path(os.path.realpath(inner))
    return any(place == real or _same(place, real) for place in (below, *below.parents))


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _has_entries(folder: Path, name: str) -> bool:
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is not None
    except FileNotFoundError:
        return False
    except OSError as error:
        raise UsageError(name, errno.errorcode.get(error.errno or 0, "EUNKNOWN")) from None


def _nearest(folder: Path) -> Path:
    here = folder.absolute()
    while not here.exists() and here != here.parent:
        here = here.parent
    return here
