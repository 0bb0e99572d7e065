"""JPEGs, valid and deliberately wrong: tiny pictures by Pillow, taken apart and put together by hand."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

SOI, EOI = b"\xff\xd8", b"\xff\xd9"
DHT, SOS, DQT, DNL, DRI, COM = 0xC4, 0xDA, 0xDB, 0xDC, 0xDD, 0xFE
APP = tuple(range(0xE0, 0xF0))
SOFS = (0xC0, 0xC1, 0xC2, 0xC3, 0xC9, 0xCA)


@dataclass(frozen=True)
class Part:
    """A marker segment; `data` is the entropy-coded data after a scan header."""

    code: int
    body: bytes
    data: bytes = b""

    def __bytes__(self) -> bytes:
        return segment(self.code, self.body) + self.data


Parts = tuple[Part, ...]


def segment(code: int, body: bytes) -> bytes:
    return bytes((0xFF, code)) + (2 + len(body)).to_bytes(2) + body


def split(data: bytes) -> Parts:
    """Take a well-formed JPEG apart: its segments between SOI and EOI."""
    parts = []
    at = 2
    while data[at + 1] != 0xD9:
        stop = at + 2 + int.from_bytes(data[at + 2 : at + 4])
        code, body = data[at + 1], data[at + 4 : stop]
        at = stop
        if code == SOS:
            while data[stop] != 0xFF or data[stop + 1] == 0 or 0xD0 <= data[stop + 1] <= 0xD7:
                stop += 1
        parts.append(Part(code, body, data[at:stop]))
        at = stop
    return tuple(parts)


def join(parts: Iterable[Part | bytes], trailer: bytes = b"") -> bytes:
    """Put a JPEG together; a plain `bytes` stands where it is."""
    return SOI + b"".join(bytes(part) for part in parts) + EOI + trailer


@cache
def encode(mode: str = "RGB", size: tuple[int, int] = (48, 40), **options: object) -> bytes:
    """A picture with shapes in it, by Pillow's encoder."""
    from PIL import Image

    width, height = size
    bands = len(Image.new(mode, (1, 1)).getbands())
    pixels = bytes(
        (x * (5 + 2 * band) + y * y * (1 + band) + 60 * ((x // 9 + y // 7) % 2)) % 256
        for y in range(height)
        for x in range(width)
        for band in range(bands)
    )
    out = io.BytesIO()
    Image.frombytes(mode, size, pixels).save(out, "JPEG", **options)
    return out.getvalue()


@cache
def picture(mode: str = "RGB", size: tuple[int, int] = (48, 40), **options: object) -> Parts:
    """The parts of `encode`, without application segments."""
    return without(split(encode(mode, size, **options)), *APP)


def without(parts: Parts, *codes: int) -> Parts:
    return tuple(part for part in parts if part.code not in codes)


def before(parts: Parts, code: int, *new: Part | bytes) -> tuple[Part | bytes, ...]:
    """Put something before the first part of a code (or of any code in SOFS, for 0xC0)."""
    codes = SOFS if code == 0xC0 else (code,)
    at = next(i for i, part in enumerate(parts) if part.code in codes)
    return (*parts[:at], *new, *parts[at:])


def changed(parts: Parts, code: int, change: Callable[[bytes], bytes]) -> Parts:
    """Apply a change to the bodies of all parts of a code (or of any code in SOFS, for 0xC0)."""
    codes = SOFS if code == 0xC0 else (code,)
    return tuple(replace(part, body=change(part.body)) if part.code in codes else part for part in parts)


def replaced(parts: Parts, number: int, data: bytes) -> Parts:
    """Put other data behind the scan header with that number."""
    return (*parts[:number], replace(parts[number], data=data), *parts[number + 1 :])


def recoded(parts: Parts, code: int) -> Parts:
    """Change the code of the frame header."""
    return tuple(replace(part, code=code) if part.code in SOFS else part for part in parts)


# Tables.


def quantisation(parts: Parts) -> list[tuple[int, bytes]]:
    """All 8-bit quantisation tables: destination and values."""
    bodies = b"".join(part.body for part in parts if part.code == DQT)
    return [(bodies[at], bodies[at + 1 : at + 65]) for at in range(0, len(bodies), 65)]


def huffman(body: bytes) -> list[bytes]:
    """The tables of a DHT body."""
    tables = []
    while body:
        size = 17 + sum(body[1:17])
        tables.append(body[:size])
        body = body[size:]
    return tables


def tables_joined(parts: Parts) -> Parts:
    """One DQT and, before the first scan, one DHT for all tables."""
    out: list[Part] = []
    for part in parts:
        if part.code in (DQT, DHT) and out and out[-1].code == part.code:
            out[-1] = Part(part.code, out[-1].body + part.body)
        else:
            out.append(part)
    return tuple(out)


def tables_reversed(parts: Parts) -> Parts:
    """Tables before the first scan in reverse order, the frame header before them."""
    at = next(i for i, part in enumerate(parts) if part.code == SOS)
    head = sorted(parts[:at], key=lambda part: (part.code not in SOFS, -part.code))
    tables = [part for part in head if part.code in (DQT, DHT)][::-1]
    return (*(part for part in head if part.code not in (DQT, DHT)), *tables, *parts[at:])


def wide_tables(parts: Parts) -> Parts:
    """Quantisation tables of 16 bits where 8 would do."""
    first = True
    out = []
    for part in parts:
        if part.code != DQT:
            out.append(part)
        elif first:
            first = False
            for destination, values in quantisation(parts):
                out.append(Part(DQT, bytes((0x10 | destination,)) + b"".join(bytes((0, v)) for v in values)))
    return tuple(out)


def destinations_turned(parts: Parts) -> Parts:
    """Quantisation tables under other destinations: each one higher, and 3 for 2's successor."""

    def dqt(body: bytes) -> bytes:
        return b"".join(bytes((3 - body[at],)) + body[at + 1 : at + 65] for at in range(0, len(body), 65))

    def sof(body: bytes) -> bytes:
        rows = [body[at : at + 3] for at in range(6, len(body), 3)]
        return body[:6] + b"".join(row[:2] + bytes((3 - row[2],)) for row in rows)

    return changed(changed(parts, DQT, dqt), 0xC0, sof)


def entropy_tables_swapped(parts: Parts) -> Parts:
    """Huffman destinations 0 and 1 exchanged."""

    def dht(body: bytes) -> bytes:
        return b"".join(bytes((table[0] ^ 1,)) + table[1:] for table in huffman(body))

    def sos(body: bytes) -> bytes:
        out = bytearray(body)
        for at in range(2, 2 + 2 * body[0], 2):
            out[at] ^= 0x11
        return bytes(out)

    return changed(changed(parts, DHT, dht), SOS, sos)


def renamed(parts: Parts, ids: bytes) -> Parts:
    """Other component identifiers."""
    frame = next(part.body for part in parts if part.code in SOFS)
    names = dict(zip(frame[6::3], ids, strict=False))

    def sof(body: bytes) -> bytes:
        out = bytearray(body)
        for at in range(6, len(body), 3):
            out[at] = names[body[at]]
        return bytes(out)

    def sos(body: bytes) -> bytes:
        out = bytearray(body)
        for at in range(1, 1 + 2 * body[0], 2):
            out[at] = names[body[at]]
        return bytes(out)

    return changed(changed(parts, 0xC0, sof), SOS, sos)


def filled(parts: Iterable[Part | bytes], count: int = 3) -> tuple[bytes, ...]:
    """Fill bytes before every marker, restart markers among them."""
    fill = b"\xff" * count
    out = []
    for part in parts:
        raw = bytes(part)
        if isinstance(part, Part):
            data = part.data
            for turn in range(0xD0, 0xD8):
                data = data.replace(bytes((0xFF, turn)), fill + bytes((0xFF, turn)))
            raw = segment(part.code, part.body) + data
        out.append(fill + raw)
    return (*out, fill)


# Application segments.

JFIF = Part(0xE0, b"JFIF\0" + bytes.fromhex("0101 00 0001 0001 0000"))


def adobe(
    transform: int, *, version: bytes = b"\0\x64", flags: bytes = b"\x80\0\0\0", extra: bytes = b""
) -> Part:
    return Part(0xEE, b"Adobe" + version + flags + bytes((transform,)) + extra)


Tag = tuple[int, int, int, bytes]
"""Tag, type, count, value."""


def tiff(
    image: Iterable[Tag] = (),
    exif: Iterable[Tag] = (),
    gps: Iterable[Tag] = (),
    second: Iterable[Tag] = (),
    *,
    big: bool = True,
    after: bytes = b"",
) -> bytes:
    """A TIFF block with the directories of Exif; values are given in the block's byte order."""
    order: Literal["big", "little"] = "big" if big else "little"
    below = [(0x8769, list(exif)), (0x8825, list(gps))]
    rows = [
        [*image, *((tag, 4, 1, b"") for tag, found in below if found)],
        *(found for _, found in below),
        list(second),
    ]
    starts = [8]
    for row in rows[:-1]:
        heap = sum(len(value) + len(value) % 2 for *_, value in row if len(value) > 4)
        starts.append(starts[-1] + (6 + 12 * len(row) + heap if row else 0))
    pointers = {tag: starts[i + 1].to_bytes(4, order) for i, (tag, found) in enumerate(below) if found}
    block = b""
    for i, row in enumerate(rows):
        if not row and i:
            continue
        heap = starts[i] + 6 + 12 * len(row)
        entries = values = b""
        for tag, kind, count, stated in sorted(row, key=lambda each: each[0]):
            value = stated or pointers.get(tag, b"")
            place = value.ljust(4, b"\0")
            if len(value) > 4:
                place = (heap + len(values)).to_bytes(4, order)
                values += value + bytes(len(value) % 2)
            entries += tag.to_bytes(2, order) + kind.to_bytes(2, order) + count.to_bytes(4, order) + place
        following = starts[3] if i == 0 and rows[3] else 0
        block += len(row).to_bytes(2, order) + entries + following.to_bytes(4, order) + values
    return (b"MM\0*" if big else b"II*\0") + (8).to_bytes(4, order) + block + after


def text(tag: int, value: bytes) -> Tag:
    return tag, 2, len(value) + 1, value + b"\0"


def short(tag: int, value: int, *, big: bool = True) -> Tag:
    return tag, 3, 1, value.to_bytes(2, "big" if big else "little")


def exif(block: bytes) -> Part:
    return Part(0xE1, b"Exif\0\0" + block)


def orientation(value: int, *, big: bool = True) -> Part:
    return exif(tiff([short(0x0112, value, big=big)], big=big))


def rationals(*numbers: tuple[int, int]) -> bytes:
    return b"".join(a.to_bytes(4) + b.to_bytes(4) for a, b in numbers)


def xmp(text: bytes) -> Part:
    return Part(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + text)


def extended_xmp(guid: bytes, text: bytes) -> Part:
    lengths = len(text).to_bytes(4) + bytes(4)
    return Part(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + guid + lengths + text)


def packet(properties: bytes) -> bytes:
    return (
        b'<?xpacket begin="" id="W5M0"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF>'
        b"<rdf:Description " + properties + b"/></rdf:RDF></x:xmpmeta><?xpacket end='w'?>"
    )


def resource(number: int, data: bytes, name: bytes = b"") -> bytes:
    """A Photoshop image resource."""
    pascal = bytes((len(name),)) + name
    pascal += bytes(len(pascal) % 2)
    return b"8BIM" + number.to_bytes(2) + pascal + len(data).to_bytes(4) + data + bytes(len(data) % 2)


def dataset(record: int, number: int, data: bytes) -> bytes:
    """An IPTC dataset."""
    return bytes((0x1C, record, number)) + len(data).to_bytes(2) + data


def photoshop(*resources: bytes) -> Part:
    return Part(0xED, b"Photoshop 3.0\0" + b"".join(resources))


def mpf(secret: bytes) -> Part:
    """An index of two pictures, the second nowhere."""
    entries = b"\x20\3\0\0" + bytes(12) + b"\0\2\0\2" + (4096).to_bytes(4) * 2 + bytes(4)
    rows: list[Tag] = [
        (0xB000, 7, 4, b"0100"),
        (0xB001, 4, 1, (2).to_bytes(4)),
        (0xB002, 7, 32, entries),
        (0xB003, 7, 66, secret.ljust(66, b"\0")[:66]),
    ]
    return Part(0xE2, b"MPF\0" + tiff(rows))


# Colour profiles.

FIXED = 65536


def _xyz(x: float, y: float, z: float) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(round(v * FIXED).to_bytes(4, signed=True) for v in (x, y, z))


SRGB = ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.7141))
P3 = ((0.51512, 0.2412, -0.00105), (0.29198, 0.69225, 0.04189), (0.1571, 0.06657, 0.78407))
WIDE = ((0.7977, 0.2880, 0.0), (0.1352, 0.7119, 0.0), (0.0313, 0.0001, 0.8249))


def gamma(value: float) -> bytes:
    return b"curv\0\0\0\0" + (1).to_bytes(4) + round(value * 256).to_bytes(2)


def table(values: Iterable[int]) -> bytes:
    row = list(values)
    return b"curv\0\0\0\0" + len(row).to_bytes(4) + b"".join(value.to_bytes(2) for value in row)


def parametric(function: int, *parameters: float) -> bytes:
    return (
        b"para\0\0\0\0"
        + function.to_bytes(2)
        + b"\0\0"
        + b"".join(round(value * FIXED).to_bytes(4, signed=True) for value in parameters)
    )


SRGB_CURVE = parametric(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def srgb_table(points: int = 1024) -> bytes:
    def linear(x: float) -> float:
        return x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4

    return table(round(linear(i / (points - 1)) * 65535) for i in range(points))


def profile(
    colorants: tuple[tuple[float, float, float], ...],
    curve: bytes,
    *,
    words: bytes = b"",
    fields: Iterable[tuple[int, bytes]] = (),
    extra: Iterable[tuple[bytes, bytes]] = (),
    space: bytes = b"RGB ",
    version: int = 2,
) -> bytes:
    """An ICC profile: the colorants, one curve for all, a description, and what else is given."""
    tags = [(b"desc", b"desc\0\0\0\0" + (len(words) + 1).to_bytes(4) + words + b"\0" + bytes(78)), *extra]
    tags += zip((b"rXYZ", b"gXYZ", b"bXYZ"), (_xyz(*colorant) for colorant in colorants), strict=False)
    tags += [(name, curve) for name in ((b"rTRC", b"gTRC", b"bTRC") if colorants else (b"kTRC",))]
    at = 132 + 12 * len(tags)
    index = body = b""
    for name, data in tags:
        index += name + (at + len(body)).to_bytes(4) + len(data).to_bytes(4)
        body += data + bytes(-len(data) % 4)
    size = at + len(body)
    head = (
        size.to_bytes(4)
        + b"\0\0\0\0"
        + bytes((version, 0, 0, 0))
        + b"mntr"
        + space
        + b"XYZ "
        + bytes(12)
        + b"acsp"
    )
    head = head.ljust(68, b"\0") + bytes.fromhex("0000f6d6000100000000d32d")
    raw = bytearray(head.ljust(128, b"\0"))
    for place, value in fields:
        raw[place : place + len(value)] = value
    return bytes(raw) + len(tags).to_bytes(4) + index + body


def icc(data: bytes, chunk: int = 60000) -> tuple[Part, ...]:
    """A profile in APP2 segments."""
    pieces = [data[at : at + chunk] for at in range(0, len(data), chunk)]
    return tuple(
        Part(0xE2, b"ICC_PROFILE\0" + bytes((number, len(pieces))) + piece)
        for number, piece in enumerate(pieces, 1)
    )


# What follows the end of the image.


def samsung(*records: tuple[bytes, bytes], gap: bytes = b"") -> bytes:
    """A Samsung trailer with named records."""
    body, places = b"", []
    for name, data in records:
        record = b"\0\0\x31\x0a" + len(name).to_bytes(4, "little") + name + data
        places.append((len(body), len(record)))
        body += record + gap
    index = b"SEFH" + (101).to_bytes(4, "little") + len(records).to_bytes(4, "little")
    for start, size in places:
        index += b"\0\0\x31\x0a" + (len(body) - start).to_bytes(4, "little") + size.to_bytes(4, "little")
    return body + index + len(index).to_bytes(4, "little") + b"SEFT"


def movie(secret: bytes) -> bytes:
    """Something that looks like a motion photo's video."""
    boxes = ((b"ftyp", b"isom\0\0\0\0isom"), (b"mdat", secret), (b"moov", secret))
    return b"".join((8 + len(body)).to_bytes(4) + kind + body for kind, body in boxes)


# A gain map behind the picture.

GAIN_SIGNATURE = b"urn:iso:std:iso:ts:21496:-1\0"

HDRGM = {
    b"Version": b"1.0",
    b"GainMapMin": b"0.000000",
    b"GainMapMax": b"2.250000",
    b"Gamma": b"1.000000",
    b"OffsetSDR": b"0.015625",
    b"OffsetHDR": b"0.015625",
    b"HDRCapacityMin": b"0.000000",
    b"HDRCapacityMax": b"2.250000",
    b"BaseRenditionIsHDR": b"False",
}


def gain_packet(words: bytes = b"", **changes: bytes) -> Part:
    """The XMP packet of a gain map: numbers as attributes."""
    properties = {**HDRGM, **{name.encode(): value for name, value in changes.items()}}
    stated = b" ".join(b'hdrgm:%s="%s"' % pair for pair in properties.items() if pair[1])
    return xmp(packet(b'xmlns:hdrgm="h" xmp:CreatorTool="%s" %s' % (words, stated)))


def gain_numbers(data: bytes) -> Part:
    """An APP2 of ISO 21496-1."""
    return Part(0xE2, GAIN_SIGNATURE + data)
