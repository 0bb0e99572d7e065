"""The `meta` box of a still: items, where they lie, what they refer to and what describes them.

    meta  FullBox: hdlr, pitm, iinf, iref, iprp { ipco, ipma… }, iloc, idat   (ISO/IEC 14496-12 §8.11)

Items are not interpreted here.  Every byte of the box gets a name and a fate, but
for the body of `idat`, and for `infe` and properties, whose fate depends on the items.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...errors import LimitExceeded, Malformed, Unsupported
from ..isobmff.boxes import SLACK, Box, children, full, unpack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import Limits

MOST_LINKS = 1 << 17
"""References, associations or extents of one file."""

MOST_GROUPS = 256
"""Entity groups that are looked at."""

MOST_BOXES = 1 << 15
"""Boxes side by side, at the top level and below `meta`."""

MOST_PROPERTIES = 1 << 15
"""An association's index has 15 bits."""

STRUCTURE = frozenset({"hdlr", "pitm", "iinf", "iref", "iprp", "iloc", "idat"})


@dataclass(frozen=True, slots=True)
class Item:
    """One `infe` (§8.11.6); `box` is in file coordinates, `names` the bytes of it that are free text.

    `content_type` is the URI of items of the type `uri `.
    """

    identifier: int
    type: str
    hidden: bool
    protected: bool
    content_type: bytes
    box: Box
    names: bytes


@dataclass(frozen=True, slots=True)
class Location:
    """Where an item lies (§8.11.3): construction method, and offset, length and index of each extent.

    `reference` is the number of the entry of `dref` that names the file, 0 for this one.
    """

    method: int
    reference: int
    extents: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """An entity group (§8.18): its box, and the items in it, in order; `used` bytes of the box say so."""

    box: Box
    entities: tuple[int, ...]
    used: int


@dataclass(slots=True)
class Meta:
    """All of it; `properties` in order, `associations` by item: index from 0, and whether it is essential.

    `plain` are parts that were decoded whole and `other` boxes that nothing here
    reads, with their paths; `inside` are `infe` and property boxes, which have an owner.
    """

    primary: int | None = None
    items: dict[int, Item] = field(default_factory=dict)
    locations: dict[int, Location] = field(default_factory=dict)
    _targets: dict[tuple[str, int], list[int]] = field(default_factory=dict)
    _sources: dict[tuple[str, int], list[int]] = field(default_factory=dict)
    properties: list[Box] = field(default_factory=list)
    associations: dict[int, list[tuple[int, bool]]] = field(default_factory=dict)
    data: Box | None = None
    """`idat`."""
    inner: frozenset[int] = frozenset((0,))
    """Data references that lead to this file."""
    groups: list[Group] = field(default_factory=list)
    """Those of `grpl` that can be read; the box itself is among `other`."""
    plain: list[tuple[int, int, str]] = field(default_factory=list)
    other: list[tuple[str, Box]] = field(default_factory=list)

    def targets(self, kind: str, source: int) -> tuple[int, ...]:
        """Return what an item refers to, in order."""
        return tuple(self._targets.get((kind, source), ()))

    def sources(self, kind: str, target: int) -> tuple[int, ...]:
        """Return the items that refer to one, in order."""
        return tuple(self._sources.get((kind, target), ()))

    def refer(self, kind: str, source: int, targets: tuple[int, ...]) -> None:
        """Take in one box of `iref` (§8.11.12)."""
        self._targets.setdefault((kind, source), []).extend(targets)
        for target in targets:
            self._sources.setdefault((kind, target), []).append(source)


def handler(body: memoryview, start: int) -> str | None:
    """Return the handler type of a `meta` box's body, None if it has no handler that can be read."""
    try:
        for box in children(body[4:], start + 4, "meta"):
            if box.type == "hdlr":
                return bytes(box.body[8:12]).decode("latin-1")
    except Malformed:
        pass
    return None


def read_meta(body: memoryview, start: int, limits: Limits) -> Meta:
    """Read the body of a `meta` box that begins at `start`; raises `Malformed`, `LimitExceeded`."""
    meta = Meta()
    if len(body) < 4:
        raise Malformed("meta", "too-short", start)
    meta.plain.append((start, start + 4, "meta"))
    seen: set[str] = set()
    for count, box in enumerate(children(body[4:], start + 4, "meta")):
        if count > min(limits.boxes, MOST_BOXES):
            raise LimitExceeded("meta", "boxes", box.start)
        if box.type not in STRUCTURE:
            if box.type == "grpl" and not meta.groups:
                meta.groups = _groups(box)
            if box.type == "dinf":
                meta.inner |= _inner(box)
            meta.other.append((f"meta/{box.type or 'slack'}", box))
            continue
        if box.type in seen:
            raise Malformed("meta", "box-twice", box.start)
        seen.add(box.type)
        match box.type:
            case "pitm":
                _primary(meta, box)
            case "iinf":
                _items(meta, box, limits)
            case "iref":
                _references(meta, box)
            case "iprp":
                _properties(meta, box)
            case "iloc":
                _locations(meta, box)
            case "idat":
                meta.data = box
                _head(meta, box, "meta/idat")
            case _:
                _handler(meta, box)
    return meta


