"""From the bytes of a still to the picture it shows, and a name for every byte that stays behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...codecs import icc_names
from ...errors import LimitExceeded, Malformed, Truncated, Unsupported
from ...model import Fate, Finding, Ledger, LedgerRow, Media
from .. import Reading
from ..isobmff import residue as movies
from ..isobmff.boxes import SLACK, top_level
from ..isobmff.ledger import ByteMap, Runs, runs_of
from ..isobmff.read import opened
from . import brands, residue, sequence
from .extras import with_extras
from .picture import choose
from .places import size_of
from .properties import PROFILES
from .structure import MOST_BOXES, handler, read_meta
from .write import file_type

if TYPE_CHECKING:
    from ...model import Policy
    from ...source import Source
    from ..isobmff.boxes import Box, Extent
    from .picture import Chosen
    from .places import Ranges
    from .structure import Item, Meta

MEDIA = frozenset({"mdat", "imda"})

_MOST_NAMED = 2_000
"""Boxes of the top level whose insides are looked at."""

_MOST_BRANDS = 4096
"""Bytes of `ftyp` that are looked at."""

_MOVIE = frozenset({"moov", "mdat", "moof", "mfra", "sidx", "styp", "free", "skip", "wide", "uuid"})
"""Boxes of a movie that follow its `ftyp`."""

_LEAST_VIDEO = 256
"""Bytes that a movie has at least."""


@dataclass(slots=True)
class _File:
    """The top level of a file: its boxes, and the `meta` box that describes a still."""

    meta: Meta | None = None
    areas: list[tuple[int, int]] = field(default_factory=list)
    """Ranges that items may lie in."""
    parts: list[tuple[int, int, str, Fate]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    brands: Extent | None = None
    sequence: bool = False
    """Whether it has a movie header; the next two say where."""
    header_first: bool = False
    behind: bool = False
    mini: bool = False
    """Whether it has a `mini` box, which does without `meta` (ISO/IEC 23008-12, brand `mif3`)."""
    appended: tuple[int, int] | None = None
    """Half-open range of a movie that follows the still: from a second `ftyp` on."""


def _scan(source: Source, policy: Policy) -> _File:
    file = _File()
    for extent in top_level(source, min(policy.limits.boxes, MOST_BOXES)):
        match extent.type:
            case "ftyp" if file.brands is None and not extent.clipped:
                file.brands = extent
                file.parts.append((extent.start, extent.stop, "ftyp", Fate.STRUCTURE))
            case "meta" if file.meta is None and _is_still(extent, source, policy):
                file.parts.append((extent.start, extent.body, "meta", Fate.STRUCTURE))
                body = source.view(extent.body, extent.stop - extent.body)
                file.meta = read_meta(body, extent.body, policy.limits)
            case kind if kind in MEDIA:
                file.parts.append((extent.start, extent.body, kind, Fate.STRUCTURE))
                file.areas.append((extent.body, extent.stop))
                _appended(file, extent)
            case kind:
                _appended(file, extent)
                path = kind if kind != SLACK else "trailer"
                file.parts.append((extent.start, extent.stop, path, Fate.RESIDUE))
                file.mini = file.mini or kind == "mini"
                if kind == "moov" and not file.sequence:
                    file.sequence = True
                    file.header_first = file.meta is None
                    file.behind = file.appended is not None and file.appended[1] == extent.stop
                _left_behind(file, extent, path, source)
    return file


def _appended(file: _File, extent: Extent) -> None:
    """Note the boxes of a movie that was put behind the still, as motion photos have one."""
    if extent.type == "ftyp" and file.meta is not None and file.appended is None:
        file.appended = extent.start, extent.stop
    elif file.appended and file.appended[1] == extent.start and extent.type in _MOVIE:
        file.appended = file.appended[0], extent.stop


def _video(file: _File, extent: Extent, source: Source) -> None:
    """Name the movie in a box (Motion Photo format 1.0, "HEIC"; Samsung does the same)."""
    start, size = extent.body, extent.stop - extent.body
    if size > _LEAST_VIDEO and source.read(start + 4, 4) == b"ftyp":
        file.findings.append(residue.named("video", f"{extent.type}/video", size, start))


def _left_behind(file: _File, extent: Extent, path: str, source: Source) -> None:
    """Name a box of the top level; when there are very many, only that it is there."""
    size = extent.stop - extent.start
    if extent.type == "moov" or len(file.findings) > _MOST_NAMED:
        file.findings.append(residue.named(f"box/{extent.type}", path, size, extent.start))
    if len(file.findings) <= _MOST_NAMED:
        file.findings += movies.top_level(extent, source)
        if extent.type == "mpvd":
            _video(file, extent, source)


def _is_still(extent: Extent, source: Source, policy: Policy) -> bool:
    """Whether a `meta` box has the handler of pictures; raises `LimitExceeded`, `Truncated`."""
    size = extent.stop - extent.body
    if extent.clipped:
        raise Truncated("meta", "", extent.start)
    if size > policy.limits.structure:
        raise LimitExceeded("meta", "size", extent.start)
    return handler(source.view(extent.body, size), extent.body) == "pict"


def read(source: Source, policy: Policy) -> Reading:
    """Read a still; raises `Refused` errors only."""
    file = _scan(source, policy)
    major, compatible = _brands_of(file, source)
    if file.sequence and (
        file.meta is None or brands.animated(major, compatible, header_first=file.header_first)
    ):
        return sequence.read(opened(source, policy))
    if file.meta is None:
        if file.mini:
            raise Unsupported("mini", "low-overhead-picture")
        raise Malformed("meta", "missing")
    beside = file.sequence and not file.behind
    if beside and major not in brands.PICTURES and sequence.holds_movie(source, policy):
        raise Unsupported("moov", "movie-with-a-still")
    found = choose(file.meta, source, policy)
    whole = found.picture.picture
    if beside and major in brands.SEQUENCES:
        covering = sequence.covering(source, policy, whole.width * whole.height)
        if covering is not None:
            return sequence.read(covering)
    areas = _areas(file, file.meta)
    chosen = with_extras(found, file.meta, source, policy, areas)
    picture = chosen.picture
    _brands(file, source, file_type(picture))
    _structure(file, file.meta, chosen)
    left = _items(file, file.meta, chosen, source)
    ledger, gaps = _closed(file, file.meta, chosen, left, source.size)
    file.findings += movies.gaps(gaps, source)
    file.findings += _behind(file, chosen)
    file.findings += _profile(chosen)
    file.findings += [found for found, _ in chosen.findings]
    return Reading(
        picture,
        Media.PHOTO,
        ".avif" if picture.picture.items[0].coding.codec == "av1" else ".heic",
        movies.capped(residue.summed(file.findings)),
        chosen.remaining,
        ledger,
    )


def _brands_of(file: _File, source: Source) -> tuple[bytes, frozenset[bytes]]:
    """Return the major brand and the compatible ones, none without an `ftyp`."""
    if file.brands is None:
        return b"", frozenset()
    return brands.split(source.read(file.brands.body, min(file.brands.stop - file.brands.body, _MOST_BRANDS)))


def _behind(file: _File, chosen: Chosen) -> list[Finding]:
    """Name the movie behind the still, unless items of the picture lie in it."""
    if file.appended is None or not file.sequence:
        return []
    start, stop = file.appended
    kept = [last for _, ranges in chosen.kept.coded for _, last in ranges]
    if max(kept, default=0) > start:
        return []
    return [residue.named("video", "trailer/video", stop - start, start)]


def _brands(file: _File, source: Source, canonical: bytes) -> None:
    if file.brands is None:
        return
    start, size = file.brands.start, file.brands.stop - file.brands.start
    if size == len(canonical) and source.view(start, size) == canonical:
        return
    body = source.read(file.brands.body, min(file.brands.stop - file.brands.body, 1024))
    file.findings += movies.brands(body, file.brands.body)


def _profile(chosen: Chosen) -> list[Finding]:
    if not chosen.profile or chosen.profile == chosen.picture.profile:
        return []
    return list(icc_names.findings(chosen.profile, "meta/iprp/ipco/colr/profile"))


def _structure(file: _File, meta: Meta, chosen: Chosen) -> None:
    """Name the parts of `meta` by what became of them."""
    parts = file.parts
    parts += [(start, stop, path, Fate.STRUCTURE) for start, stop, path in meta.plain]
    for path, box in meta.other:
        if any(box.start < each.box.start < box.stop for each in meta.groups) and chosen.kept.groups:
            _groups(file, meta, chosen, box)
            continue
        parts.append((box.start, box.stop, path, Fate.RESIDUE))
        file.findings += residue.box(path, box)
    for item in meta.items.values():
        if item.identifier in chosen.kept.items:
            _kept_item(file, item)
        else:
            parts.append((item.box.start, item.box.stop, "meta/iinf/infe", Fate.RESIDUE))
            if item.names:
                file.findings.append(_name(item))
    used: dict[int, int] = {}
    for described in chosen.kept.described:
        used |= described.used
    for box in meta.properties:
        path = f"meta/iprp/ipco/{box.type}"
        size = used.get(box.start)
        is_profile = bytes(box.body[:4]) in PROFILES and box.type == "colr"
        if size is not None and box.start in chosen.kept.profiles:
            _own_profile(file, box, path, chosen.kept.profiles[box.start])
            continue
        if size is None or (is_profile and not chosen.profile):
            parts.append((box.start, box.stop, path, Fate.RESIDUE))
            file.findings.append(residue.property_left(box))
            continue
        if is_profile and chosen.profile != chosen.picture.profile:
            # what it says beyond its colours has findings of its own
            stop = min(box.body_start + 4 + icc_names.used_bytes(chosen.profile), box.stop)
            parts.append((box.start, stop, path, Fate.STRUCTURE))
            parts.append((stop, box.stop, f"{path}/profile", Fate.RESIDUE))
            continue
        stop = min(box.body_start + size, box.stop)
        parts.append((box.start, stop, path, Fate.STRUCTURE))
        _surplus(file, box, stop, path)


def _surplus(file: _File, box: Box, start: int, path: str) -> None:
    """Name what stands after the last field of a box."""
    if start < box.stop:
        data = box.body[start - box.body_start :]
        file.parts.append((start, box.stop, f"{path}/slack", Fate.RESIDUE))
        file.findings.append(residue.named("box/slack", f"{path}/slack", len(data), start, movies.text(data)))


def _own_profile(file: _File, box: Box, path: str, canonical: bytes) -> None:
    """Take a profile apart that is not the picture's: what was used of it, and the rest."""
    source = bytes(box.body[4:])
    used = len(source) if source == canonical else icc_names.used_bytes(source)
    stop = min(box.body_start + 4 + used, box.stop)
    file.parts.append((box.start, stop, path, Fate.STRUCTURE))
    file.parts.append((stop, box.stop, f"{path}/profile", Fate.RESIDUE))
    if source != canonical:
        file.findings += icc_names.findings(source, f"{path}/profile")


