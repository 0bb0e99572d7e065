"""The shareable report as one page: no script, nothing loaded, readable on paper, in the dark and on a phone.

Made from `report.json` alone, so it can say nothing that isn't in there.  The file is
read entry by entry, worst level first; memory grows by a few bytes per file.
"""

from __future__ import annotations

import json
import os
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .claims import LEVELS, RISKS, Level, claim, ordered
from .escape import escaped
from .words import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from jinja2 import Template

ROWS = 500
"""Files in one block that opens and closes as a whole."""

FULL = 200
"""Files of the worst levels that are told in full on the page, one by one."""

_CHUNK = 256

_WRONG = (Level.FAILED, Level.IDENTIFYING, Level.REFUSED)

_PARTS = (
    ("picture", "picture"),
    ("sound", "sound"),
    ("coded", "picture or sound"),
    ("structure", "structure"),
)

Json = dict[str, Any]


def write_page(report: Path, page: Path) -> None:
    """Write the page of a shareable report; raises `OSError`, `ValueError` for what is no report of ours."""
    part = page.with_name(page.name + ".part")
    part.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with report.open("rb") as source, os.fdopen(os.open(part, flags, 0o644), "w", encoding="utf-8") as out:
        out.writelines(_rendered(source))
        out.flush()
        os.fsync(out.fileno())
    part.replace(page)


@dataclass(slots=True)
class _Index:
    """Where the entries of each level begin, and the rest of the document."""

    about: Json
    places: dict[Level, array[int]] = field(default_factory=lambda: {each: array("Q") for each in Level})


def _rendered(source: BinaryIO) -> Iterator[str]:
    index = _index(source)
    described = _Described()
    stream = _template().stream(
        about=index.about,
        totals=index.about["totals"],
        levels=_levels(index),
        worst=_worst(index),
        untold=_untold(index),
        level_words=LEVELS,
        risks=RISKS,
        checks=_checks(index.about),
        kinds=_kinds(index.about["totals"]["findings"]),
        blocks=_blocks(source, index, described),
        full=_full(source, index),
        described=described.texts,
        kind_words=KINDS,
        glossary=GLOSSARY,
    )
    stream.enable_buffering(_CHUNK)
    yield from stream


def _template() -> Template:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("scrubkit.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        # Whatever is shown has lost its control and direction characters first; autoescape does the rest.
        finalize=lambda value: escaped(value) if type(value) is str else value,
    )
    return environment.get_template("report.html.j2")


def _index(source: BinaryIO) -> _Index:
    outside: list[bytes] = []
    places = {each: array("Q") for each in Level}
    inside = False
    at = 0
    for line in source:
        if inside and line.startswith(b"]"):
            inside = False
            outside.append(line)
        elif inside:
            if line.strip():
                places[Level(json.loads(line.rstrip(b",\n"))["level"])].append(at)
        else:
            outside.append(line)
            inside = line.startswith(b'"files": [')
        at += len(line)
    return _Index(json.loads(b"".join(outside)), places)


def _entries(source: BinaryIO, places: array[int]) -> Iterator[Json]:
    for at in places:
        source.seek(at)
        yield json.loads(source.readline().rstrip(b",\n"))


def _levels(index: _Index) -> list[tuple[Level, int]]:
    return [(each, len(index.places[each])) for each in Level]


def _worst(index: _Index) -> int:
    """Return how many files have the level of the whole."""
    return next((len(index.places[each]) for each in Level if index.places[each]), 0)


def _untold(index: _Index) -> int:
    """Return how many of the files that went wrong are in the tables only."""
    return max(sum(len(index.places[each]) for each in _WRONG) - FULL, 0)


def _checks(about: Json) -> list[Json]:
    left = [(each["name"], each["reason"], each["files"]) for each in about["totals"]["checks_not_run"]]
    return [
        {"name": name, "means": claim(name).means, "reason": reason, "files": files}
        for name, reason, files in left
    ]


def _kinds(findings: Json) -> list[tuple[str, int, int]]:
    most = max(findings.values(), default=0)
    rows = sorted(findings.items(), key=lambda item: -item[1])
    return [(kind, count, max(1, round(100 * count / most))) for kind, count in rows]


