"""`av1C`, `vpcC`, MPEG-4 Visual headers and `d263`: rebuilt from fields, in one way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrubkit.codecs import av1, h263, mpeg4, vp9
from scrubkit.errors import Malformed, ScrubError, Truncated, Unsupported
from scrubkit.specimens.builders.codecs_other import obu, sequence_header, visual_object_layer

AV1C = b"\x81\x00\x0c\x00"
CLEAN_AV1C = AV1C + obu(1, sequence_header())
TICKS = [(32, 1), (32, 30)]


class TestAv1:
    def test_the_record_is_a_fixed_point(self) -> None:
        config = av1.rebuild(CLEAN_AV1C)
        assert config.record == CLEAN_AV1C
        assert config.sequence is not None
        assert (config.sequence.width, config.sequence.height, config.sequence.bit_depth) == (64, 48, 8)
        assert config.sequence.colour == (1, 1, 1)

    @pytest.mark.parametrize(
        "units",
        [
            obu(5, b"\x04\xb5\x00canary\x80") + obu(1, sequence_header()),
            obu(1, sequence_header()) + obu(15, b"canary\x80"),
            obu(2, b"") + obu(1, sequence_header()),
            obu(1, sequence_header(), reserved=1),
            obu(1, sequence_header(), sized=False),
            obu(1, sequence_header(), extension=0),
            obu(1, sequence_header() + bytes(9)),
            obu(1, sequence_header()) * 2,
            obu(1, sequence_header(timing=[*TICKS, (1, 1), (1, 1), (1, 0)])),
            obu(1, sequence_header(timing=[*TICKS, (1, 0), (1, 0)])),
            obu(1, sequence_header(display_delay=9)),
        ],
        ids=[
            "metadata",
            "padding",
            "delimiter",
            "reserved bit",
            "no size",
            "extension",
            "more trailing zeros",
            "twice",
            "equal intervals",
            "timing",
            "display delay",
        ],
    )
    def test_twins_become_one_record(self, units: bytes) -> None:
        assert av1.rebuild(AV1C + units).record == CLEAN_AV1C

    def test_a_presentation_delay_does_not_cross(self) -> None:
        assert av1.rebuild(b"\x81\x00\x0c\x1f" + CLEAN_AV1C[4:]).record == CLEAN_AV1C

    def test_header_bits_are_those_of_the_sequence(self) -> None:
        assert av1.rebuild(b"\x81\x5f\xf3\x00" + CLEAN_AV1C[4:]).record == CLEAN_AV1C

    def test_timing_stays_where_frame_headers_depend_on_it(self) -> None:
        model = [*TICKS, (1, 0), (1, 1), (5, 9), (32, 7), (5, 9), (5, 11)]
        body = AV1C + obu(1, sequence_header(timing=model))
        config = av1.rebuild(body)
        assert config.record == body
        assert config.sequence is not None
        assert config.sequence.presentation_time_bits == 12

    def test_a_record_without_sequence_header_has_four_bytes(self) -> None:
        config = av1.rebuild(AV1C + obu(5, b"canary"))
        assert (config.record, config.sequence) == (AV1C, None)

    def test_two_different_sequence_headers_are_refused(self) -> None:
        with pytest.raises(Unsupported):
            av1.rebuild(CLEAN_AV1C + obu(1, sequence_header(width=32)))

    def test_data_after_the_trailing_bit_is_refused(self) -> None:
        with pytest.raises(Unsupported):
            av1.rebuild(AV1C + obu(1, sequence_header() + b"canary"))

    def test_an_obu_past_the_end_is_truncated(self) -> None:
        with pytest.raises(Truncated):
            av1.rebuild(CLEAN_AV1C[:-1])

    @given(st.binary(max_size=40))
    def test_any_bytes_are_a_fixed_point_or_refused(self, data: bytes) -> None:
        for body in (AV1C + data, AV1C + obu(1, data)):
            try:
                config = av1.rebuild(body)
            except ScrubError:
                continue
            assert av1.rebuild(config.record) == config


VPCC = b"\x01\0\0\0" + bytes((0, 31, 0x82, 1, 1, 1, 0, 0))


class TestVp9:
    def test_initialisation_data_does_not_cross(self) -> None:
        assert vp9.rebuild(VPCC[:10] + b"\x00\x06canary").record == VPCC

    def test_fields(self) -> None:
        config = vp9.rebuild(VPCC)
        assert (config.profile, config.level, config.bit_depth, config.chroma) == (0, 31, 8, 1)

    @pytest.mark.parametrize(("at", "value"), [(0, 0), (4, 4), (5, 77), (7, 200)])
    def test_values_without_meaning_are_refused(self, at: int, value: int) -> None:
        with pytest.raises(ScrubError):
            vp9.rebuild(VPCC[:at] + bytes((value,)) + VPCC[at + 1 :])


VOS, VISUAL = b"\0\0\1\xb0\x03", b"\0\0\1\xb5\x09"
LAYER = visual_object_layer()
HEADERS = VOS + VISUAL + b"\0\0\1\0" + LAYER


class TestMpeg4:
    def test_user_data_does_not_cross(self) -> None:
        said = b"\0\0\1\xb2canary"
        config = mpeg4.rebuild(VOS + said + VISUAL + said + b"\0\0\1\0" + LAYER + said)
        assert config.record == HEADERS
        assert (config.layer.width, config.layer.height) == (176, 144)

    def test_rate_buffer_parameters_do_not_cross(self) -> None:
        rates = [
            (15, 99),
            (1, 1),
            (15, 7),
            (1, 1),
            (15, 5),
            (1, 1),
            (3, 2),
            (11, 77),
            (1, 1),
            (15, 3),
            (1, 1),
        ]
        full = visual_object_layer(control=[(2, 1), (1, 1), (1, 1), *rates])
        bare = visual_object_layer(control=[(2, 1), (1, 1), (1, 0)])
        assert mpeg4.rebuild(full).record == bare

    def test_a_second_version_with_quarter_samples_and_a_matrix(self) -> None:
        matrix = [(8, 8), (8, 17), (8, 0)]
        tail = [(1, 1), (1, 0), (2, 2), (6, 3), (2, 1), (1, 0), (1, 0), (1, 1), (1, 1), *matrix, (1, 0)]
        tail += [(1, 1), (1, 1), (1, 0), (1, 1), (1, 1), (1, 0), (1, 0), (1, 0)]
        layer = visual_object_layer(verid=2, tail=tail)
        config = mpeg4.rebuild(layer)
        assert config.record == layer
        assert config.layer.quarter_sample
        assert config.layer.intra_matrix == (8, 17)

    def test_bytes_after_the_layer_do_not_cross(self) -> None:
        assert mpeg4.rebuild(HEADERS + b"canary").record == HEADERS

    def test_pictures_and_unknown_units_do_not_cross(self) -> None:
        assert mpeg4.rebuild(HEADERS + b"\0\0\1\xc7canary\0\0\1\xb6canary").record == HEADERS

    def test_headers_without_a_layer_are_malformed(self) -> None:
        with pytest.raises(Malformed):
            mpeg4.rebuild(VOS + VISUAL)

    def test_arbitrary_shapes_are_refused(self) -> None:
        shaped = bytearray(LAYER)
        shaped[6] |= 0x18
        with pytest.raises(ScrubError):
            mpeg4.rebuild(bytes(shaped[:6]) + b"\xff\xff\xff\xff\xff\xff\xff")

    @given(st.binary(max_size=60))
    def test_any_bytes_are_a_fixed_point_or_refused(self, data: bytes) -> None:
        for body in (data, b"\0\0\1\x20" + data, LAYER[:9] + data):
            try:
                config = mpeg4.rebuild(body)
            except ScrubError:
                continue
            assert mpeg4.rebuild(config.record) == config


class TestH263:
    def test_vendor_version_and_bit_rates_do_not_cross(self) -> None:
        body = b"canr\x05\x0a\x00\0\0\0\x10bitrcanarycanary"
        assert h263.rebuild(body).record == b"\0\0\0\0\0\x0a\x00"

    def test_levels_without_a_name_become_the_least(self) -> None:
        assert h263.rebuild(b"canr\x05\xee\xee").record == b"\0\0\0\0\0\x0a\x00"

    def test_a_short_record_is_malformed(self) -> None:
        with pytest.raises(Malformed):
            h263.rebuild(b"canr\x05\xee")
