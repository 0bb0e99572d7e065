"""ALAC, FLAC, Opus, AMR, AC-3 and MP3 samples: coded sound crosses, canaries don't."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecs_samples import filtered, keys
from scrubkit.codecs import ac3, alac, amr, flac, mp3, opus
from scrubkit.errors import Malformed, ScrubError, Unsupported
from scrubkit.essence import Sound
from scrubkit.model import Policy, Residual
from scrubkit.specimens.builders.codecs_other import bits_of, bytes_of, data_stream, packed
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


def crc16(data: bytes) -> int:
    """Polynomial 0x8005, bit by bit."""
    value = 0
    for bit in bits_of(data):
        value = (value << 1 | int(bit)) ^ (0x18005 if value & 0x8000 else 0)
    return value


def ac3_walker(codec: str = "ac3") -> ac3.Ac3Filter:
    return ac3.sample_filter(Sound(codec, "ac-3", 2, 48000), Policy())


class TestAc3:
    def test_information_of_no_use_becomes_zero_and_sound_the_same(self) -> None:
        source = coded("ac3", "fltp", "5.1", mixing_level="105", room_type="large", copyright="1")
        plain = coded("ac3", "fltp", "5.1", mixing_level="80", room_type="notindicated", copyright="0")
        walk = ac3_walker()
        out = through(walk, source.packets)
        assert decoded("ac3", b"", out) == decoded("ac3", b"", source.packets)
        assert out == through(ac3_walker(), plain.packets)
        assert keys(walk) == {"ac3/information"}

    def test_auxiliary_data_becomes_zero(self) -> None:
        packet = bytearray(coded("ac3", "fltp").packets[0])
        tail = bits_of(SECRET) + f"{8 * len(SECRET):014b}" + "10" + bits_of(bytes(packet[-2:]))
        packet[-len(tail) // 8 :] = bytes_of(tail)
        out = filtered(ac3_walker(), bytes(packet))
        assert SECRET not in out
        assert bits_of(out)[-len(tail) : -18] == "0" * (len(tail) - 18)
        assert filtered(ac3_walker(), out) == out
        assert crc16(out[2:]) == 0

    def test_time_codes_and_additional_information_become_zero(self) -> None:
        size = 768
        start = [(16, 0x0B77), (16, 0), (2, 0), (6, 20), (5, 8), (3, 0), (3, 2), (2, 0), (1, 0)]
        said = [
            (1, 1),
            (8, 0xC3),
            (1, 1),
            (7, 0x55),
            (2, 3),
            (1, 1),
            (14, 0x2AAA),
            (1, 1),
            (14, 0x1555),
            (1, 1),
        ]
        silent = [(1, 1), (8, 0), (1, 1), (7, 0), (2, 0), (1, 1), (14, 0), (1, 1), (14, 0), (1, 1)]
        length = (6, len(SECRET) - 1)
        level = [(5, 27), (1, 0)]
        secret = [(8, byte) for byte in SECRET]
        out = filtered(ac3_walker(), packed(*start, *level, *said, length, *secret).ljust(size, b"\0"))
        clean = packed(*start, *level, *silent, length).ljust(size, b"\0")
        assert (out[:2], out[4:-2]) == (clean[:2], clean[4:-2])
        assert crc16(out[2:]) == 0
        assert crc16(out[2 : size * 5 // 8]) == 0

    def test_clean_frames_are_a_fixed_point(self) -> None:
        out = through(ac3_walker(), coded("ac3", "fltp").packets)
        again = ac3_walker()
        assert through(again, tuple(out)) == out
        assert again.dropped() == ()

    def test_the_record_says_what_the_frames_are(self) -> None:
        walk = ac3_walker()
        through(walk, coded("ac3", "fltp", "5.1").packets)
        assert ac3.rebuild_ac3(walk.entry().record).channels == 6

    def test_frames_of_another_rate_than_the_entry_says_are_refused(self) -> None:
        with pytest.raises(Unsupported):
            through(ac3_walker(), coded("ac3", "fltp", "5.1", rate=44100).packets)

    def test_enhanced_frames_cross_and_are_reported(self) -> None:
        source = coded("eac3", "fltp")
        walk = ac3_walker("eac3")
        assert through(walk, source.packets) == list(source.packets)
        assert ac3.rebuild_eac3(walk.entry().record).channels == 2
        assert [(row.what, row.count) for row in walk.remaining()] == [
            (Residual.UNWALKED_SAMPLES, len(source.packets))
        ]

    def test_bytes_after_a_frame_are_malformed(self) -> None:
        with pytest.raises(Malformed):
            filtered(ac3_walker(), coded("ac3", "fltp").packets[0] + SECRET)

    @settings(deadline=None)
    @given(st.data())
    def test_damaged_frames_are_a_fixed_point_or_refused(self, data: st.DataObject) -> None:
        damaged(data, coded("ac3", "fltp").packets[0], ac3_walker)


def mp3_walker() -> mp3.Mp3Filter:
    return mp3.sample_filter(Sound("mp3", "mp4a", 2, 48000), Policy())


class TestMp3:
    @pytest.mark.parametrize(("layout", "rate"), [("stereo", 44100), ("mono", 22050), ("stereo", 24000)])
    def test_free_bits_become_zero_and_sound_the_same(self, layout: str, rate: int) -> None:
        source = coded("libmp3lame", "fltp", layout, rate)
        out = through(mp3_walker(), source.packets)
        assert decoded("mp3float", b"", out) == decoded("mp3float", b"", source.packets)
        dirty = []
        for packet in source.packets:
            changed = bytearray(packet)
            changed[2] |= 1
            changed[3] |= 0x0D
            dirty.append(bytes(changed))
        assert through(mp3_walker(), tuple(dirty)) == out

    def test_a_frame_about_the_file_becomes_silence(self) -> None:
        packet = bytearray(coded("libmp3lame", "fltp").packets[1])
        packet[36:40] = b"Info"
        packet[60:68] = SECRET
        out = filtered(mp3_walker(), bytes(packet))
        assert out[4:] == bytes(len(packet) - 4)

    def test_ancillary_data_is_reported(self) -> None:
        walk = mp3_walker()
        filtered(walk, coded("libmp3lame", "fltp").packets[0])
        assert [row.what for row in walk.remaining()] == [Residual.UNWALKED_SAMPLES]

    @pytest.mark.parametrize("data", [b"\xff\xfb", b"\xff\xfb\x90\x44" + bytes(9), SECRET])
    def test_frames_that_do_not_fit_are_malformed(self, data: bytes) -> None:
        with pytest.raises(Malformed):
            filtered(mp3_walker(), data)

    def test_free_format_is_refused(self) -> None:
        with pytest.raises(Unsupported):
            filtered(mp3_walker(), b"\xff\xfb\x00\x44" + bytes(200))
