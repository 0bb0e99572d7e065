"""TIFF: what crosses, what stays behind, and what is refused."""

from __future__ import annotations

import io
import struct
import time
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from scrubkit.errors import LimitExceeded, Malformed, Refused, Truncated, Unsupported
from scrubkit.essence import Tiff
from scrubkit.formats.jpeg import tails
from scrubkit.model import Kind
from scrubkit.specimens.builders import jpeg, tiff
from scrubkit.specimens.builders.tiff import Layout, Tag
from scrubkit.specimens.cases.tiff import DEFLATE, JPEG, LINES, LZW, PALETTE, RGB, SECRET, SIZE, dirty

from . import stills

if TYPE_CHECKING:
    from pathlib import Path

    from scrubkit.specimens.builders.tiff import Ifd


def made(ifd: Ifd, **layout: Any) -> bytes:
    return tiff.build((ifd,), Layout(**layout))


PICTURES = {"RGB": RGB, "deflate": DEFLATE, "LZW": LZW, "palette": PALETTE, "JPEG": JPEG}


@pytest.mark.parametrize("name", PICTURES)
def test_samples_are_those_of_the_source(name: str, tmp_path: Path) -> None:
    data = dirty(PICTURES[name])
    assert stills.pixels(stills.cleaned(tmp_path, data)) == stills.pixels(data)


@pytest.mark.parametrize("coding", ["raw", "packbits", "tiff_lzw", "tiff_adobe_deflate", "jpeg", "group4"])
@pytest.mark.parametrize("mode", ["1", "L", "RGB", "CMYK", "I;16", "F"])
def test_a_file_of_another_encoder_shows_the_same(coding: str, mode: str, tmp_path: Path) -> None:
    from PIL import Image

    if (coding == "jpeg" and mode in {"1", "I;16", "F"}) or (coding == "group4" and mode != "1"):
        pytest.skip("no such picture")
    grey = Image.effect_mandelbrot((131, 67), (-2, -1, 1, 1), 60)
    image = grey.convert("RGB").convert("CMYK") if mode == "CMYK" else grey.convert(mode)
    out = io.BytesIO()
    image.save(out, "TIFF", compression=coding)
    assert stills.pixels(stills.cleaned(tmp_path, out.getvalue())) == stills.pixels(out.getvalue())


def test_samples_of_16_bits_keep_their_byte_order(tmp_path: Path) -> None:
    lines = {order: tiff.rows(*SIZE, 1, wide=order) for order in ("little", "big")}
    pictures = {
        order: made(tiff.picture(SIZE, 1, 16, tiff.strips(rows, 4), Tag(278, tiff.LONG, (4,))), order=order)
        for order, rows in lines.items()
    }
    assert stills.cleaned(tmp_path, pictures["big"])[:2] == b"MM"
    assert stills.cleaned(tmp_path, pictures["little"])[:2] == b"II"
    for data in pictures.values():
        assert stills.pixels(stills.cleaned(tmp_path, data)) == stills.pixels(data)


def test_the_byte_order_of_samples_of_8_bits_is_not_inherited(tmp_path: Path) -> None:
    assert stills.cleaned(tmp_path, made(RGB.ifd, order="big")) == stills.cleaned(tmp_path, made(RGB.ifd))


def _tiled(pad: bytes) -> Ifd:
    lines = [line + pad * 33 for line in LINES] + [pad * 96] * 3
    size = (Tag(322, tiff.SHORT, (16,)), Tag(323, tiff.SHORT, (16,)))
    return tiff.picture(SIZE, 3, 8, tiff.tiles(lines, (16, 16), 3), *size, tiled=True)


def test_pixels_of_a_tile_beyond_the_picture_are_zero(tmp_path: Path) -> None:
    full, empty = made(_tiled(b"x")), made(_tiled(b"\0"))
    assert stills.cleaned(tmp_path, full) == stills.cleaned(tmp_path, empty)
    assert stills.findings(tmp_path, full)["picture/beside"].kind is Kind.HIDDEN


