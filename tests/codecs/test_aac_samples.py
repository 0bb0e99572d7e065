"""AAC access units: channel elements cross to the bit, and nothing else does."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecs_samples import filtered, keys
from scrubkit.codecs.aac import AacFilter, faac_delay, rebuild_config, sample_filter
from scrubkit.errors import LimitExceeded, Malformed, ScrubError, Unsupported
from scrubkit.essence import Sound
from scrubkit.model import Policy, Residual
from scrubkit.pieces import Span
from scrubkit.specimens.builders.codecs_other import (
    END,
    bytes_of,
    data_stream,
    fill,
    packed,
    program,
    silent_channel,
    unfinished,
)
from scrubkit.specimens.builders.encoded import Coded, decoded, sound

MONO = packed((5, 2), (4, 3), (4, 1), (3, 0))
SILENCE = silent_channel()
CLEAN = bytes_of(SILENCE + END)
SECRET = b"\xa5canary\x5a" * 9


def walker(specific: bytes = MONO) -> AacFilter:
    config = rebuild_config(specific)
    return sample_filter(Sound("aac", "mp4a", config.channels, config.rate, record=config.record), Policy())


@cache
def stereo() -> Coded:
    return sound("aac", bit_rate=256000)


@cache
def surround() -> Coded:
    return sound("aac", layout="5.1", seconds=0.2)


PLANTS = {
    "fill": fill(0, SECRET),
    "filled bytes": fill(1, SECRET),
    "extension data": fill(2, SECRET),
    "dynamic range": fill(11, SECRET),
    "surround": fill(12, SECRET),
    "reserved extension": fill(7, SECRET),
    "empty fill": "1100000",
    "data stream": data_stream(SECRET),
    "long data stream": data_stream(SECRET * 7),
}


class TestSilence:
    @pytest.mark.parametrize("name", PLANTS)
    def test_what_is_planted_before_the_channel_stays_behind(self, name: str) -> None:
        assert filtered(walker(), bytes_of(PLANTS[name] + SILENCE + END)) == CLEAN

    @pytest.mark.parametrize("name", PLANTS)
    def test_what_is_planted_after_the_channel_stays_behind(self, name: str) -> None:
        assert filtered(walker(), bytes_of(SILENCE + PLANTS[name] + END)) == CLEAN

    def test_an_aligned_data_stream_stays_behind(self) -> None:
        planted = SILENCE + data_stream(SECRET, at=len(SILENCE))
        assert filtered(walker(), bytes_of(planted + END)) == CLEAN

    def test_bytes_after_the_end_stay_behind(self) -> None:
        assert filtered(walker(), CLEAN + SECRET) == CLEAN

    def test_the_reserved_bit_of_a_channel_becomes_zero(self) -> None:
        assert filtered(walker(), bytes_of(silent_channel(reserved=1) + END)) == CLEAN

    def test_what_stays_behind_is_counted(self) -> None:
        walk = walker()
        filtered(walk, bytes_of(fill(0, SECRET) + SILENCE + data_stream(SECRET) + END) + SECRET)
        assert keys(walk) == {"aac/fil/0", "aac/dse", "aac/after-end"}

    def test_a_clean_block_is_not_copied(self) -> None:
        assert walker().sample(memoryview(CLEAN), 7, True).pieces == (Span(7, len(CLEAN)),)

    def test_countless_elements_are_beyond_the_limit(self) -> None:
        with pytest.raises(LimitExceeded):
            filtered(walker(), bytes_of("1100000" * 400 + SILENCE + END))

    def test_an_empty_sample_stays_empty(self) -> None:
        assert filtered(walker(), b"") == b""

    def test_a_second_channel_in_a_mono_track_is_refused(self) -> None:
        with pytest.raises(Unsupported):
            filtered(walker(), bytes_of(SILENCE + SILENCE + END))

    def test_coupling_that_the_configuration_lacks_is_refused(self) -> None:
        coupled = "0100000" + "0" + "000" + "00000" + "0000" + SILENCE[7:]
        with pytest.raises(Unsupported):
            filtered(walker(), bytes_of(SILENCE + coupled + END))

    def test_a_program_in_a_block_loses_its_comment(self) -> None:
        def block(comment: bytes, *, data: bool) -> bytes:
            fields = program(comment, bits_before=3, data=data)
            text = "".join(f"{value:0{width}b}" for width, value in fields if width)
            return bytes_of("101" + text + SILENCE + END)

        assert filtered(walker(), block(SECRET, data=True)) == block(b"", data=False)

    @pytest.mark.parametrize("size", range(len(CLEAN)))
    def test_a_block_cut_short_is_malformed(self, size: int) -> None:
        if size:
            with pytest.raises(Malformed):
                filtered(walker(), CLEAN[:size])


class TestEncoded:
    def test_decoded_sound_is_the_same(self) -> None:
        coded = stereo()
        walk = walker(coded.extradata)
        clean = [filtered(walk, packet) for packet in coded.packets]
        assert decoded("aac", coded.extradata, clean) == decoded("aac", coded.extradata, coded.packets)
        assert keys(walk) == {"aac/fil/0"}  # the encoder's name, in the first block
        assert walk.remaining() == ()

    @pytest.mark.parametrize("name", PLANTS)
    def test_canaries_after_every_channel_element_are_found(self, name: str) -> None:
        coded = stereo()
        walk = walker(coded.extradata)
        for packet in coded.packets[1:]:
            assert filtered(walk, packet) == packet
            assert filtered(walk, bytes_of(unfinished(packet) + PLANTS[name] + END)) == packet

    def test_surround_is_walked(self) -> None:
        coded = surround()
        walk = walker(coded.extradata)
        for packet in coded.packets[1:]:
            assert filtered(walk, bytes_of(unfinished(packet) + PLANTS["data stream"] + END)) == packet

    def test_bits_after_the_end_stay_behind(self) -> None:
        coded = stereo()
        for packet in coded.packets[1:]:
            if not packet[-1] & 1:
                filled = packet[:-1] + bytes((packet[-1] | 1,))
                assert filtered(walker(coded.extradata), filled) == packet

    def test_clean_blocks_are_a_fixed_point(self) -> None:
        coded = stereo()
        for packet in coded.packets[:4]:
            clean = filtered(walker(coded.extradata), packet)
            again = walker(coded.extradata)
            assert filtered(again, clean) == clean
            assert again.dropped() == ()

    @settings(deadline=None)
    @given(st.data())
    def test_damaged_blocks_are_a_fixed_point_or_refused(self, data: st.DataObject) -> None:
        packet = bytearray(data.draw(st.sampled_from(stereo().packets)))
        for _ in range(data.draw(st.integers(1, 4))):
            packet[data.draw(st.integers(0, len(packet) - 1))] ^= data.draw(st.integers(1, 255))
        try:
            clean = filtered(walker(stereo().extradata), bytes(packet))
        except ScrubError:
            return
        assert filtered(walker(stereo().extradata), clean) == clean


def test_syntaxes_that_are_not_walked_are_reported() -> None:
    walk = walker(packed((5, 23), (4, 3), (4, 1), (3, 1), (3, 0), (1, 0), (2, 0)))
    assert filtered(walk, SECRET) == SECRET
    assert [(row.what, row.count) for row in walk.remaining()] == [(Residual.UNWALKED_SAMPLES, 1)]


def test_band_replication_that_the_sound_does_not_have_stays_behind() -> None:
    planted = bytes_of(SILENCE + fill(13, SECRET) + END)
    assert filtered(walker(), planted) == CLEAN
    slow = walker(packed((5, 2), (4, 7), (4, 1), (3, 0)))
    assert filtered(slow, CLEAN) == CLEAN
    assert filtered(slow, planted) == CLEAN


def test_band_replication_that_the_first_block_has_is_kept() -> None:
    planted = bytes_of(SILENCE + fill(13, SECRET) + END)
    walk = walker(packed((5, 2), (4, 7), (4, 1), (3, 0)))
    assert filtered(walk, planted) == planted
    assert filtered(walk, CLEAN) == CLEAN


def test_a_pair_in_a_mono_track_is_a_mistake_of_many() -> None:
    pair = "0010000" + "0" + SILENCE[7:] * 2
    assert filtered(walker(), bytes_of(pair + END)) == bytes_of(pair + END)
    with pytest.raises(Unsupported):
        filtered(walker(), bytes_of(pair + SILENCE + END))


def test_band_replication_is_kept_and_reported() -> None:
    walk = walker(packed((5, 5), (4, 6), (4, 1), (4, 3), (5, 2), (3, 0)))
    planted = bytes_of(SILENCE + fill(13, SECRET) + END)
    assert filtered(walk, planted) == planted
    assert [(row.what, row.count) for row in walk.remaining()] == [(Residual.UNWALKED_SAMPLES, 1)]


def faac(text: bytes) -> bytes:
    """A first block as libfaac writes it: the text stands 13 bits into the fill."""
    count = 17 + 8 * len(text)
    count += -count % 8
    head = f"1101111{count // 8 - 14:08b}" + "0" * 17
    return bytes_of((head + "".join(f"{byte:08b}" for byte in text)).ljust(15 + count, "0") + SILENCE + END)


def test_the_delay_that_a_name_stands_for_is_known() -> None:
    assert faac_delay(faac(b"libfaac 1.28\0\0")) == 1024
    assert faac_delay(faac(b"Lavc60.31.102\0")) == 0
    assert filtered(walker(), faac(b"libfaac 1.28\0\0")) == CLEAN


def test_the_delay_is_what_a_decoder_hides() -> None:
    coded = stereo()
    named = bytes_of(faac_name() + "".join(f"{byte:08b}" for byte in coded.packets[1]))
    whole = decoded("aac", coded.extradata, coded.packets[1:])
    hidden = decoded("aac", coded.extradata, [named, *coded.packets[2:]])
    assert sum(map(len, whole)) - sum(map(len, hidden)) == 2 * 4 * faac_delay(named)


def faac_name() -> str:
    block = "".join(f"{byte:08b}" for byte in faac(b"libfaac 1.28\0\0"))
    return block[: block.index(SILENCE + END)]


@pytest.mark.parametrize("size", range(16))
def test_a_block_cut_short_has_no_delay(size: int) -> None:
    assert faac_delay(faac(b"libfaac 1.28\0\0")[:size]) == 0
