"""The NAL walk: slices cross untouched, what no list allows does not, and the walk is exact."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrubkit.catalog import find
from scrubkit.codecs import h264, hevc, sei
from scrubkit.codecs.nal import NalFilter
from scrubkit.errors import LimitExceeded, Malformed, ScrubError, Unsupported
from scrubkit.essence import Colour, DolbyVision, Picture
from scrubkit.model import Policy, Profile, Remaining, Residual
from scrubkit.pieces import Coded, Span
from scrubkit.specimens.builders import nal as build
from scrubkit.specimens.builders.bitsearch import holds
from scrubkit.specimens.builders.nal import Bits, Signal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scrubkit.codecs import Filtered

CANARY = b"CANARY-canary"
START = 1000
"""Where samples of these tests lie in their source."""

STRICT = Policy(profile=Profile.STRICT)
DOLBY = DolbyVision(8, 4, rpu=True, enhancement=False, base=True, compatibility=4)

AVC_SETS = h264.read_configuration(build.avcc([build.h264_sps()], [build.h264_pps()]))[1]
AVC = Picture("h264", "avc1", 64, 48, parameter_sets=AVC_SETS)
INTERLACED = replace(
    AVC,
    parameter_sets=h264.read_configuration(
        build.avcc([build.h264_sps(frame_mbs_only=False)], [build.h264_pps()])
    )[1],
)
HEVC_ARRAYS = [(32, [build.hevc_vps()]), (33, [build.hevc_sps(width=256)]), (34, [build.hevc_pps()])]
HEVC_SETS = hevc.read_configuration(build.hvcc(HEVC_ARRAYS))[1]
HEVC = Picture("hevc", "hvc1", 256, 48, parameter_sets=HEVC_SETS)

IDR = build.h264_slice()
P_SLICE = build.h264_slice(0x61, kind=5)
I_SLICE = build.h264_slice(0x61, kind=7)
IRAP = build.hevc_slice(19)
TRAIL = build.hevc_slice(1)
RECOVERY = (6, Bits().ue(0).flags(1, 0).u(2, 0).stop())

AVC_SEI = b"\x06"
FULL_CHROMA = replace(
    AVC,
    parameter_sets=h264.read_configuration(
        build.avcc([build.h264_sps(profile=244, chroma=3)], [build.h264_pps()])
    )[1],
)


def x264(build_number: int) -> bytes:
    return build.sei(AVC_SEI, (5, sei.X264 + f"x264 - core {build_number} r1 - options".encode()))


HEVC_SEI = build.hevc_header(39)


def walk(
    data: bytes, picture: Picture = AVC, policy: Policy | None = None, *, listed: bool = False
) -> tuple[bytes, Filtered, NalFilter]:
    """Filter one sample; return the bytes that cross with what says so."""
    walker = NalFilter(picture, policy or Policy())
    filtered = walker.sample(memoryview(data), START, listed)
    return output(data, filtered), filtered, walker


def output(data: bytes, filtered: Filtered) -> bytes:
    out = bytearray()
    for piece in filtered.pieces:
        if isinstance(piece, Span):
            assert piece.start >= START
            assert piece.start + piece.size <= START + len(data)
            out += data[piece.start - START : piece.start - START + piece.size]
        else:
            assert isinstance(piece, Coded)
            out += piece.data
    assert len(out) == filtered.size
    return bytes(out)


def crossing(nals: Iterable[bytes], picture: Picture = AVC, policy: Policy | None = None) -> list[bytes]:
    return build.split(walk(build.with_lengths(nals), picture, policy)[0])


def keys(nals: Iterable[bytes], picture: Picture = AVC, policy: Policy | None = None) -> list[str]:
    return [row.key for row in walk(build.with_lengths(nals), picture, policy)[2].dropped()]


def h264_clean(nal: bytes) -> bytes:
    return h264.normalise(nal, [build.h264_sps()])


class TestCanonicalSamples:
    @pytest.mark.parametrize(
        ("picture", "nals"),
        [
            (AVC, [IDR]),
            (AVC, [P_SLICE] * 1),
            (HEVC, [IRAP]),
            (HEVC, [TRAIL, build.hevc_slice(1, first=False)]),
        ],
        ids=["IDR", "P", "IRAP", "two slices"],
    )
    def test_they_cross_as_one_span(self, picture: Picture, nals: list[bytes]) -> None:
        data = build.with_lengths(nals)
        _, filtered, walker = walk(data, picture)
        assert filtered.pieces == (Span(START, len(data)),)
        assert walker.dropped() == ()

    def test_an_empty_sample_stays_empty(self) -> None:
        assert walk(b"")[1].pieces == ()

    def test_filtering_twice_changes_nothing(self) -> None:
        nals = [b"\x09\xf0", build.sei(AVC_SEI, RECOVERY, (5, CANARY)), build.h264_slice(0x25) + bytes(3)]
        once = walk(build.with_lengths(nals))[0]
        again, _, walker = walk(once)
        assert (again, walker.dropped()) == (once, ())


class TestLengths:
    @pytest.mark.parametrize("size", [1, 2, 3, 4])
    def test_any_length_size_becomes_four_bytes(self, size: int) -> None:
        data = build.with_lengths([IDR, build.h264_slice(first=1)], size)
        assert walk(data, replace(AVC, length_size=size))[0] == build.with_lengths(
            [IDR, build.h264_slice(first=1)]
        )

    @pytest.mark.parametrize("tail", [b"\0", b"\0\0\0", b"\0\0\0\x05\x01", b"\xff\xff\xff\xff\x01"])
    def test_a_walk_that_does_not_end_with_the_sample_is_malformed(self, tail: bytes) -> None:
        with pytest.raises(Malformed):
            walk(build.with_lengths([IDR]) + tail)

    @pytest.mark.parametrize(("picture", "number"), [(FULL_CHROMA, 150), (AVC, 33)])
    def test_an_encoder_that_decoders_make_up_for_is_refused(self, picture: Picture, number: int) -> None:
        """FFmpeg decodes what old builds of x264 coded wrongly only if they say who made it."""
        with pytest.raises(Unsupported):
            crossing([x264(number), IDR], picture)

    @pytest.mark.parametrize(("picture", "number"), [(FULL_CHROMA, 151), (AVC, 34), (AVC, 150)])
    def test_an_encoder_that_keeps_to_the_standard_is_not(self, picture: Picture, number: int) -> None:
        assert crossing([x264(number), IDR], picture) == [IDR]

    def test_units_without_content_stay_behind(self) -> None:
        assert crossing([b"", IDR, b"\0\0\0", b""]) == [IDR]
        assert keys([b"", IDR, b""]) == ["h264/nal/empty"]

    def test_a_unit_shorter_than_its_header_stays_behind(self) -> None:
        assert crossing([b"\x02", TRAIL], HEVC) == [TRAIL]


class TestEnds:
    @pytest.mark.parametrize("zeros", [1, 3, 70, 5000])
    def test_trailing_zeros_stay_behind(self, zeros: int) -> None:
        assert crossing([IDR + bytes(zeros)]) == [IDR]
        assert keys([IDR + bytes(zeros)]) == ["h264/after-nal"]

    @pytest.mark.parametrize("words", [1, 40])
    def test_cabac_zero_words_stay_behind(self, words: int) -> None:
        assert crossing([IDR + b"\0\0\x03" * words]) == [IDR]

    def test_a_slice_that_ends_in_three_is_whole(self) -> None:
        whole = IDR[:-1] + b"\0\0\x03\x03"
        assert crossing([whole]) == [whole]

    def test_a_slice_without_data_is_malformed(self) -> None:
        with pytest.raises(Malformed):
            crossing([b"\x65"])

    def test_bytes_that_no_unit_may_hold_are_malformed(self) -> None:
        with pytest.raises(Malformed):
            crossing([IDR + b"\0\0\2" + CANARY])

    def test_a_sample_that_is_a_byte_stream_gets_lengths(self) -> None:
        assert build.split(walk(b"\0\0\0\1" + IDR)[0]) == [IDR]

    def test_a_slice_whose_header_changes_keeps_its_bytes(self) -> None:
        walker = NalFilter(AVC, Policy())
        data = build.with_lengths([b"\x41" + P_SLICE[1:]])
        for _ in range(2):
            assert build.split(output(data, walker.sample(memoryview(data), START, listed=False))) == [
                P_SLICE
            ]

    def test_units_behind_start_codes_are_filtered_each(self) -> None:
        bundle = b"\x6e\x40\x80" + b"\0\0\0\1" + build.sei(AVC_SEI, (5, CANARY)) + b"\0\0\1" + IDR
        assert crossing([bundle]) == [IDR]
        assert keys([bundle]) == ["h264/nal/14", "h264/sei/5"]

    def test_what_follows_a_slice_behind_a_start_code_does_not_cross(self) -> None:
        assert crossing([IDR + b"\0\0\1\x0c" + CANARY]) == [IDR]


class TestByteStreams:
    @pytest.mark.parametrize("code", [b"\0\0\1", b"\0\0\0\1"])
    def test_start_codes_become_lengths(self, code: bytes) -> None:
        nals = [b"\x09\xf0", build.h264_slice(0x25), build.h264_slice(0x25, first=6)]
        assert build.split(walk(b"\0" + b"\0\0\1" + code.join(nals))[0]) == [IDR, build.h264_slice(first=6)]

    def test_a_unit_of_one_byte_is_no_start_code(self) -> None:
        assert crossing([b"\x0a", IDR]) == [b"\x0a", IDR]


class TestDroppedTypes:
    @pytest.mark.parametrize("kind", [0, 9, 11, *range(12, 28), 28, 29, 30, 31])
    def test_avc_types_stay_behind_by_name(self, kind: int) -> None:
        nal = bytes([kind]) + CANARY
        assert crossing([nal, IDR]) == [IDR]
        assert keys([nal, IDR]) == [f"h264/nal/{kind}"]

    @pytest.mark.parametrize("kind", [*range(10, 16), *range(22, 32), 35, 37, 38, *range(41, 64)])
    def test_hevc_types_stay_behind_by_name(self, kind: int) -> None:
        nal = build.hevc_header(kind) + CANARY
        assert crossing([nal, IRAP], HEVC) == [IRAP]
        assert keys([nal, IRAP], HEVC) == [f"hevc/nal/{kind}"]

    @pytest.mark.parametrize("kind", [1, 19, 33, 39, 62])
    def test_further_layers_stay_behind(self, kind: int) -> None:
        nal = build.hevc_header(kind, layer=1) + CANARY
        assert crossing([IRAP, nal], HEVC) == [IRAP]
        assert keys([IRAP, nal], HEVC) == ["hevc/layer/1"]

    def test_sizes_include_the_length(self) -> None:
        walker = walk(build.with_lengths([b"\x09\xf0", IDR, b"\x0c\xff\x80"]))[2]
        assert [(row.key, row.count, row.size) for row in walker.dropped()] == [
            ("h264/nal/12", 1, 7),
            ("h264/nal/9", 1, 6),
        ]

    def test_a_forbidden_bit_is_malformed(self) -> None:
        with pytest.raises(Malformed):
            crossing([b"\xe5" + IDR[1:]])

    def test_an_hevc_unit_without_temporal_id_is_malformed(self) -> None:
        with pytest.raises(Malformed):
            crossing([b"\x02\x00" + TRAIL[2:]], HEVC)


class TestHeaders:
    @pytest.mark.parametrize("header", [0x25, 0x45])
    def test_reference_priority_becomes_three(self, header: int) -> None:
        assert crossing([build.h264_slice(header)]) == [IDR]

    def test_only_the_header_byte_is_made(self) -> None:
        data = build.with_lengths([build.h264_slice(0x25)])
        assert walk(data)[1].pieces == (
            Coded(len(IDR).to_bytes(4, "big") + b"\x65"),
            Span(START + 5, len(IDR) - 1),
        )

    def test_end_of_sequence_crosses_as_a_header(self) -> None:
        assert crossing([IDR, b"\x6a"]) == [IDR, b"\x0a"]
        assert crossing([IRAP, b"\x48\x01"], HEVC) == [IRAP, b"\x48\x01"]

    def test_end_of_sequence_with_data_is_none(self) -> None:
        assert crossing([IDR, b"\x0a" + CANARY]) == [IDR]
        assert crossing([IRAP, b"\x48\x01" + CANARY], HEVC) == [IRAP]

    def test_there_is_one_end_of_sequence_at_most(self) -> None:
        assert crossing([IDR, *[b"\x0a"] * 5]) == [IDR, b"\x0a"]


class TestCropping:
    def entry(self, *crop: int) -> Picture:
        sps = build.h264_sps(width=40, height=30, crop=(crop[0], crop[1], crop[2], crop[3]))
        return replace(AVC, parameter_sets=h264.read_configuration(build.avcc([sps], [build.h264_pps()]))[1])

    def test_picture_hidden_by_cropping_is_said(self) -> None:
        walker = NalFilter(self.entry(0, 0, 60, 0), Policy())
        assert walker.remaining() == (Remaining(Residual.CLEAN_APERTURE),)

    def test_the_rest_of_a_block_hides_nothing(self) -> None:
        assert NalFilter(self.entry(0, 7, 0, 4), Policy()).remaining() == ()


class TestSync:
    @pytest.mark.parametrize("listed", [False, True])
    def test_an_idr_is_sync(self, *, listed: bool) -> None:
        assert walk(build.with_lengths([IDR]), listed=listed)[1].sync

    @pytest.mark.parametrize("listed", [False, True])
    def test_an_i_picture_is_sync_when_listed(self, *, listed: bool) -> None:
        assert walk(build.with_lengths([I_SLICE]), listed=listed)[1].sync is listed

    def test_a_listed_p_picture_is_not_sync(self) -> None:
        assert not walk(build.with_lengths([P_SLICE]), listed=True)[1].sync

    def test_one_p_slice_makes_a_listed_picture_not_sync(self) -> None:
        nals = [I_SLICE, build.h264_slice(0x61, first=6, kind=5)]
        assert not walk(build.with_lengths(nals), listed=True)[1].sync

    def test_a_listed_i_field_with_a_p_field_is_sync(self) -> None:
        assert walk(build.with_lengths([I_SLICE, P_SLICE]), INTERLACED, listed=True)[1].sync

    @pytest.mark.parametrize("kind", range(16, 22))
    def test_an_irap_is_sync(self, kind: int) -> None:
        assert walk(build.with_lengths([build.hevc_slice(kind)]), HEVC)[1].sync

    def test_another_hevc_picture_is_not_sync_even_if_listed(self) -> None:
        assert not walk(build.with_lengths([TRAIL]), HEVC, listed=True)[1].sync


class TestHiddenPictures:
    def test_two_frames_in_one_sample_are_malformed(self) -> None:
        with pytest.raises(Malformed):
            crossing([IDR, P_SLICE])

    def test_two_fields_in_one_sample_are_a_frame(self) -> None:
        assert crossing([IDR, P_SLICE], INTERLACED) == [IDR, P_SLICE]

    def test_two_hevc_pictures_in_one_sample_are_malformed(self) -> None:
        with pytest.raises(Malformed):
            crossing([IRAP, TRAIL], HEVC)


class TestSlicesOfOnePicture:
    @pytest.mark.parametrize(
        ("picture", "nals"),
        [
            (AVC, [P_SLICE, build.h264_slice(0x61, first=5, kind=0)]),
            (AVC, [build.h264_slice(idr=3), build.h264_slice(first=9, idr=3)]),
            (HEVC, [TRAIL, build.hevc_slice(1, first=False, address=3)]),
            (HEVC, [IRAP, build.hevc_slice(19, first=False)]),
        ],
        ids=["P", "IDR", "TRAIL", "IRAP"],
    )
    def test_they_cross_together(self, picture: Picture, nals: list[bytes]) -> None:
        assert crossing(nals, picture) == nals

    @pytest.mark.parametrize(
        ("picture", "nals"),
        [
            (AVC, [P_SLICE, build.h264_slice(0x61, first=5, kind=0, frame=1)]),
            (AVC, [IDR, build.h264_slice(first=9, idr=3)]),
            (AVC, [IDR, build.h264_slice(0x61, first=9)]),
            (AVC, [P_SLICE, build.h264_slice(0x01, first=9)]),
            (HEVC, [TRAIL, build.hevc_slice(1, first=False, order=4)]),
            (HEVC, [TRAIL, build.hevc_slice(0, first=False)]),
            (HEVC, [TRAIL, build.hevc_slice(1, first=False, address=0)]),
        ],
        ids=["frame", "IDR id", "type", "reference", "order", "HEVC type", "address"],
    )
    def test_one_of_another_picture_is_malformed(self, picture: Picture, nals: list[bytes]) -> None:
        with pytest.raises(Malformed):
            crossing(nals, picture)

    @pytest.mark.parametrize("picture", [AVC, HEVC], ids=["h264", "hevc"])
    def test_bytes_behind_a_start_code_do_not_pass_for_a_slice(self, picture: Picture) -> None:
        frame = P_SLICE if picture is AVC else TRAIL
        for first in range(256):
            secret = bytes([first]) + CANARY
            with contextlib.suppress(ScrubError):
                assert crossing([frame + b"\0\0\1" + secret], picture) == [frame], first


class TestParameterSets:
    def test_copies_of_the_configuration_stay_behind(self) -> None:
        assert crossing([*AVC_SETS, IDR]) == [IDR]
        assert keys([*AVC_SETS, IDR]) == ["h264/nal/7", "h264/nal/8"]

    def test_a_copy_that_differs_in_metadata_alone_is_the_same(self) -> None:
        other = build.h264_sps(vui=build.h264_vui(timing=(1001, 60000)), header=0x27)
        assert crossing([other, IDR]) == [IDR]

    def test_a_set_that_changes_after_its_use_begins_another_description(self) -> None:
        walker = NalFilter(AVC, Policy())
        first = walker.sample(memoryview(build.with_lengths([IDR])), START, listed=True)
        data = build.with_lengths([build.h264_sps(width=9), build.h264_pps(), IDR])
        second = walker.sample(memoryview(data), START, listed=True)
        assert (first.before, second.before) == (None, AVC)
        assert (walker.entry().width, len(walker.entry().parameter_sets)) == (144, 2)

    def test_a_set_that_comes_back_brings_its_description_back(self) -> None:
        walker = NalFilter(AVC, Policy())
        for sets in ((), (build.h264_sps(width=9),), (AVC_SETS[0],)):
            found = walker.sample(memoryview(build.with_lengths([*sets, IDR])), START, listed=True)
        assert found.before is not None
        assert found.before.width == 144
        assert walker.entry() == AVC

    def test_a_set_that_changes_where_no_decoder_can_begin_is_refused(self) -> None:
        walker = NalFilter(AVC, Policy())
        walker.sample(memoryview(build.with_lengths([IDR])), START, listed=True)
        data = build.with_lengths([build.h264_sps(width=9), P_SLICE])
        with pytest.raises(Unsupported):
            walker.sample(memoryview(data), START, listed=False)

    def test_a_set_that_changes_inside_a_sample_is_refused(self) -> None:
        with pytest.raises(Unsupported):
            walk(build.with_lengths([IDR, build.h264_sps(width=9), build.h264_pps()]))

    def test_sets_that_change_with_every_sample_are_refused(self) -> None:
        walker = NalFilter(AVC, Policy())
        samples = [build.with_lengths([build.h264_sps(width=8 + i), IDR]) for i in range(2)]

        def changing() -> None:
            for i in range(2000):
                walker.sample(memoryview(samples[i % 2]), START, listed=True)

        with pytest.raises(LimitExceeded):
            changing()

    def test_a_set_that_changes_before_its_use_replaces_the_one_of_the_record(self) -> None:
        vui = build.h264_vui(Signal(aspect=14, video_format=5, colour=(9, 16, 9)))
        nals = [build.h264_sps(width=9, vui=vui), build.h264_pps(), IDR]
        entry = walk(build.with_lengths(nals))[2].entry()
        assert (entry.width, entry.height, entry.aspect) == (144, 48, (4, 3))
        assert entry.parameter_sets == tuple(map(h264_clean, nals[:2]))

    def test_a_replaced_set_keeps_what_the_container_said(self) -> None:
        colour = Colour(1, 1, 1)
        nals = [build.h264_sps(width=9), build.h264_pps(), IDR]
        picture = replace(AVC, colour=colour, aspect=(2, 1))
        entry = walk(build.with_lengths(nals), picture)[2].entry()
        assert (entry.colour, entry.aspect) == (colour, (2, 1))

    def test_lists_of_a_pps_that_mean_something_else_with_a_new_sps_are_refused(self) -> None:
        high = build.h264_sps(profile=244)
        pps = build.h264_pps(more=Bits().flags(1, 1).flags(*[0] * 8).se(0))
        sets = h264.read_configuration(build.avcc([high], [pps]))[1]
        with pytest.raises(ScrubError):
            crossing([build.h264_sps(profile=244, chroma=3), IDR], replace(AVC, parameter_sets=sets))

    def test_a_temporal_layer_that_no_set_announces_is_malformed(self) -> None:
        with pytest.raises(Malformed):
            crossing([build.hevc_slice(1, temporal=1)], HEVC)

    def test_a_new_set_that_slices_use_joins_the_configuration(self) -> None:
        walker = walk(build.with_lengths([build.h264_pps(5), build.h264_slice(pps=5)]))[2]
        assert walker.entry().parameter_sets == (AVC_SETS[0], build.h264_pps(5))

    def test_sets_that_no_slice_uses_are_left_out(self) -> None:
        picture = replace(AVC, parameter_sets=(*AVC_SETS, build.h264_pps(7)))
        walker = walk(build.with_lengths([IDR]), picture)[2]
        assert walker.entry().parameter_sets == AVC_SETS

    def test_without_samples_all_sets_stay(self) -> None:
        assert NalFilter(AVC, Policy()).entry().parameter_sets == AVC_SETS

    def test_all_sets_may_come_with_the_samples(self) -> None:
        picture = replace(HEVC, entry="hev1", parameter_sets=())
        walker = walk(build.with_lengths([*HEVC_SETS, IRAP]), picture)[2]
        assert (walker.entry().parameter_sets, walker.entry().entry) == (HEVC_SETS, "hvc1")

    def test_a_slice_without_its_set_is_malformed(self) -> None:
        with pytest.raises(Malformed):
            crossing([build.h264_slice(pps=9)])

    def test_a_set_with_unknown_data_is_refused(self) -> None:
        with pytest.raises(Unsupported):
            crossing([build.h264_sps(tail=Bits().raw(CANARY)), IDR])

    def test_lengths_have_four_bytes_afterwards(self) -> None:
        assert NalFilter(replace(AVC, length_size=2), Policy()).entry().length_size == 4


class TestMessages:
    def test_allowed_ones_come_first_one_by_one_in_type_order(self) -> None:
        light, transfer = (144, b"\x03\xe8\x01\x90"), (147, b"\x12")
        nals = [build.sei(HEVC_SEI, transfer, (5, CANARY), light), IRAP, build.sei(HEVC_SEI, light)]
        assert crossing(nals, HEVC) == [build.sei(HEVC_SEI, light), build.sei(HEVC_SEI, transfer), IRAP]

    def test_a_suffix_message_stays_behind(self) -> None:
        nals = [IRAP, build.sei(build.hevc_header(40), (144, b"\x03\xe8\x01\x90"))]
        assert crossing(nals, HEVC) == [IRAP]
        assert keys(nals, HEVC) == ["hevc/sei/144"]

    def test_static_hdr_is_mirrored_in_the_entry(self) -> None:
        walker = walk(build.with_lengths([build.sei(HEVC_SEI, (144, b"\x03\xe8\x01\x90")), IRAP]), HEVC)[2]
        assert walker.entry().light == b"\x03\xe8\x01\x90"
        assert walker.remaining() == (Remaining(Residual.HDR_METADATA),)

    def test_what_the_container_says_of_light_goes_first(self) -> None:
        picture = replace(HEVC, light=b"\0\1\0\1")
        data = build.with_lengths([build.sei(HEVC_SEI, (144, b"\x03\xe8\x01\x90")), IRAP])
        assert walk(data, picture)[2].entry().light == b"\0\1\0\1"

    def test_a_message_that_can_not_be_parsed_stays_behind(self) -> None:
        nals = [b"\x06\x05\xff\xff" + CANARY, IDR]
        assert (crossing(nals), keys(nals)) == ([IDR], ["h264/nal/6"])

    def test_sizes_of_dropped_messages_add_up_to_their_units(self) -> None:
        nals = [build.sei(AVC_SEI, (5, CANARY), (1, b"\x22\x33")), build.sei(AVC_SEI, (1, b"\0\0\1\0"))]
        walker = walk(build.with_lengths([*nals, IDR]))[2]
        assert sum(row.size for row in walker.dropped()) == len(build.with_lengths(nals))

    def test_a_hidden_picture_is_refused(self) -> None:
        with pytest.raises(Unsupported):
            crossing([build.sei(HEVC_SEI, (135, b"")), IRAP], HEVC)


class TestDolbyVision:
    RPU = build.rpu(build.rpu_payload(first=[build.rpu_block(1, b"\x01\x23\x45\x67\x80")]))
    ALONE = replace(HEVC, dolby=DolbyVision(5, 4, rpu=True, enhancement=False, base=True, compatibility=0))

    def test_it_crosses_when_the_container_declares_it(self) -> None:
        data = build.with_lengths([IRAP, self.RPU])
        out, _, walker = walk(data, replace(HEVC, dolby=DOLBY))
        assert (out, walker.remaining()) == (data, (Remaining(Residual.DOLBY_VISION),))

    def test_it_stays_behind_when_the_container_does_not(self) -> None:
        assert crossing([IRAP, self.RPU], HEVC) == [IRAP]

    def test_there_is_one_at_most(self) -> None:
        assert crossing([IRAP, self.RPU, self.RPU], replace(HEVC, dolby=DOLBY)) == [IRAP, self.RPU]

    def test_the_strict_profile_leaves_it_behind(self) -> None:
        assert crossing([IRAP, self.RPU], replace(HEVC, dolby=DOLBY), STRICT) == [IRAP]

    def test_a_broken_one_stays_behind(self) -> None:
        broken = self.RPU[:10] + b"\x55" + self.RPU[11:]
        assert crossing([IRAP, broken], replace(HEVC, dolby=DOLBY)) == [IRAP]
        assert keys([IRAP, broken], replace(HEVC, dolby=DOLBY)) == ["hevc/nal/62"]

    def test_a_broken_one_that_the_picture_rests_on_is_malformed(self) -> None:
        with pytest.raises(Malformed):
            crossing([IRAP, self.RPU[:10] + b"\x55" + self.RPU[11:]], self.ALONE)

    def test_in_avc_it_has_a_type_of_its_own(self) -> None:
        nal = build.rpu(build.rpu_payload(), b"\x7c")
        assert crossing([IDR, nal], replace(AVC, dolby=DOLBY)) == [IDR, nal]

    def test_the_enhancement_layer_stays_behind(self) -> None:
        assert crossing([IRAP, build.hevc_header(63) + CANARY], replace(HEVC, dolby=DOLBY)) == [IRAP]


class TestCanaries:
    @pytest.mark.parametrize("policy", [Policy(), STRICT], ids=["lossless", "strict"])
    @pytest.mark.parametrize(
        ("picture", "header", "frame"), [(AVC, AVC_SEI, IDR), (HEVC, HEVC_SEI, IRAP)], ids=["h264", "hevc"]
    )
    def test_no_message_type_carries_one(
        self, picture: Picture, header: bytes, frame: bytes, policy: Policy
    ) -> None:
        for kind in range(260):
            for payload in (CANARY, CANARY * 30, b"\xb5\x00\x3c\x00\x01\x04\x01" + CANARY * 4):
                nals = [build.sei(header, (kind, payload)), frame]
                try:
                    out, _, walker = walk(build.with_lengths(nals), picture, policy)
                except Unsupported:
                    continue
                assert not holds(out, CANARY[:6]), kind
                assert not holds(b"".join(walker.entry().parameter_sets), CANARY[:6]), kind

    @pytest.mark.parametrize(
        ("picture", "frame", "slices"),
        [(AVC, IDR, {1, 5}), (HEVC, IRAP, {*range(10), *range(16, 22)})],
        ids=["h264", "hevc"],
    )
    def test_no_unit_type_but_slices_carries_one(
        self, picture: Picture, frame: bytes, slices: set[int]
    ) -> None:
        for header in range(256):
            kind = header & 31 if picture is AVC else header >> 1 & 63
            if kind in slices:
                continue
            nal = (bytes([header]) if picture is AVC else bytes([header, 1])) + CANARY
            try:
                out, _, walker = walk(build.with_lengths([nal, frame]), picture)
            except ScrubError:
                continue
            assert not holds(out, CANARY[:6]), header
            assert not holds(b"".join(walker.entry().parameter_sets), CANARY[:6]), header


class TestNames:
    @pytest.mark.parametrize(
        ("picture", "header", "frame"), [(AVC, AVC_SEI, IDR), (HEVC, HEVC_SEI, IRAP)], ids=["h264", "hevc"]
    )
    def test_the_catalog_names_all_that_stays_behind(
        self, picture: Picture, header: bytes, frame: bytes
    ) -> None:
        nals = [build.sei(header, (kind, CANARY)) for kind in range(300) if kind != 135]
        kinds = range(32) if picture is AVC else range(64)
        for kind in kinds:
            head = bytes([kind]) if picture is AVC else build.hevc_header(kind)
            header_kind = (h264 if picture is AVC else hevc).SYNTAX
            with contextlib.suppress(ScrubError):
                if header_kind.header(int.from_bytes(head, "big")).action.name == "DROP":
                    nals.append(head + CANARY)
        nals += [b"", frame + bytes(3)]
        assert [key for key in keys(nals, picture) if find("codec", key) is None] == []


class TestHostileSamples:
    @given(st.binary(max_size=64), st.sampled_from([AVC, HEVC, replace(AVC, length_size=1)]))
    def test_any_bytes_give_a_result_or_a_scrub_error(self, data: bytes, picture: Picture) -> None:
        with contextlib.suppress(ScrubError):
            walk(data, picture)

    @given(st.lists(st.binary(max_size=24), max_size=6), st.sampled_from([AVC, INTERLACED, HEVC]))
    def test_what_crosses_of_any_units_is_canonical(self, nals: list[bytes], picture: Picture) -> None:
        try:
            once = walk(build.with_lengths(nals), picture)[0]
        except ScrubError:
            return
        assert walk(once, picture)[0] == once

    def test_a_sample_of_nothing_but_empty_units_is_limited(self) -> None:
        with pytest.raises(ScrubError):
            walk(bytes(4 << 18))
