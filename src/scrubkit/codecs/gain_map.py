"""Gain map metadata: the few numbers by which a display brightens a picture (ISO 21496-1, Adobe's hdrgm).

Numbers are read from fractions or decimals, kept in millionths, and written again in
one form.  A number out of its range makes the whole gain map one that can't be kept.
"""

from __future__ import annotations

import re
import struct
from fractions import Fraction
from typing import TYPE_CHECKING

from ..errors import Malformed, Unsupported
from ..essence import GainChannel, GainMap

if TYPE_CHECKING:
    from collections.abc import Iterator

ONE = 1_000_000

SIGNATURE = b"urn:iso:std:iso:ts:21496:-1\0"
"""What an APP2 segment begins with that holds the metadata (ISO 21496-1 Annex C)."""

VERSION = bytes(4)
"""Minimum and writer version, 0: all of what the primary picture of a JPEG says."""

_MULTICHANNEL, _BASE_COLOUR, _COMMON = 0x80, 0x40, 0x08
_REFUSED = 0x04
"""A gain map that leads from the alternate picture to the base: in drafts only."""

_STOPS = 32
_NEUTRAL_OFFSET = "0.015625"

_LONGEST = 1 << 16
"""Bytes of an XMP packet that may hold the numbers."""


def read(data: bytes) -> tuple[GainMap, int]:
    """Read `GainMapMetadata` (ISO 21496-1 §C.2): the numbers, and the bytes that they take up.

    Raises `Malformed`, and `Unsupported` for a version or a number out of range.
    """
    if len(data) < 5:
        raise Malformed("gain map", "too-short")
    if data[:2] != b"\0\0":
        raise Unsupported("gain map", "version")
    flags = data[4]
    if flags & _REFUSED:
        raise Unsupported("gain map", "direction")
    numbers = _numbers(data[5:], common=bool(flags & _COMMON))
    base, alternate = next(numbers), next(numbers)
    count = 3 if flags & _MULTICHANNEL else 1
    channels = tuple(GainChannel(*(next(numbers) for _ in range(5))) for _ in range(count))
    size = 8 * (2 + 5 * count) if not flags & _COMMON else 4 * (3 + 5 * count)
    return checked(GainMap(base, alternate, bool(flags & _BASE_COLOUR), channels)), 5 + size


def _numbers(data: bytes, *, common: bool) -> Iterator[int]:
    """Yield fractions in millionths; of a channel's five numbers all but the gamma have a sign."""
    at = 4 if common else 0
    denominator = _unpack(">I", data, 0) if common else 0
    for place in range(17):
        signed = place >= 2 and (place - 2) % 5 != 2
        numerator = _unpack(">i" if signed else ">I", data, at)
        at += 4
        if not common:
            denominator = _unpack(">I", data, at)
            at += 4
        if not denominator:
            raise Malformed("gain map", "denominator")
        yield round(Fraction(numerator * ONE, denominator))


def _unpack(layout: str, data: bytes, at: int) -> int:
    if at + 4 > len(data):
        raise Malformed("gain map", "too-short")
    value: int = struct.unpack_from(layout, data, at)[0]
    return value


def checked(numbers: GainMap) -> GainMap:
    """Return the numbers, three equal channels as one; raises `Unsupported` for one that makes no sense."""
    for each in numbers.channels:
        if not (
            -_STOPS * ONE <= each.minimum <= each.maximum <= _STOPS * ONE
            and 1000 <= each.gamma <= 16 * ONE
            and max(abs(each.base_offset), abs(each.alternate_offset)) <= ONE
        ):
            raise Unsupported("gain map", "range")
    headrooms = numbers.base_headroom, numbers.alternate_headroom
    if min(headrooms) < 0 or max(headrooms) > _STOPS * ONE or headrooms[0] == headrooms[1]:
        raise Unsupported("gain map", "headroom")
    distinct = dict.fromkeys(numbers.channels)
    channels = numbers.channels if len(distinct) > 1 else numbers.channels[:1]
    return GainMap(*headrooms, numbers.base_colour, channels)


def write(numbers: GainMap) -> bytes:
    """Return `GainMapMetadata` of version 0, all denominators a million."""
    flags = (_MULTICHANNEL if len(numbers.channels) > 1 else 0) | (_BASE_COLOUR if numbers.base_colour else 0)
    rows = [("I", numbers.base_headroom), ("I", numbers.alternate_headroom)]
    for each in numbers.channels:
        rows += [("i", each.minimum), ("i", each.maximum), ("I", each.gamma)]
        rows += [("i", each.base_offset), ("i", each.alternate_offset)]
    return VERSION + bytes((flags,)) + b"".join(struct.pack(f">{code}I", value, ONE) for code, value in rows)


# Adobe's form of it: XMP properties, one number or a list of three each.

_ATTRIBUTE = r"""hdrgm:{name}\s{{0,4}}=\s{{0,4}}["']\s{{0,8}}(?P<one>[^"'<]{{1,32}})["']"""
_ELEMENT = r"<hdrgm:{name}>(?P<text>[^<]{{1,32}})</hdrgm:{name}>"
_LIST = r"<hdrgm:{name}>\s{{0,200}}<rdf:Seq>(?P<list>.{{1,600}}?)</rdf:Seq>"
_ENTRY = re.compile(r"<rdf:li>([^<]{1,32})</rdf:li>")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,6}(?:\.[0-9]{0,20})?(?:[eE][+-]?[0-9]{1,2})?", re.ASCII)


def decimal(text: str) -> int:
    """Return a decimal number in millionths; raises `Malformed`."""
    text = text.strip()
    if not _DECIMAL.fullmatch(text):
        raise Malformed("gain map", "number")
    return round(Fraction(text) * ONE)


