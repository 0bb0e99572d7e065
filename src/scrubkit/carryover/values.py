"""What an original says of where it comes from: collected from its residue and from the file system."""

from __future__ import annotations

import os
import re
from bisect import bisect_left
from collections import Counter
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

from ..errors import Refused
from ..model import Kind, NotSearched, Value
from ..source import open_file
from .windows import windows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from ..model import Finding
    from ..source import Readable

MOST = 4000
"""Values that one search takes."""

WINDOWS = 600
"""Windows of raw bytes that one original gives; each stretch gets its share first."""

_EACH = 12
"""Windows of one stretch."""

_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_SHOWN_AS_HEX = re.compile(r"(?:[0-9a-f]{2}){8,}…?")

Stretch = tuple[int, int]

_RECOMPUTED = frozenset(
    {
        *("hvcC", "avcC", "av1C", "colr", "stsd", "stbl", "ispe", "pixi", "dinf"),
        *("ICC_PROFILE", "iCCP", "ICCP", "ICC", "ICCProfile", "profile"),
    }
)
"""Codec and colour records, part of which crosses by design: of them only values that were read count."""

LEFT_OUT = "more values than one search takes"


def is_region(finding: Finding) -> bool:
    """Whether a finding's bytes stand in one place of their own, which nothing else shares.

    A field of a structure that crosses (`mvhd.creation_time`) is named at the start of
    the structure; its bytes there are not what stays behind.  Nor are those of records
    that are made anew from their own contents.
    """
    *boxes, leaf = finding.path.split("/")
    return (
        finding.start is not None
        and finding.size > 0
        and finding.count == 1
        and not _is_field(leaf)
        and leaf not in _RECOMPUTED
        and _RECOMPUTED.isdisjoint(boxes)
    )


def _is_field(leaf: str) -> bool:
    box, dot, field = leaf.partition(".")
    return bool(dot) and len(box) == 4 and field.replace("_", "").isalpha()


def stretches(findings: Iterable[Finding]) -> tuple[Stretch, ...]:
    """Return the places of findings that have one, from `start` to `stop`, in order."""
    return tuple(sorted((one.start or 0, (one.start or 0) + one.size) for one in findings if is_region(one)))


def values_of_findings(source: Readable, findings: Sequence[Finding]) -> Iterator[Value]:
    """Yield what readers of ours left behind: the values they show, and telling stretches of its bytes."""
    yield from shown_values(findings)
    yield from raw_values(source, findings)


def shown_values(findings: Iterable[Finding]) -> Iterator[Value]:
    """Yield the values that findings show, and the UUIDs that name them."""
    for finding in findings:
        shown = finding.untrusted_value
        if shown and not _SHOWN_AS_HEX.fullmatch(shown):
            yield Value("residue", finding.path, finding.kind, shown)
        for uuid in _UUID.findall(finding.path):
            yield Value("residue", finding.path, finding.kind, bytes.fromhex(uuid.replace("-", "")))


def raw_values(source: Readable, findings: Sequence[Finding]) -> Iterator[Value]:
    """Yield telling stretches of the bytes that findings stand for, spread over each."""
    regions = [one for one in findings if is_region(one)]
    regions.sort(key=lambda one: _RANK[one.kind])
    places = stretches(findings)
    left = WINDOWS
    for finding in regions:
        each = _EACH
        for start, stop in own(finding.start or 0, (finding.start or 0) + finding.size, places):
            for window in windows(source, start, stop - start, min(each, left)):
                left -= 1
                each -= 1
                yield Value("residue", finding.path, finding.kind, window)
            if each <= 0 or left <= 0:
                break
        if left <= 0:
            break


def own(start: int, stop: int, places: Sequence[Stretch]) -> Iterator[Stretch]:
    """Yield what of a stretch belongs to no smaller one within it; `places` are in order."""
    at = start
    for first, last in places[bisect_left(places, (start, 0)) :]:
        if first >= stop:
            break
        if last > stop or last - first >= stop - start:
            continue
        if first > at:
            yield at, first
        at = max(at, last)
    if at < stop:
        yield at, stop


