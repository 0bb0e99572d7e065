"""H.264 parameter sets and `avcC`: read, checked, written again; nothing unnamed crosses."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrubkit.codecs import h264
from scrubkit.codecs.nal_syntax import Action
from scrubkit.errors import Malformed, ScrubError, Truncated, Unsupported
from scrubkit.essence import Colour
from scrubkit.specimens.builders import nal as build
from scrubkit.specimens.builders.bitsearch import holds
from scrubkit.specimens.builders.nal import Bits, Signal

if TYPE_CHECKING:
    from scrubkit.codecs.nal_syntax import Description

SPS = build.h264_sps()
PPS = build.h264_pps()
CANARY = b"CANARY-canary"
CANARY_BITS = Bits().raw(CANARY)


def sets_of(*of_sps: bytes, of_pps: tuple[bytes, ...] = (PPS,), tail: bytes = b"") -> tuple[bytes, ...]:
    return h264.read_configuration(build.avcc(of_sps, of_pps, tail=tail))[1]


def described(**fields: Any) -> Description:
    return h264.describe(sets_of(build.h264_sps(**fields)))


def normal(**fields: Any) -> bytes:
    return h264.normalise(build.h264_sps(**fields))


def with_vui(*parts: Any, **fields: Any) -> bytes:
    return normal(vui=build.h264_vui(*parts, **fields))


class TestHeader:
    @pytest.mark.parametrize("idc", [1, 2, 3])
    def test_any_reference_priority_becomes_three(self, idc: int) -> None:
        assert h264.header(idc << 5 | 5).canonical == b"\x65"

    def test_a_picture_without_reference_stays_one(self) -> None:
        assert h264.header(0x01).canonical == b"\x01"

    def test_the_forbidden_bit_is_malformed(self) -> None:
        with pytest.raises(Malformed):
            h264.header(0x85)

    @pytest.mark.parametrize("kind", [0, 9, 11, *range(12, 28), 29, 30, 31])
    def test_types_that_no_list_allows_are_dropped(self, kind: int) -> None:
        assert h264.header(kind).action is Action.DROP

    @pytest.mark.parametrize("kind", [2, 3, 4])
    def test_data_partitions_are_refused(self, kind: int) -> None:
        with pytest.raises(Unsupported):
            h264.header(kind)


class TestPicture:
    def test_size_is_that_after_cropping(self) -> None:
        about = described(width=120, height=68, crop=(0, 0, 0, 4))
        assert (about.width, about.height) == (1920, 1080)

    def test_an_interlaced_picture_counts_rows_and_crops_in_field_pairs(self) -> None:
        about = described(width=120, height=34, frame_mbs_only=False, crop=(0, 0, 0, 2))
        assert (about.width, about.height, about.interlaced) == (1920, 1080, True)

    def test_chroma_without_subsampling_is_cropped_by_the_sample(self) -> None:
        about = described(profile=244, chroma=3, crop=(1, 2, 3, 4))
        assert (about.width, about.height) == (61, 41)

    def test_depths_and_format_of_a_high_profile(self) -> None:
        about = described(profile=122, chroma=2, depths=(10, 10))
        assert (about.profile, about.chroma_format, about.luma_depth, about.chroma_depth) == (122, 2, 10, 10)

    def test_cropping_everything_is_malformed(self) -> None:
        with pytest.raises(Malformed):
            normal(crop=(16, 16, 0, 0))

    def test_without_an_sps_there_is_nothing_to_say(self) -> None:
        with pytest.raises(Malformed):
            h264.describe(())

    def test_colour_is_none_without_a_description(self) -> None:
        vui = build.h264_vui(Signal(video_format=5, full_range=1))
        about = described(vui=vui)
        assert (about.colour, about.full_range) == (None, True)

    def test_colour_is_that_of_the_description(self) -> None:
        vui = build.h264_vui(Signal(video_format=5, full_range=1, colour=(9, 18, 9)))
        assert described(vui=vui).colour == Colour(9, 18, 9, full_range=True)

    def test_aspect_comes_from_the_table(self) -> None:
        assert described(vui=build.h264_vui(Signal(aspect=14))).aspect == (4, 3)

    def test_an_extended_aspect_is_reduced(self) -> None:
        assert described(vui=build.h264_vui(Signal(aspect=(128, 90)))).aspect == (64, 45)

    @pytest.mark.parametrize("aspect", [(0, 1), (1, 0), (1, 900), (900, 1)])
    def test_an_absurd_aspect_is_none(self, aspect: tuple[int, int]) -> None:
        assert described(vui=build.h264_vui(Signal(aspect=aspect))).aspect == (1, 1)


class TestVui:
    def test_what_says_nothing_is_not_written(self) -> None:
        assert with_vui(Signal(video_format=2, colour=(2, 2, 2), chroma=(0, 0), aspect=0)) == normal()

    def test_timing_overscan_and_field_flags_stay_behind(self) -> None:
        assert with_vui(Signal(overscan=1), (0x43414E41, 0x52592D31), pic_struct=True) == normal()

    def test_rate_control_stays_behind(self) -> None:
        hrd = build.h264_hrd([(12345, 67890)] * 3)
        assert with_vui(nal_hrd=hrd, vcl_hrd=build.h264_hrd()) == normal()

    def test_output_order_crosses_and_limits_do_not(self) -> None:
        one = with_vui(restriction=(1, 2, 1, 16, 16, 2, 4))
        assert one == with_vui(restriction=(0, 0, 0, 9, 11, 2, 4))
        assert one != normal()
        assert one != with_vui(restriction=(1, 2, 1, 16, 16, 1, 4))

    def test_reserved_code_points_become_unspecified(self) -> None:
        assert with_vui(Signal(video_format=7, colour=(0x43, 0x41, 0x4E))) == normal()

    def test_an_aspect_has_no_room_for_a_secret(self) -> None:
        clean = with_vui(Signal(aspect=(0x4341, 0x4E41)))
        assert not holds(clean, b"CANA")

    def test_sixteen_bit_reorder_depths_are_malformed(self) -> None:
        with pytest.raises(Malformed):
            with_vui(restriction=(1, 0, 0, 0, 0, 17, 17))


class TestSps:
    @pytest.mark.parametrize(
        "order",
        [
            Bits().ue(0).ue(4),
            Bits().ue(1).flags(0).se(-3, 4).ue(2).se(7, -8),
            Bits().ue(2),
        ],
        ids=["lsb", "cycle", "decode order"],
    )
    def test_every_picture_order_type_crosses(self, order: Bits) -> None:
        assert normal(order=order) == build.h264_sps(order=order)

    def test_scaling_lists_cross(self) -> None:
        lists = Bits().flags(1).se(-8).flags(1).se(*[1] * 16).flags(0, 0, 0, 0)
        lists.flags(1).se(*[2] * 64).flags(1).se(3, -11)
        given = build.h264_sps(profile=100, scaling=lists)
        assert h264.normalise(given) == given

    def test_reserved_constraint_bits_become_zero(self) -> None:
        assert normal(constraints=0x43) == build.h264_sps(constraints=0x40)

    def test_trailing_zeros_are_not_part_of_a_set(self) -> None:
        assert h264.normalise(SPS + bytes(9)) == SPS

    def test_data_after_the_last_field_is_refused(self) -> None:
        with pytest.raises(Unsupported):
            normal(tail=CANARY_BITS)

    def test_a_start_code_inside_is_malformed(self) -> None:
        with pytest.raises(Malformed):
            h264.normalise(SPS + b"\0\0\1" + CANARY)

    @pytest.mark.parametrize("profile", [0, 1, 118, 128, 255])
    def test_a_profile_of_another_syntax_is_refused(self, profile: int) -> None:
        with pytest.raises(Unsupported):
            normal(profile=profile)

    @pytest.mark.parametrize("cut", range(1, 6))
    def test_a_set_cut_short_is_refused(self, cut: int) -> None:
        with pytest.raises(ScrubError):
            h264.normalise(SPS[:cut])


class TestPps:
    def test_the_high_profile_part_crosses(self) -> None:
        more = Bits().flags(1, 1).flags(*[0] * 6).flags(1).se(*[1] * 64).flags(0).se(-2)
        given = build.h264_pps(more=more)
        assert h264.normalise(given, [build.h264_sps(profile=100)]) == given

    def test_twelve_lists_without_subsampling(self) -> None:
        given = build.h264_pps(more=Bits().flags(1, 1).flags(*[0] * 12).se(3))
        assert h264.normalise(given, [build.h264_sps(profile=244, chroma=3)]) == given

    def test_bytes_that_a_constrained_profile_can_not_have_stay_behind(self) -> None:
        given = build.h264_pps(more=CANARY_BITS)
        assert h264.normalise(given, [build.h264_sps(profile=66, constraints=0x40)]) == PPS

    def test_bytes_after_the_high_profile_part_are_refused(self) -> None:
        given = build.h264_pps(more=Bits().flags(0, 0).se(0).bits(CANARY_BITS))
        with pytest.raises(Unsupported):
            h264.normalise(given, [build.h264_sps(profile=100)])

    @pytest.mark.parametrize(
        "groups",
        [
            Bits().ue(1).ue(0).ue(3, 7),
            Bits().ue(2).ue(1),
            Bits().ue(1).ue(2).ue(0, 5),
            Bits().ue(1).ue(3).flags(1).ue(4),
            Bits().ue(2).ue(6).ue(11).u(24, 0x249249),
        ],
        ids=["interleaved", "dispersed", "foreground", "box-out", "explicit"],
    )
    def test_slice_groups_cross(self, groups: Bits) -> None:
        given = build.h264_pps(groups=groups)
        assert h264.normalise(given, [build.h264_sps(profile=66)]) == given

    def test_a_slice_group_map_of_another_size_is_malformed(self) -> None:
        given = build.h264_pps(groups=Bits().ue(1).ue(6).ue(10).u(11, 0))
        with pytest.raises(Malformed):
            h264.normalise(given, [build.h264_sps(profile=66)])

    def test_without_its_sps_it_is_malformed(self) -> None:
        with pytest.raises(Malformed):
            h264.normalise(build.h264_pps(sps=3), [SPS])


SIGNALS = st.builds(
    Signal,
    aspect=st.none() | st.integers(0, 254) | st.tuples(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF)),
    overscan=st.none() | st.integers(0, 1),
    video_format=st.none() | st.integers(0, 7),
    full_range=st.integers(0, 1),
    colour=st.none() | st.tuples(*[st.integers(0, 255)] * 3),
    chroma=st.none() | st.tuples(*[st.integers(0, 5)] * 2),
)


@st.composite
def sequence_sets(draw: st.DrawFn) -> bytes:
    reorder = draw(st.integers(0, 16))
    vui = build.h264_vui(
        draw(SIGNALS),
        timing=draw(st.none() | st.tuples(st.integers(0, 0xFFFFFFFF), st.integers(0, 0xFFFFFFFF))),
        nal_hrd=draw(st.none() | st.just(build.h264_hrd())),
        restriction=draw(st.none() | st.just((1, 2, 1, 11, 11, reorder, 16))),
        pic_struct=draw(st.booleans()),
    )
    return build.h264_sps(
        draw(st.sampled_from([66, 77, 88, 100, 110, 122, 244, 44])),
        draw(st.integers(0, 255)),
        draw(st.integers(0, 255)),
        draw(st.integers(0, 31)),
        chroma=draw(st.integers(0, 3)),
        depths=draw(st.tuples(st.integers(8, 14), st.integers(8, 14))),
        width=draw(st.integers(4, 500)),
        height=draw(st.integers(4, 500)),
        frame_mbs_only=draw(st.booleans()),
        crop=draw(st.none() | st.tuples(*[st.integers(0, 7)] * 4)),
        vui=draw(st.none() | st.just(vui)),
    )


class TestAnySet:
    @given(sequence_sets())
    def test_a_valid_one_crosses_with_its_picture_and_stays_as_it_is(self, nal: bytes) -> None:
        clean = h264.normalise(nal)
        assert h264.normalise(clean) == clean
        assert h264.describe((clean,)) == h264.describe((nal,))

    @given(
        st.sampled_from([build.h264_sps(profile=100, vui=build.h264_vui(Signal(aspect=14))), PPS]),
        st.lists(st.tuples(st.integers(0, 40), st.integers(0, 7)), min_size=1, max_size=4),
    )
    def test_a_broken_one_is_refused_or_canonical_at_once(
        self, nal: bytes, flips: list[tuple[int, int]]
    ) -> None:
        broken = bytearray(nal)
        for at, bit in flips:
            broken[at % len(nal)] ^= 1 << bit
        with contextlib.suppress(ScrubError):
            clean = h264.normalise(bytes(broken), [SPS])
            assert h264.normalise(clean, [SPS]) == clean


class TestReadConfiguration:
    def test_sets_come_sorted_and_once(self) -> None:
        second = build.h264_sps(identifier=1)
        sets = sets_of(second, SPS, SPS, of_pps=(build.h264_pps(1, 1), PPS))
        assert sets == (SPS, second, PPS, build.h264_pps(1, 1))

    @pytest.mark.parametrize("size", [1, 2, 4])
    def test_length_size_is_reported(self, size: int) -> None:
        assert h264.read_configuration(build.avcc([SPS], [PPS], length_size=size))[0] == size

    @pytest.mark.parametrize("header", [0x27, 0x47, 0x67])
    def test_reference_priority_of_sets_is_three(self, header: int) -> None:
        assert sets_of(build.h264_sps(header=header)) == (SPS, PPS)

    @pytest.mark.parametrize(
        "tail", [CANARY, b"\xfd\xf8\xf8\x00" + CANARY, b"\xfd\xf8\xf8\x01\x00\x20" + CANARY]
    )
    def test_what_follows_the_sets_stays_behind(self, tail: bytes) -> None:
        record = build.avcc([build.h264_sps(profile=100)], [PPS], tail=tail)
        _, sets, aside = h264.read_configuration(record)
        assert not holds(h264.write_configuration(sets), CANARY)
        assert [row.key for row in aside.dropped] == ["avcC/tail"]

    def test_other_nal_units_in_the_list_stay_behind(self) -> None:
        _, sets, aside = h264.read_configuration(build.avcc([SPS, b"\x6f" + CANARY], [PPS, b"\x06" + CANARY]))
        assert sets == (SPS, PPS)
        assert [row.key for row in aside.dropped] == ["h264/nal/15", "h264/nal/6"]

    def test_a_pps_without_its_sps_stays_behind(self) -> None:
        _, sets, aside = h264.read_configuration(build.avcc([SPS], [PPS, build.h264_pps(1, 9)]))
        assert (sets, [row.key for row in aside.dropped]) == ((SPS, PPS), ["h264/nal/8"])

    def test_one_id_for_two_sets_is_refused(self) -> None:
        with pytest.raises(Unsupported):
            sets_of(SPS, build.h264_sps(width=9))

    @pytest.mark.parametrize("code", [b"\0\0\1", b"\0\0\0\1"])
    def test_a_byte_stream_in_its_place_is_read(self, code: bytes) -> None:
        body = code + code.join([SPS, PPS, b"\x0c" + CANARY])
        length_size, sets, aside = h264.read_configuration(body)
        assert (length_size, sets) == (4, (SPS, PPS))
        assert [row.key for row in aside.dropped] == ["h264/nal/12"]

    def test_another_version_is_refused(self) -> None:
        with pytest.raises(Unsupported):
            h264.read_configuration(b"\x02" + build.avcc([SPS], [PPS])[1:])

    @given(st.data())
    def test_cut_anywhere_it_is_refused_or_read(self, data: st.DataObject) -> None:
        record = build.avcc([SPS], [PPS])
        cut = record[: data.draw(st.integers(0, len(record) - 1))]
        with pytest.raises(ScrubError):
            h264.read_configuration(cut)

    @given(st.binary(max_size=80))
    def test_any_bytes_give_sets_or_a_scrub_error(self, body: bytes) -> None:
        with contextlib.suppress(ScrubError):
            h264.read_configuration(b"\x01" + body)


class TestWriteConfiguration:
    def test_a_plain_profile_has_no_tail(self) -> None:
        record = h264.write_configuration((SPS, PPS))
        assert (
            record
            == b"\x01\x4d\x00\x1e\xff\xe1\x00"
            + bytes([len(SPS)])
            + SPS
            + b"\x01\x00"
            + bytes([len(PPS)])
            + PPS
        )

    def test_a_high_profile_always_has_its_tail(self) -> None:
        record = h264.write_configuration((build.h264_sps(profile=110, depths=(10, 9)), PPS))
        assert record.endswith(PPS + b"\xfd\xfa\xf9\x00")

    def test_head_comes_from_the_sps(self) -> None:
        lying = b"\x01\xff\xff\xff\xc3"
        _, sets, _ = h264.read_configuration(build.avcc([SPS], [PPS], head=lying))
        assert h264.write_configuration(sets)[:5] == b"\x01\x4d\x00\x1e\xff"

    def test_what_is_written_is_read_as_the_same(self) -> None:
        sets = sets_of(SPS, build.h264_sps(identifier=2))
        length_size, again, aside = h264.read_configuration(h264.write_configuration(sets))
        assert (length_size, again, aside.dropped) == (4, sets, ())

    def test_without_an_sps_it_is_malformed(self) -> None:
        with pytest.raises(Malformed):
            h264.write_configuration((PPS,))

    def test_truncated_is_an_error_of_its_own(self) -> None:
        with pytest.raises(Truncated):
            h264.read_configuration(b"\x01\x4d\x00")
