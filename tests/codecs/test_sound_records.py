"""Configuration boxes of ALAC, AC-3, Opus, FLAC, AMR and MP3: rebuilt from fields, in one way."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrubkit.codecs import ac3, alac, amr, flac, mp3, opus
from scrubkit.errors import Malformed, ScrubError, Unsupported
from scrubkit.specimens.builders.codecs_other import packed

if TYPE_CHECKING:
    from collections.abc import Callable

COOKIE = struct.pack(">IBBBBBBHIII", 4096, 0, 16, 40, 10, 14, 2, 255, 0, 0, 44100)
RECORDS: dict[str, Callable[[bytes], Any]] = {
    "alac": alac.rebuild,
    "dac3": ac3.rebuild_ac3,
    "dec3": ac3.rebuild_eac3,
    "dOps": opus.rebuild,
    "dfLa": flac.rebuild,
    "damr": lambda body: amr.rebuild(body, wide=False),
}


def busy(cookie: bytes) -> bytes:
    """The cookie with sizes and rates that a writer may fill in."""
    return cookie[:10] + b"\x01\x02" + b"\xaa" * 8 + cookie[20:]


@pytest.mark.parametrize(
    "body",
    [
        COOKIE,
        bytes(4) + COOKIE,
        bytes(4) + busy(COOKIE),
        b"\0\0\0\x0cfrmaalac\0\0\0\x24alac\0\0\0\0" + COOKIE,
        b"\0\0\0\x24alac\0\0\0\0" + COOKIE + b"\0\0\0\x18chancanarycanary",
    ],
)
def test_an_alac_cookie_has_one_form_whatever_wrapped_it(body: bytes) -> None:
    config = alac.rebuild(body)
    assert config.record == bytes(4) + COOKIE
    assert (config.channels, config.rate, config.bits, config.frame_length) == (2, 44100, 16, 4096)


def test_alac_of_another_version_is_refused() -> None:
    with pytest.raises(Unsupported):
        alac.rebuild(bytes(4) + COOKIE[:4] + b"\x01" + COOKIE[5:])


def test_ac3_reserved_bits_do_not_cross() -> None:
    fields = [(2, 0), (5, 8), (3, 0), (3, 7), (1, 1), (5, 15)]
    config = ac3.rebuild_ac3(packed(*fields, (5, 31)) + b"canary")
    assert config.record == packed(*fields, (5, 0))
    assert (config.channels, config.rate) == (6, 48000)


def test_enhanced_ac3_reserved_bits_do_not_cross() -> None:
    substream = [(2, 0), (5, 16), (1, 1), (1, 0), (3, 0), (3, 7), (1, 1), (3, 7), (4, 0), (1, 1)]
    clean = [(2, 0), (5, 16), (1, 0), (1, 0), (3, 0), (3, 7), (1, 1), (3, 0), (4, 0), (1, 0)]
    config = ac3.rebuild_eac3(packed((13, 640), (3, 0), *substream))
    assert config.record == packed((13, 640), (3, 0), *clean)
    assert config.channels == 6


def test_enhanced_ac3_with_objects_keeps_its_complexity() -> None:
    substream = [(2, 0), (5, 16), (1, 0), (1, 0), (3, 0), (3, 7), (1, 1), (3, 0), (4, 1), (9, 2)]
    record = packed((13, 0), (3, 0), *substream, (8, 1), (8, 16))
    config = ac3.rebuild_eac3(record)
    assert config.record == record
    assert config.channels == 8


def test_opus_keeps_gain_and_priming_but_no_input_rate() -> None:
    config = opus.rebuild(struct.pack(">BBHIhB", 0, 2, 312, 44100, -256, 0) + b"canary")
    assert config.record == struct.pack(">BBHIhB", 0, 2, 312, 48000, -256, 0)
    assert (config.channels, config.pre_skip, config.gain) == (2, 312, -256)


def test_opus_head_becomes_the_same_record() -> None:
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 2, 312, 96000, -256, 0)
    assert opus.from_head(head).record == struct.pack(">BBHIhB", 0, 2, 312, 48000, -256, 0)


def test_opus_surround_keeps_its_mapping() -> None:
    body = struct.pack(">BBHIhB", 0, 6, 312, 48000, 0, 1) + bytes((4, 2, 0, 4, 1, 2, 3, 5))
    assert opus.rebuild(body + b"canary").record == body


@pytest.mark.parametrize(
    "tail", [bytes((0, 0, 0)), bytes((1, 2, 0)), bytes((1, 0, 1)), bytes((200, 100, 0)), bytes((1,))]
)
def test_an_opus_mapping_to_no_stream_is_malformed(tail: bytes) -> None:
    with pytest.raises(Malformed):
        opus.rebuild(struct.pack(">BBHIhB", 0, 1, 0, 48000, 0, 1) + tail)


STREAMINFO = packed(
    (16, 4096), (16, 4096), (24, 14), (24, 9000), (20, 44100), (3, 1), (5, 15), (36, 99999)
) + bytes(range(16))


def test_flac_keeps_streaminfo_without_what_names_the_original() -> None:
    comment = b"\x84\0\0\x06canary"
    config = flac.rebuild(bytes(4) + b"\0\0\0\x22" + STREAMINFO + comment)
    plain = packed((16, 4096), (16, 4096), (48, 0), (20, 44100), (3, 1), (5, 15), (36, 0))
    assert config.record == bytes(4) + b"\x80\0\0\x22" + plain + bytes(16)
    assert (config.channels, config.rate, config.bits) == (2, 44100, 16)


def test_flac_without_streaminfo_first_is_malformed() -> None:
    with pytest.raises(Malformed):
        flac.rebuild(bytes(4) + b"\x84\0\0\x22" + STREAMINFO)


def test_amr_vendor_and_version_do_not_cross() -> None:
    config = amr.rebuild(b"canr\x07\xff\xff\x03\x0a", wide=False)
    assert config.record == b"\0\0\0\0\0\x81\xff\0\x0a"
    assert (config.rate, config.frames_per_sample) == (8000, 10)


def test_wide_amr_has_nine_speech_modes() -> None:
    assert amr.rebuild(b"canr\x07\xff\xff\x03\x00", wide=True).record == b"\0\0\0\0\0\xc3\xff\0\x01"


def test_mp3_object_type_follows_the_rate() -> None:
    assert (mp3.object_type(44100), mp3.object_type(22050)) == (0x6B, 0x69)


@pytest.mark.parametrize("name", RECORDS)
@given(data=st.binary(max_size=48))
def test_any_bytes_are_a_fixed_point_or_refused(name: str, data: bytes) -> None:
    rebuild = RECORDS[name]
    for body in (data, bytes(4) + data):
        try:
            config = rebuild(body)
        except ScrubError:
            continue
        assert rebuild(config.record) == config