def _groups(file: _File, meta: Meta, chosen: Chosen, box: Box) -> None:
    """Take `grpl` apart: groups that cross, and the others."""
    file.parts.append((box.start, box.body_start, "meta/grpl", Fate.STRUCTURE))
    for group in meta.groups:
        path = f"meta/grpl/{group.box.type}"
        if group.box.start in chosen.kept.groups:
            file.parts.append((group.box.start, group.box.start + group.used, path, Fate.STRUCTURE))
            _surplus(file, group.box, group.box.start + group.used, path)
        else:
            file.parts.append((group.box.start, group.box.stop, path, Fate.RESIDUE))
            size = group.box.stop - group.box.start
            file.findings.append(residue.named("box/grpl", path, size, group.box.start))


def _name(item: Item) -> Finding:
    value = movies.text(item.names)
    return residue.named("field/infe.item_name", "meta/iinf/infe.item_name", len(item.names), None, value)


def _kept_item(file: _File, item: Item) -> None:
    """Take the `infe` of an item that crosses apart: its fields, its name, and what follows that."""
    box, path = item.box, "meta/iinf/infe"
    fixed = box.body_start + (14 if box.body[0] == 3 else 12)
    file.parts.append((box.start, min(fixed, box.stop), path, Fate.STRUCTURE))
    named = min(fixed + len(item.names), box.stop)
    if named > fixed:
        file.parts.append((fixed, named, "meta/iinf/infe.item_name", Fate.RESIDUE))
        file.findings.append(_name(item))
    if named < box.stop:
        known = 1 + (len(item.content_type) + 1 if item.content_type else 0)
        stop = min(named + known, box.stop)
        file.parts.append((named, stop, path, Fate.STRUCTURE))
        _surplus(file, box, stop, path)