def _property(packet: str, name: str, otherwise: str | None = None) -> list[str]:
    """Return the one or three values of a property; raises `Malformed` if it is not there."""
    for pattern in (_ATTRIBUTE, _ELEMENT, _LIST):
        found = re.search(pattern.format(name=name), packet, re.DOTALL)
        if found is None:
            continue
        if pattern is not _LIST:
            return [found[1]]
        values = _ENTRY.findall(found[1])
        if len(values) not in (1, 3):
            break
        return values
    if otherwise is None:
        raise Malformed("gain map", "property-missing")
    return [otherwise]


def read_xmp(packet: bytes) -> GainMap:
    """Read the hdrgm properties of a gain map's XMP packet (Adobe, Gain Map Specification 1.0).

    Raises `Malformed`, `Unsupported` for a base picture that is the bright one.
    """
    if len(packet) > _LONGEST:
        raise Unsupported("gain map", "size")
    text = packet.decode("utf-8", "replace")
    if "hdrgm:" not in text:
        raise Malformed("gain map", "property-missing")
    if _property(text, "BaseRenditionIsHDR", "False")[0].strip().lower() != "false":
        raise Unsupported("gain map", "direction")
    rows = [
        [decimal(each) for each in _property(text, name, otherwise)]
        for name, otherwise in (
            ("GainMapMin", "0"),
            ("GainMapMax", None),
            ("Gamma", "1"),
            ("OffsetSDR", _NEUTRAL_OFFSET),
            ("OffsetHDR", _NEUTRAL_OFFSET),
        )
    ]
    count = max(map(len, rows))
    channels = tuple(GainChannel(*(row[i % len(row)] for row in rows)) for i in range(count))
    base = decimal(_property(text, "HDRCapacityMin", "0")[0])
    alternate = decimal(_property(text, "HDRCapacityMax")[0])
    return checked(GainMap(base, alternate, base_colour=True, channels=channels))


def shown(value: int) -> str:
    """Return millionths as a decimal with six places."""
    whole, part = divmod(abs(value), ONE)
    return f"{'-' if value < 0 else ''}{whole}.{part:06d}"


_HEAD = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about=""'
)
_TAIL = b"</rdf:Description></rdf:RDF></x:xmpmeta>"
_HDRGM = b' xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"'


def write_xmp(numbers: GainMap) -> bytes:
    """Return the packet of a gain map picture: all properties, lists where channels differ."""
    single: list[bytes] = []
    lists: list[bytes] = []
    for name, values in (
        ("GainMapMin", [each.minimum for each in numbers.channels]),
        ("GainMapMax", [each.maximum for each in numbers.channels]),
        ("Gamma", [each.gamma for each in numbers.channels]),
        ("OffsetSDR", [each.base_offset for each in numbers.channels]),
        ("OffsetHDR", [each.alternate_offset for each in numbers.channels]),
        ("HDRCapacityMin", [numbers.base_headroom]),
        ("HDRCapacityMax", [numbers.alternate_headroom]),
    ):
        if len(set(values)) == 1:
            single.append(f' hdrgm:{name}="{shown(values[0])}"'.encode())
        else:
            entries = "".join(f"<rdf:li>{shown(value)}</rdf:li>" for value in values)
            lists.append(f"<hdrgm:{name}><rdf:Seq>{entries}</rdf:Seq></hdrgm:{name}>".encode())
    single.append(b' hdrgm:BaseRenditionIsHDR="False"')
    return _HEAD + _HDRGM + b"".join(single) + b">" + b"".join(lists) + _TAIL


def primary_xmp(size: int) -> bytes:
    """Return the packet of a primary picture with a gain map of `size` bytes behind it (Ultra HDR 1.1)."""
    items = "".join(
        f'<rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="{semantic}" '
        f'Item:Mime="image/jpeg"{more}/></rdf:li>'
        for semantic, more in (("Primary", ""), ("GainMap", f' Item:Length="{size}"'))
    )
    return (
        _HEAD
        + b' xmlns:Container="http://ns.google.com/photos/1.0/container/"'
        + b' xmlns:Item="http://ns.google.com/photos/1.0/container/item/"'
        + _HDRGM
        + b"><Container:Directory><rdf:Seq>"
        + items.encode("ascii")
        + b"</rdf:Seq></Container:Directory>"
        + _TAIL
    )


# Apple's form of it: a headroom, in the XMP packet of an auxiliary picture.

_APPLE = (
    re.compile(r"""HDRGainMap:HDRGainMapHeadroom\s{0,4}=\s{0,4}["']([^"'<]{1,32})["']"""),
    re.compile(r"<HDRGainMap:HDRGainMapHeadroom>([^<]{1,32})</"),
)


def read_apple(packet: bytes) -> int:
    """Return the headroom, as a factor in millionths; raises `Malformed`, `Unsupported`."""
    text = packet[:_LONGEST].decode("utf-8", "replace")
    found = next((match for pattern in _APPLE if (match := pattern.search(text))), None)
    if found is None:
        raise Malformed("gain map", "property-missing")
    headroom = decimal(found[1])
    if not ONE < headroom <= _STOPS * ONE:
        raise Unsupported("gain map", "headroom")
    return headroom


def write_apple(headroom: int) -> bytes:
    """Return the packet of Apple's auxiliary gain map, of the version that has a headroom."""
    return (
        _HEAD
        + b' xmlns:HDRGainMap="http://ns.apple.com/HDRGainMap/1.0/">'
        + b"<HDRGainMap:HDRGainMapVersion>131072</HDRGainMap:HDRGainMapVersion>"
        + f"<HDRGainMap:HDRGainMapHeadroom>{shown(headroom)}</HDRGainMap:HDRGainMapHeadroom>".encode()
        + _TAIL
    )
