"""Where values are looked for, what counts as a hit, and what the check says of it."""

from __future__ import annotations

import gzip
import io
import random
import zipfile
import zlib
from typing import TYPE_CHECKING

import pytest

from scrubkit.carryover import check, engine, inside, search_file, search_for
from scrubkit.carryover.original import Original
from scrubkit.carryover.search import CONSTANT, ENDS, SLIGHT, UNPACKED
from scrubkit.carryover.values import LEFT_OUT, MOST
from scrubkit.errors import NotRegular
from scrubkit.model import Kind, Outcome, Value
from scrubkit.source import Memory
from scrubkit.specimens.builders import jpeg

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SECRET = "Kestrel-0451-ab"
VALUE = Value("residue", "udta/x", Kind.SERIAL, SECRET)


def noise(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


def written(path: Path, *parts: bytes | bytearray) -> Path:
    path.write_bytes(b"".join(parts))
    return path


def zipped(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("notes.txt", data)
    return out.getvalue()


def small_window(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 9)
    return packer.compress(data) + packer.flush()


def chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)


TEXT = b"something before " + SECRET.encode() + b" and behind" * 4
STREAMS: dict[str, Callable[[bytes], bytes]] = {
    "zlib": zlib.compress,
    "fast zlib": lambda data: zlib.compress(data, 1),
    "stored zlib": lambda data: zlib.compress(data, 0),
    "zlib with a small window": small_window,
    "gzip": gzip.compress,
    "zip": zipped,
    "zlib without its end": lambda data: zlib.compress(data + noise(9000), 6)[:4000],
}


@pytest.mark.parametrize("stream", STREAMS)
def test_a_value_in_a_compressed_stream_is_found(stream: str, tmp_path: Path) -> None:
    path = written(tmp_path / "file", noise(5000), STREAMS[stream](TEXT), noise(5000, 2))
    assert {hit.place for hit in search_file([VALUE], path).carried} - {"bytes"} == {"deflate"}


def test_a_value_between_two_parts_of_a_long_stream_is_found(tmp_path: Path) -> None:
    inner = bytes((1 << 20) - 6) + SECRET.encode() + noise(3000)
    path = written(tmp_path / "file", zlib.compress(inner))
    assert search_file([VALUE], path).carried


def test_a_value_in_the_picture_data_of_a_png_is_found_across_chunks(tmp_path: Path) -> None:
    packed = zlib.compress(noise(64) + SECRET.encode() + noise(64))
    chunks = [chunk(b"IDAT", packed[at : at + 16]) for at in range(0, len(packed), 16)]
    path = written(tmp_path / "file", b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", bytes(13)), *chunks)
    assert {hit.place for hit in search_file([VALUE], path).carried} == {"deflate"}


def test_streams_behind_the_picture_data_of_a_png_are_unpacked_too(tmp_path: Path) -> None:
    picture = chunk(b"IDAT", zlib.compress(noise(5000)) + zlib.compress(noise(64) + SECRET.encode()))
    path = written(tmp_path / "file", b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", bytes(13)), picture)
    assert {hit.place for hit in search_file([VALUE], path).carried} - {"bytes"} == {"deflate"}


@pytest.mark.parametrize("place", [1, 2])
def test_streams_beside_the_picture_data_of_a_png_are_unpacked(place: int, tmp_path: Path) -> None:
    chunks = [chunk(b"IHDR", bytes(13)), chunk(b"IDAT", zlib.compress(noise(5000)))]
    chunks.insert(place, chunk(b"zTXt", b"x\0\0" + zlib.compress(noise(64) + SECRET.encode())))
    path = written(tmp_path / "file", b"\x89PNG\r\n\x1a\n", *chunks)
    assert {hit.place for hit in search_file([VALUE], path).carried} - {"bytes"} == {"deflate"}


def test_halves_of_a_value_in_two_streams_are_no_hit(tmp_path: Path) -> None:
    half = len(SECRET) // 2
    halves = (
        zlib.compress(noise(64) + SECRET[:half].encode()),
        zlib.compress(SECRET[half:].encode() + noise(64)),
    )
    assert search_file([VALUE], written(tmp_path / "file", *halves)).carried == ()
    whole = zlib.compress(noise(64) + SECRET.encode())
    assert search_file([VALUE], written(tmp_path / "file", *halves, whole)).carried


def broken_off(data: bytes) -> bytes:
    """Literals of the fixed code (RFC 1951, 3.2.6), then the length 286, which there is not."""
    codes = [f"{0x30 + byte:08b}" if byte < 144 else f"{0x190 + byte - 144:09b}" for byte in data]
    bits = "110" + "".join(codes) + "11000110"
    return b"\x78\x9c" + int(bits[::-1], 2).to_bytes((len(bits) + 7) // 8, "little")


@pytest.mark.parametrize("size", [9, 12, 40, 300])
def test_a_value_before_the_place_where_a_stream_breaks_is_found(size: int, tmp_path: Path) -> None:
    inner = noise(size + 8, 7)
    value = Value("residue", "x", Kind.TELEMETRY, inner[size - 9 : size])
    path = written(tmp_path / "file", noise(3000), broken_off(inner), noise(3000, 2))
    assert {hit.place for hit in search_file([value], path).carried} == {"deflate"}


def test_a_header_whose_stream_would_lie_behind_the_file_is_no_stream(tmp_path: Path) -> None:
    header = b"PK\x03\x04" + bytes(4) + b"\x08\x00" + bytes(16) + b"\xff\xff\xff\xff"
    path = written(tmp_path / "file", noise(3000), header)
    assert search_file([VALUE], path).carried == ()


def test_an_empty_file_holds_nothing(tmp_path: Path) -> None:
    assert search_file([VALUE], written(tmp_path / "file")).carried == ()


def test_a_picture_beyond_the_bound_is_said_and_other_streams_are_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inside, "WORK", 4 << 20)
    bomb = chunk(b"IDAT", zlib.compress(bytes(30 << 20), 9))
    other = chunk(b"zTXt", b"\0\0" + zlib.compress(noise(64) + SECRET.encode()))
    path = written(tmp_path / "file", b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", bytes(13)), other, bomb)
    search = search_file([VALUE], path)
    assert {hit.place for hit in search.carried} - {"bytes"} == {"deflate"}
    assert "left out" in check(search).scope


def test_streams_beyond_the_bound_are_left_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inside, "WORK", 4 << 20)
    bomb = zlib.compress(bytes(3 << 20), 9)
    path = written(tmp_path / "file", *[bomb] * 4)
    search = search_file([VALUE], path)
    assert sum(note.count for note in search.not_searched if note.reason == UNPACKED) >= 1
    assert "left out" in check(search).scope


@pytest.mark.parametrize("before", [b"\x01", b"\x01\x00", b"\x01\x00\x00"])
def test_a_value_is_found_across_emulation_prevention_bytes(before: bytes, tmp_path: Path) -> None:
    inner = b"\x00\x00\x01\x94\xa3\x77\x5b\x00\x00\x02\xc5\x19\x81"
    raw, zeros = bytearray(), 0
    for byte in before + inner:
        if zeros == 2 and byte <= 3:
            raw.append(3)
            zeros = 0
        raw.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    assert inner not in raw
    path = written(tmp_path / "file", noise(999), bytes(raw), noise(999, 2))
    hits = search_file([Value("residue", "x", Kind.TELEMETRY, inner)], path).carried
    assert {hit.place for hit in hits} == {"nal"}


@pytest.mark.parametrize("offset", [-20, -8, -1, 0, 5])
def test_a_value_on_the_border_of_two_blocks_is_found(offset: int, tmp_path: Path) -> None:
    data = bytearray(noise(engine.BLOCK + 1000))
    at = engine.BLOCK + offset
    data[at : at + len(SECRET)] = SECRET.encode()
    path = written(tmp_path / "file", data)
    assert [hit.at for hit in search_file([VALUE], path).carried] == [at]


def test_a_value_with_a_zero_byte_is_not_cut_there(tmp_path: Path) -> None:
    value = Value("residue", "x", Kind.TELEMETRY, b"\x91\x00\xc4\x17\xee\x5a\x83\x21\x9b\xd6")
    path = written(tmp_path / "file", noise(3000), b"\x91\x00" * 30, noise(3000))
    assert search_file([value], path).carried == ()


@pytest.mark.parametrize("short", ["7", "Ab", "1850", b"\x12\x34\x56\x78"])
def test_a_value_that_is_too_short_is_listed_and_not_searched(short: str | bytes, tmp_path: Path) -> None:
    plain = short if isinstance(short, bytes) else short.encode()
    path = written(tmp_path / "file", noise(30_000), plain, noise(30_000))
    search = search_file([Value("residue", "x", Kind.DEVICE, short)], path)
    assert (search.values, search.carried) == (0, ())
    assert [(note.kind, note.reason, note.count) for note in search.not_searched] == [
        (Kind.DEVICE, SLIGHT, 1)
    ]
    assert search.not_searched[0].chance > 0


@pytest.mark.parametrize("place", [100, 39_999_000])
def test_a_short_value_is_looked_for_in_the_ends_of_a_large_file(place: int, tmp_path: Path) -> None:
    value = Value("residue", "x", Kind.DEVICE, "XQ-T5")
    data = bytearray(noise(40_000_000))
    data[place : place + 5] = b"XQ-T5"
    search = search_file([value], written(tmp_path / "file", data))
    assert [hit.at for hit in search.carried] == [place]
    assert [(note.reason, note.count) for note in search.not_searched if note.reason == ENDS] == [(ENDS, 1)]


@pytest.mark.parametrize(
    "word", ["VideoHandler", "SoundHandle", "isomiso2avc1mp41", "ICC_PROFILE", "Display P3"]
)
def test_a_word_of_every_clean_file_is_listed_and_not_searched(word: str, tmp_path: Path) -> None:
    path = written(tmp_path / "file", noise(3000), b"VideoHandler", word.encode(), noise(3000))
    search = search_file([Value("residue", "x", Kind.SOFTWARE, word)], path)
    assert search.carried == ()
    assert CONSTANT in {note.reason for note in search.not_searched}


def test_values_beyond_the_bound_are_counted_and_the_telling_ones_kept(tmp_path: Path) -> None:
    values = [Value("residue", "x", Kind.SOFTWARE, f"parameter {i:07}") for i in range(MOST + 50)]
    path = written(tmp_path / "file", noise(3000), SECRET.encode())
    search = search_file([*values, VALUE], path)
    assert [hit.value for hit in search.carried] == [VALUE] * len(search.carried)
    assert search.carried
    left = [note for note in search.not_searched if note.reason == LEFT_OUT]
    assert [(note.kind, note.count) for note in left] == [(Kind.SOFTWARE, 51)]


def test_a_value_in_the_name_or_the_report_is_found(tmp_path: Path) -> None:
    path = written(tmp_path / "file", noise(3000))
    texts = {"name": f"{SECRET}.mp4", "report": f'{{"x": "{SECRET.lower()}"}}'}
    assert {hit.place for hit in search_file([VALUE], path, texts).carried} == {"name", "report"}


def test_a_word_of_ours_in_a_report_is_no_hit(tmp_path: Path) -> None:
    path = written(tmp_path / "file", noise(3000))
    values = [
        Value("file", "folder", Kind.PERSON, "Camera"),
        Value("exiftool", "x", Kind.DEVICE, "GoPro Max"),
    ]
    texts = {"report": "settings of the camera; gopro max telemetry; cameras", "name": "clip-0001.mp4"}
    search = search_file(values, path, texts, ours="Camera settings, GoPro MAX telemetry")
    assert search.carried == ()


def test_part_of_a_longer_word_in_a_report_is_no_hit(tmp_path: Path) -> None:
    path = written(tmp_path / "file", noise(3000))
    values = [Value("file", "name", Kind.IDENTIFIER, "20230817")]
    assert search_file(values, path, {"report": "a0202308179 20230817b"}).carried == ()


def test_a_passing_check_says_what_it_covered_and_no_value(tmp_path: Path) -> None:
    path = written(tmp_path / "file", noise(3_210_987))
    result = check(search_file([VALUE, Value("residue", "x", Kind.DEVICE, "7")], path))
    assert (result.name, result.outcome, result.reason) == ("carry-over", Outcome.PASSED, "")
    assert result.scope.startswith("1 values of the original in ")
    assert "3.2 MB" in result.scope
    assert "1 further values are too short" in result.scope
    assert "987" not in result.scope


def test_a_failing_check_counts_kinds_and_quotes_no_value(tmp_path: Path) -> None:
    path = written(tmp_path / "file", noise(3000), SECRET.encode(), noise(3000))
    result = check(search_file([VALUE], path))
    assert result.outcome is Outcome.FAILED
    assert "1 serial" in result.reason
    assert SECRET not in result.reason + result.scope


def test_a_search_for_nothing_does_not_pass(tmp_path: Path) -> None:
    path = written(tmp_path / "file", noise(3000))
    assert check(search_file([], path)).outcome is Outcome.NOT_RUN


def test_without_an_engine_the_check_did_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "hyperscan", None)
    path = written(tmp_path / "file", SECRET.encode())
    search = search_for(Original(Memory(memoryview(b"")), (VALUE,), frozenset(), ()), path)
    assert search is None
    assert check(search).outcome is Outcome.NOT_RUN
    assert check(search).reason


def test_a_file_that_is_a_link_is_not_searched(tmp_path: Path) -> None:
    written(tmp_path / "file", noise(100))
    (tmp_path / "link").symlink_to(tmp_path / "file")
    with pytest.raises(NotRegular):
        search_file([VALUE], tmp_path / "link")


def test_standard_huffman_tables_are_in_every_clean_jpeg(tmp_path: Path) -> None:
    data = jpeg.encode()
    tables = data[data.index(b"\xff\xc4") :][:200]
    values = [Value("residue", "x", Kind.PICTURE, tables[at : at + 20]) for at in range(0, 180, 7)]
    search = search_file(values, written(tmp_path / "file", data))
    assert search.carried == ()


def test_memory_is_bounded_whatever_the_file_repeats(tmp_path: Path) -> None:
    path = written(tmp_path / "file", SECRET.encode() * 200_000)
    carried = search_file([VALUE], path).carried
    assert 1 <= len(carried) <= 20
