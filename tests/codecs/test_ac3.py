"""AC-3 and Enhanced AC-3 samples: coded sound crosses, information that is free becomes zero."""

from __future__ import annotations

import random
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecs_samples import filtered, heard, keys
from scrubkit.codecs import ac3, ac3_checksum
from scrubkit.errors import Malformed, ScrubError, Unsupported
from scrubkit.essence import Sound
from scrubkit.model import Policy, Residual
from scrubkit.specimens.builders import ac3 as build
from scrubkit.specimens.builders.codecs_other import bits_of, bytes_of, packed
from scrubkit.specimens.builders.encoded import Coded, decoded, sound

if TYPE_CHECKING:
    from collections.abc import Sequence

SECRET = b"\xa5canary\x5a"
CODECS = ("ac3", "eac3")
TALKATIVE = {"mixing_level": "105", "room_type": "large", "copyright": "1", "original": "1"}
SILENT = {"mixing_level": "80", "room_type": "notindicated", "copyright": "0", "original": "0"}


@cache
def coded(codec: str = "ac3", layout: str = "stereo", rate: int = 48000, **options: str) -> Coded:
    return sound(codec, sample_format="fltp", layout=layout, rate=rate, seconds=0.3, options=options)


def walker(codec: str = "ac3") -> ac3.Ac3Filter:
    return ac3.sample_filter(Sound(codec, "ac-3", 2, 48000), Policy())


def through(walk: ac3.Ac3Filter, packets: Sequence[bytes]) -> list[bytes]:
    return [filtered(walk, packet) for packet in packets]


def fits(frame: bytes) -> bool:
    """Whether all checksums do."""
    part = ((len(frame) >> 2) + (len(frame) >> 4)) << 1
    return build.crc(frame[2:]) == 0 and (build.enhanced(frame) or build.crc(frame[2:part]) == 0)


@given(st.binary(max_size=200))
def test_a_checksum_is_what_bit_by_bit_division_leaves(data: bytes) -> None:
    value = int.from_bytes(data)
    assert ac3_checksum.trailing(value) == build.crc(data)
    first = ac3_checksum.leading(value, 8 * len(data))
    assert build.crc(first.to_bytes(2) + data) == 0


@pytest.mark.parametrize("codec", CODECS)
class TestBoth:
    @pytest.mark.parametrize("layout", ["mono", "stereo", "5.1"])
    def test_information_of_no_use_becomes_zero_and_sound_the_same(self, codec: str, layout: str) -> None:
        source = coded(codec, layout, **TALKATIVE)
        walk = walker(codec)
        out = through(walk, source.packets)
        assert decoded(codec, b"", out) == decoded(codec, b"", source.packets)
        assert out == through(walker(codec), coded(codec, layout, **SILENT).packets)
        assert keys(walk) == {"ac3/information"}
        assert all(map(fits, out))

    def test_clean_frames_are_a_fixed_point(self, codec: str) -> None:
        out = through(walker(codec), coded(codec, **TALKATIVE).packets)
        again = walker(codec)
        assert through(again, out) == out
        assert again.dropped() == ()

    def test_auxiliary_data_becomes_zero(self, codec: str) -> None:
        frame = build.with_auxiliary_data(coded(codec).packets[0], SECRET)
        assert fits(frame)
        out = filtered(walker(codec), frame)
        said = 8 * len(SECRET) + 14 + 1
        assert set(bits_of(out)[-18 - said + 1 : -17]) == {"0"}
        assert SECRET not in out
        assert fits(out)

    def test_additional_information_becomes_zero(self, codec: str) -> None:
        frame = build.with_additional_information(coded(codec).packets[0], SECRET)
        assert bits_of(SECRET) in bits_of(frame)
        out = filtered(walker(codec), frame)
        assert len(out) == len(frame)
        assert bits_of(SECRET) not in bits_of(out)
        assert fits(out)

    def test_the_end_of_a_damaged_frame_is_left_to_decoders(self, codec: str) -> None:
        frame = build.with_auxiliary_data(coded(codec, **TALKATIVE).packets[0], SECRET)
        frame = frame[:-1] + bytes((frame[-1] ^ 0x55,))
        out = filtered(walker(codec), frame)
        assert out != frame
        assert out[-20:] == frame[-20:]
        assert not fits(out)
        assert filtered(walker(codec), out) == out

    def test_damaged_frames_sound_the_same(self, codec: str) -> None:
        packets = coded(codec, **TALKATIVE).packets
        for seed in range(40):
            chance = random.Random(seed)
            dirty = [bytearray(packet) for packet in packets]
            for _ in range(3):
                changed = chance.choice(dirty)
                changed[chance.choice((chance.randrange(9, 24), chance.randrange(-9, 0)))] ^= 1 << seed % 8
            source = list(map(bytes, dirty))
            out = through(walker(codec), source)
            assert heard(codec, out) == heard(codec, source), seed

    def test_a_reserved_bit_at_the_end_becomes_zero(self, codec: str) -> None:
        frame = bytearray(coded(codec, **SILENT).packets[0])
        frame[-3] |= 1
        assert filtered(walker(codec), build.sealed(bytes(frame))) == coded(codec, **SILENT).packets[0]

    def test_what_skip_fields_may_hold_is_reported(self, codec: str) -> None:
        walk = walker(codec)
        through(walk, coded(codec).packets)
        assert [(row.what, row.count) for row in walk.remaining()] == [
            (Residual.UNWALKED_SAMPLES, len(coded(codec).packets))
        ]

    def test_bytes_after_a_frame_are_malformed(self, codec: str) -> None:
        with pytest.raises(Malformed):
            filtered(walker(codec), coded(codec).packets[0] + SECRET)

    def test_frames_of_another_rate_than_the_entry_says_are_refused(self, codec: str) -> None:
        with pytest.raises(Unsupported):
            through(walker(codec), coded(codec, "stereo", 44100).packets)

    @settings(deadline=None)
    @given(st.data())
    def test_damaged_frames_are_a_fixed_point_or_refused(self, codec: str, data: st.DataObject) -> None:
        frame = bytearray(coded(codec).packets[0])
        for _ in range(data.draw(st.integers(1, 4))):
            frame[data.draw(st.integers(-4, 30))] = data.draw(st.integers(0, 255))
        try:
            once = filtered(walker(codec), bytes(frame))
        except ScrubError:
            return
        assert filtered(walker(codec), once) == once


