"""The files below what was given, in natural order, following no link.

Order is part of the output: names are numbered along it, so it must not depend on
how a file system happens to list a folder.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ScrubError, SourceFailed
from ..model import Job
from ..source import below, open_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_DIGITS = re.compile(r"([0-9]+)")


@dataclass(frozen=True, slots=True)
class Found:
    """One thing on a drive: a job, or a folder that can't be read (`error`), or `excluded` on request."""

    job: Job
    error: ScrubError | None = None
    excluded: bool = False


def natural_key(name: str) -> tuple[tuple[tuple[int, str], ...], str]:
    """Return a sort key that puts img2 before img10 and IMG2 beside img2, with no two names equal."""
    parts = _DIGITS.split(name.casefold())
    # Odd places are digits.  Long runs of them are compared by length, then as text: no huge integers.
    numbered = tuple(
        (len(part.lstrip("0")), part.lstrip("0")) if i % 2 else (-1, part) for i, part in enumerate(parts)
    )
    return numbered, name


def walk(sources: Sequence[Path], exclude: Sequence[str] = ()) -> Iterator[Found]:
    """Yield what lies at and below each source, in the order given, then in natural order.

    Everything that isn't a folder is yielded, links and devices too: whoever opens
    it refuses it.  `exclude` are shell patterns, matched against the name and
    against the path below its source.
    """
    for source in sources:
        yield from _walk(source, exclude)


def _walk(source: Path, exclude: Sequence[str]) -> Iterator[Found]:
    top = os.fspath(source)
    name = source.name or top
    if not _is_folder(top):
        yield _found(top, name, exclude)
        return
    # A stack of listings instead of recursion: depth is the drive's choice.
    listings = [_listing(top, "")]
    while listings:
        found = next(listings[-1], None)
        if found is None:
            listings.pop()
            continue
        names, is_folder = found
        if isinstance(is_folder, ScrubError):
            yield Found(Job(source / names, names or name), error=is_folder)
        elif is_folder and not _excluded(names, exclude):
            listings.append(_listing(top, names))
        else:
            yield Found(Job(below(top, names), names), excluded=_excluded(names, exclude))


def _listing(top: str, names: str) -> Iterator[tuple[str, bool | ScrubError]]:
    """Yield what lies in a folder, by its names below `top`, and whether it is a folder itself.

    The folder is opened from `top` down: someone may have put a link in its place.
    """
    try:
        folder = open_folder(top, names.split("/") if names else ())
        try:
            with os.scandir(folder) as entries:
                listed = sorted(
                    ((entry.name, _is_plain_folder(entry)) for entry in entries),
                    key=lambda pair: natural_key(pair[0]),
                )
        finally:
            os.close(folder)
    except OSError as error:
        yield names, SourceFailed("folder", errno.errorcode.get(error.errno or 0, "EUNKNOWN"))
        return
    for name, is_folder in listed:
        yield os.path.join(names, name), is_folder  # noqa: PTH118 (a Path per file costs)


def _is_plain_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _is_folder(path: str) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False


def _found(path: str, name: str, exclude: Sequence[str]) -> Found:
    return Found(Job(Path(path), name), excluded=_excluded(name, exclude))


def _excluded(name: str, exclude: Sequence[str]) -> bool:
    return any(fnmatchcase(name, each) or fnmatchcase(os.path.basename(name), each) for each in exclude)  # noqa: PTH119