def _head(meta: Meta, box: Box, path: str, more: int = 0) -> None:
    meta.plain.append((box.start, box.body_start + more, path))


def _whole(meta: Meta, box: Box, path: str, used: int) -> None:
    """Take a box as decoded up to `used` bytes of its body; the rest stays behind."""
    stop = min(box.body_start + used, box.stop)
    meta.plain.append((box.start, stop, path))
    if stop < box.stop:
        meta.other.append((f"{path}/slack", _slack(box, stop)))


def _slack(box: Box, start: int) -> Box:
    return Box(SLACK, start, box.stop, box.body[start - box.body_start :])


def _inner(box: Box) -> frozenset[int]:
    """Return the numbers of entries of `dref` (§8.7.2) that say that data lies in this file."""
    found: set[int] = set()
    try:
        for table in children(box.body, box.body_start, "dinf"):
            if table.type == "dref":
                entries = children(table.body[8:], table.body_start + 8, "dref")
                for number, entry in zip(range(1, MOST_GROUPS), entries, strict=False):
                    if entry.type == "url " and full(entry, "dref")[1] & 1:
                        found.add(number)
    except Malformed:
        return frozenset()
    return frozenset(found)


def _groups(box: Box) -> list[Group]:
    """Return the entity groups of a `grpl`, none if any of it is malformed: most files are shown without."""
    found: list[Group] = []
    try:
        for child in children(box.body, box.body_start, "grpl"):
            if child.type == SLACK or len(found) >= MOST_GROUPS:
                return []
            _, _, body = full(child, "grpl")
            _, count = unpack("II", body, "grpl")
            entities = unpack(f"{min(count, MOST_LINKS)}I", body, "grpl", 8)
            found.append(Group(child, entities, child.body_start - child.start + 12 + 4 * count))
    except Malformed:
        return []
    return found


def _handler(meta: Meta, box: Box) -> None:
    """Take in `hdlr` (§8.4.3): what is reserved and the name stay behind."""
    if len(box.body) < 12:
        raise Malformed("hdlr", "too-short", box.start)
    _head(meta, box, "meta/hdlr", 12)
    stop = box.body_start + 12
    if any(box.body[:8]) or any(box.body[12:]):
        meta.other.append(("meta/hdlr/name", _slack(box, stop)))
    else:
        meta.plain.append((stop, box.stop, "meta/hdlr"))


def _primary(meta: Meta, box: Box) -> None:
    version, _, body = full(box, "pitm")
    size = 4 if version else 2
    (meta.primary,) = unpack("I" if version else "H", body, "pitm")
    _whole(meta, box, "meta/pitm", 4 + size)


def _items(meta: Meta, box: Box, limits: Limits) -> None:
    version, _, body = full(box, "iinf")
    size = 4 if version else 2
    unpack("I" if version else "H", body, "iinf")
    _head(meta, box, "meta/iinf", 4 + size)
    for count, child in enumerate(children(body[size:], box.body_start + 4 + size, "iinf")):
        if count > limits.boxes:
            raise LimitExceeded("iinf", "items", child.start)
        item = _item(child) if child.type == "infe" else None
        if item is None:
            meta.other.append((f"meta/iinf/{child.type or 'slack'}", child))
            continue
        if item.identifier in meta.items:
            raise Malformed("iinf", "item-twice", child.start)
        meta.items[item.identifier] = item


def _item(box: Box) -> Item | None:
    """Return the item of an `infe`, None if it is of a version that HEIF doesn't have."""
    version, flags, body = full(box, "infe")
    if version not in (2, 3):
        return None
    layout = "IH" if version == 3 else "HH"
    identifier, protection = unpack(layout, body, "infe")
    at = 6 if version == 3 else 4
    if len(body) < at + 4:
        raise Malformed("infe", "too-short", box.start)
    kind = bytes(body[at : at + 4]).decode("latin-1")
    name, _, rest = bytes(body[at + 4 : at + 4 + 4096]).partition(b"\0")
    content_type = rest.partition(b"\0")[0] if kind in ("mime", "uri ") else b""
    return Item(identifier, kind, bool(flags & 1), bool(protection), content_type, box, name)