def _bilevel(last: int) -> bytes:
    rows = tuple(bytes([0xA5, 0x3C & ~7 | last]) for _ in range(5))
    return made(tiff.picture((13, 5), 1, 1, rows, Tag(278, tiff.LONG, (1,))))


def test_bits_behind_a_row_are_zero(tmp_path: Path) -> None:
    assert stills.cleaned(tmp_path, _bilevel(5)) == stills.cleaned(tmp_path, _bilevel(0))


LOW_FIRST = Tag(266, tiff.SHORT, (2,))


@pytest.mark.parametrize("beside", [0, 0xA0])
def test_bits_behind_a_row_are_the_high_ones_where_low_ones_come_first(beside: int, tmp_path: Path) -> None:
    def rows(last: int) -> bytes:
        pixels = tuple(bytes([0xA5, 0x1B | last]) for _ in range(5))
        return made(tiff.picture((13, 5), 1, 1, pixels, Tag(278, tiff.LONG, (1,)), LOW_FIRST))

    clean = stills.cleaned(tmp_path, rows(beside))
    assert b"\xa5\x1b" * 5 in clean


def test_all_colours_stay_where_low_bits_come_first(tmp_path: Path) -> None:
    colours = Tag(320, tiff.SHORT, tuple(range(1, 49)))
    given = tiff.picture((4, 1), 1, 4, (b"\x12\x48",), Tag(262, tiff.SHORT, (3,)), colours, LOW_FIRST)
    clean = stills.cleaned(tmp_path, made(given))
    assert struct.pack("<48H", *range(1, 49)) in clean


@pytest.mark.parametrize("coding", [1, 8, 32773])
def test_colours_that_no_pixel_has_stay_behind(coding: int, tmp_path: Path) -> None:
    pixels = bytes(value % 7 for value in range(21 * 13))
    data = {1: pixels, 8: zlib.compress(pixels), 32773: tiff.packbits(pixels)}[coding]
    tags = (Tag(259, tiff.SHORT, (coding,)), Tag(262, tiff.SHORT, (3,)), Tag(278, tiff.LONG, (13,)))
    colours = tuple(value * 85 + 1 for value in range(768))
    ifd = tiff.picture(SIZE, 1, 8, (data,), *tags)
    source = made(ifd.with_tags(Tag(320, tiff.SHORT, colours)))
    kept = tuple(value if place % 256 < 7 else 0 for place, value in enumerate(colours))
    clean = made(ifd.with_tags(Tag(320, tiff.SHORT, kept)))
    assert stills.cleaned(tmp_path, source) == stills.cleaned(tmp_path, clean)
    assert stills.findings(tmp_path, source)["colours/unused"].size == 2 * 3 * 249
    assert stills.frames(stills.cleaned(tmp_path, source)) == stills.frames(source)


def test_several_uncompressed_strips_become_few(tmp_path: Path) -> None:
    ifd = tiff.picture((300, 400), 3, 8, tiff.strips(tiff.rows(300, 400), 1), Tag(278, tiff.LONG, (1,)))
    picture = stills.read(tmp_path, made(ifd)).essence
    assert isinstance(picture, Tiff)
    assert len(picture.segments) == 6


def test_other_pages_are_named_and_stay_behind(tmp_path: Path) -> None:
    pages = tiff.build((RGB.ifd, RGB.ifd.with_tags(Tag(256, tiff.LONG, (20,)))))
    assert stills.findings(tmp_path, pages)["IFD1/picture"].kind is Kind.PICTURE
    assert stills.cleaned(tmp_path, pages) == stills.cleaned(tmp_path, made(RGB.ifd))


