"""Files that are cut, lie about sizes, nest without end or stop being readable.

Whatever the bytes, the answer is a clean file or a `ScrubError`, soon and in little memory.
"""

from __future__ import annotations

import errno
import os
import time
import zlib
from functools import cache
from typing import TYPE_CHECKING

import pytest

import support
from scrubkit import formats
from scrubkit.errors import ScrubError
from scrubkit.model import Verdict
from scrubkit.specimens.builders import boxes
from scrubkit.specimens.builders.boxes import box, full, u32, u64
from scrubkit.specimens.builders.layout import Fragments, Layout
from scrubkit.specimens.builders.movie import mux
from scrubkit.specimens.builders.recordings import recording, tiny
from test_laws import CASES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FORMATS = tuple(sorted({case.format for case in CASES}))

MEBI = 1 << 20
PEAK = 300 * MEBI
SECONDS = 5.0


@cache
def small(name: str) -> bytes:
    """The smallest file that a format's cases make."""
    own = [case for case in CASES if case.format == name]
    return min((make() for case in own for make in (case.dirty, *dict(case.twins).values())), key=len)


def attempt(folder: Path, data: bytes) -> bytes | None:
    """Rebuild, or None if refused; whatever else is raised fails the test."""
    path = folder / "source"
    path.write_bytes(data)
    try:
        return support.rebuilt(path)
    except ScrubError:
        return None


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_cut_at_any_byte_is_refused_or_rebuilt(name: str, tmp_path: Path) -> None:
    data = small(name)
    for size in range(len(data)):
        out = attempt(tmp_path, data[:size])
        if out:
            assert attempt(tmp_path, out) == out, f"cut at {size}: what was rebuilt is not stable"


def test_a_fragmented_movie_cut_at_any_byte_is_refused_or_rebuilt(tmp_path: Path) -> None:
    data = mux(tiny(), Layout(brands=(b"qt  ",), quicktime=True, fragments=Fragments(by="sample")))
    for size in range(0, len(data), 3):
        out = attempt(tmp_path, data[:size])
        if out:
            assert attempt(tmp_path, out) == out, f"cut at {size}: what was rebuilt is not stable"


class Failing:
    """`os.pread` that works `count` times and then fails."""

    def __init__(self, count: int, real: Callable[[int, int, int], bytes]) -> None:
        self.left = count
        self.real = real

    def __call__(self, fd: int, size: int, at: int) -> bytes:
        self.left -= 1
        if self.left < 0:
            raise OSError(errno.EIO, "")
        return self.real(fd, size, at)


@pytest.mark.parametrize("name", FORMATS)
def test_a_source_that_fails_at_any_read_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, real = small(name), os.pread
    for count in range(1000):
        failing = Failing(count, real)
        monkeypatch.setattr(os, "pread", failing)
        result = support.clean(tmp_path, data)
        if failing.left >= 0:
            assert result.report.verdict is Verdict.CLEANED
            return
        assert result.data is None
        assert result.report.problem is not None
        assert result.report.problem.code in {"source-failed", "destination-failed"}
    pytest.fail("reads without end")


@pytest.mark.parametrize("name", FORMATS)
def test_a_source_that_gives_little_at_a_time_is_read_whole(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, real = small(name), os.pread
    expected = support.cleaned(tmp_path, data)
    monkeypatch.setattr(os, "pread", lambda fd, size, at: real(fd, min(size, 7), at))
    assert support.cleaned(tmp_path, data) == expected


VALUES_32 = (0, 1, 7, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
VALUES_64 = (0, 1, 7, 1 << 31, 1 << 63, (1 << 64) - 1)


def _extremes(data: bytes, start: int, stop: int, width: int, values: tuple[int, ...]) -> Iterator[bytes]:
    for at in range(start, stop - width + 1, 4):
        for value in values:
            yield data[:at] + value.to_bytes(width, "big") + data[at + width :]


def _check_all(folder: Path, files: Iterator[bytes]) -> None:
    for data in files:
        begun = time.perf_counter()
        attempt(folder, data)
        spent = time.perf_counter() - begun
        assert spent < SECONDS, f"{spent:.1f} s"


@pytest.mark.parametrize("fragmented", [False, True], ids=["plain", "fragmented"])
def test_extreme_32_bit_fields_of_a_movie_are_refused_or_survived(fragmented: bool, tmp_path: Path) -> None:
    layout = Layout(
        brands=(b"qt  ",), quicktime=True, moov="first", fragments=Fragments() if fragmented else None
    )
    data = mux(tiny(), layout)
    mdat = next(node for node in boxes.parse(data) if node.kind == b"mdat")
    _check_all(tmp_path, _extremes(data, 0, mdat.body, 4, VALUES_32))


def test_extreme_64_bit_fields_of_a_movie_are_refused_or_survived(tmp_path: Path) -> None:
    layout = Layout(
        brands=(b"qt  ",), quicktime=True, moov="first", mdat="long", co64=True, headers=1, edits="one"
    )
    data = mux(tiny(), layout)
    mdat = next(node for node in boxes.parse(data) if node.kind == b"mdat")
    _check_all(tmp_path, _extremes(data, 0, mdat.body, 8, VALUES_64))


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "isobmff"])
def test_extreme_16_bit_fields_of_other_formats_are_refused_or_survived(name: str, tmp_path: Path) -> None:
    data = small(name)[:1500]
    rest = small(name)[1500:]
    files = (
        data[:at] + value.to_bytes(2, "big") + data[at + 2 :] + rest
        for at in range(len(data) - 2)
        for value in (0, 1, 2, 7, 0x7FFF, 0xFFFF)
    )
    _check_all(tmp_path, files)


