"""Secrets in every place of a movie where one can hide, one file each.

`planted` yields the place and the file.  Short fields hold the first 4 or 8 bytes of the secret.
"""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

from . import extras, payload_plants, residue
from .boxes import box, every, find, full, parse, splice, u16, u32, u64
from .layout import Fragments
from .movie import mux
from .recordings import Sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .boxes import Node
    from .layout import Layout
    from .recordings import Recording, Stream

FIELDS: dict[bytes, tuple[tuple[str, int, int], ...]] = {
    b"mvhd": (
        ("times", 4, 8),
        ("reserved", 26, 10),
        ("matrix", 36, 36),
        ("pre_defined", 72, 24),
        ("next_track_ID", 96, 4),
    ),
    b"tkhd": (
        ("times", 4, 8),
        ("reserved 1", 16, 4),
        ("reserved 2", 24, 8),
        ("layer, group, volume", 32, 8),
        ("size", 76, 8),
    ),
    b"mdhd": (("times", 4, 8), ("language", 20, 4)),
    b"hdlr": (("pre_defined", 4, 4), ("reserved", 12, 12)),
    b"vmhd": (("graphics", 4, 8),),
    b"smhd": (("balance", 4, 4),),
    b"elst": (("rate", 16, 4),),
    b"stsd": (("version and flags", 0, 4),),
    b"stts": (("version and flags", 0, 4),),
    b"stsz": (("version and flags", 0, 4),),
}
"""Fields of full boxes (version 0) that say nothing about the recording: name, offset in the body, size."""

VISUAL_FIELDS = (
    ("reserved", 0, 6),
    ("revision, vendor, quality", 10, 14),
    ("resolution", 28, 8),
    ("data size", 36, 4),
    ("compressor", 42, 32),
    ("depth and colour table", 74, 4),
)
SOUND_FIELDS = (("reserved", 0, 6), ("revision and vendor", 10, 6), ("compression and packet size", 20, 4))


def planted(recording: Recording, layout: Layout, secret: bytes) -> Iterator[tuple[str, bytes]]:
    """All plants for one recording; `layout` is the plain one for it."""
    data = mux(recording, layout)
    yield from _boxes(data, secret)
    yield from _tails(data, secret)
    yield from _fields(data, secret)
    yield from _descriptions(data, recording, secret)
    yield from _around(recording, layout, secret)
    yield from _tracks(recording, layout, secret)
    yield from _hidden(recording, layout, secret)
    if not layout.quicktime:
        yield from _fragments(recording, layout, secret)
    yield from payload_plants.planted(recording, layout, secret)


def _unique(data: bytes) -> Iterator[Node]:
    """Each box of the movie header once per path."""
    seen = set()
    for node in every(data):
        if node.path.startswith("moov") and node.path not in seen:
            seen.add(node.path)
            yield node


def _boxes(data: bytes, secret: bytes) -> Iterator[tuple[str, bytes]]:
    """A box of each kind that may stand anywhere, and of a kind that nobody knows, in every container."""
    strangers = {
        "unknown": box(b"Zq7k", secret),
        "free": box(b"free", secret),
        "udta": residue.user_data(secret),
        "meta": residue.keys(secret),
        "uuid": box(b"uuid", secret[:16].ljust(16, b"\0"), secret),
    }
    for node in _unique(data):
        if not node.children:
            continue
        for name, stranger in strangers.items():
            yield f"{name} in {node.path}", splice(data, node, node.end, 0, stranger)
        yield f"zeros and more in {node.path}", splice(data, node, node.end, 0, u32(0) + secret)


def _tails(data: bytes, secret: bytes) -> Iterator[tuple[str, bytes]]:
    """Bytes behind the last field of each box that has no children."""
    for node in _unique(data):
        if not node.children:
            yield f"tail of {node.path}", splice(data, node, node.end, 0, secret)