def test_the_picture_may_stand_below_a_preview(tmp_path: Path) -> None:
    small = tiff.picture((2, 2), 1, 8, (b"abcd",), Tag(254, tiff.LONG, (1,)))
    data = made(replace(small, below=((330, (RGB.ifd,)),)))
    assert stills.cleaned(tmp_path, data) == stills.cleaned(tmp_path, made(RGB.ifd))


def test_tags_of_all_directories_are_named(tmp_path: Path) -> None:
    found = stills.findings(tmp_path, dirty(RGB))
    assert found["IFD0/Artist"].untrusted_value == SECRET.decode()
    assert found["IFD0/CameraSerialNumber"].kind is Kind.SERIAL
    assert found["GPS/GPSLatitude"].untrusted_value == "12 34 56.78"
    assert found["Exif/MakerNote/Apple"].writer == "Apple"
    assert found["IFD0/0xfde8"].known is False
    assert found["unreferenced"].kind is Kind.HIDDEN


def test_a_profile_crosses_in_canonical_form(tmp_path: Path) -> None:
    profile = jpeg.profile(jpeg.P3, jpeg.SRGB_CURVE, words=b"a display of somebody")
    out = stills.cleaned(tmp_path, made(RGB.ifd.with_tags(Tag(34675, tiff.UNDEFINED, profile))))
    assert b"somebody" not in out
    assert "Display P3".encode("utf-16-be") in out


def _segment(data: bytes, coding: int) -> bytes:
    return made(
        tiff.picture(SIZE, 3, 8, (data,), Tag(259, tiff.SHORT, (coding,)), Tag(278, tiff.LONG, (SIZE[1],)))
    )


WHOLE = b"".join(LINES)


def test_what_stands_behind_the_end_of_a_stream_stays_behind(tmp_path: Path) -> None:
    for data, coding in ((zlib.compress(WHOLE), 8), (tiff.packbits(WHOLE), 32773), (tiff.lzw(WHOLE), 5)):
        with_surplus = _segment(data + b"surplus", coding)
        assert stills.cleaned(tmp_path, with_surplus) == stills.cleaned(tmp_path, _segment(data, coding))
        assert stills.findings(tmp_path, with_surplus)["picture/surplus"].size == 7


def test_surplus_of_several_strips_is_counted_and_has_no_place_of_its_own(tmp_path: Path) -> None:
    """What lies between its first and last byte is picture."""
    parts = tuple(zlib.compress(line) + b"more" for line in LINES)
    tags = Tag(259, tiff.SHORT, (8,)), Tag(278, tiff.LONG, (1,))
    found = stills.findings(tmp_path, made(tiff.picture(SIZE, 3, 8, parts, *tags)))["picture/surplus"]
    assert (found.size, found.count) == (4 * len(LINES), len(LINES))


def _changed(ifd: Ifd, number: int, *values: int) -> bytes:
    return made(ifd.with_tags(Tag(number, tiff.LONG, values)))


