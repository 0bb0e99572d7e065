"""ALAC, FLAC, Opus and AMR samples: coded sound crosses, canaries don't."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecs_samples import filtered, keys
from scrubkit.codecs import alac, amr, flac, opus
from scrubkit.errors import Malformed, ScrubError, Unsupported
from scrubkit.essence import Sound
from scrubkit.model import Policy
from scrubkit.specimens.builders.codecs_other import bits_of, bytes_of, data_stream
from scrubkit.specimens.builders.encoded import Coded, decoded, sound

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrubkit.codecs import SampleFilter

SECRET = b"\xa5canary\x5a"


@cache
def coded(
    encoder: str, sample_format: str, layout: str = "stereo", rate: int = 48000, **options: str
) -> Coded:
    return sound(encoder, sample_format=sample_format, layout=layout, rate=rate, seconds=0.3, options=options)


def through(walk: SampleFilter, packets: tuple[bytes, ...]) -> list[bytes]:
    return [filtered(walk, packet) for packet in packets]


def damaged(data: st.DataObject, packet: bytes, walker: Callable[[], SampleFilter]) -> None:
    """Change a few bytes: the outcome is refused, or a fixed point."""
    changed = bytearray(packet)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, min(len(packet) - 1, 80)))] = data.draw(st.integers(0, 255))
    try:
        once = filtered(walker(), bytes(changed))
    except ScrubError:
        return
    assert filtered(walker(), once) == once


def alac_walker(source: Coded) -> alac.AlacFilter:
    config = alac.rebuild(source.extradata)
    entry = Sound("alac", "alac", config.channels, config.rate, record=config.record)
    return alac.sample_filter(entry, Policy())


class TestAlac:
    @pytest.mark.parametrize(
        ("sample_format", "layout"), [("s16p", "stereo"), ("s32p", "mono"), ("s16p", "5.1")]
    )
    def test_packets_are_walked_to_their_end(self, sample_format: str, layout: str) -> None:
        source = coded("alac", sample_format, layout)
        walk = alac_walker(source)
        assert through(walk, source.packets) == list(source.packets)
        assert walk.dropped() == ()
        assert walk.remaining() == ()

    @pytest.mark.parametrize(
        "planted",
        [data_stream(SECRET), data_stream(SECRET * 40), "110" + f"{8:04b}" + bits_of(SECRET)],
        ids=["data", "much data", "fill"],
    )
    def test_elements_that_hold_no_sound_stay_behind(self, planted: str) -> None:
        source = coded("alac", "s16p")
        for packet in source.packets[:2]:
            bits = bits_of(packet).rstrip("0")
            assert bits.endswith("111")
            for dirty in (planted + bits, bits[:-3] + planted + "111", bits[:-3] + planted * 2 + "111"):
                assert filtered(alac_walker(source), bytes_of(dirty)) == packet

    def test_what_follows_the_end_stays_behind(self) -> None:
        source = coded("alac", "s16p")
        walk = alac_walker(source)
        assert filtered(walk, source.packets[0] + SECRET) == source.packets[0]
        assert keys(walk) == {"alac/after-end"}

    def test_channels_beyond_the_cookie_are_refused(self) -> None:
        source = coded("alac", "s16p")
        bits = bits_of(source.packets[0]).rstrip("0")[:-3]
        with pytest.raises(Unsupported):
            filtered(alac_walker(source), bytes_of(bits + bits + "111"))

    @settings(deadline=None)
    @given(st.data())
    def test_damaged_packets_are_a_fixed_point_or_refused(self, data: st.DataObject) -> None:
        source = coded("alac", "s16p")
        damaged(data, source.packets[0], lambda: alac_walker(source))


def flac_walker(source: Coded) -> flac.FlacFilter:
    config = flac.from_streaminfo(source.extradata)
    entry = Sound("flac", "fLaC", config.channels, config.rate, record=config.record)
    return flac.sample_filter(entry, Policy())


class TestFlac:
    @pytest.mark.parametrize(
        ("sample_format", "layout", "rate"),
        [("s16", "stereo", 48000), ("s32", "stereo", 96000), ("s16", "mono", 8000), ("s16", "5.1", 44100)],
    )
    def test_frames_are_walked_to_their_footer(self, sample_format: str, layout: str, rate: int) -> None:
        source = coded("flac", sample_format, layout, rate)
        walk = flac_walker(source)
        assert through(walk, source.packets) == list(source.packets)
        assert walk.dropped() == ()

    def test_what_follows_the_footer_stays_behind(self) -> None:
        source = coded("flac", "s16")
        walk = flac_walker(source)
        assert filtered(walk, source.packets[0] + SECRET) == source.packets[0]
        assert keys(walk) == {"flac/after-frame"}

    def test_checksums_cannot_carry_anything(self) -> None:
        source = coded("flac", "s16")
        packet = source.packets[0]
        assert filtered(flac_walker(source), packet[:-2] + b"XY") == packet

    def test_a_reserved_bit_is_malformed(self) -> None:
        source = coded("flac", "s16")
        packet = bytearray(source.packets[0])
        packet[3] |= 1
        with pytest.raises(Malformed):
            filtered(flac_walker(source), bytes(packet))

    @settings(deadline=None)
    @given(st.data())
    def test_damaged_frames_are_a_fixed_point_or_refused(self, data: st.DataObject) -> None:
        source = coded("flac", "s16")
        damaged(data, source.packets[0], lambda: flac_walker(source))


def opus_walker(source: Coded) -> opus.OpusFilter:
    config = opus.from_head(source.extradata)
    return opus.sample_filter(Sound("opus", "Opus", config.channels, 48000, record=config.record), Policy())


def padded(packet: bytes, padding: bytes) -> bytes:
    """A code 0 packet as one of code 3 with padding."""
    assert packet[0] & 3 == 0
    length = b"\xff" * (len(padding) // 254) + bytes((len(padding) % 254,))
    return bytes((packet[0] | 3, 0x41)) + length + packet[1:] + padding


class TestOpus:
    @pytest.mark.parametrize("padding", [b"", SECRET, SECRET * 80], ids=["none", "some", "much"])
    def test_padding_stays_behind(self, padding: bytes) -> None:
        source = coded("libopus", "flt")
        for packet in source.packets[:3]:
            assert filtered(opus_walker(source), padded(packet, padding)) == packet

    @pytest.mark.parametrize(
        ("layout", "options"),
        [
            ("stereo", {}),
            ("mono", {"frame_duration": "60"}),
            ("stereo", {"frame_duration": "120"}),
            ("5.1", {"mapping_family": "1"}),
            ("stereo", {"vbr": "off", "frame_duration": "60"}),
        ],
        ids=["one frame", "60 ms", "120 ms", "surround", "constant rate"],
    )
    def test_decoded_sound_is_the_same(self, layout: str, options: dict[str, str]) -> None:
        source = coded("libopus", "flt", layout, **options)
        out = through(opus_walker(source), source.packets)
        assert decoded("libopus", source.extradata, out) == decoded(
            "libopus", source.extradata, source.packets
        )
        assert through(opus_walker(source), tuple(out)) == out

    @pytest.mark.parametrize(
        "packet",
        [b"\x03", b"\x03\0", b"\x03\x3f", b"\x01abc", b"\x02\xff", b"\x03A\xff\xff", bytes(1400)],
    )
    def test_frames_that_do_not_fit_are_malformed(self, packet: bytes) -> None:
        with pytest.raises(Malformed):
            filtered(opus_walker(coded("libopus", "flt")), packet)

    @given(st.binary(max_size=40))
    def test_any_bytes_are_a_fixed_point_or_refused(self, data: bytes) -> None:
        for layout, options in (("stereo", {}), ("5.1", {"mapping_family": "1"})):
            source = coded("libopus", "flt", layout, **options)
            try:
                once = filtered(opus_walker(source), data)
            except ScrubError:
                continue
            assert filtered(opus_walker(source), once) == once


def amr_walker(codec: str = "amr-nb") -> amr.AmrFilter:
    return amr.sample_filter(Sound(codec, "samr", 1, 8000), Policy())


SPEECH = bytes((7 << 3 | 4,)) + bytes(range(30)) + b"\xf0"
COMFORT = bytes((8 << 3 | 4,)) + b"abcd\xfe"


class TestAmr:
    def test_reserved_and_filling_bits_become_zero(self) -> None:
        walk = amr_walker()
        dirty = bytes((SPEECH[0] | 0x83,)) + SPEECH[1:-1] + b"\xff" + COMFORT[:-1] + b"\xff"
        assert filtered(walk, dirty) == SPEECH + COMFORT
        assert keys(walk) == {"amr/reserved"}

    def test_the_record_says_what_the_frames_are(self) -> None:
        walk = amr_walker()
        filtered(walk, SPEECH + COMFORT + b"\x7c")
        assert walk.entry().record == b"\0\0\0\0\0\x81\x80\0\x03"

    def test_wide_frames_have_their_own_sizes(self) -> None:
        wide = bytes((2 << 3 | 4,)) + bytes(31) + b"\xf8"
        assert filtered(amr_walker("amr-wb"), wide + b"\x74") == wide + b"\x74"

    @pytest.mark.parametrize("data", [SPEECH[:-1], bytes((9 << 3,)), SPEECH + b"H"])
    def test_frames_that_do_not_fit_are_malformed(self, data: bytes) -> None:
        with pytest.raises(Malformed):
            filtered(amr_walker(), data)