def _movie_with(moov: bytes) -> bytes:
    return box(b"ftyp", b"isom", u32(0), b"isom") + moov + box(b"mdat", bytes(64))


def _inside_stbl(*tables: bytes) -> bytes:
    """The plain tiny movie with boxes in front of those of its first sample table."""
    data = mux(tiny(), Layout(brands=(b"qt  ",), quicktime=True))
    stbl = boxes.find(data, "moov/trak/mdia/minf/stbl")
    return boxes.splice(data, stbl, stbl.body, 0, b"".join(tables))


def _edited(rows: bytes) -> bytes:
    edits = box(b"edts", full(b"elst", 0, 0, u32(len(rows) // 12), rows))
    layout = Layout(brands=(b"qt  ",), quicktime=True, edits="none", inside={"trak": edits})
    return mux(tiny(), layout)


def _patched(data: bytes, kind: bytes, offset: int, value: bytes) -> bytes:
    """The file with bytes of every box of a kind overwritten, `offset` counted from the body's start."""
    out = bytearray(data)
    for node in boxes.every(data):
        if node.kind == kind:
            out[node.body + offset : node.body + offset + len(value)] = value
    return bytes(out)


def _bomb() -> bytes:
    zeros = zlib.compressobj(9)
    packed = b"".join(zeros.compress(bytes(MEBI)) for _ in range(1024)) + zeros.flush()
    cmov = box(b"cmov", box(b"dcom", b"zlib"), box(b"cmvd", u32(1 << 30), packed))
    return _movie_with(box(b"moov", cmov))


def _compressed_again() -> bytes:
    inner = b"".join((box(b"mvhd", bytes(100)),))
    for _ in range(50):
        whole = box(b"moov", inner)
        inner = box(b"cmov", box(b"dcom", b"zlib"), box(b"cmvd", u32(len(whole)), zlib.compress(whole)))
    return _movie_with(box(b"moov", inner))


HUGE = 0xFFFFFFFF

BOMBS: dict[str, Callable[[], bytes]] = {
    **{
        f"10000 {kind.decode()} in one another": lambda kind=kind: _movie_with(boxes.nested(kind, 10_000))  # type: ignore[misc]
        for kind in (b"moov", b"trak", b"udta", b"meta", b"moof", b"uuid", b"free", b"cmov", b"edts")
    },
    "10000 udta in a movie header": lambda: _movie_with(box(b"moov", boxes.nested(b"udta", 10_000))),
    "10000 wave in a sample entry": lambda: _inside_stbl(
        full(b"stsd", 0, 0, u32(1), box(b"twos", bytes(28), boxes.nested(b"wave", 10_000)))
    ),
    "10000 sinf in a sample entry": lambda: _inside_stbl(
        full(b"stsd", 0, 0, u32(1), box(b"avc1", bytes(78), boxes.nested(b"sinf", 10_000)))
    ),
    "100000 boxes of 8 bytes": lambda: _movie_with(box(b"free") * 100_000),
    "1000000 boxes of 8 bytes": lambda: _movie_with(box(b"free") * 1_000_000),
    "100000 boxes of size 0": lambda: _movie_with(boxes.box_to_end(b"free") * 100_000),
    "100000 boxes of size 0 in a movie header": lambda: _movie_with(
        box(b"moov", boxes.box_to_end(b"free") * 100_000)
    ),
    "100000 boxes of 8 bytes in a movie header": lambda: _movie_with(box(b"moov", box(b"free") * 100_000)),
    "100000 tracks": lambda: _movie_with(box(b"moov", box(b"mvhd", bytes(100)), box(b"trak") * 100_000)),
    "100000 user data items": lambda: _movie_with(
        box(b"moov", box(b"udta", box(b"\xa9xyz", bytes(4)) * 100_000))
    ),
    "100000 fragments": lambda: mux(tiny(), Layout(fragments=Fragments())) + box(b"moof") * 100_000,
    "samples without data": lambda: _inside_stbl(full(b"stsz", 0, 0, u32(1, HUGE))),
    "samples of no size": lambda: _inside_stbl(full(b"stsz", 0, 0, u32(0, HUGE))),
    "durations without end": lambda: _inside_stbl(full(b"stts", 0, 0, u32(1, HUGE, 1))),
    "offsets without end": lambda: _inside_stbl(full(b"ctts", 0, 0, u32(1, 0x80000000, 1))),
    "chunks without end": lambda: _inside_stbl(full(b"stsc", 0, 0, u32(1, 1, HUGE, 1))),
    "many rows of no samples": lambda: _inside_stbl(full(b"stts", 0, 0, u32(1 << 20), u32(0, 1) * (1 << 20))),
    "many rows of many samples": lambda: _inside_stbl(
        full(b"ctts", 0, 0, u32(1 << 20), u32(HUGE, 1) * (1 << 20))
    ),
    "many empty edits": lambda: _edited(u32(1, HUGE, 1 << 16) * (1 << 16)),
    "many edits": lambda: _edited(u32(1, 0, 1 << 16) * (1 << 16)),
    "runs without data": lambda: (
        mux(tiny(), Layout(fragments=Fragments()))
        + box(
            b"moof",
            full(b"mfhd", 0, 0, u32(9)),
            box(b"traf", full(b"tfhd", 0, 0, u32(1)), full(b"trun", 0, 0, u32(HUGE))),
        )
    ),
    "runs of no size": lambda: (
        mux(tiny(), Layout(fragments=Fragments()))
        + box(
            b"moof",
            full(b"mfhd", 0, 0, u32(9)),
            box(b"traf", full(b"tfhd", 0, 0x30, u32(1, 0, 0)), full(b"trun", 0, 0, u32(HUGE))) * 100,
        )
    ),
    "decode time at the end of all time": lambda: mux(
        tiny(), Layout(fragments=Fragments(clock=(1 << 63) // 8001))
    ),
    "a compressed movie header of a gibibyte": _bomb,
    "a compressed movie header in itself": _compressed_again,
    "a box larger than any disk": lambda: _movie_with(u32(1) + b"moov" + u64((1 << 64) - 1)),
    "a box smaller than its own header": lambda: _movie_with(u32(1) + b"moov" + u64(15)),
    "sound frames that take no time": lambda: _patched(
        mux(recording("pcm-be24"), Layout(brands=(b"qt  ",), quicktime=True, fragments=Fragments())),
        b"tfhd",
        8,
        u32(0),
    ),
    "a movie of no length": lambda: _patched(
        mux(tiny(), Layout(brands=(b"qt  ",), quicktime=True)), b"mdhd", 12, u32(0x7FFFFFFF)
    ),
    "a sound rate that its samples contradict": lambda: _patched(
        mux(recording("ac3"), Layout()), b"dac3", 0, b"\x50"
    ),
    "nothing": lambda: b"",
    "four bytes": lambda: b"ftyp",
    "only a file type": lambda: box(b"ftyp", b"isom", u32(0)),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_or_cleaned_in_little_time_and_memory(name: str, tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(BOMBS[name]())
    cost = support.measured(path)
    assert cost.errors == ""
    assert cost.verdict in {"cleaned", "refused"}, cost.problem
    assert cost.output is (cost.verdict == "cleaned")
    assert cost.left == 0
    assert cost.seconds < SECONDS
    assert cost.peak < PEAK


GAP = 5 << 30


def test_five_gibibytes_of_nothing_before_the_samples_cost_little(tmp_path: Path) -> None:
    data = mux(tiny(), Layout(brands=(b"qt  ",), quicktime=True, mdat="long", co64=True))
    mdat, moov = boxes.find(data, "mdat"), boxes.find(data, "moov")
    header = bytearray(data[moov.start : moov.end])
    for node in boxes.every(bytes(header)):
        if node.kind == b"co64":
            for at in range(node.body + 8, node.end, 8):
                header[at : at + 8] = u64(int.from_bytes(header[at : at + 8], "big") + GAP)
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.write(data[: mdat.start] + u32(1) + b"mdat" + u64(mdat.end - mdat.start + GAP))
        file.seek(mdat.body + GAP)
        file.write(data[mdat.body : mdat.end] + header)
    cost = support.measured(path)
    assert cost.verdict == "cleaned", cost
    assert cost.seconds < SECONDS
    assert cost.peak < PEAK


def test_the_smallest_files_are_small_enough_to_be_cut_at_every_byte() -> None:
    assert all(len(small(name)) < 4096 for name in FORMATS)
    assert all(formats.identify(small(name)[: formats.HEAD]) for name in FORMATS)
