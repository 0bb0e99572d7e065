"""The top level and the movie header of a file: where things are, before anything is chosen."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...catalog import UNKNOWN
from ...errors import LimitExceeded, Malformed, ScrubError, Unsupported
from ...model import Fate, Finding
from . import fragments, headers, residue, tracks
from .boxes import SLACK, Box, Extent, children, top_level
from .emit import ALPHA_OF_FIRST
from .fragments import Growing
from .ledger import ByteMap
from .tables import read_durations
from .tree import find, walk

if TYPE_CHECKING:
    from ...model import Policy
    from ...source import Source
    from .tracks import RawTrack


@dataclass(slots=True)
class Scan:
    """What the top level of a file holds, and the findings on the way."""

    bytemap: ByteMap
    ftyp: Extent | None = None
    moov: Extent | None = None
    fragments: list[Extent] = field(default_factory=list)
    findings: list[Iterator[Finding]] = field(default_factory=list)


def scan(source: Source, policy: Policy) -> Scan:
    """Map the top level and name its residue; raises `LimitExceeded`."""
    found = Scan(ByteMap(source.size))
    add = found.bytemap.add
    for extent in top_level(source, policy.limits.boxes):
        start, stop = extent.start, extent.stop
        name = extent.type
        if name == "mdat":
            add(start, extent.body, "mdat", Fate.STRUCTURE)
            found.bytemap.add_media(extent.body, stop)
        elif name == "ftyp" and start == 0:
            add(start, stop, "ftyp", Fate.STRUCTURE)
            found.ftyp = extent
        elif name == "moov" and found.moov is None and not extent.clipped:
            found.moov = extent
            add(start, extent.body, "moov", Fate.STRUCTURE)
        elif name == "moof" and not extent.clipped:
            found.fragments.append(extent)
            add(start, extent.body, "moof", Fate.STRUCTURE)
            map_body(found, "moof", structure(source, extent, policy), extent.body, 0, policy, {})
        else:
            add(start, stop, name if name != SLACK else "trailer", Fate.RESIDUE)
            found.findings.append(residue.top_level(extent, source))
    return found


def structure(source: Source, extent: Extent, policy: Policy) -> memoryview:
    """Read the body of a structure box into memory; raises `LimitExceeded`."""
    if extent.stop - extent.body > policy.limits.structure:
        raise LimitExceeded(extent.type, "size", extent.start)
    return memoryview(source.read(extent.body, extent.stop - extent.body))


def map_body(
    found: Scan,
    name: str,
    body: memoryview,
    start: int,
    offset: int | None,
    policy: Policy,
    handlers: Mapping[str, str],
) -> None:
    """Map a container and name its residue.

    `handlers` gives the handler type of each `trak` that is kept, by path; one that
    it doesn't name stays behind as a whole.
    """

    def visit(path: str, box: Box, fate: Fate) -> None:
        trak = "/".join(path.split("/", 2)[:2])
        if _refers(box, handlers.get(trak)):
            fate = Fate.STRUCTURE
        left = trak not in handlers and trak.startswith("moov/trak[")
        if offset is not None:
            where, what = (trak, Fate.RESIDUE) if left else (path, fate)
            found.bytemap.add(offset + box.start, offset + box.stop, where, what)
        if left:
            return
        if fate is Fate.RESIDUE:
            parent = path.rsplit("/", 2)[-2].split("[", maxsplit=1)[0]
            found.findings.append(residue.boxes(path, box, offset, parent))
        elif box.type in residue.TELLING:
            named = residue.fields(path, box, offset, handlers.get(trak, ""))
            found.findings.append(_lenient(named, path, box))

    walk(name, name, body, start, policy.limits, visit)


def _refers(box: Box, handler: str | None) -> bool:
    """Whether a box is the reference of an alpha plane that crosses, as it is written."""
    return box.type == "tref" and handler == "auxv" and box.body == ALPHA_OF_FIRST[8:]


def _lenient(findings: Iterator[Finding], path: str, box: Box) -> Iterator[Finding]:
    """Names for the report never refuse a file."""
    try:
        yield from findings
    except ScrubError:
        yield Finding(path, UNKNOWN.kind, UNKNOWN.label, box.stop - box.start, known=False)


@dataclass(frozen=True, slots=True)
class MovieInMemory:
    """A movie header in memory; `offset` turns coordinates into file positions, None if it was compressed."""

    header: headers.MovieHeader
    tracks: list[RawTrack]
    unreadable: frozenset[int]
    """Numbers of tracks, neither picture nor sound, whose `trak` can't be read."""
    defaults: dict[int, fragments.Defaults]
    body: memoryview
    start: int
    offset: int | None


