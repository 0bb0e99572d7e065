"""SEI messages: allowed types cross with checked fields only."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrubkit.codecs import hdr, sei
from scrubkit.codecs.hdr10plus import PREFIX
from scrubkit.errors import Malformed, ScrubError, Unsupported
from scrubkit.specimens.builders import nal as build
from scrubkit.specimens.builders.nal import Bits

CANARY = b"CANARY-canary"
P3 = (13250, 34500, 7500, 3000, 34000, 16000, 15635, 16450)


def mastering(*coordinates: int, high: int = 10_000_000, low: int = 50) -> bytes:
    return struct.pack(">8H2I", *coordinates, high, low)


def hdr10plus(
    *,
    windows: int = 1,
    peak: int = 400,
    tail: bytes = b"",
    percentiles: int = 9,
    curve: bool = True,
    actual: bool = False,
) -> bytes:
    bits = Bits().u(8, 1).u(2, windows).u(27, peak).flags(actual)
    for value in (10000, 9000, 8000, 5000):
        bits.u(17, value)
    bits.u(4, percentiles)
    for index in range(percentiles):
        bits.u(7, index * 11).u(17, index * 1000)
    bits.u(10, 5).flags(0).flags(curve)
    if curve:
        bits.u(12, 100).u(12, 200).u(4, 3).u(10, 256).u(10, 512).u(10, 768)
    bits.flags(0)
    return PREFIX + bits.padded() + tail


class TestFraming:
    def test_messages_come_in_order(self) -> None:
        nal = build.sei(b"\x06", (6, b"\x84"), (300, b"x" * 300), (5, b""))
        assert list(sei.messages(nal, 1)) == [(6, b"\x84"), (300, b"x" * 300), (5, b"")]

    @given(st.lists(st.tuples(st.integers(0, 254), st.binary(max_size=600)), max_size=3))
    def test_what_is_written_is_read(self, rows: list[tuple[int, bytes]]) -> None:
        for kind, payload in rows:
            assert list(sei.messages(sei.write_message(b"\x06", kind, payload), 1)) == [(kind, payload)]

    @pytest.mark.parametrize("body", [b"\x05", b"\xff\xff", b"\x05\x09short", b"\x05\xff\xff\x80"])
    def test_a_size_beyond_the_unit_is_malformed(self, body: bytes) -> None:
        with pytest.raises(Malformed):
            list(sei.messages(b"\x06" + body, 1))

    @given(st.binary(max_size=40))
    def test_any_bytes_give_messages_or_a_scrub_error(self, data: bytes) -> None:
        with contextlib.suppress(ScrubError):
            list(sei.messages(b"\x06" + data, 1))

    def test_endless_messages_are_malformed(self) -> None:
        with pytest.raises(Malformed):
            list(sei.messages(b"\x06" + b"\x05\x01\x55" * 5000, 1))


class TestKeys:
    def test_a_known_uuid_is_named(self) -> None:
        uuid = "dc45e9bd-e6d9-48b7-962c-d820d923eeef"
        assert sei.key("h264", 5, build.uuid_payload(uuid, CANARY)) == f"sei-uuid/{uuid}"

    def test_an_unknown_uuid_is_not_repeated(self) -> None:
        assert sei.key("hevc", 5, CANARY * 2) == "hevc/sei/5"

    def test_large_types_are_not_repeated(self) -> None:
        assert sei.key("hevc", 0x43414E, b"") == "hevc/sei/above-255"


class TestAllowList:
    @pytest.mark.parametrize("coding", ["h264", "hevc"])
    def test_no_other_type_crosses(self, coding: str) -> None:
        allowed = {4, 6, 19, 45, 47, 137, 144, 147, 148}
        crossed = set()
        for kind in range(300):
            for payload in (b"", b"\0", bytes(64), b"\xff" * 64, b"\x80" + bytes(30), CANARY * 3):
                try:
                    if sei.rewrite(coding, kind, payload) is not None:
                        crossed.add(kind)
                except Unsupported:
                    assert kind == 135
        assert crossed <= allowed

    def test_a_picture_not_to_be_shown_refuses(self) -> None:
        with pytest.raises(Unsupported):
            sei.rewrite("hevc", 135, b"")

    @given(st.sampled_from(["h264", "hevc"]), st.integers(0, 255), st.binary(max_size=90))
    def test_what_crosses_is_canonical(self, coding: str, kind: int, payload: bytes) -> None:
        try:
            once = sei.rewrite(coding, kind, payload)
        except Unsupported:
            return
        assert once is None or sei.rewrite(coding, kind, once) == once


class TestRecoveryPoint:
    def test_h264_fields_cross_without_the_slice_group(self) -> None:
        given = Bits().ue(5).flags(1, 0).u(2, 2).stop()
        assert sei.rewrite("h264", 6, given) == Bits().ue(5).flags(1, 0).u(2, 0).stop()

    def test_hevc_fields_cross(self) -> None:
        given = Bits().se(-5).flags(0, 1).stop()
        assert sei.rewrite("hevc", 6, given) == given

    @pytest.mark.parametrize("tail", [CANARY, b"C", b"\x00"])
    def test_with_bytes_after_the_fields_it_is_another_message(self, tail: bytes) -> None:
        payload = Bits().ue(0).flags(1, 0).u(2, 0).stop()
        assert sei.rewrite("h264", 6, payload + tail) is None

    def test_with_bits_after_the_fields_it_is_another_message(self) -> None:
        assert sei.rewrite("h264", 6, Bits().ue(0).flags(1, 0).u(2, 0).u(3, 0b011).padded()) is None

    def test_a_recovery_that_no_encoder_means_stays_behind(self) -> None:
        assert sei.rewrite("h264", 6, Bits().ue(0x4341).flags(1, 0).u(2, 0).stop()) is None


class TestFilmGrain:
    def grain(
        self, *, model: int = 0, values: tuple[int, ...] = (100, 8, 8), last: Bits | None = None
    ) -> bytes:
        bits = Bits().flags(0).u(2, model).flags(0).u(2, 0).u(4, 5).flags(1, 0, 0)
        bits.u(8, 1).u(3, len(values) - 1)
        bits.u(8, 0).u(8, 99).se(*values).u(8, 100).u(8, 255).se(*values)
        return bits.bits(last or Bits().ue(1)).stop()

    def test_it_crosses_within_its_bounds(self) -> None:
        assert sei.rewrite("h264", 19, self.grain()) == self.grain()

    def test_persistence_is_a_flag_in_hevc(self) -> None:
        given = self.grain(last=Bits().flags(1))
        assert sei.rewrite("hevc", 19, given) == given

    @pytest.mark.parametrize("values", [(256, 8, 8), (100, 17, 8), (100, 8, 8, 8)])
    def test_values_that_no_player_simulates_stay_behind(self, values: tuple[int, ...]) -> None:
        assert sei.rewrite("h264", 19, self.grain(values=values)) is None

    def test_another_model_stays_behind(self) -> None:
        assert sei.rewrite("h264", 19, self.grain(model=1)) is None


class TestFramePacking:
    def packing(self, identifier: int = 0, reserved: int = 0, repetition: int = 1) -> bytes:
        bits = Bits().ue(identifier).flags(0).u(7, 3).flags(0).u(6, 1).u(6, 0).u(16, 0)
        return bits.u(8, reserved).ue(repetition).flags(0).stop()

    def test_it_crosses_under_one_id(self) -> None:
        assert sei.rewrite("h264", 45, self.packing(0x43, 0x41, 7000)) == self.packing()

    def test_an_arrangement_out_of_range_stays_behind(self) -> None:
        assert sei.rewrite("h264", 45, Bits().ue(0).flags(0).u(7, 99).u(40, 0).stop()) is None


class TestDisplayOrientation:
    def oriented(self, turn: int, *last: int, flips: tuple[int, int] = (0, 0), repetition: int = 1) -> bytes:
        return Bits().flags(0, *flips).u(16, turn).ue(repetition).flags(*last).stop()

    @pytest.mark.parametrize("flips", [(0, 0), (1, 0), (0, 1)])
    @pytest.mark.parametrize("turn", [0, 0x4000, 0x8000, 0xC000])
    def test_flips_and_quarter_turns_cross(self, turn: int, flips: tuple[int, int]) -> None:
        given = self.oriented(turn, 1, flips=flips, repetition=0x4341 & 0x3FFF)
        assert sei.rewrite("h264", 47, given) == self.oriented(turn, 0, flips=flips)

    def test_persistence_is_a_flag_in_hevc(self) -> None:
        given = Bits().flags(0, 0, 0).u(16, 0xC000).flags(1).stop()
        assert sei.rewrite("hevc", 47, given) == given

    def test_an_end_of_it_crosses(self) -> None:
        assert sei.rewrite("h264", 47, Bits().flags(1).stop()) == Bits().flags(1).stop()

    def test_an_angle_that_no_player_shows_stays_behind(self) -> None:
        assert sei.rewrite("h264", 47, self.oriented(0x4341, 0)) is None


class TestStaticHdr:
    def test_a_known_gamut_crosses(self) -> None:
        assert hdr.mastering_display(mastering(*P3)) == mastering(*P3)

    def test_a_gamut_close_by_becomes_the_known_one(self) -> None:
        near = [value + 3 for value in P3]
        assert hdr.mastering_display(mastering(*near, high=10_000_400)) == mastering(*P3)

    def test_order_of_the_primaries_is_kept(self) -> None:
        order = (*P3[4:6], *P3[:4], *P3[6:])
        assert hdr.mastering_display(mastering(*order)) == mastering(*order)

    @pytest.mark.parametrize(
        "body",
        [
            mastering(0x4341, 0x4E41, 0x5259, 0x2D63, 0x616E, 0x6172, 15635, 16450),
            mastering(*P3[:6], 0x4341, 0x4E41),
            mastering(*P3, high=0),
            mastering(*P3, high=0x43414E41),
            mastering(*P3, low=0x43414E41),
            mastering(*P3)[:23],
        ],
        ids=["primaries", "white", "dark", "bright", "black", "short"],
    )
    def test_any_other_stays_behind(self, body: bytes) -> None:
        assert hdr.mastering_display(body) is None

    @pytest.mark.parametrize(
        ("kind", "payload"),
        [(137, mastering(*P3)), (144, b"\x03\xe8\x01\x90"), (147, b"\x12"), (148, hdr.AMBIENT)],
    )
    def test_a_message_of_another_length_is_another_message(self, kind: int, payload: bytes) -> None:
        assert sei.rewrite("hevc", kind, payload) == payload
        assert sei.rewrite("hevc", kind, payload + b"C") is None

    @pytest.mark.parametrize("body", [bytes(4), b"CANA", b"\x03\xe8\x01", b"\x01\x90\x03\xe8"])
    def test_unknown_or_absurd_light_levels_stay_behind(self, body: bytes) -> None:
        assert hdr.light_level(body) is None

    @pytest.mark.parametrize("value", [0, 2, 17, 255])
    def test_an_alternative_transfer_that_means_nothing_stays_behind(self, value: int) -> None:
        assert hdr.transfer(bytes([value])) is None

    def test_ambient_light_crosses_only_as_the_constant(self) -> None:
        assert sei.rewrite("hevc", 148, hdr.AMBIENT) == hdr.AMBIENT
        assert sei.rewrite("hevc", 148, hdr.AMBIENT[:-1] + b"\x43") is None


class TestHdr10Plus:
    @pytest.mark.parametrize("curve", [False, True])
    def test_fields_cross(self, *, curve: bool) -> None:
        assert sei.rewrite("hevc", 4, hdr10plus(curve=curve)) == hdr10plus(curve=curve)

    def test_zeros_after_the_fields_stay_behind(self) -> None:
        assert sei.rewrite("hevc", 4, hdr10plus(tail=bytes(3))) == hdr10plus()

    def test_with_bytes_after_the_fields_it_is_something_else(self) -> None:
        assert sei.rewrite("hevc", 4, hdr10plus(tail=CANARY)) is None

    @pytest.mark.parametrize(
        "payload",
        [hdr10plus(windows=2), hdr10plus(peak=10001), hdr10plus(actual=True), hdr10plus()[:20], PREFIX],
        ids=["windows", "peak", "actual peak", "short", "empty"],
    )
    def test_what_no_profile_has_stays_behind(self, payload: bytes) -> None:
        assert sei.rewrite("hevc", 4, payload) is None

    @pytest.mark.parametrize("head", ["b500314741393403", "2600040005", "b5003b0000", "b5009000010000"])
    def test_other_registered_data_stays_behind(self, head: str) -> None:
        assert sei.rewrite("hevc", 4, bytes.fromhex(head) + CANARY) is None