class _Described:
    """Owns the descriptions that many files share: the same checks, problems and remains, told once."""

    def __init__(self) -> None:
        self.texts: list[Json] = []
        self._numbers: dict[str, int] = {}

    def number(self, entry: Json) -> int:
        text = {
            "level": entry["level"],
            "format": entry.get("format", ""),
            "problem": entry.get("problem"),
            "checks": [
                {"name": each["name"], "outcome": each["outcome"], "reason": each.get("reason", "")}
                for each in _in_order(entry.get("checks", []))
            ],
            "residuals": sorted({each["sentence"] for each in entry.get("residuals", [])}),
            "coded": sorted({each["what"] for each in entry.get("coded", [])}),
        }
        key = json.dumps(text, sort_keys=True)
        if key not in self._numbers:
            self._numbers[key] = len(self.texts) + 1
            self.texts.append(text | {"number": len(self.texts) + 1})
        return self._numbers[key]


def _in_order(checks: list[Json]) -> list[Json]:
    place = {name: i for i, name in enumerate(ordered({each["name"] for each in checks}))}
    return sorted(checks, key=lambda each: place[each["name"]])


def _blocks(source: BinaryIO, index: _Index, described: _Described) -> Iterator[Json]:
    """Yield tables of up to `ROWS` files, worst level first."""
    for level in Level:
        places = index.places[level]
        for start in range(0, len(places), ROWS):
            rows = [
                _row(entry, described.number(entry))
                for entry in _entries(source, places[start : start + ROWS])
            ]
            yield {
                "level": level,
                "first": rows[0]["number"],
                "last": rows[-1]["number"],
                "rows": rows,
                "open": len(index.places[level]) <= ROWS and level is not Level.CHECKED,
            }


def _row(entry: Json, text: int) -> Json:
    shares = entry.get("shares", {})
    kinds: dict[str, int] = {}
    for each in entry.get("findings", ()):
        kinds[each["kind"]] = kinds.get(each["kind"], 0) + each["count"]
    parts = [f"{words} {shares[what]}" for what, words in _PARTS if shares.get(what, "none") != "none"]
    behind = shares.get("behind", {})
    return {
        "number": entry["number"],
        "name": entry.get("output", ""),
        "level": entry["level"],
        "bar": _bar(shares) if shares else "",
        "residue": shares.get("residue", "none"),
        "parts": ", ".join(parts),
        "kinds": ", ".join(
            f"{KINDS[kind]} {count}" + (f" ({behind[kind]})" if kind in behind else "")
            for kind, count in kinds.items()
        ),
        "text": text,
    }


def _bar(shares: Json) -> str:
    """Return how long each part of the bar is, as the style of the page wants it."""
    widths = {
        "--p": shares.get("picture", shares.get("coded", "none")),
        "--a": shares.get("sound", "none"),
        "--s": shares["structure"],
    }
    return ";".join(f"{name}:{percent(width)}" for name, width in widths.items() if width != "none")


def _full(source: BinaryIO, index: _Index) -> Iterator[Json]:
    """Yield the worst files in full, up to `FULL`; those that are well are told by the tables."""
    left = FULL
    for level in _WRONG:
        for entry in _entries(source, index.places[level][:left]):
            left -= 1
            yield {"problem": None, "findings": []} | entry | {"checks": _in_order(entry.get("checks", []))}


def percent(share: str) -> int:
    """Return a share in words (`<1 %`) as a number for a bar."""
    match share:
        case "none":
            return 0
        case "all":
            return 100
        case "<1 %":
            return 1
        case ">99 %":
            return 99
        case _:
            return int(share.removesuffix(" %"))


GLOSSARY = (
    ("Metadata", "Notes that a phone writes beside picture and sound: where, when, by which device."),
    ("GPS fix", "Coordinates of the place where a recording was made, often to a few metres."),
    ("Serial number", "A number that one single device has, or one lens, or one battery."),
    ("Essence", "Coded picture and sound themselves: all that a player needs."),
    ("Structure", "The fixed frame around picture and sound; in cleaned files it is the same for all."),
    ("Residue", "Everything in an original that is neither: it stayed behind."),
    ("Container", "The file format around coded picture and sound: MP4, MOV, HEIC and so on."),
    ("Encoder", "The part of a phone that compresses picture and sound; each model has its own manner."),
    ("Check", "A test with a name. It passed, failed or did not run; one that did not run proves nothing."),
    ("Second reader", "Another program, written by others, that looks at the cleaned file."),
    ("Carry-over", "A value of the original that is found again in the cleaned file. There must be none."),
    (
        "Linkage",
        "Telling by common traits that recordings belong together, without knowing by whom they are.",
    ),
    ("Digest", "A short number computed from data. Equal data has equal digests."),
    (
        "Refused",
        "The file could not be rebuilt faithfully: there is no output; the original is as it was.",
    ),
)
