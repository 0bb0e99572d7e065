"""The numbers of a gain map: read from any form, kept in millionths, written in one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrubkit.codecs import gain_map
from scrubkit.codecs.gain_map import ONE
from scrubkit.errors import Malformed, Refused, Unsupported
from scrubkit.essence import GainChannel, GainMap
from scrubkit.specimens.builders import heif, jpeg
from scrubkit.specimens.builders.boxes import u8, u32

CHANNEL = GainChannel(0, 2_250_000, ONE, 15_625, 15_625)
PLAIN = GainMap(0, 2_250_000, base_colour=True, channels=(CHANNEL,))

stops = st.integers(-32 * ONE, 32 * ONE)
channels = st.builds(
    lambda ends, gamma, base, alternate: GainChannel(min(ends), max(ends), gamma, base, alternate),
    st.tuples(stops, stops),
    st.integers(1000, 16 * ONE),
    st.integers(-ONE, ONE),
    st.integers(-ONE, ONE),
)
maps = st.builds(
    lambda low, more, colour, found: gain_map.checked(GainMap(low, low + more, colour, tuple(found))),
    st.integers(0, 16 * ONE),
    st.integers(1, 16 * ONE),
    st.booleans(),
    st.sampled_from((1, 3)).flatmap(lambda count: st.lists(channels, min_size=count, max_size=count)),
)


def packet(**changes: bytes) -> bytes:
    return jpeg.gain_packet(**changes).body.partition(b"\0")[2]


@given(maps)
def test_what_is_written_is_read_again(numbers: GainMap) -> None:
    data = gain_map.write(numbers)
    assert gain_map.read(data) == (numbers, len(data))
    assert gain_map.read_xmp(gain_map.write_xmp(numbers)) == replace(numbers, base_colour=True)


@given(st.binary(max_size=160))
def test_any_bytes_are_numbers_in_their_ranges_or_refused(data: bytes) -> None:
    try:
        numbers, used = gain_map.read(bytes(4) + data)
    except Refused:
        return
    assert used <= len(data) + 4
    once = gain_map.write(numbers)
    assert gain_map.read(once) == (numbers, len(once))


@given(st.text(alphabet="hdrgm:GainMpx=\"'<>/li.0123456789-+eE \n", max_size=300))
def test_any_text_is_numbers_in_their_ranges_or_refused(text: str) -> None:
    try:
        numbers = gain_map.read_xmp(b'hdrgm:HDRCapacityMax="2" hdrgm:GainMapMax="2" ' + text.encode())
    except Refused:
        return
    assert gain_map.checked(numbers) == numbers


def test_the_bytes_of_a_written_one_are_those_of_the_standard() -> None:
    expected = u8(0, 0, 0, 0, 0x40) + u32(0, ONE, 2_250_000, ONE)
    expected += u32(0, ONE, 2_250_000, ONE, ONE, ONE, 15_625, ONE, 15_625, ONE)
    assert gain_map.write(PLAIN) == expected


@pytest.mark.parametrize("size", range(61))
def test_a_part_of_them_is_refused(size: int) -> None:
    with pytest.raises(Malformed):
        gain_map.read(heif.gain_numbers()[:size])


def test_what_follows_them_is_not_read() -> None:
    assert gain_map.read(heif.gain_numbers() + b"more") == (PLAIN, 61)


def changed(place: int, ratio: heif.Ratio) -> bytes:
    row = list(heif.GAINS)
    row[place] = ratio
    return heif.gain_numbers(tuple(row))


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (changed(0, (0, 0)), "denominator"),
        (changed(1, (-1, 1)), "range"),
        (changed(1, (33, 1)), "range"),
        (changed(2, (0, 1)), "range"),
        (changed(2, (17, 1)), "range"),
        (changed(3, (2, 1)), "range"),
        (changed(4, (-2, 1)), "range"),
        (heif.gain_numbers(headrooms=((1, 1), (1, 1))), "headroom"),
        (heif.gain_numbers(headrooms=((0, 1), (33, 1))), "headroom"),
        (heif.gain_numbers(versions=(1, 1)), "version"),
        (heif.gain_numbers(flags=0x44), "direction"),
        (bytes(4) + u8(0x48) + u32(0, 0, 144, 0, 144, 64, 1, 1), "denominator"),
    ],
)
def test_a_number_that_makes_no_sense_is_refused(data: bytes, rule: str) -> None:
    with pytest.raises(Refused) as error:
        gain_map.read(data)
    assert error.value.rule == rule


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (packet(BaseRenditionIsHDR=b"True"), Unsupported),
        (packet(GainMapMax=b"1e99"), Unsupported),
        (packet(GainMapMax=b""), Malformed),
        (packet(HDRCapacityMax=b""), Malformed),
        (packet(Gamma=b"one"), Malformed),
        (packet(Gamma=b"1/2"), Malformed),
        (packet(Gamma=b"nan"), Malformed),
        (packet(Gamma=b"\xd9\xa1"), Malformed),
        (b'hdrgm:Version="1.0"', Malformed),
        (b"", Malformed),
        (packet() + bytes(1 << 16), Unsupported),
        (b"<hdrgm:GainMapMax>" + b"<rdf:Seq>" * 5000, Malformed),
    ],
)
def test_properties_that_make_no_sense_are_refused(data: bytes, kind: type[Refused]) -> None:
    with pytest.raises(kind):
        gain_map.read_xmp(data)


def test_lists_of_three_are_channels() -> None:
    rows = b"<hdrgm:GainMapMax>\n <rdf:Seq>%s</rdf:Seq></hdrgm:GainMapMax>" % b"".join(
        b"<rdf:li>%d.5</rdf:li>" % value for value in (1, 2, 3)
    )
    found = gain_map.read_xmp(packet(GainMapMax=b"") + rows)
    assert [each.maximum for each in found.channels] == [1_500_000, 2_500_000, 3_500_000]
    assert {each.gamma for each in found.channels} == {ONE}


def test_a_list_of_two_is_no_channels() -> None:
    rows = b"<hdrgm:GainMapMax><rdf:Seq><rdf:li>1</rdf:li><rdf:li>2</rdf:li></rdf:Seq></hdrgm:GainMapMax>"
    with pytest.raises(Malformed):
        gain_map.read_xmp(packet(GainMapMax=b"") + rows)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", ONE), ("-0.5", -500_000), ("+2.25", 2_250_000), ("1e-6", 1), ("0.0000004", 0), (" 3. ", 3 * ONE)],
)
def test_decimals_are_rounded_to_millionths(text: str, value: int) -> None:
    assert gain_map.decimal(text) == value
    assert gain_map.decimal(gain_map.shown(value)) == value


@pytest.mark.parametrize("headroom", [b"1", b"0.5", b"33", b"-2", b"x", b""])
def test_a_headroom_that_makes_no_sense_is_refused(headroom: bytes) -> None:
    with pytest.raises(Refused):
        gain_map.read_apple(heif.apple_packet(headroom))


def test_a_headroom_is_read_as_attribute_and_element() -> None:
    assert gain_map.read_apple(heif.apple_packet(b"3.25")) == 3_250_000
    assert gain_map.read_apple(b'<a HDRGainMap:HDRGainMapHeadroom="3.25"/>') == 3_250_000
    assert gain_map.read_apple(gain_map.write_apple(3_250_000)) == 3_250_000
