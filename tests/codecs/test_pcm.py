"""PCM: one canonical entry per layout of bytes."""

from __future__ import annotations

import pytest

from scrubkit.codecs import pcm
from scrubkit.errors import Malformed, Unsupported


@pytest.mark.parametrize(
    ("entry", "bits", "little", "expected"),
    [
        ("sowt", 16, False, ("sowt", 16, True)),
        ("twos", 16, False, ("twos", 16, False)),
        ("sowt", 8, False, ("twos", 8, False)),
        ("twos", 24, False, ("in24", 24, False)),
        ("raw ", 8, False, ("raw ", 8, False)),
        ("NONE", 16, False, ("twos", 16, False)),
        ("in24", 16, True, ("in24", 24, True)),
        ("in32", 16, False, ("in32", 32, False)),
        ("fl32", 32, True, ("fl32", 32, True)),
        ("fl64", 64, False, ("fl64", 64, False)),
        ("ulaw", 16, False, ("ulaw", 16, False)),
    ],
)
def test_quicktime_entries(entry: str, bits: int, little: bool, expected: tuple[str, int, bool]) -> None:
    layout = pcm.quicktime(entry, 2, bits, little=little)
    assert (layout.entry, layout.bits, layout.little) == expected


@pytest.mark.parametrize(
    ("bits", "flags", "expected"),
    [
        (16, 4 | 8, ("sowt", True)),
        (16, 2 | 4 | 8, ("twos", False)),
        (24, 4 | 8, ("in24", True)),
        (32, 1 | 8, ("fl32", True)),
        (64, 1 | 2 | 8, ("fl64", False)),
        (8, 8, ("raw ", False)),
        (8, 4 | 8, ("twos", False)),
    ],
)
def test_core_audio_flags(bits: int, flags: int, expected: tuple[str, bool]) -> None:
    layout = pcm.lpcm(2, bits, flags, 2 * bits // 8)
    assert (layout.entry, layout.little) == expected


def test_iso_entries_say_their_order_in_pcmc() -> None:
    assert pcm.iso("ipcm", 1, bytes((0, 0, 0, 0, 1, 24))) == pcm.quicktime("in24", 1, 24, little=True)
    assert pcm.iso("fpcm", 1, bytes((0, 0, 0, 0, 0, 32))) == pcm.quicktime("fl32", 1, 32)


def test_the_same_bytes_have_the_same_layout_in_any_container() -> None:
    assert pcm.wave(2, 16) == pcm.quicktime("sowt", 2, 16) == pcm.lpcm(2, 16, 12, 4)
    assert pcm.wave(1, 8) == pcm.quicktime("raw ", 1, 8)


def test_a_frame_is_one_sample_of_each_channel() -> None:
    assert pcm.quicktime("in24", 6, 24).frame_size == 18
    assert pcm.quicktime("ulaw", 2, 16).frame_size == 2


@pytest.mark.parametrize("flags_size", [(4 | 32, 4), (4, 8), (0, 4)], ids=["planar", "unpacked", "unsigned"])
def test_layouts_without_an_entry_are_refused(flags_size: tuple[int, int]) -> None:
    with pytest.raises(Unsupported):
        pcm.lpcm(2, 16, *flags_size)


def test_unknown_entries_are_refused() -> None:
    with pytest.raises(Unsupported):
        pcm.quicktime("ima4", 2, 16)


def test_no_channels_is_refused() -> None:
    with pytest.raises(Unsupported):
        pcm.quicktime("twos", 0, 16)


def test_a_short_pcmc_is_malformed() -> None:
    with pytest.raises(Malformed):
        pcm.iso("ipcm", 1, bytes(5))
