"""MP3 samples: what frames decode crosses, bit for bit; what lies between their main data doesn't."""

from __future__ import annotations

import random
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import codecs_samples
from codecs_samples import filtered, keys
from scrubkit.codecs import Run, mp3
from scrubkit.codecs._crc import crc16
from scrubkit.errors import Malformed, ScrubError, Unsupported
from scrubkit.essence import Sound
from scrubkit.model import Policy, Residual
from scrubkit.specimens.builders import mpeg_audio
from scrubkit.specimens.builders.encoded import decoded, sound

if TYPE_CHECKING:
    from collections.abc import Sequence

SECRET = b"\xa5canary\x5a"

KINDS = {
    "stereo": ("stereo", 44100, {}),
    "mono": ("mono", 48000, {}),
    "half rate": ("stereo", 22050, {}),
    "half rate, mono": ("mono", 24000, {}),
    "quarter rate": ("mono", 8000, {"b": "8000"}),
    "no reservoir": ("stereo", 48000, {"reservoir": "0"}),
    "much reservoir": ("stereo", 44100, {"b": "160000"}),
    "variable": ("stereo", 44100, {"compression_level": "2"}),
}


@cache
def coded(kind: str = "stereo") -> tuple[bytes, ...]:
    layout, rate, options = KINDS[kind]
    made = sound(
        "libmp3lame", sample_format="fltp", layout=layout, rate=rate, seconds=0.8, options=dict(options)
    )
    return made.packets


def walker() -> mp3.Mp3Filter:
    return mp3.sample_filter(Sound("mp3", "mp4a", 2, 48000), Policy())


def through(packets: Sequence[bytes], each: int = 7, walk: mp3.Mp3Filter | None = None) -> list[bytes]:
    """What crosses of packets that a writer shows in runs of so many."""
    walk = walk or walker()
    out: list[bytes] = []
    for i in range(0, len(packets), each):
        part = packets[i : i + each]
        edges = list(accumulate(map(len, part), initial=0))
        data = bytearray(b"".join(part))
        run = Run(memoryview(bytes(data)), 1000, edges, b"", map(memoryview, packets[i + each :]))
        number = 0
        while number < len(part):
            found = walk.skim(run, number)
            for place, value in found.changes:
                data[place] = value
            number += found.count
            if number < len(part):
                data[edges[number] : edges[number + 1]] = filtered(walk, part[number])
                number += 1
        out += (bytes(data[edges[n] : edges[n + 1]]) for n in range(len(part)))
    return out


def heard(packets: Sequence[bytes]) -> object:
    return decoded("mp3float", b"", tuple(packets))


@pytest.mark.parametrize("kind", KINDS)
class TestEncoded:
    def test_sound_is_the_same(self, kind: str) -> None:
        assert heard(through(coded(kind))) == heard(coded(kind))

    def test_sizes_are_the_same(self, kind: str) -> None:
        assert list(map(len, through(coded(kind)))) == list(map(len, coded(kind)))

    def test_what_fills_the_reservoir_does_not_matter(self, kind: str) -> None:
        dirty = mpeg_audio.refilled(coded(kind), SECRET)
        assert heard(dirty) == heard(coded(kind))
        assert through(dirty) == through(coded(kind))

    def test_frames_that_are_mostly_ancillary_data_cross_without_it(self, kind: str) -> None:
        dirty = mpeg_audio.roomy(coded(kind), SECRET)
        assert any(SECRET in frame for frame in dirty)
        out = through(dirty)
        assert heard(out) == heard(dirty)
        assert SECRET not in b"".join(out)
        assert out == through(mpeg_audio.roomy(coded(kind), b"\0"))

    def test_runs_of_any_length_cross_alike(self, kind: str) -> None:
        assert through(coded(kind), 1) == through(coded(kind), 1000)

    def test_clean_frames_are_a_fixed_point(self, kind: str) -> None:
        once = through(coded(kind))
        walk = walker()
        assert through(once, walk=walk) == once
        assert walk.dropped() == ()


def test_the_encoder_says_its_name_in_a_frame_and_not_in_what_crosses() -> None:
    assert b"LAME" in b"".join(coded())
    walk = walker()
    assert b"LAME" not in b"".join(through(coded(), walk=walk))
    assert keys(walk) == {"mp3/ancillary", "mp3/free-bits"}


def test_a_sample_that_is_seen_alone_keeps_what_the_next_may_need() -> None:
    dirty = mpeg_audio.roomy(coded(), SECRET)[5]
    out = filtered(walker(), dirty)
    assert len(out) == len(dirty)
    assert out[-511:] == dirty[-511:]
    assert SECRET not in out[: len(out) - 511 - 400]


