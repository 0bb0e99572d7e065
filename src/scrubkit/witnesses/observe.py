"""What every second reader says of an original and of the file that was made of it.

The original's values go to the carry-over search and the private report.  The clean file gets
one check for each reader: whether it says anything that a clean file has no reason to hold.
"""

from __future__ import annotations

import os
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from ..model import Check, Kind, Outcome, Value
from ..source import open_file
from . import allowed, link
from .confined import ChildError
from .kinds import kind_of
from .readers import READERS, Unread, programs, readers_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from .readers import Reader, Seen
    from .readers.seen import Observations

SECONDS = 15
"""For one reading, and `PER_SECOND` bytes of the file give one more."""

PER_SECOND = 64 << 20

VALUES = 5000
"""Values of one original that one reader may add; what tells most is kept."""

_DERIVED = ("System/", "ExifTool/")
"""Where ExifTool speaks of the system and of itself."""


@dataclass(frozen=True, slots=True)
class Witnessed:
    """What the readers said: the original's values (private), and a check of the clean file for each."""

    values: tuple[Value, ...] = ()
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True)
class _Reading:
    """One reader's answer on one file, or why there is none."""

    observations: Observations | None
    confinement: str = ""
    why: str = ""

    @property
    def seen(self) -> tuple[Seen, ...]:
        return self.observations.seen if self.observations else ()


def observe(original: Path | None, staged: Path | None, format_name: str, *, kept: bool = False) -> Witnessed:
    """Have every reader that knows the format read both files, in confined children.

    `kept` says that the clean file has pictures beside its picture, as was asked for.
    Either file may be missing: no original, no values; no clean file, no checks.
    Raises `NotRegular` and `SourceFailed` if a file can't be opened.
    """
    clean, dirty = _readings(staged, original, format_name)
    # What a clean file rightly says is no trace of the original, wherever the original says it too.
    structural = {
        seen.value
        for name, reading in clean.items()
        for seen in reading.seen
        if seen.value and allowed.allows(name, seen, kept=kept)
    }
    values = tuple(
        value for name, reading in dirty.items() for value in _values(name, reading.seen, structural)
    )
    checks = tuple(
        _check(READERS[name], reading, dirty.get(name), kept=kept) for name, reading in clean.items()
    )
    return Witnessed(values, checks)


def present() -> dict[str, str | None]:
    """Return the version of each reader by its name, None where it is missing."""
    try:
        found = dict(_versions(os.getpid()))
    except ChildError:
        found = {}
    return {reader.title: found.get(name) for name, reader in READERS.items()}


@cache
def _versions(process: int) -> tuple[tuple[str, str | None], ...]:
    del process  # a fork asks its own server
    return tuple(link.versions().items())


def _readings(
    staged: Path | None, original: Path | None, format_name: str
) -> tuple[dict[str, _Reading], dict[str, _Reading]]:
    """Have each reader read the clean file, then the original; return its readings of each by its name."""
    paths = [path for path in (staged, original) if path is not None]
    with ExitStack() as opened:
        files = [_opened(path, opened) for path in paths]
        read = {reader.name: _read(reader, files, format_name) for reader in readers_of(format_name)}
    clean = {name: readings[0] for name, readings in read.items()} if staged else {}
    dirty = {name: readings[-1] for name, readings in read.items()} if original else {}
    return clean, dirty


def _opened(path: Path, opened: ExitStack) -> link.File:
    fd = open_file(path)
    opened.callback(os.close, fd)
    seconds = SECONDS + os.fstat(fd).st_size // PER_SECOND
    return link.File(fd, os.fsencode(path.absolute()), seconds)


def _read(reader: Reader, files: Sequence[link.File], format_name: str) -> list[_Reading]:
    if not _installed(reader.name, programs.FOLDERS):
        return [_Reading(None, why="not installed")] * len(files)
    return [_reading(reader, answer) for answer in link.ask(reader.name, files, format_name)]


@cache
def _installed(name: str, folders: tuple[str, ...]) -> bool:
    """Whether the program that a reader needs is there; looking costs a millisecond, so once is enough."""
    del folders  # where it is looked for
    needs = READERS[name].needs
    return needs is None or needs() is not None


def _reading(reader: Reader, answer: link.Answer | ChildError) -> _Reading:
    if isinstance(answer, ChildError):
        return _Reading(None, why=str(answer))
    try:
        return _Reading(reader.parse(answer.said), answer.confinement)
    except Unread as error:
        return _Reading(None, why=str(error))


def _values(name: str, seen: Iterable[Seen], structural: set[str | bytes]) -> Iterable[Value]:
    found: dict[tuple[Kind, str | bytes], Value] = {}
    for each in seen:
        if not each.value or each.path.startswith(_DERIVED) or each.value in structural:
            continue
        if not allowed.allows(name, each):
            kind = kind_of(each.path)
            found.setdefault((kind, each.value), Value(name, each.path, kind, each.value))
    return sorted(found.values(), key=lambda value: value.kind is Kind.UNKNOWN)[:VALUES]


def _check(reader: Reader, clean: _Reading, dirty: _Reading | None, *, kept: bool) -> Check:
    name = f"reader-{reader.name}"
    if clean.observations is None:
        return Check(name, Outcome.NOT_RUN, "", f"{reader.title}: {clean.why}")
    scope = _scope(reader, clean, dirty)
    wrong = [seen for seen in clean.seen if not allowed.allows(reader.name, seen, kept=kept)]
    if wrong:
        return Check(name, Outcome.FAILED, scope, _reason(reader, wrong))
    if not clean.observations.whole:
        return Check(name, Outcome.NOT_RUN, scope, f"{reader.title}: said more than is taken")
    if any(allowed.warns(reader.name, seen) for seen in clean.seen):
        return Check(name, Outcome.NOT_RUN, scope, f"{reader.title}: warns that it could not read everything")
    return Check(name, Outcome.PASSED, scope)


def _scope(reader: Reader, clean: _Reading, dirty: _Reading | None) -> str:
    try:
        version = dict(_versions(os.getpid())).get(reader.name)
    except ChildError:
        version = None
    parts = [
        f"{reader.title} {version}" if version else reader.title,
        f"{len(clean.seen)} values of the output",
        f"confined by {clean.confinement}",
    ]
    if dirty is None:
        return "; ".join(parts)
    if dirty.observations is None:
        parts.append(f"the original was not read by it ({dirty.why})")
    elif not dirty.observations.whole:
        parts.append("the original holds more values than are taken")
    return "; ".join(parts)


def _reason(reader: Reader, wrong: list[Seen]) -> str:
    """Say what was found in words of ours: kinds, and places that the allow-list names; no value."""
    kinds = Counter(kind_of(seen.path) for seen in wrong)
    places = sorted({path for seen in wrong if (path := allowed.known_path(reader.name, seen.path))})
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    at = f", at {', '.join(places[:5])}" if places else ""
    return f"{reader.title} says what a clean file has no reason to hold: {told}{at}"
