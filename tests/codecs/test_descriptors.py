"""`esds`: what is read of it, and that it is written in one way."""

from __future__ import annotations

import pytest

from scrubkit.codecs.descriptors import AUDIO_STREAM, Stream, read_esds, write_esds
from scrubkit.errors import External, Malformed, ScrubError, Unsupported
from scrubkit.specimens.builders.codecs_other import descriptor, esds

SPECIFIC = b"\x11\x90"
CLEAN = write_esds(0x40, AUDIO_STREAM, SPECIFIC)


def again(body: bytes) -> bytes:
    stream = read_esds(body)
    return write_esds(stream.object_type, stream.stream_type, stream.specific)


@pytest.mark.parametrize("length_bytes", [1, 2, 3, 4])
def test_the_style_of_lengths_does_not_cross(length_bytes: int) -> None:
    assert again(esds(SPECIFIC, length_bytes=length_bytes)) == CLEAN


def test_rates_ids_and_priority_do_not_cross() -> None:
    assert again(esds(SPECIFIC, es_id=0xBEEF, flags=31, rates=b"\xab" * 11)) == CLEAN


def test_dependence_and_clock_references_are_skipped() -> None:
    assert again(esds(SPECIFIC, flags=0xA0, optional=b"\x12\x34\x56\x78")) == CLEAN


def test_what_is_written_reads_back() -> None:
    assert read_esds(CLEAN[4:]) == Stream(0x40, AUDIO_STREAM, SPECIFIC)
    assert again(CLEAN[4:]) == CLEAN


def test_bytes_after_the_descriptor_do_not_cross() -> None:
    assert again(esds(SPECIFIC) + b"canary") == CLEAN


def test_an_outer_length_past_the_end_is_forgiven() -> None:
    body = bytearray(esds(SPECIFIC))
    body[4] += 9
    assert again(bytes(body)) == CLEAN


def test_an_inner_length_past_its_parent_is_not() -> None:
    config = bytes((0x40, 0x15)) + bytes(11) + b"\x05\x7f\x11\x90"
    with pytest.raises(Malformed):
        read_esds(descriptor(3, bytes(3) + descriptor(4, config)))


def test_a_stream_without_specific_info_has_none() -> None:
    config = bytes((0x6B, 0x15)) + bytes(11)
    assert read_esds(descriptor(3, bytes(3) + descriptor(4, config))) == Stream(0x6B, 5, b"")


def test_a_stream_elsewhere_is_refused() -> None:
    with pytest.raises(External):
        read_esds(esds(SPECIFIC, flags=0x40, optional=b"\x01x"))


def test_a_descriptor_without_decoder_config_is_refused() -> None:
    with pytest.raises(Unsupported):
        read_esds(descriptor(3, bytes(3) + descriptor(6, b"\x02")))


def test_a_length_of_five_bytes_is_refused() -> None:
    with pytest.raises(Malformed):
        read_esds(b"\x03\x80\x80\x80\x80\x01" + bytes(20))


def test_every_truncation_is_a_scrub_error_or_a_stream() -> None:
    body = esds(SPECIFIC)
    for size in range(len(body)):
        try:
            read_esds(body[:size])
        except ScrubError:
            continue
