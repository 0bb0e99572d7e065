"""A self-test in lines: for people, or as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from ..report.escape import escaped
from .sums import COUNTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .planting import Row
    from .sums import Sums

_BAD = (
    ("survived", "SURVIVED"),
    ("told", "TOLD in the report"),
    ("failed", "FAILED"),
    ("not_planted", "NOT FOUND before cleaning"),
)


def row_line(row: Row, *, as_json: bool = False) -> str:
    """Return one row; places are words of ours."""
    if as_json:
        return json.dumps(asdict(row))
    if row.reason:
        return f"{row.case:<40} not run: {escaped(row.reason)}"
    line = f"{row.case:<40} {row.places:>5} places  {row.gone:>5} gone  {row.refused:>3} refused"
    for name, word in _BAD:
        for place in getattr(row, name):
            line += f"\n  {word}  {escaped(place)}"
    return line


def sums_lines(sums: Sums, *, as_json: bool = False) -> Iterator[str]:
    """Yield the end of a self-test."""
    if as_json:
        yield json.dumps(
            {"formats": {name: dict(counts) for name, counts in sums.formats.items()}}
            | {name: sums.total(name) for name in COUNTS}
            | {
                "not_run": [{"case": case, "reason": reason} for case, reason in sums.not_run],
                "exit_status": sums.exit_status,
            }
        )
        return
    yield ""
    yield f"{'':<12}{'places':>8}{'gone':>8}{'refused':>9}{'survived':>10}"
    for name, counts in sums.formats.items():
        if counts["places"]:
            yield (
                f"{name:<12}{counts['places']:>8}{counts['gone']:>8}{counts['refused']:>9}{counts['survived']:>10}"
            )
        else:
            yield f"{name:<12}{'not run':>8}"
    yield ""
    places = sums.total("places")
    yield (
        f"{places} places: {sums.total('gone')} secrets gone, {sums.total('refused')} files refused, "
        f"{sums.total('survived')} survived."
    )
    yield (
        f"{sums.total('same')} of the {sums.total('gone')} files that came through are byte for byte what "
        "the same file without a secret gives; in the others what was planted changes what is shown, "
        "such as a crop."
    )
    for name, words in _BAD[1:]:
        if sums.total(name):
            yield f"In {sums.total(name)} places: {words}."
    if places:
        yield from _searched(sums, places)
    for case, reason in sums.not_run:
        yield f"Not run: {case}: {escaped(reason)}."
    yield _verdict(sums)
    yield "Known places only: a place that nobody thought of is in no test."


def _searched(sums: Sums, places: int) -> Iterator[str]:
    from ..carryover import available

    if available():
        found = sums.total("searched")
        yield f"The search of `clean` by itself finds {found} of the {places} secrets before cleaning."
    else:
        yield "Not run: the search of `clean`: hyperscan is not installed."


def _verdict(sums: Sums) -> str:
    match sums.exit_status:
        case 0 if sums.not_run:
            return "Nothing survived in what could be tried; see what could not."
        case 0:
            return "Nothing survived."
        case 3:
            return "FAILED: don't rely on this installation."
        case _:
            return "NOT PROVEN: something broke, or nothing came through."
