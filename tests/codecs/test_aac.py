"""AudioSpecificConfig: twins become one record, and nothing without a name crosses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrubkit.codecs.aac import AacConfig, rebuild_config
from scrubkit.errors import Malformed, ScrubError, Unsupported
from scrubkit.specimens.builders.codecs_other import packed, program

LC_48 = packed((5, 2), (4, 3), (4, 2), (3, 0))


def again(config: AacConfig) -> AacConfig:
    return rebuild_config(config.record)


def test_low_complexity_stereo() -> None:
    config = rebuild_config(LC_48)
    assert (config.object_type, config.channels, config.rate, config.frame_length) == (2, 2, 48000, 1024)
    assert config.record == LC_48


def test_an_extension_that_says_no_sbr_is_not_written() -> None:
    assert rebuild_config(LC_48 + b"\x56\xe5\x00") == rebuild_config(LC_48)


def test_bytes_after_the_config_do_not_cross() -> None:
    assert rebuild_config(LC_48 + b"canary").record == LC_48


def test_sbr_named_after_the_core_stays_there() -> None:
    tail = packed((11, 0x2B7), (5, 5), (1, 1), (4, 3))
    config = rebuild_config(packed((5, 2), (4, 6), (4, 2), (3, 0)) + tail + b"canary")
    assert (config.rate, config.output_rate, config.sbr, config.hierarchical) == (24000, 48000, True, False)
    assert config.record == packed((5, 2), (4, 6), (4, 2), (3, 0)) + tail
    assert again(config) == config


def test_sbr_named_before_the_core_stays_there() -> None:
    config = rebuild_config(packed((5, 5), (4, 6), (4, 2), (4, 3), (5, 2), (3, 0)))
    assert (config.object_type, config.rate, config.output_rate, config.hierarchical) == (
        2,
        24000,
        48000,
        True,
    )
    assert again(config) == config


def test_parametric_stereo_makes_two_channels_of_one() -> None:
    config = rebuild_config(packed((5, 29), (4, 6), (4, 1), (4, 3), (5, 2), (3, 0)))
    assert (config.ps, config.channels) == (True, 2)
    assert again(config) == config


def test_parametric_stereo_named_last() -> None:
    tail = packed((11, 0x2B7), (5, 5), (1, 1), (4, 3), (11, 0x548), (1, 1))
    config = rebuild_config(packed((5, 2), (4, 6), (4, 1), (3, 0)) + tail)
    assert (config.ps, config.channels) == (True, 2)
    assert config.record.endswith(tail)
    assert again(config) == config


@pytest.mark.parametrize(("channels", "kept"), [(1, True), (2, False)])
def test_no_parametric_stereo_is_said_where_decoders_would_look_for_it(channels: int, kept: bool) -> None:
    core = (5, 2), (4, 6), (4, channels), (3, 0)
    sbr = (11, 0x2B7), (5, 5), (1, 1), (4, 3)
    config = rebuild_config(packed(*core, *sbr, (11, 0x548), (1, 0)))
    assert (config.ps, config.channels) == (False, channels)
    assert (config.record != rebuild_config(packed(*core, *sbr)).record) is kept
    assert again(config) == config


def test_a_rate_spelt_out_becomes_its_index() -> None:
    spelt = packed((5, 2), (4, 15), (24, 48000), (4, 2), (3, 0))
    assert rebuild_config(spelt) == rebuild_config(LC_48)


def test_a_rate_without_an_index_is_spelt_out() -> None:
    config = rebuild_config(packed((5, 2), (4, 15), (24, 37800), (4, 2), (3, 0)))
    assert config.rate == 37800
    assert again(config) == config


def test_the_comment_of_a_program_does_not_cross() -> None:
    head = [(5, 2), (4, 4), (4, 0), (3, 0)]
    first = rebuild_config(packed(*head, *program(b"canary", bits_before=16)))
    second = rebuild_config(packed(*head, *program(bits_before=16)))
    assert b"canary" not in first.record
    assert first == second
    assert first.channels == 6
    assert again(first) == first


def test_frames_of_960() -> None:
    assert rebuild_config(packed((5, 2), (4, 3), (4, 2), (3, 4))).frame_length == 960


def test_low_delay() -> None:
    config = rebuild_config(packed((5, 23), (4, 3), (4, 1), (3, 1), (3, 5), (1, 0), (2, 0)))
    assert (config.frame_length, config.resilience) == (512, 5)
    assert again(config) == config


def test_enhanced_low_delay_with_sbr() -> None:
    header = [(12, 0xABC), (2, 3), (1, 1), (1, 1), (5, 9), (6, 33)]
    config = rebuild_config(
        packed((5, 31), (6, 7), (4, 6), (4, 2), (1, 1), (3, 0), (1, 1), (2, 2), *header, (4, 0), (2, 0))
    )
    assert (config.object_type, config.frame_length, config.output_rate) == (39, 480, 48000)
    assert again(config) == config


@pytest.mark.parametrize("kind", [0, 6, 8, 9, 22, 36])
def test_other_object_types_are_refused(kind: int) -> None:
    fields = [(5, 31), (6, kind - 32)] if kind >= 31 else [(5, kind)]
    with pytest.raises(Unsupported):
        rebuild_config(packed(*fields, (4, 3), (4, 2), (30, 0)))


def test_usac_is_refused() -> None:
    with pytest.raises(Unsupported):
        rebuild_config(packed((5, 31), (6, 10), (4, 3), (4, 2), (30, 0)))


def test_a_reserved_rate_index_is_malformed() -> None:
    with pytest.raises(Malformed):
        rebuild_config(packed((5, 2), (4, 13), (4, 2), (3, 0)))


@given(st.binary(max_size=40))
def test_any_bytes_are_a_fixed_point_or_refused(data: bytes) -> None:
    try:
        config = rebuild_config(data)
    except ScrubError:
        return
    assert again(config) == config