def test_several_frames_in_a_sample_are_taken_apart() -> None:
    packets = coded()
    joined = [b"".join(packets[i : i + 3]) for i in range(0, len(packets), 3)]
    assert b"".join(through(joined)) == b"".join(through(packets))


def test_a_run_that_follows_another_description_knows_nothing_of_what_is_before() -> None:
    # where the codes of the second end depends on bytes before it
    first, second = frame(0), frame(300, 3000)
    assert through([first, second], 1)[1] != through([second])[0]
    walk = walker()
    walk.skim(Run(memoryview(first), 0, (0, len(first)), b"", iter([memoryview(coded()[0])])), 0)
    assert through([second], walk=walk) == through([second])


def test_a_frame_about_the_file_becomes_silence() -> None:
    frames = [mpeg_audio.about_the_file(coded()[1], SECRET), *coded()]
    out = through(frames)
    assert not any(out[0][4:])
    assert out[1:] == through(coded())
    assert heard(out) == heard(frames)


def test_free_bits_of_headers_become_zero() -> None:
    dirty = []
    for packet in coded():
        changed = bytearray(packet)
        changed[2] |= 1
        changed[3] |= 0x0D
        changed[5] |= 0x70
        dirty.append(bytes(changed))
    assert through(dirty) == through(coded())


def test_a_checksum_fits_what_crosses() -> None:
    frame = bytearray(mpeg_audio.roomy(coded(), SECRET)[5])
    frame[1] &= ~1
    frame[4:4] = b"XY"
    del frame[-2:]
    out = through([bytes(frame)])[0]
    assert crc16(out[2:4] + out[6:38], 0xFFFF).to_bytes(2) == out[4:6]
    assert SECRET not in out


def test_of_a_short_track_nothing_is_left() -> None:
    walk = walker()
    through(coded(), walk=walk)
    assert walk.remaining() == ()


def test_of_a_long_track_codes_are_walked_at_both_ends_and_in_samples() -> None:
    # no codes, and so stuffing alone
    frames = [frame(0, 800, 800, 800, 640, pairs=288)] * 4200
    count = len(frames)
    walk = mp3.sample_filter(Sound("mp3", "mp4a", 2, 48000), Policy(), count)
    out = through(frames, 40, walk)
    kept = [i for i, data in enumerate(out) if SECRET in data]
    assert kept == [i for i in range(512, count - 512) if i % 64]
    assert [(row.what, row.count) for row in walk.remaining()] == [(Residual.UNWALKED_SAMPLES, len(kept))]
    deep = mp3.sample_filter(Sound("mp3", "mp4a", 2, 48000), Policy(deep=True), count)
    assert not any(SECRET in data for data in through(frames[:600], 40, deep))
    assert deep.remaining() == ()


def test_the_parts_of_what_crosses_are_no_larger_than_the_samples() -> None:
    walk = walker()
    through(mpeg_audio.roomy(coded(), SECRET), walk=walk)
    size = sum(map(len, mpeg_audio.roomy(coded(), SECRET)))
    assert sum(row.size for row in walk.kept()) + sum(row.size for row in walk.dropped()) == size


@pytest.mark.parametrize("data", [b"\xff\xfb", b"\xff\xfb\x90\x44" + bytes(9), SECRET])
def test_frames_that_do_not_fit_are_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        through([data])


def test_free_format_is_refused() -> None:
    with pytest.raises(Unsupported):
        through([b"\xff\xfb\x00\x44" + bytes(200)])


def _side(begin: int, lengths: tuple[int, ...], pairs: int = 0) -> bytes:
    granules = "".join(f"{length:012b}{pairs:09b}" + "0" * 38 for length in lengths)
    return int(f"{begin:09b}" + "0" * 11 + granules, 2).to_bytes(32)


HEADER = b"\xff\xfb\x90\x00"
SIZE = 417


def frame(begin: int, *lengths: int, pairs: int = 0) -> bytes:
    """A frame full of a secret, with parts of so many bits; 288 pairs of table 0 have no codes."""
    head = HEADER + _side(begin, (*lengths, 0, 0, 0, 0)[:4], pairs)
    return (head + SECRET * SIZE)[:SIZE]