def test_a_checksum_in_the_middle_carries_no_more_than_that_it_does_not_fit() -> None:
    frame = coded("ac3", **SILENT).packets[0]
    crossed = {filtered(walker(), frame[:2] + bytes((i, 0x55)) + frame[4:]) for i in range(20)}
    assert len(crossed) == 1


def test_time_codes_and_production_data_become_zero() -> None:
    size = 768
    start = [(16, 0x0B77), (16, 0), (2, 0), (6, 20), (5, 8), (3, 0), (3, 2), (2, 0), (1, 0), (5, 27), (1, 0)]
    said = [(1, 1), (8, 0xC3), (1, 1), (7, 0x55), (2, 3), (1, 1), (14, 0x2AAA), (1, 1), (14, 0x1555), (1, 0)]
    silent = [(1, 1), (8, 0), (1, 1), (7, 0), (2, 0), (1, 1), (14, 0), (1, 1), (14, 0), (1, 0)]
    out = filtered(walker(), build.sealed(packed(*start, *said).ljust(size, b"\0")))
    assert out == build.sealed(packed(*start, *silent).ljust(size, b"\0"))


def test_the_record_says_what_the_frames_are() -> None:
    walk = walker()
    through(walk, coded("ac3", "5.1").packets)
    assert ac3.rebuild_ac3(walk.entry().record).channels == 6
    walk = walker("eac3")
    through(walk, coded("eac3").packets)
    assert ac3.rebuild_eac3(walk.entry().record).channels == 2


SIZE = 512
DUAL, STEREO = 0, 2


