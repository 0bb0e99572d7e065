"""Proof on this machine: a secret in every place that the specimens know, cleaned, and searched for.

The search shares nothing with the cleaner.  It must first find every secret in the
file as it was planted: a search that finds nothing proves nothing.
"""

from __future__ import annotations

import base64
import contextlib
import importlib
import json
import pkgutil
import random
import string
import tempfile
import zlib
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from .clean import clean_file
from .model import Policy, Verdict, Verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .model import FileReport
    from .specimens.cases import Case

    Cleaner = Callable[[Path, Path], FileReport]

POLICY = Policy(verify=Verify.PAYLOAD)

SHORT = (24, 16, 8, 4)
"""Bytes of the secret that a place may hold, the most first."""


@dataclass(frozen=True, slots=True)
class Row:
    """How the places of one made-up file ended; `reason` says why it could not be tried."""

    format: str
    case: str
    places: int = 0
    gone: int = 0
    refused: int = 0
    survived: tuple[str, ...] = ()
    not_planted: tuple[str, ...] = ()
    """Places where the search doesn't find the secret before cleaning."""
    reason: str = ""


@dataclass(slots=True)
class Sums:
    """Owns the totals of a self-test."""

    places: int = 0
    gone: int = 0
    refused: int = 0
    survived: int = 0
    not_planted: int = 0
    not_run: list[str] = field(default_factory=list)

    def add(self, row: Row) -> None:
        """Count one row."""
        self.places += row.places
        self.gone += row.gone
        self.refused += row.refused
        self.survived += len(row.survived)
        self.not_planted += len(row.not_planted)
        if row.reason:
            self.not_run.append(row.case)

    @property
    def exit_status(self) -> int:
        """3 if a secret survived or the search missed one that was there, 1 if nothing ran."""
        if self.survived or self.not_planted:
            return 3
        return 0 if self.places else 1


def rows(*, every: int = 1, cleaner: Cleaner | None = None) -> Iterator[Row]:
    """Yield a row for each made-up file, with a secret in one of `every` places of it at a time."""
    clean = cleaner or _clean
    with tempfile.TemporaryDirectory(prefix="scrubkit-") as folder:
        for name in _modules():
            try:
                module = importlib.import_module(f".specimens.cases.{name}", __package__)
            except ImportError as error:
                yield Row(name, f"{name}: all", reason=f"{error.name} is not installed")
                continue
            for case in module.CASES:
                if case.planted is not None:
                    yield _row(case, Path(folder), every, clean)


def _modules() -> list[str]:
    from .specimens import cases

    return sorted(module.name for module in pkgutil.iter_modules(cases.__path__))


def _row(case: Case, folder: Path, every: int, clean: Cleaner) -> Row:
    assert case.planted is not None
    canary = "".join(random.SystemRandom().choices(string.ascii_letters, k=SHORT[0])).encode("ascii")
    places = gone = refused = 0
    survived, missed = [], []
    try:
        for place, data in islice(case.planted(canary), 0, None, every):
            places += 1
            needle = next((canary[:size] for size in SHORT if holds(data, canary[:size])), b"")
            if not needle:
                missed.append(place)
                continue
            source, target = folder / "source", folder / "target"
            source.write_bytes(data)
            target.unlink(missing_ok=True)
            report = clean(source, target)
            if target.exists():
                kept = holds(target.read_bytes(), needle)
                survived += [place] * kept
                gone += not kept
            elif report.verdict is Verdict.REFUSED:
                refused += 1
            else:
                survived.append(place)
    except ImportError as error:
        return Row(case.format, case.name, reason=f"{error.name} is not installed")
    return Row(case.format, case.name, places, gone, refused, tuple(survived), tuple(missed))


def _clean(source: Path, target: Path) -> FileReport:
    return clean_file(source, target, POLICY)


def holds(data: bytes, secret: bytes) -> bool:
    """Whether bytes hold a secret: plain, reversed, shifted by bits, in UTF-16, hex, base64, or deflated."""
    wanted = tuple(forms(secret))
    return any(form in each for each in (data, *_inflated(data)) for form in wanted)


def forms(secret: bytes) -> Iterator[bytes]:
    """Yield a secret as it may be written; a short one only as it is and reversed."""
    yield secret
    yield secret[::-1]
    if len(secret) < 6:
        return
    for shift in range(1, 8):
        whole = (int.from_bytes(secret, "big") << shift).to_bytes(len(secret) + 1, "big")
        yield whole[1:-1]
    text = secret.decode("ascii")
    yield text.encode("utf-16-le")
    yield text.encode("utf-16-be")
    yield secret.hex().encode("ascii")
    yield secret.hex().upper().encode("ascii")
    for lead in range(3):
        whole = base64.b64encode(bytes(lead) + secret)
        # The first and last characters also hold bits of the neighbours.
        yield whole[4 if lead else 0 : -4]


def _inflated(data: bytes) -> Iterator[bytes]:
    at = data.find(b"\x78")
    while at >= 0:
        if data[at + 1 : at + 2] in {b"\x01", b"\x5e", b"\x9c", b"\xda"}:
            with contextlib.suppress(zlib.error):
                yield zlib.decompressobj().decompress(data[at:], 1 << 22)
        at = data.find(b"\x78", at + 1)


def row_line(row: Row, *, as_json: bool = False) -> str:
    """Return one row; places are words of ours."""
    if as_json:
        return json.dumps(
            {
                "format": row.format,
                "case": row.case,
                "places": row.places,
                "gone": row.gone,
                "refused": row.refused,
                "survived": list(row.survived),
                "not_planted": list(row.not_planted),
                "not_run": row.reason,
            }
        )
    if row.reason:
        return f"{row.case:<44} not run: {row.reason}"
    line = f"{row.case:<44} {row.places:>5} places  {row.gone:>5} gone  {row.refused:>3} refused"
    for place in row.survived:
        line += f"\n  SURVIVED  {place}"
    for place in row.not_planted:
        line += f"\n  NOT FOUND before cleaning  {place}"
    return line


def sums_lines(sums: Sums, *, as_json: bool = False) -> Iterator[str]:
    """Yield the end of a self-test."""
    if as_json:
        yield json.dumps(
            {
                "places": sums.places,
                "gone": sums.gone,
                "refused": sums.refused,
                "survived": sums.survived,
                "not_planted": sums.not_planted,
                "not_run": sums.not_run,
            }
        )
        return
    yield ""
    yield (
        f"{sums.places} places: {sums.gone} secrets gone, {sums.refused} files refused, "
        f"{sums.survived} survived; {sums.not_planted} were not found even before cleaning"
    )
    if sums.not_run:
        yield f"Not run: {', '.join(sums.not_run)}"
    yield "Known places only: a place that nobody thought of is in no test."