REFUSED: dict[str, tuple[bytes, type[Refused], str]] = {
    "a stream that holds more": (
        _segment(zlib.compress(WHOLE + b"x"), 8),
        Malformed,
        "more-than-the-strip-holds",
    ),
    "a stream that holds less": (_segment(zlib.compress(WHOLE[1:]), 8), Truncated, "pixels-missing"),
    "a stream without an end": (_segment(zlib.compress(WHOLE)[:-2], 8), Truncated, "no-end"),
    "a stream of something else": (_segment(b"nonsense", 8), Malformed, "broken-stream"),
    "runs that hold more": (
        _segment(tiff.packbits(WHOLE[:-1]) + b"\5abcdef", 32773),
        Malformed,
        "more-than-the-strip-holds",
    ),
    "runs that hold less": (_segment(tiff.packbits(WHOLE[1:]), 32773), Truncated, "pixels-missing"),
    "LZW that holds more": (_segment(tiff.lzw(bytes(900)), 5), Malformed, "more-than-the-strip-holds"),
    "LZW that holds less": (_segment(tiff.lzw(WHOLE[9:]), 5), Truncated, "pixels-missing"),
    "LZW of old": (_segment(b"\0\1" + tiff.lzw(WHOLE), 5), Unsupported, "packed-from-the-low-bit"),
    "rows missing": (_segment(WHOLE[1:], 1), Truncated, "shorter-than-its-rows"),
    "old-style JPEG": (_segment(WHOLE, 6), Unsupported, "old-style-JPEG"),
    "an unknown coding": (_segment(WHOLE, 50001), Unsupported, "coding"),
    "a maker's coding": (_segment(WHOLE, 34713), Unsupported, "nikon-raw"),
    "a mosaic that is no DNG": (_changed(RGB.ifd, 262, 32803), Unsupported, "camera-raw"),
    "strips missing": (_changed(RGB.ifd, 278, 1), Malformed, "strips-missing"),
    "no size": (made(RGB.ifd.without(256)), Malformed, "no-picture"),
    "no length": (made(RGB.ifd.without(257)), Malformed, "required-tag-missing"),
    "a size of nothing": (_changed(RGB.ifd, 257, 0), Malformed, "picture-size"),
    "strips without rows": (_changed(RGB.ifd, 278, 0), Malformed, "strip-without-rows"),
    "strips without end": (
        made(tiff.picture((1, 1 << 23), 1, 8, (b"x",), Tag(278, tiff.LONG, (1,)))),
        LimitExceeded,
        "strips",
    ),
    "a bomb": (
        made(tiff.picture((1 << 20, 1 << 20), 1, 8, (b"x",), Tag(259, tiff.SHORT, (8,)))),
        LimitExceeded,
        "decoded-size",
    ),
    "another depth for each sample": (
        made(RGB.ifd.with_tags(Tag(258, tiff.SHORT, (5, 6, 5)))),
        Unsupported,
        "bits-per-sample",
    ),
    "colours missing": (made(PALETTE.ifd.without(320)), Malformed, "colour-map"),
    "a JPEG of another size": (_changed(JPEG.ifd, 257, 12), Malformed, "JPEG-of-another-size"),
    "strips that share bytes": (
        made(
            tiff.picture(
                (4, 2),
                1,
                8,
                (),
                Tag(278, tiff.LONG, (1,)),
                Tag(273, tiff.LONG, (8, 10)),
                Tag(279, tiff.LONG, (4, 4)),
            )
        ),
        Malformed,
        "picture-shares-bytes",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_shown_for_sure_is_refused(name: str, tmp_path: Path) -> None:
    data, error, rule = REFUSED[name]
    with pytest.raises(error) as raised:
        stills.read(tmp_path, data)
    assert raised.value.rule == rule


def test_metadata_do_not_pass_for_picture(tmp_path: Path) -> None:
    ifd = tiff.picture((len(SECRET), 1), 1, 8, (), tiff.text(315, SECRET))
    place = made(ifd.with_tags(Tag(273, tiff.LONG, (0,)))).index(SECRET)
    data = made(ifd.with_tags(Tag(273, tiff.LONG, (place,))))
    assert data[place : place + len(SECRET)] == SECRET
    with pytest.raises(Malformed) as raised:
        stills.read(tmp_path, data)
    assert raised.value.rule == "picture-shares-bytes"


def test_directories_without_end_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LimitExceeded):
        stills.read(tmp_path, tiff.build((RGB.ifd,) * 300))


def test_directories_that_hold_each_other_are_read_once(tmp_path: Path) -> None:
    data = made(RGB.ifd.with_tags(Tag(330, tiff.LONG, (8,)), Tag(34665, tiff.LONG, (8,))), link=-1)
    assert stills.cleaned(tmp_path, data) == stills.cleaned(tmp_path, made(RGB.ifd))


def test_what_lies_behind_the_last_block_of_a_jpeg_strip_stays_behind(tmp_path: Path) -> None:
    from scrubkit.specimens.cases.tiff import JPEG

    data = tiff.build((JPEG.ifd,), Layout())
    (strip,) = JPEG.ifd.segments
    dirty = tiff.build((replace(JPEG.ifd, segments=(strip[:-2] + SECRET + strip[-2:],)),), Layout())
    assert stills.cleaned(tmp_path, dirty) == stills.cleaned(tmp_path, data)


def _shared(size: tuple[int, int], segment: bytes, count: int, rows: int, coding: int) -> bytes:
    """A picture all of whose strips are the same bytes of the file."""
    plain = tiff.picture(size, 1, 8, (), Tag(278, tiff.LONG, (rows,)), Tag(259, tiff.SHORT, (coding,)))

    def build(at: int) -> bytes:
        strips = Tag(273, tiff.LONG, (at,) * count), Tag(279, tiff.LONG, (len(segment),) * count)
        return made(plain.with_tags(*strips))

    return build(len(build(0))) + segment


SHARED = {
    "deflate": (_shared((1000, 4000 * 500), zlib.compress(bytes(4_000_000)), 500, 4000, 8)),
    "JPEG": (_shared((8, 8 * 50_000), jpeg.join(jpeg.picture("L", size=(8, 8))), 50_000, 8, 7)),
}


@pytest.mark.parametrize("name", SHARED)
def test_strips_that_share_their_bytes_are_refused_before_they_are_decoded(name: str, tmp_path: Path) -> None:
    begun = time.process_time()
    with pytest.raises(Malformed) as raised:
        stills.read(tmp_path, SHARED[name])
    assert raised.value.rule == "picture-shares-bytes"
    assert time.process_time() - begun < 2


@pytest.mark.parametrize("share", range(4))
def test_a_clean_jpeg_strip_is_read_like_the_one_it_came_from(
    share: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Segments that stay behind, and what stands behind blocks, don't decide what is walked."""
    parts = jpeg.picture("L", size=SIZE)
    plain = len(parts[-1].data)
    words = b"\x91Q7ZK31 behind it" * 20
    strip = jpeg.join(
        (jpeg.Part(jpeg.COM, bytes(900)), *jpeg.replaced(parts, len(parts) - 1, parts[-1].data + words))
    )
    monkeypatch.setattr(tails, "WALKED", plain + tails.SCAN * share // 3 + share)
    coding = Tag(259, tiff.SHORT, (7,)), Tag(278, tiff.LONG, (13,))
    stills.cleaned(tmp_path, made(tiff.picture(SIZE, 1, 8, (strip,), *coding)))


def _stored(data: bytes, before: bytes) -> bytes:
    """A zlib stream of one stored block, behind others."""
    size = len(data).to_bytes(2, "little")
    block = b"\1" + size + bytes(each ^ 0xFF for each in size) + data
    return b"\x78\x01" + before + block + zlib.adler32(data).to_bytes(4)


@pytest.mark.parametrize(("count", "refused"), [(20, False), (2000, True)])
def test_blocks_without_data_that_could_hold_bits_are_few(
    count: int, *, refused: bool, tmp_path: Path
) -> None:
    """Five bits of each are free (RFC 1951 §3.2.4)."""
    pixels = b"".join(LINES)
    words = b"".join(bytes([8 * (number % 32)]) + b"\0\0\xff\xff" for number in range(count))
    ifd = tiff.picture(
        SIZE, 3, 8, (_stored(pixels, words),), Tag(259, tiff.SHORT, (8,)), Tag(278, tiff.LONG, (13,))
    )
    if not refused:
        assert stills.pixels(stills.cleaned(tmp_path, made(ifd))) == stills.pixels(made(ifd))
        return
    with pytest.raises(Malformed) as raised:
        stills.read(tmp_path, made(ifd))
    assert raised.value.rule == "more-than-the-strip-can-hold"
