"""Plant, clean, search: one row of results for each made-up file."""

from __future__ import annotations

import importlib
import json
import pkgutil
import random
import string
import tempfile
from contextlib import closing
from dataclasses import dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..clean import clean_file
from ..model import Verdict, Verify
from ..report.document import shareable
from .search import carried, holds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..model import FileReport, Policy
    from ..specimens.cases import Case

    Cleaner = Callable[[Path, Path], FileReport]

VERIFY = Verify.PAYLOAD
"""Second readers and the search of `clean` are left out: they would stop what crosses, and hide it."""

SIZES = (24, 16, 8, 4)
"""Bytes of the secret that a place may hold, the most first."""

_RANDOM = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Row:
    """How the places of one made-up file ended; `reason` says why they could not be tried."""

    format: str
    case: str
    places: int = 0
    gone: int = 0
    same: int = 0
    """Of those gone: files that came out byte for byte as the one without a secret does."""
    refused: int = 0
    searched: int = 0
    """Places where the search of `clean` finds the secret before cleaning."""
    survived: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    """Places whose secret is in what the shareable report says."""
    failed: tuple[str, ...] = ()
    """Places where cleaning ended by a check that failed, or by a fault."""
    not_planted: tuple[str, ...] = ()
    """Places where the plain search doesn't find the secret before cleaning."""
    reason: str = ""
    faulty: bool = False
    """Whether it could not be tried by a fault of ours; else something is not installed."""


@dataclass(frozen=True, slots=True)
class Task:
    """One case for a worker; `every` place in so many is tried."""

    module: str
    number: int
    every: int
    folder: Path
    cleaner: Cleaner | None


LOST = Row("", "", reason="the process that tried it died", faulty=True)


@dataclass(slots=True)
class _Tally:
    """Owns the counts of one row."""

    places: int = 0
    gone: int = 0
    same: int = 0
    refused: int = 0
    searched: int = 0
    survived: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    not_planted: list[str] = field(default_factory=list)

    def row(self, case: Case) -> Row:
        """Return the row."""
        counts = {each.name: getattr(self, each.name) for each in fields(self)}
        lists = {name: tuple(value) for name, value in counts.items() if isinstance(value, list)}
        return Row(case.format, case.name, **counts | lists)


def rows(*, every: int = 1, jobs: int | None = None, cleaner: Cleaner | None = None) -> Iterator[Row]:
    """Yield a row for each made-up file, in order, trying one in `every` places.

    `jobs` files are worked on at once (by default as many as there are processors),
    in a temporary folder of their own.  With another `cleaner` it is one.
    """
    from ..intake.pool import in_order
    from ..intake.run import workers_by_default

    workers = 1 if cleaner else jobs or workers_by_default()
    with tempfile.TemporaryDirectory(prefix="scrubkit-") as folder:
        found = _tasks(every, Path(folder), cleaner)
        if workers == 1:
            yield from (row or _row(task) for task, row in found)
            return
        listed = list(found)
        waiting = (task for task, row in listed if row is None)
        with closing(in_order(_row, waiting, workers, lost=LOST, abandon=lambda _: None)) as done:
            for task, row in listed:
                yield row or _named(next(done)[1], task)


def _tasks(every: int, folder: Path, cleaner: Cleaner | None) -> Iterator[tuple[Task, Row | None]]:
    """Yield a task for each case, and its row where it can't be tried."""
    from ..specimens import cases

    for name in sorted(module.name for module in pkgutil.iter_modules(cases.__path__)):
        try:
            count = len(_cases(name))
        except Exception as error:  # noqa: BLE001 (an encoder that is missing says so in its own way)
            yield Task(name, 0, every, folder, None), _untried(name, f"{name}: all", error)
            continue
        for number in range(count):
            yield Task(name, number, every, folder, cleaner), None


def _cases(module: str) -> list[Case]:
    found = importlib.import_module(f"scrubkit.specimens.cases.{module}").CASES
    return [case for case in found if case.planted is not None]


def _named(row: Row, task: Task) -> Row:
    if row is not LOST:
        return row
    case = _cases(task.module)[task.number]
    return Row(case.format, case.name, reason=row.reason, faulty=True)


def _untried(name: str, case: str, error: Exception) -> Row:
    if isinstance(error, ImportError):
        return Row(name, case, reason=f"{error.name} is not installed")
    return Row(name, case, reason=f"could not be made here ({type(error).__name__})", faulty=True)


def _row(task: Task) -> Row:
    case = _cases(task.module)[task.number]
    try:
        with tempfile.TemporaryDirectory(dir=task.folder) as folder:
            clean = task.cleaner or partial(_clean, policy=replace(case.policy, verify=VERIFY))
            return _tried(case, Path(folder), task.every, clean)
    except Exception as error:  # noqa: BLE001 (one case that breaks must not end the others)
        return _untried(case.format, case.name, error)


def _tried(case: Case, folder: Path, every: int, clean: Cleaner) -> Row:
    assert case.planted is not None
    secret = "".join(_RANDOM.choices(string.ascii_letters, k=SIZES[0])).encode("ascii")
    source, target = folder / "source", folder / "target"
    source.write_bytes(case.dirty())
    clean(source, target)
    expected = target.read_bytes() if target.exists() else None
    tally = _Tally()
    first = _RANDOM.randrange(every)
    for number, (place, data) in enumerate(case.planted(secret)):
        # Never none, however few there are.
        if number and number % every != first:
            continue
        tally.places += 1
        needle = next((secret[:size] for size in SIZES if holds(data, secret[:size])), b"")
        if not needle:
            tally.not_planted.append(place)
            continue
        source.write_bytes(data)
        target.unlink(missing_ok=True)
        tally.searched += bool(carried(source, needle))
        report = clean(source, target)
        if needle in f"{json.dumps(shareable(1, report))}{report.problem}".encode():
            tally.told.append(place)
        if target.exists():
            _judge(tally, place, target, needle, expected)
        elif report.verdict is Verdict.REFUSED:
            tally.refused += 1
        else:
            tally.failed.append(place)
    return tally.row(case)


def _judge(tally: _Tally, place: str, target: Path, needle: bytes, expected: bytes | None) -> None:
    data = target.read_bytes()
    if holds(data, needle) or carried(target, needle):
        tally.survived.append(place)
    else:
        tally.gone += 1
        tally.same += data == expected


def _clean(source: Path, target: Path, policy: Policy) -> FileReport:
    return clean_file(source, target, policy)
