"""Dolby Vision RPUs: framing, checksum, and no field that is not known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrubkit.codecs.dolby import crc32, rewrite_rpu
from scrubkit.errors import Malformed, ScrubError, Unsupported
from scrubkit.specimens.builders import nal as build
from scrubkit.specimens.builders.bitsearch import holds
from scrubkit.specimens.builders.nal import Bits, rpu_block, rpu_payload

HEADER = build.hevc_header(62)
CANARY = b"CANARY-canary"

STATISTICS = rpu_block(1, b"\x01\x23\x45\x67\x80")
TRIM = rpu_block(2, bytes(range(1, 11)) + b"\x08")
ACTIVE_AREA = rpu_block(5, bytes(7))
STATIC = rpu_block(6, b"\x03\xe8\x00\x01\x03\xe8\x01\x90")
VERSION = rpu_block(254, b"\x00\x02")
CONTENT = rpu_block(11, b"\x01\x00\x00\x00")


def rewritten(payload: bytes) -> bytes:
    return rewrite_rpu(build.rpu(payload), HEADER)


class TestChecksum:
    @given(st.binary(max_size=40))
    def test_it_is_that_of_the_definition(self, data: bytes) -> None:
        assert crc32(data) == build.crc32_mpeg2(data)

    def test_its_check_value(self) -> None:
        assert crc32(b"123456789") == 0x0376E6E7


class TestFraming:
    @pytest.mark.parametrize(
        "nal",
        [
            HEADER,
            HEADER + b"\x19\x80",
            HEADER + b"\x18" + build.rpu(rpu_payload())[3:],
            build.rpu(rpu_payload()) + b"\x01",
            build.rpu(rpu_payload())[:-3] + b"\x55\x55\x80",
            build.rpu(bytes([1]) * 3000),
        ],
        ids=["empty", "short", "prefix", "stop", "checksum", "long"],
    )
    def test_another_is_malformed(self, nal: bytes) -> None:
        with pytest.raises(Malformed):
            rewrite_rpu(nal, HEADER)

    @given(st.binary(max_size=60))
    def test_any_payload_gives_an_rpu_or_a_scrub_error(self, payload: bytes) -> None:
        try:
            once = rewritten(payload)
        except ScrubError:
            return
        assert rewrite_rpu(once, HEADER) == once


class TestFields:
    @pytest.mark.parametrize(
        "payload",
        [
            rpu_payload(),
            rpu_payload(previous=True),
            rpu_payload(first=[STATISTICS, TRIM, ACTIVE_AREA, STATIC]),
            rpu_payload(first=[STATISTICS], second=[VERSION, CONTENT, rpu_block(9, b"\x01")]),
            rpu_payload(mapping=Bits().ue(0).ue(1).se(0).u(23, 5).se(-1).u(23, 6).se(2).u(23, 7)),
        ],
        ids=["plain", "previous curves", "first list", "second list", "quadratic"],
    )
    def test_known_ones_cross(self, payload: bytes) -> None:
        assert rewritten(payload) == build.rpu(payload)

    def test_regression_curves_cross(self) -> None:
        curve = Bits().ue(1).u(2, 1)
        for index in range(15):
            curve.se(index - 7).u(23, index)
        payload = rpu_payload(mapping=curve)
        assert rewritten(payload) == build.rpu(payload)

    def test_an_enhancement_layer_is_refused(self) -> None:
        with pytest.raises(Unsupported):
            rewritten(rpu_payload(residual_disabled=False))

    def test_data_after_the_last_field_is_refused(self) -> None:
        tail = Bits().ue(0).align().raw(CANARY)
        with pytest.raises(Unsupported):
            rewritten(rpu_payload(second=[VERSION], tail=tail))


class TestBlocks:
    @pytest.mark.parametrize(
        "block",
        [
            rpu_block(255, CANARY[:6]),
            rpu_block(77, CANARY),
            rpu_block(1, CANARY),
            rpu_block(9, b"\xff" + CANARY[:8] * 2),
            rpu_block(2, b""),
        ],
        ids=["debugging", "unknown", "longer", "wrong list", "empty"],
    )
    def test_others_stay_behind(self, block: Bits) -> None:
        with_block = rewritten(rpu_payload(first=[STATISTICS, block]))
        assert with_block == build.rpu(rpu_payload(first=[STATISTICS]))

    def test_custom_primaries_stay_behind(self) -> None:
        blocks = [VERSION, rpu_block(9, b"\xff" + CANARY + b"123"), rpu_block(10, CANARY + b"12345678")]
        clean = rewritten(rpu_payload(second=blocks))
        assert clean == build.rpu(rpu_payload(second=[VERSION]))
        assert not holds(clean, CANARY)

    @pytest.mark.parametrize(
        ("level", "dirty", "clean"),
        [
            (1, b"\x01\x23\x45\x67\x8f", b"\x01\x23\x45\x67\x80"),
            (5, b"\0\0\0\0\0\0\x0f", bytes(7)),
        ],
    )
    def test_padding_of_a_block_becomes_zero(self, level: int, dirty: bytes, clean: bytes) -> None:
        assert rewritten(rpu_payload(first=[rpu_block(level, dirty)])) == build.rpu(
            rpu_payload(first=[rpu_block(level, clean)])
        )

    def test_reserved_bits_of_content_metadata_become_zero(self) -> None:
        dirty = rpu_payload(second=[VERSION, rpu_block(11, b"\x01\x07\x00\x0f")])
        assert rewritten(dirty) == build.rpu(rpu_payload(second=[VERSION, CONTENT]))