def movie_header(found: Scan, source: Source, policy: Policy) -> MovieInMemory:
    """Read `moov`, inflating a compressed one; raises `Refused` errors."""
    extent = found.moov
    assert extent is not None
    body = structure(source, extent, policy)
    start, offset = extent.body, 0
    plain = find(body, start, "moov")
    if "cmov" in plain and "mvhd" not in plain:
        found.bytemap.add(extent.body, extent.stop, "moov/cmov", Fate.STRUCTURE)
        body, behind = _decompressed(plain["cmov"], policy)
        if behind:
            found.findings.append(iter((residue.behind_header(behind),)))
        return _parse(found, body, 0, None, policy)
    return _parse(found, body, start, offset, policy)


def _decompressed(cmov: Box, policy: Policy) -> tuple[memoryview, int]:
    """Inflate a compressed movie header (QTFF): `dcom` names zlib, `cmvd` holds the data."""
    inside = find(cmov.body, cmov.body_start, "moov/cmov")
    if "dcom" not in inside or "cmvd" not in inside or bytes(inside["dcom"].body[:4]) != b"zlib":
        raise Unsupported("moov/cmov", "compression")
    data = inside["cmvd"].body
    if len(data) < 4:
        raise Malformed("moov/cmov/cmvd", "too-short")
    limit = policy.limits.structure
    stream = zlib.decompressobj()
    try:
        inflated = stream.decompress(data[4:], limit)
    except zlib.error:
        raise Malformed("moov/cmov/cmvd", "zlib") from None
    if stream.unconsumed_tail:
        raise LimitExceeded("moov/cmov/cmvd", "size")
    boxes = children(memoryview(inflated), 0, "moov/cmov/cmvd")
    moov = next((box for box in boxes if box.type == "moov"), None)
    if moov is None:
        raise Malformed("moov/cmov/cmvd", "no-movie-header")
    return moov.body, len(stream.unused_data)


def _parse(found: Scan, body: memoryview, start: int, offset: int | None, policy: Policy) -> MovieInMemory:
    boxes = find(body, start, "moov")
    if "mvhd" not in boxes:
        raise Malformed("moov", "mvhd-missing")
    header = headers.movie_header(boxes["mvhd"])
    defaults: dict[int, fragments.Defaults] = {}
    if "mvex" in boxes:
        for box in children(boxes["mvex"].body, boxes["mvex"].body_start, "moov/mvex"):
            if box.type == "trex":
                track_id, values = fragments.read_trex(box)
                defaults.setdefault(track_id, values)
    raw: list[RawTrack] = []
    unreadable: set[int] = set()
    for number, box in enumerate(_traks(body, start, policy), 1):
        try:
            raw.append(tracks.raw_track(number, box))
        except ScrubError:
            # a track is never lost silently
            if _handler(box) in {"vide", "soun", None}:
                raise
            unreadable.add(number)
            found.findings.append(residue.unreadable_track(number, box, offset))
    return MovieInMemory(header, raw, frozenset(unreadable), defaults, body, start, offset)


def _traks(body: memoryview, start: int, policy: Policy) -> list[Box]:
    found = [box for box in children(body, start, "moov") if box.type == "trak"]
    if len(found) > policy.limits.tracks:
        raise LimitExceeded("moov", "tracks")
    return found


def _handler(trak: Box) -> str | None:
    """The handler type of a `trak` that can't be read as a whole, or None."""
    try:
        mdia = find(trak.body, trak.body_start, "trak")["mdia"]
        return headers.handler(find(mdia.body, mdia.body_start, "mdia")["hdlr"], "hdlr")
    except (ScrubError, KeyError):
        return None


def grow(found: Scan, header: MovieInMemory, source: Source, policy: Policy) -> dict[int, Growing]:
    """Flatten all fragments; tracks without any get an empty entry."""
    grown: dict[int, Growing] = {}
    for raw in header.tracks:
        if raw.header.track_id in grown:
            raise Malformed(raw.where, "track-ID", raw.box.start)
        grown[raw.header.track_id] = Growing(end=_duration(raw) if found.fragments else 0)
    for extent in found.fragments:
        body = structure(source, extent, policy)
        fragments.append(body, extent.start, grown, header.defaults, policy.limits, source.size)
    return grown


def _duration(raw: RawTrack) -> int:
    """Sum of the durations in `stts`."""
    return sum(read_durations(raw.tables, raw.count, raw.where)) if 0 < raw.count <= 1 << 22 else 0