def _items(file: _File, meta: Meta, chosen: Chosen, source: Source) -> list[tuple[str, Ranges]]:
    """Name the items that stay behind; return the path and place of each."""
    left = []
    budget = residue.LOOKED_AT
    for item in meta.items.values():
        if item.identifier in chosen.kept.items:
            continue
        path, ranges, found = residue.item(meta, item, chosen.places)
        left.append((path, ranges))
        size = size_of(ranges)
        if path in residue.INSIDE and 0 < size <= budget:
            budget -= size
            found += residue.inside(path, ranges, source)
        if item.identifier in chosen.kept.packets:
            found = [residue.without_number(each) for each in found]
        file.findings += found
    return left


def _runs(path: str, fate: Fate, ranges: Ranges) -> Runs:
    return runs_of(path, fate, (start for start, _ in ranges), (stop - start for start, stop in ranges))


def _without(areas: list[tuple[int, int]], taken: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Cut ascending ranges out of areas that hold them."""
    out = []
    for begin, stop in areas:
        at = begin
        for start, end in taken:
            if begin <= start and end <= stop and at <= start:
                out.append((at, start))
                at = end
        out.append((at, stop))
    return out


def _areas(file: _File, meta: Meta) -> list[tuple[int, int]]:
    """Return the ranges that items may lie in, `idat` among them."""
    data = [] if meta.data is None else [(meta.data.body_start, meta.data.stop)]
    return file.areas + data


def _closed(
    file: _File, meta: Meta, chosen: Chosen, left: list[tuple[str, Ranges]], size: int
) -> tuple[Ledger, list[tuple[int, int]]]:
    """Return the ledger, what filters dropped inside items taken from their rows, and unowned ranges."""
    areas = _areas(file, meta)
    paths = {one: path for path, ranges in chosen.kept.derived for one in ranges}
    derived = sorted(paths)
    bytes_of = ByteMap(size)
    for start, stop, path, fate in file.parts:
        bytes_of.add(start, stop, path, fate)
    for start, stop in derived:
        if not any(begin <= start and stop <= end for begin, end in areas):
            raise Unsupported("grid", "outside-mdat", start)
        bytes_of.add(start, stop, paths[start, stop], Fate.STRUCTURE)
    for start, stop in _without(sorted(areas), derived):
        bytes_of.add_media(start, stop)
    # two items that are the same bytes are one owner
    distinct = dict.fromkeys(chosen.kept.coded)
    owners = [_runs(path, Fate.ESSENCE, ranges) for path, ranges in distinct]
    owners += [_runs(path, Fate.RESIDUE, ranges) for path, ranges in left if ranges]
    ledger, gaps = bytes_of.close(owners)
    return _settled(ledger, chosen), gaps


def _settled(ledger: Ledger, chosen: Chosen) -> Ledger:
    """Move what filters dropped inside items from essence to residue."""
    rows = list(ledger.rows)
    for found, inside in chosen.findings:
        left = found.size if inside else 0
        taken = 0
        for i, row in enumerate(rows):
            if row.fate is Fate.ESSENCE and taken < left:
                part = min(left - taken, row.size)
                rows[i] = LedgerRow(row.path, row.fate, row.size - part, row.count)
                taken += part
        if taken:
            rows.append(LedgerRow(found.path, Fate.RESIDUE, taken, found.count))
    return Ledger(ledger.size, tuple(rows))