def enhanced(
    *said: tuple[int, int], stream: int = 0, blocks: int = 3, acmod: int = STEREO, tail: str = ""
) -> bytes:
    """An Enhanced AC-3 frame with fields from mixmdate on, and bits in front of its checksum."""
    head = [(16, 0x0B77), (2, stream), (3, 0), (11, SIZE // 2 - 1), (2, 0), (2, blocks), (3, acmod), (1, 0)]
    head += [(5, 16), (5, 27), (1, 0)]
    if acmod == DUAL:
        head += [(5, 27), (1, 0)]
    if stream == 1:
        head += [(1, 0)]
    bits = bits_of(packed(*head, *said).ljust(SIZE, b"\0"))
    return build.sealed(bytes_of(bits[: len(bits) - 16 - len(tail)] + tail + "0" * 16))


NO, YES = (1, 0), (1, 1)
LEFT = [NO, NO, NO]
"""No scale for the programme, a second one, or one of another stream."""
TEXT = [(8, byte) for byte in SECRET]


class TestEnhanced:
    @pytest.mark.parametrize(
        ("dirty", "clean", "other"),
        [
            ([YES, NO, NO, (2, 2), (12, 0xABC), NO], [YES, NO, NO, (2, 2), (12, 0), NO], {}),
            (
                [YES, NO, NO, (2, 3), (5, 6), *TEXT, NO],
                [YES, NO, NO, (2, 3), (5, 6), (64, 0), NO],
                {},
            ),
            (
                [YES, NO, NO, NO, (2, 1), (5, 21), YES, (8, 9), (6, 33), YES, (8, 7), (6, 21), NO],
                [YES, NO, NO, NO, (2, 1), (5, 21), YES, (8, 9), (6, 0), YES, (8, 7), (6, 0), NO],
                {"acmod": DUAL},
            ),
            (
                [YES, YES, (6, 51), YES, (6, 50), (2, 0), YES, YES, (5, 3), NO, YES, (3, 1), (2, 3)],
                [YES, YES, (6, 51), YES, (6, 50), (2, 0), YES, YES, (5, 3), NO, YES, (3, 1), (2, 0)],
                {"blocks": 1},
            ),
            (
                [NO, YES, (3, 2), (2, 3), (4, 5), YES, (8, 0xFF), YES, NO],
                [NO, YES, (3, 2), (2, 0), (4, 5), YES, (8, 0), NO, NO],
                {},
            ),
            (
                [NO, NO, YES, YES, (6, 7), *TEXT],
                [NO, NO, YES, YES, (6, 7), (64, 0)],
                {"blocks": 1},
            ),
            (
                [YES, NO, YES, (6, 7), *TEXT],
                [YES, NO, YES, (6, 7), (64, 0)],
                {"stream": 1, "acmod": 1},
            ),
            (
                [NO, NO, (6, 21), YES, (6, 7), *TEXT],
                [NO, NO, (6, 21), YES, (6, 7), (64, 0)],
                {"stream": 2},
            ),
        ],
        ids=["mixing 2", "mixing 3", "panning", "blocks", "production", "convsync", "dependent", "converted"],
    )
    def test_free_fields_become_zero_and_others_stay(
        self, dirty: list[tuple[int, int]], clean: list[tuple[int, int]], other: dict[str, Any]
    ) -> None:
        assert filtered(walker("eac3"), enhanced(*dirty, **other)) == enhanced(*clean, **other)

    def test_that_sound_has_objects_stays(self) -> None:
        dirty = enhanced(NO, NO, YES, (6, 9), (7, 0x55), (1, 1), (8, 16), *TEXT)
        clean = enhanced(NO, NO, YES, (6, 9), (7, 0), (1, 1), (8, 16), (64, 0))
        assert filtered(walker("eac3"), dirty) == clean

    def test_a_count_of_objects_out_of_range_does_not_stay(self) -> None:
        dirty = enhanced(NO, NO, YES, (6, 1), (7, 0x55), (1, 1), (8, 17))
        assert filtered(walker("eac3"), dirty) == enhanced(NO, NO, YES, (6, 1), (16, 0))

    def test_metadata_of_objects_stays_where_the_sound_has_some(self) -> None:
        tail = bits_of(b"\x58\x38\x00\x04abcd") + f"{64:014b}" + "10"
        objects = [NO, NO, YES, (6, 1), (8, 1), (8, 12)]
        assert filtered(walker("eac3"), enhanced(*objects, tail=tail)) == enhanced(*objects, tail=tail)
        assert filtered(walker("eac3"), enhanced(NO, NO, NO, tail=tail)) == enhanced(NO, NO, NO)

    def test_a_dependent_stream_has_the_objects_of_the_one_before(self) -> None:
        tail = bits_of(b"\x58\x38\x00\x04abcd") + f"{64:014b}" + "10"
        first = enhanced(NO, NO, YES, (6, 1), (8, 1), (8, 12))
        second = enhanced(NO, NO, NO, stream=1, tail=tail)
        assert filtered(walker("eac3"), first + second) == first + second