class TestStuffing:
    def test_what_follows_the_codes_of_a_part_becomes_zero_and_sound_the_same(self) -> None:
        sounding = mpeg_audio.roomy(coded("stereo"), b"\0")
        frames = [one for each in sounding for one in (each, frame(0, 800, 800, 800, 640, pairs=288))]
        out = through(frames)
        assert heard(out) == heard(frames)
        assert SECRET not in b"".join(out)
        assert out[::2] == through(sounding)

    def test_it_is_found_where_parts_lie_in_the_frame_before(self) -> None:
        frames = [frame(0), frame(300, 700, 700, 700, 299, pairs=288), frame(300, 2400, pairs=288)]
        for each in (1, 2, 3):
            assert SECRET not in b"".join(through(frames, each))

    def test_codes_up_to_the_last_line_are_kept(self) -> None:
        # 144 groups of four, each one bit of table A for four zeros
        data = (HEADER + _side(0, (800, 0, 0, 0)) + b"\xff" * SIZE)[:SIZE]
        out = through([data])[0]
        assert int.from_bytes(out[36:]).bit_count() == 144

    def test_a_pair_that_ends_beyond_its_part_is_kept(self) -> None:
        # table 1: 000 and two signs, of which the part holds one bit
        side = int.from_bytes(_side(0, (0, 0, 0, 1), pairs=1)) | 1 << 20 | 1 << 15 | 1 << 10
        data = (HEADER + side.to_bytes(32) + b"\x1f" + b"\xff" * SIZE)[:SIZE]
        out = through([data])[0]
        assert out[36:38] == b"\x18\0"


class TestHostile:
    def test_main_data_beyond_its_area_ends_with_it(self) -> None:
        frames = [frame(0, 4095, 4095), frame(0)]
        out = through(frames)
        assert out[0] == frames[0]
        assert not any(out[1][36:])

    def test_main_data_before_the_first_frame_is_missing(self) -> None:
        out = through([frame(511, 8 * 511)])
        assert not any(out[0][36:])

    def test_a_frame_that_needs_bytes_of_the_frame_before_twice_keeps_them(self) -> None:
        frames = [frame(0, 800), frame(381, 800)]
        out = through(frames)
        assert out[0][:136] == frames[0][:136]
        assert not any(out[0][136:])

    def test_a_later_frame_keeps_what_only_it_needs(self) -> None:
        # the second ends where it begins, the third reaches back over it
        frames = [frame(0, 80), frame(0), frame(500, 8 * 100)]
        out = through(frames)
        first = 381 - (500 - 381)
        assert out[0][36 + first : 36 + first + 100] == frames[0][36 + first : 36 + first + 100]
        assert not any(out[0][48 : 36 + first])

    def test_scale_factors_longer_than_their_part_are_kept(self) -> None:
        side = int.from_bytes(_side(0, (1, 0, 0, 0))) | 15 << 26 + 59 * 3
        data = (HEADER + side.to_bytes(32) + b"\xff" * SIZE)[:SIZE]
        bits = int.from_bytes(through([data])[0][36:]).bit_count()
        assert bits == 11 * 4 + 10 * 3

    def test_frames_almost_without_room_for_main_data_are_not_looked_at_for_ever(self) -> None:
        tiny = b"\xff\xf2\x14\x00" + bytes(19) + b"x"
        walk = walker()
        assert through([tiny] * 600, 5, walk)[3][-1] == ord("x")
        assert [row.what for row in walk.remaining()] == [Residual.UNWALKED_SAMPLES]

    @settings(deadline=None, max_examples=60)
    @given(st.data())
    def test_damage_crosses_or_is_refused_and_is_a_fixed_point(self, data: st.DataObject) -> None:
        packets = list(coded()[:12])
        for _ in range(data.draw(st.integers(1, 6))):
            number = data.draw(st.integers(0, len(packets) - 1))
            changed = bytearray(packets[number])
            changed[data.draw(st.integers(0, 50))] = data.draw(st.integers(0, 255))
            packets[number] = bytes(changed)
        try:
            once = through(packets)
        except ScrubError:
            return
        assert list(map(len, once)) == list(map(len, packets))
        assert through(once) == once


@pytest.mark.parametrize("kind", ["stereo", "half rate", "no reservoir"])
def test_damaged_frames_sound_the_same(kind: str) -> None:
    for seed in range(40):
        chance = random.Random(seed)
        dirty = [bytearray(packet) for packet in coded(kind)]
        for _ in range(4):
            changed = chance.choice(dirty)
            changed[chance.choice((4, 5, chance.randrange(4, 36), chance.randrange(4, len(changed))))] ^= (
                1 << chance.randrange(8)
            )
        if seed % 3 == 0:
            del dirty[chance.randrange(len(dirty))]
        source = list(map(bytes, dirty))
        assert codecs_samples.heard("mp3float", through(source)) == codecs_samples.heard(
            "mp3float", source
        ), seed


def test_layers_one_and_two_keep_their_frames() -> None:
    packets = sound("mp2", sample_format="s16", layout="stereo", rate=48000, seconds=0.3).packets
    walk = walker()
    assert heard_two(through(packets, walk=walk)) == heard_two(packets)
    assert [row.count for row in walk.remaining()] == [len(packets)]


def heard_two(packets: Sequence[bytes]) -> object:
    return decoded("mp2float", b"", tuple(packets))
