"""WebPs that can't be modelled faithfully, and what stays behind of those that can."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scrubkit.errors import Malformed, Refused, Truncated
from scrubkit.model import Fate, Kind
from scrubkit.specimens.builders import jpeg, webp
from scrubkit.specimens.builders.webp import Chunk, extended, join
from scrubkit.specimens.cases.jpeg import exif_block

from . import rasters

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LOSSY = webp.coded()
LOSSLESS = webp.coded(lossless=True)
TRANSPARENT = webp.coded("RGBA")
MOVING = webp.animation()


def lossy(change: Callable[[bytes], bytes]) -> bytes:
    return join(webp.changed(LOSSY, b"VP8 ", change))


def at(place: int, value: bytes) -> Callable[[bytes], bytes]:
    return lambda body: body[:place] + value + body[place + len(value) :]


def lossless(change: Callable[[bytes], bytes]) -> bytes:
    return join(webp.changed(LOSSLESS, b"VP8L", change))


def alpha(body: bytes) -> bytes:
    return join((extended(webp.ALPHA), Chunk(b"ALPH", body), *LOSSY))


def moving(place: int, chunk: Chunk) -> bytes:
    return join((*MOVING[:place], chunk, *MOVING[place + 1 :]))


CASES: dict[str, tuple[bytes, type[Refused]]] = {
    "a header and no more": (b"RIFF\4\0\0\0WEBP", Truncated),
    "no picture": (join((extended(0),)), Truncated),
    "another chunk first": (join((Chunk(b"JUNK", b"words"), *LOSSY)), Malformed),
    "a frame that is no key frame": (lossy(lambda body: bytes((body[0] | 1,)) + body[1:]), Malformed),
    "a frame that is not shown": (lossy(lambda body: bytes((body[0] & ~0x10,)) + body[1:]), Malformed),
    "an unknown version": (lossy(lambda body: bytes((body[0] | 0x0E,)) + body[1:]), Malformed),
    "no start code": (lossy(at(3, b"abc")), Malformed),
    "no width": (lossy(at(6, b"\0\0")), Malformed),
    "a first partition beyond the data": (lossy(at(1, b"\xff\xff")), Malformed),
    "no first partition": (lossy(lambda body: b"\x10\0\0" + body[3:]), Malformed),
    "more lossy data than a picture has": (lossy(lambda body: body + bytes(80_000)), Malformed),
    "more lossless data than a picture has": (lossless(lambda body: body + bytes(80_000)), Malformed),
    "more alpha than a picture has": (alpha(b"\1" + bytes(80_000)), Malformed),
    "a lossy header that is cut": (lossy(lambda body: body[:9]), Truncated),
    "no lossless signature": (lossless(at(0, b"\x2e")), Malformed),
    "an unknown lossless version": (
        lossless(lambda body: body[:4] + bytes((body[4] | 0x20,)) + body[5:]),
        Malformed,
    ),
    "a lossless header that is cut": (lossless(lambda body: body[:5]), Truncated),
    "an unknown compression of alpha": (alpha(b"\2" + TRANSPARENT[0].body[1:]), Malformed),
    "an unknown preprocessing of alpha": (alpha(b"\x21" + TRANSPARENT[0].body[1:]), Malformed),
    "too few samples of alpha": (alpha(bytes(31 * 22)), Truncated),
    "alpha without a header": (alpha(b""), Truncated),
    "alpha without a picture": (join((extended(webp.ALPHA), TRANSPARENT[0])), Truncated),
    "a canvas that is not the picture": (join((extended(0, (31, 23)), *LOSSY)), Malformed),
    "a canvas beyond 32 bits": (join((extended(0, (1 << 24, 1 << 24)), *LOSSY)), Malformed),
    "an extended header that is cut": (join((Chunk(b"VP8X", bytes(9)), *LOSSY)), Truncated),
    "a picture cut off": (join(LOSSY)[:-3], Truncated),
    "a RIFF chunk that ends in the picture": (join(LOSSY, more=-4), Truncated),
    "an animation without its header": (join((MOVING[0], *MOVING[2:])), Malformed),
    "an animation without frames": (join(MOVING[:2]), Truncated),
    "an animation with a picture outside of its frames": (join((*MOVING, *LOSSY)), Malformed),
    "an animation that breaks off between frames": (join(MOVING)[: len(join(MOVING[:3]))], Truncated),
    "an animation that breaks off in a frame": (join(MOVING)[:-9], Truncated),
    "a frame outside of the canvas": (moving(3, webp.frame(LOSSY, (31, 22), (2, 0))), Malformed),
    "a frame of another size than its picture": (moving(3, webp.frame(LOSSY, (30, 22))), Malformed),
    "a frame without a picture": (moving(3, webp.frame((), (30, 22))), Truncated),
    "a frame header that is cut": (moving(3, Chunk(b"ANMF", bytes(15))), Truncated),
    "a picture that goes beyond its frame": (
        moving(3, Chunk(b"ANMF", webp.frame(LOSSY, (31, 22)).body[:-4])),
        Truncated,
    ),
}


@pytest.mark.parametrize(("source", "error"), CASES.values(), ids=CASES.keys())
def test_refused(source: bytes, error: type[Refused], tmp_path: Path) -> None:
    with pytest.raises(error):
        rasters.read(tmp_path, source)


def test_an_animation_cut_anywhere_is_refused(tmp_path: Path) -> None:
    whole = join(MOVING)
    for size in (*range(12, len(whole) - 1, 9), len(whole) - 2):
        with pytest.raises(Refused):
            rasters.read(tmp_path, whole[:size])


FULL = (extended(webp.EXIF), *LOSSY)
BLOCK = exif_block(b"words", 6)

HIDDEN: dict[str, tuple[bytes, str, int]] = {
    "an unknown chunk": (join((*FULL, Chunk(b"abcd", b"words!"))), "unknown", 14),
    "a manifest": (join((*FULL, Chunk(b"C2PA", b"words!"))), "C2PA", 14),
    "XMP": (join((*FULL, Chunk(b"XMP ", b"words!"))), "XMP", 14),
    "a second picture": (join((*FULL, Chunk(b"VP8 ", b"words!"))), "VP8", 14),
    "reserved bits": (join((extended(0x41), *LOSSY)), "VP8X/reserved", 4),
    "a longer header": (join((Chunk(b"VP8X", extended(0).body + b"words!"), *LOSSY)), "VP8X/surplus", 6),
    "padding": (join((*FULL, Chunk(b"XMP ", b"words", b"!"))), "XMP", 14),
    "a trailer": (join(FULL, b"words!"), "trailer", 6),
    "scaling bits": (lossy(lambda body: body[:7] + b"\x40" + body[8:]), "VP8/scale", 4),
    "a surplus of alpha": (alpha(bytes(1 + 31 * 22) + b"words!"), "ALPH/surplus", 6),
    "hints of alpha": (alpha(b"\x10" + bytes(31 * 22)), "ALPH/hints", 1),
    "unused alpha": (
        join((extended(16), TRANSPARENT[0], *LOSSLESS)),
        "ALPH/unused",
        len(bytes(TRANSPARENT[0])),
    ),
    "reserved bits of a frame": (moving(3, webp.frame(LOSSY, (31, 22), flags=0x84)), "ANMF/reserved", 1),
    "a chunk in a frame": (moving(3, webp.inside(MOVING[3], Chunk(b"abcd", b"words!"))), "unknown", 14),
    "bytes in a frame": (moving(3, webp.inside(MOVING[3], b"words!")), "ANMF/surplus", 6),
    "a longer animation header": (moving(1, Chunk(b"ANIM", MOVING[1].body + b"words!")), "ANIM/surplus", 6),
    "a second animation header": (join((*MOVING, webp.control())), "ANIM", 14),
}


@pytest.mark.parametrize(("source", "path", "size"), HIDDEN.values(), ids=HIDDEN.keys())
def test_what_is_hidden_is_named(source: bytes, path: str, size: int, tmp_path: Path) -> None:
    reading = rasters.read(tmp_path, source)
    finding = next(finding for finding in reading.residue if finding.path == path)
    assert finding.size == size
    assert finding.known
    assert reading.ledger.complete


def test_exif_is_read_but_for_the_orientation_that_crosses(tmp_path: Path) -> None:
    for block in (BLOCK, b"Exif\0\0" + BLOCK):
        reading = rasters.read(tmp_path, join((*FULL, Chunk(b"EXIF", block))))
        found = {finding.path: finding for finding in reading.residue}
        assert found["EXIF/IFD0/Model"].untrusted_value == "Modelwords"
        assert found["EXIF/GPS/GPSLatitude"].kind is Kind.GPS
        assert "EXIF/IFD0/Orientation" not in found


def test_a_profile_is_read(tmp_path: Path) -> None:
    profile = jpeg.profile(jpeg.P3, jpeg.SRGB_CURVE, words=b"the display of somebody")
    reading = rasters.read(tmp_path, join((extended(webp.PROFILE), Chunk(b"ICCP", profile), *LOSSY)))
    found = {finding.path: finding.untrusted_value for finding in reading.residue}
    assert "the display of somebody" in str(found["ICCP/desc"])


def test_an_unknown_type_stands_in_the_value_only(tmp_path: Path) -> None:
    reading = rasters.read(tmp_path, join((*FULL, Chunk(b"joHn", b"words!"))))
    assert {f.path: f.untrusted_value for f in reading.residue}["unknown"] == "joHn: words!"


def test_a_clean_file_has_nothing_left(tmp_path: Path) -> None:
    out = rasters.cleaned(tmp_path, join((*FULL, Chunk(b"EXIF", BLOCK))))
    reading = rasters.read(tmp_path, out)
    assert reading.residue == ()
    assert reading.ledger.total(Fate.RESIDUE) == 0
