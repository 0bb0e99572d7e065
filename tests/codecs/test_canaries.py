"""A word in every place of a coded stream that could hold one, through the whole pipeline.

Every SEI, NAL unit, OBU, metadata, start code, element and extension type of the codings that
phones use: what is planted there is gone from the clean file, or the file is refused.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import support
from scrubkit.model import Verdict
from scrubkit.specimens.builders import bitsearch
from scrubkit.specimens.builders.boxes import u8, u16, u32
from scrubkit.specimens.builders.layout import Layout
from scrubkit.specimens.builders.movie import mux
from scrubkit.specimens.builders.payload_plants import sei, unit
from scrubkit.specimens.builders.recordings import Recording, Sample, Stream, recording

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WORD = b"ridgeback-%03d-plover"
"""No two bytes of it are alike enough to be met by chance, at whatever bit it begins."""

KINDS = range(256)
REFUSED = {"h264": frozenset[int](), "hevc": frozenset({135})}
"""SEI types for which a file is refused: `no_display` hides a picture."""


def word(number: int) -> bytes:
    return WORD % number


def stream(name: str) -> Stream:
    """The picture of a recording, or its sound if it has no picture; a few samples of it."""
    found = recording(name).streams[0]
    return replace(found, samples=found.samples[:4])


def changed(source: Stream, change: Callable[[bytes], bytes]) -> Stream:
    samples: tuple[Sample, ...] = tuple(replace(each, data=change(each.data)) for each in source.samples)
    return replace(source, samples=samples)


def clean(folder: Path, made: Stream) -> support.Cleaned:
    return support.clean(
        folder, mux(Recording("planted", (made,), quicktime=made.codec == "mjpeg"), Layout())
    )


def gone(folder: Path, made: Stream, *words: bytes) -> None:
    """Fail if any of the words is in the clean file; a refusal is as good."""
    result = clean(folder, made)
    assert result.report.verdict in {Verdict.CLEANED, Verdict.REFUSED}, result.report.problem
    if result.data is not None:
        assert [each for each in words if bitsearch.holds(result.data, each)] == []


def crossed(folder: Path, made: Stream) -> None:
    """The control: without a word the same change is cleaned."""
    assert clean(folder, made).report.verdict is Verdict.CLEANED


@pytest.mark.parametrize(
    ("name", "header", "behind"),
    [("h264-plain", b"\x06", False), ("hevc", b"\x4e\x01", False), ("hevc", b"\x50\x01", True)],
    ids=["H.264", "H.265 prefix", "H.265 suffix"],
)
class TestSei:
    def test_no_type_carries_a_word(self, tmp_path: Path, name: str, header: bytes, behind: bool) -> None:
        source = stream(name)
        kinds = [kind for kind in KINDS if kind not in REFUSED[source.codec]]
        units = b"".join(unit(header + sei(kind, word(kind))) for kind in kinds)
        made = changed(source, lambda data: data + units if behind else units + data)
        result = clean(tmp_path, made)
        assert result.data is not None, result.report.problem
        assert [kind for kind in kinds if bitsearch.holds(result.data, word(kind))] == []

    def test_no_type_carries_a_word_beside_others_in_one_unit(
        self, tmp_path: Path, name: str, header: bytes, behind: bool
    ) -> None:
        source = stream(name)
        kinds = [kind for kind in KINDS if kind not in REFUSED[source.codec]]
        body = b"".join(sei(kind, word(kind))[:-1] for kind in kinds) + b"\x80"
        made = changed(
            source, lambda data: data + unit(header + body) if behind else unit(header + body) + data
        )
        result = clean(tmp_path, made)
        assert result.data is not None, result.report.problem
        assert [kind for kind in kinds if bitsearch.holds(result.data, word(kind))] == []


@pytest.mark.parametrize("kind", sorted(REFUSED["hevc"]))
def test_a_picture_that_hides_is_refused(tmp_path: Path, kind: int) -> None:
    made = changed(stream("hevc"), lambda data: unit(b"\x4e\x01" + sei(kind, b"")) + data)
    assert clean(tmp_path, made).report.verdict is Verdict.REFUSED


@pytest.mark.parametrize("reference", [0x00, 0x60])
@pytest.mark.parametrize("kind", sorted(set(range(32)) - {1, 5}))
def test_no_h264_nal_unit_but_slices_carries_a_word(tmp_path: Path, kind: int, reference: int) -> None:
    planted = unit(u8(reference | kind) + word(kind))
    gone(tmp_path, changed(stream("h264-plain"), lambda data: planted + data + planted), word(kind))


SLICES = frozenset({*range(10), *range(16, 22)})


@pytest.mark.parametrize("layer", [0, 1, 63])
@pytest.mark.parametrize("kind", range(64))
def test_no_h265_nal_unit_but_slices_of_the_base_layer_carries_a_word(
    tmp_path: Path, kind: int, layer: int
) -> None:
    if kind in SLICES and not layer:
        return
    planted = unit(u16(kind << 9 | layer << 3 | 1) + word(kind))
    gone(tmp_path, changed(stream("hevc"), lambda data: planted + data + planted), word(kind))


def obu(kind: int, payload: bytes, *, extension: bool = False) -> bytes:
    head = u8(kind << 3 | extension << 2 | 2) + (b"\0" if extension else b"")
    return head + u8(len(payload)) + payload


@pytest.mark.parametrize("extension", [False, True])
@pytest.mark.parametrize("kind", sorted(set(range(16)) - {3, 4, 6, 7}))
def test_no_obu_but_frames_carries_a_word(tmp_path: Path, kind: int, extension: bool) -> None:
    planted = obu(kind, word(kind) + b"\x80", extension=extension)
    gone(tmp_path, changed(stream("av1"), lambda data: planted + data + planted), word(kind))


def test_no_av1_metadata_carries_a_word(tmp_path: Path) -> None:
    planted = b"".join(obu(5, u8(kind) + word(kind) + b"\x80") for kind in range(128))
    made = changed(stream("av1"), lambda data: planted + data)
    result = clean(tmp_path, made)
    assert result.data is not None, result.report.problem
    assert [kind for kind in range(128) if bitsearch.holds(result.data, word(kind))] == []


@pytest.mark.parametrize("code", sorted(set(KINDS) - {0xB6}))
def test_no_start_code_of_mpeg4_but_pictures_carries_a_word(tmp_path: Path, code: int) -> None:
    planted = b"\0\0\1" + u8(code) + word(code)
    source = stream("mpeg4")
    made = changed(source, lambda data: planted + data + planted)
    gone(tmp_path, replace(made, specific=source.specific + planted), word(code))


def fill(kind: int, payload: bytes) -> tuple[int, int]:
    """A fill element (14496-3 §4.4.2.7) as a number and how many bits it has."""
    body = (kind << 4 | 5).to_bytes(1) + payload
    return ((6 << 4 | 15) << 8 | (len(body) - 14)) << 8 * len(body) | int.from_bytes(body), 15 + 8 * len(body)


def element(kind: int, payload: bytes) -> tuple[int, int]:
    """An element of another kind, with tag 0 and, for data streams, a count; then a word."""
    head, width = kind << 4, 7
    if kind == 4:
        head, width = head << 9 | len(payload), 16
    return head << 8 * len(payload) | int.from_bytes(payload), width + 8 * len(payload)


def program(payload: bytes) -> tuple[int, int]:
    """A program_config_element of one pair, with a comment."""
    bits = f"{5:03b}{0:04b}{1:02b}{3:04b}{1:04b}" + "0" * 4 * 2 + "00" + "000" + "0000" + "000" + "10000"
    bits += "0" * (-len(bits) % 8) + f"{len(payload):08b}" + "".join(f"{byte:08b}" for byte in payload)
    return int(bits, 2), len(bits)


def before(data: bytes, plant: tuple[int, int]) -> bytes:
    bits, count = plant
    size = len(data) * 8 + count
    return ((bits << len(data) * 8 | int.from_bytes(data)) << -size % 8).to_bytes((size + 7) // 8)


def at_the_end(data: bytes, plant: tuple[int, int]) -> bytes:
    """Between the last element of a block and its END, which is three ones before zeros."""
    value, size = int.from_bytes(data), len(data) * 8
    zeros = (value & -value).bit_length() - 1
    value, size = value >> zeros + 3, size - zeros - 3
    bits, count = plant
    size += count + 3
    return (((value << count | bits) << 3 | 7) << -size % 8).to_bytes((size + 7) // 8)


def elements() -> dict[str, tuple[int, int]]:
    found = {f"fill {kind}": fill(kind, word(kind)) for kind in range(16)}
    found |= {f"element {kind}": element(kind, word(kind)) for kind in (2, 3, 4, 7)}
    return found | {"program": program(word(5))}


@pytest.mark.parametrize("place", [before, at_the_end], ids=["first", "last"])
@pytest.mark.parametrize("name", elements())
def test_no_element_of_aac_but_sound_carries_a_word(
    tmp_path: Path, name: str, place: Callable[[bytes, tuple[int, int]], bytes]
) -> None:
    plant = elements()[name]
    number = int(name.rsplit(maxsplit=1)[-1]) if name != "program" else 5
    made = changed(stream("aac"), lambda data: place(data, plant))
    gone(tmp_path, made, word(number))


@pytest.mark.parametrize("name", ["h264-plain", "hevc", "av1", "mpeg4", "aac"])
def test_the_streams_are_cleaned_without_a_word(tmp_path: Path, name: str) -> None:
    crossed(tmp_path, stream(name))


def test_the_end_of_a_block_is_where_it_is_looked_for(tmp_path: Path) -> None:
    crossed(tmp_path, changed(stream("aac"), lambda data: at_the_end(data, (6 << 4, 7))))


@pytest.mark.parametrize("marker", [0xFE, 0xF0, 0xFD, *range(0xE0, 0xF0)])
def test_no_segment_of_motion_jpeg_carries_a_word(tmp_path: Path, marker: int) -> None:
    planted = u8(0xFF, marker) + u16(2 + len(word(marker))) + word(marker)
    made = changed(stream("mjpeg"), lambda data: data[:2] + planted + data[2:] + word(marker))
    gone(tmp_path, made, word(marker))


def test_lengths_of_no_bytes_hide_nothing(tmp_path: Path) -> None:
    gone(tmp_path, changed(stream("h264-plain"), lambda data: data + u32(0) + word(0)), word(0))