def _overwrite(data: bytes, at: int, size: int, secret: bytes) -> bytes:
    piece = (secret * (size // len(secret) + 1))[:size]
    return data[:at] + piece + data[at + size :]


def _fields(data: bytes, secret: bytes) -> Iterator[tuple[str, bytes]]:
    for node in _unique(data):
        for name, offset, size in FIELDS.get(node.kind, ()):
            yield f"{node.path}: {name}", _overwrite(data, node.body + offset, size, secret)
        if node.path.count("/") == 6 and node.path.split("/")[-2] == "stsd":
            picture = any(other.path.endswith("minf/vmhd") for other in every(data)) and node.path != "soun"
            fields = VISUAL_FIELDS if picture and _visual(data, node) else SOUND_FIELDS
            for name, offset, size in fields:
                yield f"{node.path}: {name}", _overwrite(data, node.body + offset, size, secret)


def _visual(data: bytes, entry: Node) -> bool:
    return int.from_bytes(data[entry.body + 28 : entry.body + 32], "big") == 72 << 16


def _descriptions(data: bytes, recording: Recording, secret: bytes) -> Iterator[tuple[str, bytes]]:
    """Children of the sample entry, and entries, that look as if they meant something."""
    wide = (secret * 4)[:64]
    children = {
        "clap": box(b"clap", wide[:32]),
        "pasp": box(b"pasp", wide[:8]),
        "colr nclx": box(b"colr", b"nclx", wide[:6], b"\0"),
        "colr prof": box(b"colr", b"prof", wide),
        "mdcv": box(b"mdcv", wide[:24]),
        "clli": box(b"clli", wide[:4]),
        "amve": box(b"amve", wide[:8]),
        "dvcC": box(b"dvcC", b"\1\0\x10\x25\x10", wide[:19]),
        "dvvC": box(b"dvvC", b"\1\0\x10\x25\x40", wide[:19]),
        "fiel": box(b"fiel", wide[:2], wide),
        "gama": box(b"gama", wide[:4]),
        "btrt": box(b"btrt", wide[:12]),
        "sv3d": box(b"sv3d", full(b"svhd", 0, 0, secret, b"\0")),
        "hfov": box(b"hfov", wide[:4]),
        "chan": full(b"chan", 0, 0, u32(0x10000), wide[:8]),
        "SA3D": box(b"SA3D", wide),
        "sinf": box(b"sinf", box(b"frma", wide[:4]), full(b"schm", 0, 0, wide)),
    }
    for stsd in (node for node in _unique(data) if node.kind == b"stsd"):
        entry = stsd.children[0]
        for name, child in children.items():
            yield f"{name} in {entry.path}", splice(data, entry, entry.end, 0, child)
        copy = data[entry.start : entry.body] + bytes(6) + data[entry.body + 6 : entry.end]
        stained = box(entry.kind, copy[8:], box(b"free", secret))
        grown = splice(data, stsd, stsd.end, 0, stained)
        yield f"second entry in {stsd.path}", _overwrite(grown, stsd.body + 4, 4, u32(2))
        foreign = box(b"Zq7k", bytes(6), u16(1), secret)
        grown = splice(data, stsd, stsd.end, 0, foreign)
        yield f"second entry of an unknown kind in {stsd.path}", _overwrite(grown, stsd.body + 4, 4, u32(2))
    dref = find(data, "moov/trak/mdia/minf/dinf/dref")
    local = splice(data, dref, dref.end - 12, 12, full(b"url ", 0, 1, secret, b"\0"))
    yield "location of a data reference", local
    elsewhere = splice(data, dref, dref.end - 12, 12, full(b"url ", 0, 0, b"file:///", secret, b"\0"))
    yield "location of an external data reference", elsewhere
    alias = splice(data, dref, dref.end - 12, 12, full(b"alis", 0, 1, secret))
    yield "alias data reference", alias
    stbl = find(data, "moov/trak/mdia/minf/stbl")
    for group in parse(residue.groups(secret)):
        piece = residue.groups(secret)[group.start : group.end]
        if secret[:4] in piece:
            yield f"{group.path} in stbl", splice(data, stbl, stbl.end, 0, piece)
    for kind in (b"stsh", b"stps", b"padb", b"stdp", b"roll"):
        piece = full(kind, 0, 0, u32(len(secret)), secret)
        yield f"{kind.decode()} in stbl", splice(data, stbl, stbl.end, 0, piece)
    trak = find(data, "moov/trak")
    for kind in (b"tref", b"load", b"imap", b"matt", b"clip", b"txas", b"edts", b"tapt"):
        yield f"{kind.decode()} in trak", splice(data, trak, trak.end, 0, box(kind, box(b"Zq7k", secret)))


def _around(recording: Recording, layout: Layout, secret: bytes) -> Iterator[tuple[str, bytes]]:
    """Places outside the movie header."""
    brand = secret[:4]
    choices = {
        "major brand": replace(layout, brands=(brand, *(layout.brands or ())[1:])),
        "minor version": replace(layout, minor=int.from_bytes(brand, "big")),
        "compatible brands": replace(layout, brands=(*(layout.brands or ()), secret[:4], secret[4:8])),
        "handler name": replace(layout, names=(secret, secret, secret)),
        "handler manufacturer": replace(layout, manufacturer=brand),
        "64-bit dates": replace(layout, headers=1, dates=(int.from_bytes(secret[:8], "big"),) * 2),
        "32-bit dates": replace(layout, dates=(int.from_bytes(brand, "big"),) * 2),
        "gap in mdat": replace(layout, gap=secret),
        "old movie header in mdat": replace(layout, slack=box(b"moov", residue.user_data(secret))),
        "gap before the first chunk": replace(layout, chunk=None, gap=secret),
        "trailer": replace(layout, end=secret),
        "trailer behind a box of size 0": replace(layout, end=b"\0\0\0\0free" + secret),
        "samsung trailer": replace(layout, end=residue.samsung_trailer(secret)),
        "second mdat": replace(layout, end=box(b"mdat", secret)),
        "second movie header": replace(layout, end=box(b"moov", residue.user_data(secret))),
        "in a compressed movie header": replace(
            layout, moov="compressed", inside={"moov": residue.user_data(secret)}
        ),
        "track ids": replace(layout, first_id=int.from_bytes(brand, "big")),
        "rates": replace(
            layout, rates=(0, int.from_bytes(brand, "big"), int.from_bytes(brand, "big")), rate_box=True
        ),
    }
    for kind in (
        b"free",
        b"skip",
        b"wide",
        b"uuid",
        b"udta",
        b"meta",
        b"Zq7k",
        b"pnot",
        b"sefd",
        b"mpvd",
        b"junk",
    ):
        name = kind.decode()
        choices[f"{name} before mdat"] = replace(layout, before_mdat=box(kind, secret))
        choices[f"{name} behind ftyp"] = replace(layout, start=box(kind, secret))
        choices[f"{name} at the end"] = replace(layout, end=box(kind, secret))
    if recording.streams[0].handler == b"vide":
        choices["compressor name"] = replace(layout, compressor=secret[:31])
    if any(stream.specific for stream in recording.streams):
        choices["short descriptors"] = replace(layout, short_descriptors=True, after_specific=secret[:16])
    for name, choice in choices.items():
        yield name, mux(recording, choice)
    yield "behind the compressed movie header", _behind_compressed(recording, layout, secret)


def _behind_compressed(recording: Recording, layout: Layout, secret: bytes) -> bytes:
    """Bytes after the end of the zlib stream; the header is squeezed so that nothing moves."""
    roomy = replace(layout, moov="compressed", inside={"moov": box(b"free", bytes(range(256)))})
    data = mux(recording, roomy)
    moov = find(data, "moov")
    cmvd = next(node for node in parse(data, moov.body + 8) if node.kind == b"cmvd")
    plain = zlib.decompress(data[cmvd.body + 4 : cmvd.end])
    last = find(plain, "moov/free")
    squeezed = splice(plain, last, last.body, 256, bytes(256))
    body = u32(len(squeezed)) + zlib.compress(squeezed, 9) + secret
    assert len(body) <= cmvd.end - cmvd.body
    body = body.ljust(cmvd.end - cmvd.body, b"\0")
    return data[: cmvd.body] + body + data[cmvd.end :]


def _tracks(recording: Recording, layout: Layout, secret: bytes) -> Iterator[tuple[str, bytes]]:
    for name, make in extras.EVERY.items():
        yield f"{name} track", mux(recording, replace(layout, extras=(make(secret),)))
    yield (
        "all other tracks",
        mux(recording, replace(layout, extras=tuple(m(secret) for m in extras.EVERY.values()))),
    )


def _hidden(recording: Recording, layout: Layout, secret: bytes) -> Iterator[tuple[str, bytes]]:
    """Samples that the edit list keeps from the viewer."""
    for index, stream in enumerate(recording.streams):
        first = next((s for s in stream.samples if s.sync), stream.samples[0])
        length = payload_plants.nal_length(stream)
        body = (
            (len(secret) + 1).to_bytes(4, "big") + bytes([first.data[4]]) + secret
            if length
            else first.data + secret
        )
        after = Sample(body, first.duration, stream.samples[0].composition if index == 0 else 0)
        late = replace(stream, samples=(*stream.samples, after, after), length=stream.shown)
        yield f"shown to nobody, at the end of track {index + 1}", mux(_with(recording, index, late), layout)
        if stream.handler == b"vide":
            early = replace(stream, samples=(after, *stream.samples), start=stream.start + after.duration)
            yield (
                f"shown to nobody, at the start of track {index + 1}",
                mux(_with(recording, index, early), layout),
            )


def _with(recording: Recording, index: int, stream: Stream) -> Recording:
    streams = (*recording.streams[:index], stream, *recording.streams[index + 1 :])
    return replace(recording, streams=streams)


def _fragments(recording: Recording, layout: Layout, secret: bytes) -> Iterator[tuple[str, bytes]]:
    number = int.from_bytes(secret[:4], "big")
    choices = {
        "box in moof": Fragments(in_moof=box(b"Zq7k", secret)),
        "udta in moof": Fragments(in_moof=residue.user_data(secret)),
        "box in traf": Fragments(in_traf=box(b"Zq7k", secret)),
        "tfxd in traf": Fragments(in_traf=residue.smooth(secret)),
        "senc in traf": Fragments(in_traf=full(b"senc", 0, 0, u32(1), secret)),
        "prft and emsg": Fragments(extra=residue.live(secret)),
        "free between fragments": Fragments(extra=box(b"free", secret)),
        "sequence number": Fragments(sequence=number),
    }
    for name, how in choices.items():
        yield f"fragments: {name}", mux(recording, replace(layout, fragments=how))
    plain = Fragments(segment_type=True, segment_index=True, random_access=True)
    yield "fragments: gap in mdat", mux(recording, replace(layout, fragments=plain, gap=secret))
    yield "fragments: end of mdat", mux(recording, replace(layout, fragments=plain, slack=secret))
    yield "fragments: trailer", mux(recording, replace(layout, fragments=plain, end=secret))
    data = mux(recording, replace(layout, fragments=plain))
    for name, kind, offset, size in (
        ("segment brand", b"styp", 0, 8),
        ("reference id", b"sidx", 4, 4),
        ("reserved of mfra", b"tfra", 8, 4),
        ("size of mfra", b"mfro", 4, 4),
        ("sequence number", b"mfhd", 4, 4),
    ):
        node = next(node for node in every(data) if node.kind == kind)
        yield f"fragments: {name}", _overwrite(data, node.body + offset, size, secret)
    # Without an edit list: with one, nothing so late on the clock would be shown at all.
    data = mux(recording, replace(layout, fragments=plain, edits="none"))
    stained = bytearray(data)
    clock = int.from_bytes(b"\0\0" + secret[:6], "big")
    for node in every(data):
        if node.kind == b"tfdt":
            old = int.from_bytes(data[node.body + 4 : node.body + 12], "big")
            stained[node.body + 4 : node.body + 12] = u64(clock + old)
    yield "fragments: live clock", bytes(stained)
