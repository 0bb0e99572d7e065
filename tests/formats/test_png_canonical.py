"""What a clean PNG looks like, chunk by chunk."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import pytest

from scrubkit.specimens.builders import jpeg, png
from scrubkit.specimens.builders.png import Chunk, Shape, join

from . import rasters

if TYPE_CHECKING:
    from pathlib import Path

BARE = png.picture()

KINDS = [
    (colour, depth)
    for colour, depths in {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}.items()
    for depth in depths
]


def test_a_picture_is_its_header_and_one_run_of_data(tmp_path: Path) -> None:
    out = rasters.cleaned(tmp_path, join(png.pieces(BARE, 10)))
    assert png.kinds(out) == ["IHDR", "IDAT"]
    assert out.endswith(bytes(png.IEND))


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(("colour", "depth"), KINDS)
def test_every_kind_of_picture_crosses_as_it_is(
    colour: int, depth: int, interlaced: bool, tmp_path: Path
) -> None:
    data = join(png.picture(13, 9, depth, colour, interlaced=interlaced))
    out = rasters.cleaned(tmp_path, data)
    assert rasters.pixels(out) == rasters.pixels(data)
    if colour != png.INDEXED:
        assert out == data


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (2, 2), (3, 5), (8, 8), (65, 2)])
def test_small_interlaced_pictures_lack_passes(size: tuple[int, int], tmp_path: Path) -> None:
    data = join(png.picture(*size, 2, png.GREY, interlaced=True))
    assert rasters.cleaned(tmp_path, data) == data
    assert rasters.pixels(data)[0] == size


def test_the_deflate_data_cross_untouched(tmp_path: Path) -> None:
    raw = png.rows(24, 18)
    for level in (0, 1, 6, 9):
        packed = zlib.compress(raw, level)
        out = rasters.cleaned(tmp_path, join((BARE[0], Chunk(b"IDAT", packed))))
        assert png.body(out, b"IDAT") == b"\x78\x9c" + packed[2:]


def test_every_way_of_flushing_is_the_end(tmp_path: Path) -> None:
    raw = png.rows(24, 18)
    for flush in (zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH):
        engine = zlib.compressobj()
        packed = engine.compress(raw) + engine.flush(flush) + engine.flush()
        out = rasters.cleaned(tmp_path, join((BARE[0], Chunk(b"IDAT", packed))))
        assert rasters.pixels(out) == rasters.pixels(join(BARE))


def test_the_check_value_is_computed(tmp_path: Path) -> None:
    wrong = png.changed(BARE, b"IDAT", lambda packed: packed[:-4])
    out = rasters.cleaned(tmp_path, join(wrong))
    assert png.body(out, b"IDAT")[-4:] == zlib.adler32(png.rows(24, 18)).to_bytes(4)


def test_a_damaged_check_sum_is_repaired_where_the_data_are_whole(tmp_path: Path) -> None:
    head, data = BARE
    out = rasters.cleaned(tmp_path, join((head, Chunk(b"IDAT", data.body, b"\1\2\3\4"))))
    assert out == join(BARE)


@pytest.mark.parametrize("value", range(2, 9))
def test_an_orientation_is_kept_as_the_only_exif_tag(value: int, tmp_path: Path) -> None:
    exif = Chunk(b"eXIf", jpeg.tiff([jpeg.short(0x0112, value, big=False)], big=False))
    out = rasters.cleaned(tmp_path, join((*BARE, exif)))
    expected = "4d4d002a00000008 0001 011200030000000100" + f"{value:02x}0000 00000000"
    assert png.body(out, b"eXIf") == bytes.fromhex(expected)
    assert png.kinds(out) == ["IHDR", "eXIf", "IDAT"]


@pytest.mark.parametrize("value", [0, 1, 9, 255])
def test_an_upright_or_impossible_orientation_is_not_written(value: int, tmp_path: Path) -> None:
    exif = Chunk(b"eXIf", jpeg.tiff([jpeg.short(0x0112, value)]))
    assert rasters.cleaned(tmp_path, join(png.before(BARE, b"IDAT", exif))) == join(BARE)


def test_exif_as_text_counts_where_there_is_no_chunk(tmp_path: Path) -> None:
    block = jpeg.tiff([jpeg.short(0x0112, 8)])
    for chunk in (png.raw_profile(b"exif", block), png.raw_profile(b"APP1", b"Exif\0\0" + block)):
        out = rasters.cleaned(tmp_path, join(png.before(BARE, b"IDAT", chunk)))
        assert png.body(out, b"eXIf")[19] == 8


def test_palette_entries_beyond_the_depth_are_cut(tmp_path: Path) -> None:
    head, palette, data = png.picture(depth=2, colour=png.INDEXED)
    longer = Chunk(b"PLTE", palette.body + b"nobody can name me!!!")
    out = rasters.cleaned(tmp_path, join((head, longer, data)))
    assert out == rasters.cleaned(tmp_path, join((head, palette, data)))


def indexed(indexes: bytes, kind: int = 0, *, alphas: bytes = b"", size: int = 6) -> bytes:
    """One row of 8-bit indexes under a filter type, below another; a palette of some entries."""
    palette = Chunk(b"PLTE", bytes(range(1, 3 * size + 1)))
    raw = bytes(1 + len(indexes)) + bytes((kind,)) + indexes
    transparency = (Chunk(b"tRNS", alphas),) if alphas else ()
    return join(
        (
            png.header(len(indexes), 2, 8, png.INDEXED),
            palette,
            *transparency,
            Chunk(b"IDAT", zlib.compress(raw)),
        )
    )


def test_palette_entries_that_no_sample_names_are_black_or_cut(tmp_path: Path) -> None:
    out = rasters.cleaned(tmp_path, indexed(b"\3\0\1\3"))
    assert png.body(out, b"PLTE") == b"\1\2\3\4\5\6\0\0\0\x0a\x0b\x0c"


def test_alphas_that_no_sample_names_are_opaque_or_cut(tmp_path: Path) -> None:
    out = rasters.cleaned(tmp_path, indexed(b"\3\0\1\3", alphas=b"\1\2\3\4\5"))
    assert png.body(out, b"tRNS") == b"\1\2\xff\4"


@pytest.mark.parametrize("kind", range(5))
@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_samples_are_told_under_every_filter(kind: int, depth: int, tmp_path: Path) -> None:
    width, height = 40, 12
    head, palette, _ = png.picture(width, height, depth, png.INDEXED)
    size = (width * depth + 7) // 8
    raw = b"".join(bytes((kind,)) + bytes((7 * i + line) % 3 for i in range(size)) for line in range(height))
    data = join((head, palette, Chunk(b"IDAT", zlib.compress(raw))))
    out = rasters.cleaned(tmp_path, data)
    assert rasters.pixels(out) == rasters.pixels(data)
    assert len(png.body(out, b"PLTE")) == 3 * (max(rasters.indexes(data)) + 1)


def test_a_palette_is_kept_whole_where_too_much_is_filtered(tmp_path: Path) -> None:
    row = b"\1" + bytes(1 << 20)
    data = join(
        (
            png.header(1 << 20, 5, 8, png.INDEXED),
            Chunk(b"PLTE", b"abcdef"),
            Chunk(b"IDAT", zlib.compress(row * 5, 1)),
        )
    )
    assert png.body(rasters.cleaned(tmp_path, data), b"PLTE") == b"abcdef"


def test_every_frame_of_an_animation_uses_the_palette(tmp_path: Path) -> None:
    one, two = (zlib.compress(b"\0" + bytes((index,)) * 4) for index in (0, 2))
    data = join(
        (
            png.header(4, 1, 8, png.INDEXED),
            png.animation_control(2),
            Chunk(b"PLTE", b"abcdefghijkl"),
            png.frame_control(0, (4, 1)),
            Chunk(b"IDAT", one),
            png.frame_control(1, (4, 1)),
            png.frame_data(2, two),
        )
    )
    assert png.body(rasters.cleaned(tmp_path, data), b"PLTE") == b"abc\0\0\0ghi"


def test_a_suggested_palette_is_left_out(tmp_path: Path) -> None:
    data = join(png.before(BARE, b"IDAT", Chunk(b"PLTE", b"abcdef")))
    assert rasters.cleaned(tmp_path, data) == join(BARE)


@pytest.mark.parametrize(
    ("alphas", "expected"),
    [(b"\0\x80\xff\x40", b"\0\x80\xff\x40"), (b"\0\xff\xff", b"\0"), (b"\xff\xff", None)],
)
def test_opaque_entries_at_the_end_are_not_said(
    alphas: bytes, expected: bytes | None, tmp_path: Path
) -> None:
    head, palette, data = png.picture(depth=4, colour=png.INDEXED)
    source = join((head, palette, Chunk(b"tRNS", alphas), data))
    out = rasters.cleaned(tmp_path, source)
    assert ("tRNS" in png.kinds(out)) is (expected is not None)
    assert expected is None or png.body(out, b"tRNS") == expected
    assert rasters.pixels(out) == rasters.pixels(source)


@pytest.mark.parametrize(
    ("colour", "body"), [(png.GREY, b"\0\x0d"), (png.RGB, b"\0\1\0\2\0\3")], ids=["grey", "RGB"]
)
def test_a_transparent_colour_is_kept(colour: int, body: bytes, tmp_path: Path) -> None:
    data = join(png.before(png.picture(colour=colour), b"IDAT", Chunk(b"tRNS", body)))
    assert rasters.cleaned(tmp_path, data) == data


def test_transparency_beside_alpha_is_left_out(tmp_path: Path) -> None:
    bare = png.picture(colour=png.RGBA)
    data = join(png.before(bare, b"IDAT", Chunk(b"tRNS", b"\0\1\0\2\0\3")))
    assert rasters.cleaned(tmp_path, data) == join(bare)


@pytest.mark.parametrize("default", [True, False])
def test_an_animation_has_one_data_chunk_for_each_frame(default: bool, tmp_path: Path) -> None:
    data = join(png.animation(Shape(default, cut=20)))
    out = rasters.cleaned(tmp_path, data)
    frame = ["fcTL", "fdAT"]
    first = ["fcTL", "IDAT"] if default else ["IDAT", *frame]
    assert png.kinds(out) == ["IHDR", "acTL", *first, *frame, *frame]
    assert rasters.frames(out) == rasters.frames(data)


@pytest.mark.parametrize("default", [True, False])
def test_frames_are_numbered_in_turn(default: bool, tmp_path: Path) -> None:
    out = rasters.cleaned(tmp_path, join(png.animation(Shape(default, cut=20))))
    numbers = [int.from_bytes(c.body[:4]) for c in png.split(out) if c.kind in (b"fcTL", b"fdAT")]
    assert numbers == list(range(len(numbers)))


def test_a_delay_is_in_lowest_terms(tmp_path: Path) -> None:
    for delay, expected in (((50, 100), (1, 2)), ((7, 0), (7, 100)), ((0, 1000), (0, 1)), ((3, 7), (3, 7))):
        out = rasters.cleaned(tmp_path, join(png.animation(Shape(delay=delay))))
        raw = png.body(out, b"fcTL")[20:24]
        assert (int.from_bytes(raw[:2]), int.from_bytes(raw[2:])) == expected


def test_an_animation_of_no_frames_is_a_still(tmp_path: Path) -> None:
    chunks = png.before(BARE, b"IDAT", png.animation_control(0), png.frame_control(0, (24, 18)))
    assert rasters.cleaned(tmp_path, join(chunks)) == join(BARE)


def test_frames_without_a_header_are_left_out(tmp_path: Path) -> None:
    chunks = [chunk for chunk in png.animation(Shape()) if chunk.kind != b"acTL"]
    assert rasters.cleaned(tmp_path, join(chunks)) == join(BARE)


def test_a_complete_picture_may_lack_the_end(tmp_path: Path) -> None:
    assert rasters.cleaned(tmp_path, join(BARE, end=False)) == join(BARE)
    assert rasters.cleaned(tmp_path, join(BARE, bytes(png.IEND)[:7], end=False)) == join(BARE)