def values_of_file(
    untrusted_name: str, stat: os.stat_result | None = None, attributes: Iterable[tuple[str, bytes]] = ()
) -> Iterator[Value]:
    """Yield what the file system says: name, folders (separated by `/`), times, size, extended attributes.

    The text forms of a name's own words and date come with its value.
    """
    *folders, name = untrusted_name.replace("\\", "/").split("/")
    stem = name.rpartition(".")[0] or name
    yield Value("file", "name", Kind.IDENTIFIER, stem)
    for part in re.split(r"[\s_.()~-]+", stem):
        if part != stem and len(part) >= 4:
            yield Value("file", "name", Kind.IDENTIFIER, part)
    for folder in folders[-8:]:
        if folder not in {"", ".", ".."}:
            yield Value("file", "folder", Kind.PERSON, folder)
    if stat is not None:
        times = [("mtime", stat.st_mtime_ns), ("ctime", stat.st_ctime_ns)]
        if (born := getattr(stat, "st_birthtime", None)) is not None:
            times.append(("birthtime", int(born * 1_000_000_000)))
        for word, nanos in times:
            yield Value("file", word, Kind.TIME, _moment(nanos))
        yield Value("file", "size", Kind.IDENTIFIER, str(stat.st_size))
    for attribute, data in islice(attributes, 32):
        yield Value("file", f"xattr {attribute}", Kind.LINK, data[:256].decode("utf-8", "replace"))


def values_of_path(path: Path, untrusted_name: str = "") -> Iterator[Value]:
    """Yield what the file system says of the file at `path`; its name is `untrusted_name` or its own."""
    stat, attributes = None, []
    try:
        fd = open_file(path)
    except Refused:
        # What is no file has a name and times all the same.
        with suppress(OSError):
            stat = path.lstat()
    else:
        try:
            stat = os.fstat(fd)
            names = os.listxattr(fd) if hasattr(os, "listxattr") else []
            attributes = [(name, os.getxattr(fd, name)) for name in names[:32]]
        except OSError:
            attributes = []
        finally:
            os.close(fd)
    yield from values_of_file(untrusted_name or path.name, stat, attributes)


def _moment(nanos: int) -> str:
    import datetime as dt

    seconds, rest = divmod(nanos, 1_000_000_000)
    try:
        when = dt.datetime.fromtimestamp(seconds, dt.UTC)
    except (OverflowError, ValueError, OSError):
        return str(seconds)
    return f"{when:%Y-%m-%dT%H:%M:%S}.{rest:09}Z"


_RANK = {
    kind: rank
    for rank, kind in enumerate(
        (
            Kind.GPS,
            Kind.SERIAL,
            Kind.PERSON,
            Kind.IDENTIFIER,
            Kind.TIME,
            Kind.LINK,
            Kind.DEVICE,
            Kind.HIDDEN,
            Kind.PICTURE,
            Kind.UNKNOWN,
            Kind.TELEMETRY,
            Kind.SOFTWARE,
        )
    )
}


def bounded(values: Iterable[Value]) -> tuple[tuple[Value, ...], tuple[NotSearched, ...]]:
    """Return the values that tell most, each once, and what was left out by kind.

    Kinds that name someone come first, and of one kind the longer values.
    """
    unique: dict[tuple[str | bytes, Kind], Value] = {}
    for value in values:
        if value.untrusted:
            unique.setdefault((value.untrusted, value.kind), value)
    kept = list(unique.values())
    if len(kept) <= MOST:
        return tuple(kept), ()
    kept.sort(key=lambda value: (_RANK[value.kind], -min(len(value.untrusted), 64)))
    left = Counter(value.kind for value in kept[MOST:])
    return tuple(kept[:MOST]), tuple(NotSearched(kind, LEFT_OUT, count) for kind, count in left.items())