def _references(meta: Meta, box: Box) -> None:
    version, _, body = full(box, "iref")
    _head(meta, box, "meta/iref", 4)
    code, width = ("I", 4) if version else ("H", 2)
    left = MOST_LINKS
    for child in children(body, box.body_start + 4, "iref"):
        if child.type == SLACK:
            meta.other.append(("meta/iref/slack", child))
            continue
        source, count = unpack(f"{code}H", child.body, "iref")
        left -= count + 1
        if left < 0:
            raise LimitExceeded("iref", "references", child.start)
        targets = unpack(f"{count}{code}", child.body, "iref", width + 2)
        meta.refer(child.type, source, targets)
        _whole(meta, child, "meta/iref", width + 2 + count * width)


def _properties(meta: Meta, box: Box) -> None:
    _head(meta, box, "meta/iprp")
    containers = 0
    for child in children(box.body, box.body_start, "iprp"):
        if child.type == "ipco":
            containers += 1
            if containers > 1:
                raise Malformed("iprp", "box-twice", child.start)
            _head(meta, child, "meta/iprp/ipco")
            for each in children(child.body, child.body_start, "ipco"):
                if each.type == SLACK:
                    meta.other.append(("meta/iprp/ipco/slack", each))
                    continue
                meta.properties.append(each)
                if len(meta.properties) > MOST_PROPERTIES:
                    raise LimitExceeded("ipco", "properties", each.start)
        elif child.type == "ipma":
            _associations(meta, child)
        else:
            meta.other.append((f"meta/iprp/{child.type or 'slack'}", child))


def _associations(meta: Meta, box: Box) -> None:
    version, flags, body = full(box, "ipma")
    wide, code = flags & 1, "I" if version else "H"
    (entries,) = unpack("I", body, "ipma")
    at = 4
    left = MOST_LINKS - sum(map(len, meta.associations.values()))
    for _ in range(entries):
        identifier, count = unpack(f"{code}B", body, "ipma", at)
        at += 5 if version else 3
        left -= count + 1
        if left < 0:
            raise LimitExceeded("ipma", "associations", box.start)
        values = unpack(f"{count}{'H' if wide else 'B'}", body, "ipma", at)
        at += count * (2 if wide else 1)
        if identifier in meta.associations:
            raise Malformed("ipma", "item-twice", box.start)
        top = 0x8000 if wide else 0x80
        meta.associations[identifier] = [(value % top - 1, value >= top) for value in values if value % top]
    _whole(meta, box, "meta/iprp/ipma", 4 + at)


_CODES = {0: "", 4: "I", 8: "Q"}
_WIDTHS = (0, 4, 8)


def _locations(meta: Meta, box: Box) -> None:
    version, _, body = full(box, "iloc")
    if version > 2:
        raise Unsupported("iloc", "version", box.start)
    sizes, count = unpack("HI" if version == 2 else "HH", body, "iloc")
    at = 6 if version == 2 else 4
    offset_size, length_size = sizes >> 12, sizes >> 8 & 15
    base_size, index_size = sizes >> 4 & 15, sizes & 15 if version else 0
    if any(size not in _WIDTHS for size in (offset_size, length_size, base_size, index_size)):
        raise Malformed("iloc", "field-width", box.start)
    left = MOST_LINKS
    for _ in range(count):
        (identifier,) = unpack("I" if version == 2 else "H", body, "iloc", at)
        at += 4 if version == 2 else 2
        method = 0
        if version:
            method = unpack("H", body, "iloc", at)[0] & 15
            at += 2
        (reference,) = unpack("H", body, "iloc", at)
        base = _number(body, at + 2, base_size)
        (extents,) = unpack("H", body, "iloc", at + 2 + base_size)
        at += 4 + base_size
        left -= extents + 1
        if left < 0:
            raise LimitExceeded("iloc", "extents", box.start)
        if identifier in meta.locations:
            raise Malformed("iloc", "item-twice", box.start)
        found = []
        for _ in range(extents):
            index = _number(body, at, index_size)
            offset = _number(body, at + index_size, offset_size)
            length = _number(body, at + index_size + offset_size, length_size)
            at += index_size + offset_size + length_size
            found.append((base + offset, length, index))
        meta.locations[identifier] = Location(method, reference, tuple(found))
    _whole(meta, box, "meta/iloc", 4 + at)


def _number(body: memoryview, at: int, size: int) -> int:
    return unpack(_CODES[size], body, "iloc", at)[0] if size else 0


def described(meta: Meta, identifier: int) -> Iterator[tuple[Box, bool]]:
    """Yield an item's properties in the order of its associations; `Malformed` if one isn't there."""
    for index, essential in meta.associations.get(identifier, ()):
        if index >= len(meta.properties):
            raise Malformed("ipma", "no-such-property")
        yield meta.properties[index], essential
