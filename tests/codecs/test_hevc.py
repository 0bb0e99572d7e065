"""H.265 parameter sets and `hvcC`: read, checked, written again; nothing unnamed crosses."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrubkit.codecs import hevc
from scrubkit.codecs.nal_syntax import Action
from scrubkit.errors import Malformed, ScrubError, Truncated, Unsupported
from scrubkit.essence import Colour
from scrubkit.specimens.builders import nal as build
from scrubkit.specimens.builders.bitsearch import holds
from scrubkit.specimens.builders.nal import Bits, Signal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scrubkit.codecs.nal_syntax import Description

VPS = build.hevc_vps()
SPS = build.hevc_sps()
PPS = build.hevc_pps()
CANARY = b"CANARY-canary"
CANARY_BITS = Bits().raw(CANARY)


def arrays(
    vps: Sequence[bytes] = (VPS,), sps: Sequence[bytes] = (SPS,), pps: Sequence[bytes] = (PPS,)
) -> list[tuple[int, Sequence[bytes]]]:
    return [(32, vps), (33, sps), (34, pps)]


def sets_of(*of_sps: bytes) -> tuple[bytes, ...]:
    return hevc.read_configuration(build.hvcc(arrays(sps=of_sps)))[1]


def described(**fields: Any) -> Description:
    return hevc.describe(sets_of(build.hevc_sps(**fields)))


def normal(**fields: Any) -> bytes:
    return hevc.normalise(build.hevc_sps(**fields))


def with_vui(signal: Signal | None = None, **fields: Any) -> bytes:
    return normal(vui=build.hevc_vui(signal, **fields))


class TestHeader:
    @pytest.mark.parametrize("kind", [*range(10, 16), *range(22, 32), 35, 37, 38, *range(41, 62), 63])
    def test_types_that_no_list_allows_are_dropped(self, kind: int) -> None:
        assert hevc.header(kind << 9 | 1).action is Action.DROP

    def test_a_further_layer_is_dropped(self) -> None:
        assert hevc.header(1 << 9 | 1 << 3 | 1).action is Action.DROP

    @pytest.mark.parametrize("value", [0x8001, 0x0200, 19 << 9 | 2])
    def test_headers_that_break_a_rule_are_malformed(self, value: int) -> None:
        with pytest.raises(Malformed):
            hevc.header(value)

    def test_a_temporal_layer_is_part_of_a_slice(self) -> None:
        assert hevc.header(1 << 9 | 3).canonical == b"\x02\x03"


class TestVideoParameterSet:
    def test_that_of_one_layer_is_canonical(self) -> None:
        assert hevc.normalise(VPS) == VPS

    def test_timing_and_rate_control_stay_behind(self) -> None:
        timing = Bits().flags(1).u(32, 1001).u(32, 60000).flags(0).ue(1, 0).bits(build.hevc_hrd()).flags(0)
        assert hevc.normalise(build.hevc_vps(more=timing)) == VPS

    def test_further_layers_and_extension_data_stay_behind(self) -> None:
        more = Bits().flags(0, 1).bits(CANARY_BITS)
        assert hevc.normalise(build.hevc_vps(layers=1, more=more)) == VPS

    def test_sub_layers_cross(self) -> None:
        given = build.hevc_vps(sub_layers=2)
        assert hevc.normalise(given) == given

    def test_reserved_bits_are_malformed(self) -> None:
        broken = VPS[:4] + b"CA" + VPS[6:]
        with pytest.raises(Malformed):
            hevc.normalise(broken)

    def test_a_base_layer_from_elsewhere_is_refused(self) -> None:
        with pytest.raises(Unsupported):
            hevc.normalise(VPS[:2] + bytes([VPS[2] & ~4]) + VPS[3:])


class TestProfileTierLevel:
    def test_bits_that_mean_nothing_become_zero(self) -> None:
        noisy = build.hevc_tier(compatibility=0x60043414, constraints=0xB43414E4152)
        assert normal(tier=noisy) == normal(tier=build.hevc_tier(constraints=0x0))

    def test_source_flags_cross(self) -> None:
        assert normal() != normal(tier=build.hevc_tier(constraints=0x900000000000))

    def test_constraints_of_the_range_extensions_cross(self) -> None:
        tier = build.hevc_tier(profile=4, compatibility=0x08000000, constraints=0x9EF000000000)
        assert normal(tier=tier) == build.hevc_sps(tier=tier)

    def test_what_it_says_of_sub_layers_stays_behind(self) -> None:
        tier = build.hevc_tier(sub_layers=3, sub_levels=True)
        assert normal(sub_layers=3, tier=tier) == build.hevc_sps(sub_layers=3)

    @pytest.mark.parametrize("profile", [12, 31])
    def test_an_unknown_profile_is_refused(self, profile: int) -> None:
        with pytest.raises(Unsupported):
            normal(tier=build.hevc_tier(profile=profile))


class TestPicture:
    def test_size_is_that_after_cropping(self) -> None:
        about = described(width=1920, height=1088, crop=(0, 0, 0, 4))
        assert (about.width, about.height) == (1920, 1080)

    @pytest.mark.parametrize(("chroma", "size"), [(0, (61, 41)), (2, (58, 41)), (3, (61, 41))])
    def test_cropping_counts_in_chroma_samples(self, chroma: int, size: tuple[int, int]) -> None:
        about = described(chroma=chroma, crop=(1, 2, 3, 4))
        assert (about.width, about.height) == size

    def test_depths_format_profile_and_level(self) -> None:
        tier = build.hevc_tier(profile=2, level=120)
        about = described(tier=tier, depths=(10, 10))
        assert (about.profile, about.level, about.chroma_format, about.luma_depth) == (2, 120, 1, 10)

    def test_colour_is_that_of_the_description(self) -> None:
        vui = build.hevc_vui(Signal(video_format=5, colour=(9, 18, 9)))
        assert described(vui=vui).colour == Colour(9, 18, 9, full_range=False)

    def test_an_interlaced_source_is_said(self) -> None:
        assert described(tier=build.hevc_tier(constraints=0x400000000000)).interlaced

    def test_cropping_everything_is_malformed(self) -> None:
        with pytest.raises(Malformed):
            normal(crop=(16, 16, 0, 0))

    def test_without_an_sps_there_is_nothing_to_say(self) -> None:
        with pytest.raises(Malformed):
            hevc.describe((VPS, PPS))


class TestVui:
    @pytest.mark.parametrize(
        "fields",
        [
            {"hints": (1, 0, 1)},
            {"window": (1, 1, 1, 1)},
            {"timing": (0x43414E41, 0x52592D31)},
            {"timing": (1, 60), "hrd": build.hevc_hrd(0x43414E)},
            {"restriction": (1, 1, 1, 4095, 16, 16, 15, 15)},
        ],
        ids=["hints", "display window", "timing", "rate control", "restriction"],
    )
    def test_what_display_does_not_need_stays_behind(self, fields: dict[str, Any]) -> None:
        assert with_vui(Signal(overscan=1, video_format=3), **fields) == normal()

    def test_aspect_colour_and_chroma_location_cross(self) -> None:
        signal = Signal(aspect=14, video_format=5, full_range=1, colour=(9, 16, 9), chroma=(2, 2))
        assert with_vui(signal) == build.hevc_sps(vui=build.hevc_vui(signal))

    def test_a_sequence_of_fields_is_refused(self) -> None:
        with pytest.raises(Unsupported):
            with_vui(hints=(0, 1, 1))


class TestSps:
    def test_scaling_lists_cross(self) -> None:
        lists = Bits()
        for size in range(4):
            for matrix in range(0, 6, 3 if size == 3 else 1):
                if matrix == 3:
                    lists.flags(0).ue(1)
                else:
                    lists.flags(1)
                    if size > 1:
                        lists.se(8)
                    lists.se(*[1] * min(64, 16 << size * 2))
        given = build.hevc_sps(scaling=lists)
        assert hevc.normalise(given) == given

    def test_reference_picture_sets_cross(self) -> None:
        sets = Bits().ue(3)
        sets.ue(2, 1).ue(0).flags(1).ue(1).flags(0).ue(0).flags(1)
        sets.flags(1).flags(1).ue(0).flags(1).flags(0, 1).flags(0, 0).flags(1)
        sets.flags(0).ue(1, 0).ue(5).flags(1)
        given = build.hevc_sps(reference_sets=sets)
        assert hevc.normalise(given) == given

    def test_long_term_pictures_and_pulse_code_cross(self) -> None:
        given = build.hevc_sps(long_term=Bits().ue(2).u(8, 7).flags(1).u(8, 200).flags(0))
        assert hevc.normalise(given) == given
        given = build.hevc_sps(pcm=Bits().u(4, 7).u(4, 7).ue(0, 2).flags(1))
        assert hevc.normalise(given) == given

    def test_a_latency_beyond_any_decoder_is_none(self) -> None:
        assert normal(latency=0x43414E41) == SPS
        assert normal(latency=3) == build.hevc_sps(latency=3)

    def test_range_and_screen_extensions_cross(self) -> None:
        extension = Bits().flags(1, 0, 0, 1).u(4, 0).u(9, 0b101010101)
        extension.flags(1, 1).ue(31, 32).flags(1).ue(1)
        for _ in range(6):
            extension.u(8, 99)
        given = build.hevc_sps(extension=extension.u(2, 1).flags(0))
        assert hevc.normalise(given) == given

    @pytest.mark.parametrize(
        "extension",
        [
            Bits().flags(0, 0, 0, 0).u(4, 1).bits(CANARY_BITS),
            Bits().flags(0, 0, 1, 0).u(4, 0).bits(CANARY_BITS),
            Bits().flags(0, 0, 0, 0).u(4, 0).bits(CANARY_BITS),
        ],
        ids=["reserved", "3D", "after the last"],
    )
    def test_an_unknown_extension_is_refused(self, extension: Bits) -> None:
        with pytest.raises(Unsupported):
            normal(extension=extension)

    def test_of_another_layer_it_is_refused(self) -> None:
        with pytest.raises(Unsupported):
            hevc.normalise(build.hevc_sps(header=build.hevc_header(33, layer=1)))

    @pytest.mark.parametrize("cut", range(1, 24))
    def test_a_set_cut_short_is_refused(self, cut: int) -> None:
        with pytest.raises(ScrubError):
            hevc.normalise(SPS[:cut])


class TestPps:
    def test_a_plain_one_is_canonical(self) -> None:
        assert hevc.normalise(PPS) == PPS

    @pytest.mark.parametrize(
        "tiles",
        [Bits().ue(1, 1).flags(1).flags(0), Bits().ue(2, 1).flags(0).ue(3, 4, 5).flags(1)],
        ids=["uniform", "explicit"],
    )
    def test_tiles_cross(self, tiles: Bits) -> None:
        given = build.hevc_pps(tiles=tiles)
        assert hevc.normalise(given) == given

    def test_range_and_screen_extensions_cross(self) -> None:
        extension = Bits().flags(1, 0, 0, 1).u(4, 0)
        extension.flags(1, 1).ue(2, 1).se(-3, 4, 5, -6).ue(0, 1)
        extension.flags(1, 1).flags(0).se(-1, 2, 3).flags(1).ue(1).flags(1).ue(0).u(8, 7)
        given = build.hevc_pps(extension=extension)
        assert hevc.normalise(given) == given

    @pytest.mark.parametrize(
        "fields",
        [
            {"header_extension": True},
            {"extension": Bits().flags(0, 1, 0, 0).u(4, 0).bits(CANARY_BITS)},
            {"extension": Bits().flags(0, 0, 1, 0).u(4, 0).bits(CANARY_BITS)},
            {"extension": Bits().flags(0, 0, 0, 0).u(4, 8).bits(CANARY_BITS)},
            {"extension": Bits().flags(0, 0, 0, 0).u(4, 0).bits(CANARY_BITS)},
        ],
        ids=["slice header", "multilayer", "3D", "reserved", "after the last"],
    )
    def test_room_for_unknown_data_is_refused(self, fields: dict[str, Any]) -> None:
        with pytest.raises(Unsupported):
            hevc.normalise(build.hevc_pps(**fields))


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
    sub_layers = draw(st.integers(0, 6))
    tier = build.hevc_tier(
        profile=draw(st.integers(1, 11)),
        compatibility=draw(st.integers(0, 0xFFFFFFFF)),
        constraints=draw(st.integers(0, (1 << 48) - 1)),
        level=draw(st.integers(0, 255)),
        sub_layers=sub_layers,
        sub_levels=draw(st.booleans()) and sub_layers > 0,
    )
    vui = build.hevc_vui(
        draw(SIGNALS),
        hints=(draw(st.integers(0, 1)), 0, draw(st.integers(0, 1))),
        timing=draw(st.none() | st.tuples(st.integers(0, 0xFFFFFFFF), st.integers(0, 0xFFFFFFFF))),
    )
    return build.hevc_sps(
        draw(st.integers(0, 15)),
        tier=tier,
        sub_layers=sub_layers,
        chroma=draw(st.integers(0, 3)),
        depths=draw(st.tuples(st.integers(8, 16), st.integers(8, 16))),
        width=draw(st.integers(64, 8192)),
        height=draw(st.integers(64, 8192)),
        crop=draw(st.none() | st.tuples(*[st.integers(0, 15)] * 4)),
        latency=draw(st.integers(0, 100)),
        vui=draw(st.none() | st.just(vui)),
    )


class TestAnySet:
    @given(sequence_sets())
    def test_a_valid_one_crosses_with_its_picture_and_stays_as_it_is(self, nal: bytes) -> None:
        clean = hevc.normalise(nal)
        assert hevc.normalise(clean) == clean
        assert hevc.describe((clean,)) == hevc.describe((nal,))

    @given(
        st.sampled_from([VPS, build.hevc_sps(vui=build.hevc_vui(Signal(aspect=14))), PPS]),
        st.lists(st.tuples(st.integers(0, 40), st.integers(0, 7)), min_size=1, max_size=4),
    )
    def test_a_broken_one_is_refused_or_canonical_at_once(
        self, nal: bytes, flips: list[tuple[int, int]]
    ) -> None:
        broken = bytearray(nal)
        for at, bit in flips:
            broken[at % len(nal)] ^= 1 << bit
        with contextlib.suppress(ScrubError):
            clean = hevc.normalise(bytes(broken))
            assert hevc.normalise(clean) == clean


class TestReadConfiguration:
    def test_sets_come_sorted_by_type_and_id_and_once(self) -> None:
        second = build.hevc_pps(3)
        record = build.hvcc([(34, [second, PPS, PPS]), (33, [SPS]), (32, [VPS])])
        assert hevc.read_configuration(record)[1] == (VPS, SPS, PPS, second)

    @pytest.mark.parametrize("size", [1, 2, 4])
    def test_length_size_is_reported(self, size: int) -> None:
        assert hevc.read_configuration(build.hvcc(arrays(), length_size=size))[0] == size

    def test_other_nal_units_and_bytes_stay_behind_by_name(self) -> None:
        nals = [
            (39, [build.sei(build.hevc_header(39), (5, CANARY), (137, CANARY * 2))]),
            (40, [build.hevc_header(40) + CANARY]),
            (48, [build.hevc_header(48) + CANARY]),
            (33, [build.hevc_sps(header=build.hevc_header(33, layer=1)), b"C"]),
        ]
        _, sets, aside = hevc.read_configuration(build.hvcc([*arrays(), *nals], tail=CANARY))
        assert sets == (VPS, SPS, PPS)
        assert [row.key for row in aside.dropped] == [
            "hevc/layer/1",
            "hevc/nal/40",
            "hevc/nal/48",
            "hevc/nal/empty",
            "hevc/sei/137",
            "hevc/sei/5",
            "hvcC/tail",
        ]

    def test_static_hdr_metadata_is_handed_on(self) -> None:
        messages = build.sei(build.hevc_header(39), (144, b"\x03\xe8\x01\x90"))
        assert (
            hevc.read_configuration(build.hvcc([*arrays(), (39, [messages])]))[2].light == b"\x03\xe8\x01\x90"
        )

    def test_one_id_for_two_sets_is_refused(self) -> None:
        with pytest.raises(Unsupported):
            sets_of(SPS, build.hevc_sps(width=128))

    @pytest.mark.parametrize("code", [b"\0\0\1", b"\0\0\0\1"])
    def test_a_byte_stream_in_its_place_is_read(self, code: bytes) -> None:
        body = code + code.join([VPS, SPS, PPS, build.hevc_header(38) + CANARY])
        length_size, sets, aside = hevc.read_configuration(body)
        assert (length_size, sets) == (4, (VPS, SPS, PPS))
        assert [row.key for row in aside.dropped] == ["hevc/nal/38"]

    def test_another_version_is_refused(self) -> None:
        with pytest.raises(Unsupported):
            hevc.read_configuration(build.hvcc(arrays(), head=b"\x02" + bytes(20)))

    @given(st.data())
    def test_cut_anywhere_it_is_refused(self, data: st.DataObject) -> None:
        record = build.hvcc(arrays())
        with pytest.raises(Truncated):
            hevc.read_configuration(record[: data.draw(st.integers(0, len(record) - 1))])

    @given(st.binary(max_size=80))
    def test_any_bytes_give_sets_or_a_scrub_error(self, body: bytes) -> None:
        with contextlib.suppress(ScrubError):
            hevc.read_configuration(b"\x01" + bytes(21) + body)


class TestWriteConfiguration:
    def test_head_comes_from_the_sps_and_the_rest_is_constant(self) -> None:
        tier = build.hevc_tier(profile=2, compatibility=0x20000000, constraints=0x900000000000, level=120)
        sets = sets_of(build.hevc_sps(tier=tier, depths=(10, 10), sub_layers=0))
        head = bytes.fromhex("01022000000090000000000078f000fcfdfafa00000f03")
        assert hevc.write_configuration(sets)[:23] == head

    def test_arrays_are_complete_and_in_order(self) -> None:
        record = hevc.write_configuration((VPS, SPS, PPS))
        assert record[23:] == b"".join(
            bytes([0xA0 + index]) + b"\0\1" + len(nal).to_bytes(2, "big") + nal
            for index, nal in enumerate((VPS, SPS, PPS))
        )

    def test_what_is_written_is_read_as_the_same(self) -> None:
        sets = sets_of(SPS, build.hevc_sps(2))
        length_size, again, aside = hevc.read_configuration(hevc.write_configuration(sets))
        assert (length_size, again, aside.dropped) == (4, sets, ())

    def test_lying_fields_of_the_record_do_not_cross(self) -> None:
        head = b"\x01" + CANARY + bytes(7)
        record = hevc.write_configuration(hevc.read_configuration(build.hvcc(arrays(), head=head))[1])
        assert not holds(record, CANARY[:4])
        assert record == hevc.write_configuration((VPS, SPS, PPS))
