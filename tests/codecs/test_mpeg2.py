"""MPEG-1 and MPEG-2: slices cross, headers are made anew, everything that can hold a word stays behind."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecs_samples import filtered, keys
from scrubkit.codecs import mpeg2
from scrubkit.codecs.bits import BitReader, BitWriter
from scrubkit.errors import Malformed, ScrubError, Unsupported
from scrubkit.essence import Picture
from scrubkit.model import Policy
from scrubkit.specimens.builders.encoded import Coded, decoded, pictures

SIZE = (64, 48)
SECRET = b"CANARY-canary"
USER_DATA = b"\0\0\1\xb2" + SECRET


def walker(record: bytes = b"") -> mpeg2.Mpeg2Filter:
    return mpeg2.sample_filter(Picture("mpeg2", "mp4v", *SIZE, record=record), Policy())


@cache
def coded(encoder: str = "mpeg2video", **options: str) -> Coded:
    return pictures(encoder, options={"g": "4", "bf": "1", **options})


def through(packets: tuple[bytes, ...]) -> list[bytes]:
    walk = walker()
    return [filtered(walk, packet) for packet in packets]


def before(data: bytes, code: int, unit: bytes) -> bytes:
    """A sample with a unit in front of its first one of a type."""
    at = data.index(b"\0\0\1" + bytes((code,)))
    return data[:at] + unit + data[at:]


def extension(kind: int, *fields: tuple[int, int]) -> bytes:
    out = BitWriter()
    out.u(4, kind)
    for width, value in fields:
        out.u(width, value)
    return b"\0\0\1\xb5" + out.bytes()


@pytest.mark.parametrize(
    ("encoder", "options"),
    [
        ("mpeg2video", {}),
        ("mpeg2video", {"flags": "+ildct+ilme"}),
        ("mpeg2video", {"intra_matrix": ",".join(["20"] * 64)}),
        ("mpeg1video", {}),
    ],
)
def test_the_picture_is_bit_identical(encoder: str, options: dict[str, str]) -> None:
    source = coded(encoder, **options)
    made = through(source.packets)
    assert decoded(source.codec, b"", made) == decoded(source.codec, b"", source.packets)


@pytest.mark.parametrize("encoder", ["mpeg2video", "mpeg1video"])
def test_clean_samples_are_a_fixed_point(encoder: str) -> None:
    once = through(coded(encoder).packets)
    walk = walker()
    assert [filtered(walk, packet) for packet in once] == once
    assert not walk.dropped()


@pytest.mark.parametrize("code", [0x00, 0x01, 0xB3, 0xB8])
def test_user_data_stays_behind_wherever_it_stands(code: int) -> None:
    packet = coded().packets[0]
    walk = walker()
    assert filtered(walk, before(packet, code, USER_DATA)) == filtered(walker(), packet)
    assert "mpeg2/user-data" in keys(walk)


def test_user_data_among_sequence_extensions_stays_behind() -> None:
    packet = coded().packets[0]
    assert filtered(walker(), before(packet, 0xB5, USER_DATA)) == filtered(walker(), packet)


@pytest.mark.parametrize("kind", [0, 4, 6, 7, 11, 12, 13, 15])
def test_an_extension_that_decoding_does_not_need_stays_behind(kind: int) -> None:
    packet = coded().packets[0]
    unit = extension(kind, (84, 0x5A5A5A))
    assert filtered(walker(), before(packet, 0x01, unit)) == filtered(walker(), packet)


@pytest.mark.parametrize("kind", [5, 9, 10])
@pytest.mark.parametrize("code", [0x01, 0xB8])
def test_scalable_streams_are_refused(kind: int, code: int) -> None:
    with pytest.raises(Unsupported):
        filtered(walker(), before(coded().packets[0], code, extension(kind, (28, 0))))


@pytest.mark.parametrize("code", [0xB0, 0xB1, 0xB4, 0xB6, 0xB7, 0xB9, 0xBC, 0xE0, 0xFF])
def test_units_of_other_types_stay_behind(code: int) -> None:
    packet = coded().packets[0]
    unit = b"\0\0\1" + bytes((code,)) + SECRET
    assert filtered(walker(), packet + unit) == filtered(walker(), packet)


def test_time_codes_are_zero() -> None:
    one = coded(gop_timecode="11:22:33:04").packets
    assert through(one) == through(coded().packets)


def test_extra_information_of_a_picture_stays_behind() -> None:
    packet = coded().packets[0]
    at = packet.index(b"\0\0\1\0") + 4
    bits = BitReader(packet[at : at + 4], "")
    out = BitWriter()
    out.u(29, bits.u(29))
    for byte in SECRET:
        out.u(1, 1)
        out.u(8, byte)
    out.u(1, 0)
    assert filtered(walker(), packet[:at] + out.bytes() + packet[at + 4 :]) == filtered(walker(), packet)


def test_extra_information_of_a_slice_stays_behind() -> None:
    source = coded()
    packet = source.packets[0]
    at = packet.index(b"\0\0\1\1") + 4
    stop = packet.index(b"\0\0\1\2")
    bits = BitReader(packet[at:stop], "")
    out = BitWriter()
    out.u(5, bits.u(5))
    for byte in SECRET:
        out.u(1, 1)
        out.u(8, byte)
    out.u(bits.left, bits.u(bits.left))
    made = filtered(walker(), packet[:at] + out.bytes() + packet[stop:])
    shown = decoded("mpeg2video", b"", [made, *source.packets[1:]])
    assert shown == decoded("mpeg2video", b"", source.packets)
    assert SECRET not in made


def test_composite_display_stays_behind() -> None:
    packet = coded().packets[0]
    at = packet.index(b"\0\0\1\xb5", packet.index(b"\0\0\1\0")) + 4
    out = BitWriter()
    out.u(34, BitReader(packet[at : at + 5], "").u(34))
    out.u(21, 0x155555)
    stained = packet[:at] + out.bytes() + packet[at + 5 :]
    assert filtered(walker(), stained) == filtered(walker(), packet)


def test_stuffing_stays_behind() -> None:
    packet = coded().packets[0]
    first = filtered(walker(), packet + bytes(7))
    assert first == filtered(walker(), packet + bytes(70))


def test_bit_rate_and_buffer_are_those_of_the_level() -> None:
    slow = coded(b="200k", maxrate="300k", bufsize="400k").packets[0]
    fast = coded(b="200k", maxrate="900k", bufsize="900k").packets[0]
    assert filtered(walker(), slow)[:30] == filtered(walker(), fast)[:30]


def test_the_record_is_the_first_sequence() -> None:
    walk = walker()
    packet = filtered(walk, coded().packets[0])
    entry = walk.entry()
    assert packet.startswith(entry.record)
    assert (entry.codec, entry.width, entry.height) == ("mpeg2", 64, 48)


def test_mpeg1_is_told_from_mpeg2() -> None:
    walk = walker()
    filtered(walk, coded("mpeg1video").packets[0])
    assert walk.entry().codec == "mpeg1"


def test_a_sequence_that_changes_is_refused() -> None:
    walk = walker()
    filtered(walk, coded().packets[0])
    other = pictures("mpeg2video", size=(96, 64)).packets[0]
    with pytest.raises(Unsupported):
        filtered(walk, other)


def test_two_frames_in_one_sample_are_refused() -> None:
    one, two, *_ = coded().packets
    with pytest.raises(Unsupported):
        filtered(walker(), one + two)


def test_a_slice_without_a_picture_is_malformed() -> None:
    packet = coded().packets[0]
    with pytest.raises(Malformed):
        filtered(walker(), packet[packet.index(b"\0\0\1\1") :])


@given(st.data())
def test_damaged_samples_are_a_fixed_point_or_refused(data: st.DataObject) -> None:
    packet = bytearray(coded().packets[data.draw(st.integers(0, 1))])
    for _ in range(data.draw(st.integers(1, 4))):
        packet[data.draw(st.integers(0, min(len(packet), 120) - 1))] = data.draw(st.integers(0, 255))
    walk, again = walker(), walker()
    try:
        filtered(walk, coded().packets[0])
        once = filtered(walk, bytes(packet))
    except ScrubError:
        return
    filtered(again, filtered(walker(), coded().packets[0]))
    assert filtered(again, once) == once
