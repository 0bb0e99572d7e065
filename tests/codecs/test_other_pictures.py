"""AV1, VP9, MPEG-4 Visual, H.263 and Motion JPEG samples: coded pictures cross, canaries don't."""

from __future__ import annotations

import struct
from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecs_samples import START, filtered, joined, keys
from scrubkit.codecs import av1, h263, mjpeg, mpeg4, vp9
from scrubkit.errors import Malformed, ScrubError, Truncated, Unsupported
from scrubkit.essence import Picture
from scrubkit.model import Policy, Profile, Residual
from scrubkit.pieces import Coded as Written
from scrubkit.pieces import Span
from scrubkit.specimens.builders.codecs_other import obu, packed, sequence_header, visual_object_layer
from scrubkit.specimens.builders.encoded import Coded, decoded, pictures

if TYPE_CHECKING:
    from scrubkit.codecs import SampleFilter

SECRET = b"\xa5canary\x5a"
SIZE = (176, 144)


@cache
def coded(encoder: str, **options: str) -> Coded:
    pixel_format = "yuvj420p" if encoder == "mjpeg" else "yuv420p"
    return pictures(encoder, size=SIZE, count=12, pixel_format=pixel_format, options=options)


def through(walk: SampleFilter, packets: tuple[bytes, ...]) -> tuple[list[bytes], list[bool]]:
    results = [walk.sample(memoryview(packet), START, listed=True) for packet in packets]
    out = [joined(one, data) for one, data in zip(results, packets, strict=True)]
    return out, [one.sync for one in results]


def av1_walker(record: bytes = b"", policy: Policy | None = None) -> av1.Av1Filter:
    return av1.sample_filter(Picture("av1", "av01", *SIZE, record=record), policy or Policy())


HEADER = obu(1, sequence_header())
KEY = obu(6, b"\x10\x80frame\x80")
INTER = obu(6, b"\x30\x80frame\x80")
LIGHTS = [(17, 1), (17, 2), (17, 3), (17, 4)]
HDR10PLUS = bytes.fromhex("b5003c000104") + packed(
    (8, 1), (2, 1), (27, 400), (1, 0), *LIGHTS, (4, 0), (13, 0)
)
LIGHT = struct.pack(">2H", 1000, 400)
P3_D65 = [(0.68, 0.32), (0.265, 0.69), (0.15, 0.06), (0.3127, 0.329)]
MASTERING = struct.pack(
    ">8H2I", *(round(65536 * axis) for point in P3_D65 for axis in point), 1000 << 8, round(0.005 * (1 << 14))
)


class TestAv1:
    @pytest.mark.parametrize(
        "planted",
        [
            obu(2, b"") + HEADER + KEY,
            HEADER + obu(15, SECRET) + KEY,
            HEADER + KEY + obu(15, SECRET),
            HEADER + obu(9, SECRET) + KEY,
            HEADER + KEY + obu(7, SECRET),
            HEADER + obu(5, b"\x05" + SECRET + b"\x80") + KEY,
            HEADER + obu(5, b"\x1f" + SECRET + b"\x80") + KEY,
            HEADER + obu(5, b"\x04\xb5\x00\x31" + SECRET + b"\x80") + KEY,
            HEADER + obu(5, b"\x01\x00\x00\x00\x00\x80") + KEY,
            obu(1, sequence_header(), reserved=1) + KEY,
            HEADER + HEADER + KEY,
            HEADER + obu(6, b"\x10\x80frame\x80", sized=False),
            HEADER + KEY[:1] + b"\x88\x00" + KEY[2:],
        ],
        ids=[
            "temporal delimiter",
            "padding before",
            "padding after",
            "reserved type",
            "redundant header",
            "time code",
            "private metadata",
            "captions",
            "light level of nothing",
            "reserved bit",
            "header twice",
            "no size",
            "long size",
        ],
    )
    def test_twins_become_one_sample(self, planted: bytes) -> None:
        assert filtered(av1_walker(), planted) == HEADER + KEY

    def test_a_sync_sample_gets_the_header_that_it_lacks(self) -> None:
        assert filtered(av1_walker(b"\x81\0\x0c\0" + HEADER), KEY) == HEADER + KEY

    def test_other_samples_lose_it(self) -> None:
        walk = av1_walker()
        filtered(walk, HEADER + KEY)
        assert filtered(walk, HEADER + INTER) == INTER

    def test_a_frame_shown_again_is_a_header_alone(self) -> None:
        walk = av1_walker(b"\x81\0\x0c\0" + HEADER)
        assert filtered(walk, obu(3, b"\xa0" + SECRET)) == obu(3, b"\xa8")
        assert filtered(walk, obu(3, b"\xa8")) == obu(3, b"\xa8")

    def test_extension_bits_become_zero(self) -> None:
        walk = av1_walker(b"\x81\0\x0c\0" + HEADER)
        planted = obu(6, b"\x30\x80frame\x80", extension=0x27)
        assert filtered(walk, planted) == obu(6, b"\x30\x80frame\x80", extension=0x20)

    def test_dynamic_hdr_is_kept(self) -> None:
        walk = av1_walker()
        clean = HEADER + obu(5, b"\x04" + HDR10PLUS + b"\x80") + KEY
        assert filtered(walk, clean) == clean
        assert [row.what for row in walk.remaining()] == [Residual.HDR_METADATA]

    def test_dynamic_hdr_with_something_behind_it_stays_behind(self) -> None:
        planted = HEADER + obu(5, b"\x04" + HDR10PLUS + SECRET + b"\x80") + KEY
        assert filtered(av1_walker(), planted) == HEADER + KEY

    def test_dynamic_hdr_is_dropped_by_strict(self) -> None:
        walk = av1_walker(policy=Policy(profile=Profile.STRICT))
        assert filtered(walk, HEADER + obu(5, b"\x04" + HDR10PLUS + b"\x80") + KEY) == HEADER + KEY

    def test_static_hdr_becomes_canonical_and_is_said_by_the_entry(self) -> None:
        walk = av1_walker()
        planted = obu(5, b"\x01" + LIGHT + SECRET + b"\x80") + obu(5, b"\x02" + MASTERING + SECRET + b"\x80")
        clean = filtered(walk, HEADER + planted + KEY)
        assert SECRET not in clean
        assert obu(5, b"\x01" + LIGHT + b"\x80") in clean
        assert filtered(av1_walker(), clean) == clean
        assert walk.entry().light == LIGHT
        green, blue, red, white = (struct.unpack_from(">2H", walk.entry().mastering, 4 * i) for i in range(4))
        assert (red, green, blue, white) == ((34000, 16000), (13250, 34500), (7500, 3000), (15635, 16450))

    def test_the_header_beside_the_frames_counts(self) -> None:
        walk = av1_walker(b"\x81\0\x0c\0" + obu(1, sequence_header(colour=(9, 16, 9))))
        filtered(walk, HEADER + KEY)
        assert walk.entry().record == b"\x81\0\x0c\0" + HEADER

    def test_a_change_of_header_is_refused(self) -> None:
        walk = av1_walker()
        filtered(walk, HEADER + KEY)
        with pytest.raises(Unsupported):
            filtered(walk, obu(1, sequence_header(width=32)) + KEY)

    def test_a_second_shown_frame_is_refused(self) -> None:
        with pytest.raises(Unsupported):
            filtered(av1_walker(), HEADER + KEY + INTER)

    def test_a_sample_without_a_frame_is_malformed(self) -> None:
        with pytest.raises(Malformed):
            filtered(av1_walker(), HEADER)

    def test_an_obu_past_the_end_is_truncated(self) -> None:
        with pytest.raises(Truncated):
            filtered(av1_walker(), (HEADER + KEY)[:-1])

    def test_decoded_pictures_are_the_same(self) -> None:
        source = coded("libsvtav1", preset="12", g="6")
        walk = av1_walker(b"\x81\0\x0c\0" + source.extradata)
        out, sync = through(walk, source.packets)
        assert sync == [i % 6 == 0 for i in range(len(out))]
        assert decoded("libdav1d", b"", out) == decoded("libdav1d", b"", source.packets)
        again = av1_walker(walk.entry().record)
        assert through(again, tuple(out))[0] == out
        assert again.dropped() == ()

    @given(st.binary(min_size=1, max_size=40))
    def test_any_bytes_are_a_fixed_point_or_refused(self, data: bytes) -> None:
        for sample in (data, HEADER + obu(3, data), HEADER + KEY + obu(5, data), HEADER + KEY + data):
            walk = av1_walker()
            try:
                once = filtered(walk, sample)
            except ScrubError:
                continue
            assert filtered(av1_walker(walk.entry().record), once) == once


def vp9_walker(record: bytes = b"") -> vp9.Vp9Filter:
    return vp9.sample_filter(Picture("vp9", "vp09", *SIZE, record=record), Policy())


VP9_START = [(1, 0), (1, 0), (1, 1), (1, 0), (24, 0x498342)]
VP9_KEY = packed((2, 2), (2, 0), *VP9_START, (3, 2), (1, 0), (16, 175), (16, 143))
VP9_HIDDEN = b"\x84frame"
VP9_AGAIN = b"\x89"


def superframe(*frames: bytes, between: bytes = b"", width: int = 1) -> bytes:
    marker = bytes((0xC0 | (width - 1) << 3 | len(frames) - 1,))
    sizes = b"".join(len(frame).to_bytes(width, "little") for frame in frames)
    return b"".join(frames) + between + marker + sizes + marker


class TestVp9:
    @pytest.mark.parametrize(
        ("planted", "clean"),
        [
            (superframe(VP9_HIDDEN, VP9_KEY, between=SECRET), superframe(VP9_HIDDEN, VP9_KEY)),
            (superframe(VP9_HIDDEN, VP9_KEY, width=4), superframe(VP9_HIDDEN, VP9_KEY)),
            (superframe(VP9_KEY, between=SECRET), VP9_KEY),
            (superframe(VP9_HIDDEN, b"", VP9_KEY), superframe(VP9_HIDDEN, VP9_KEY)),
            (VP9_AGAIN + SECRET, VP9_AGAIN),
            (superframe(VP9_HIDDEN, VP9_AGAIN + SECRET), superframe(VP9_HIDDEN, VP9_AGAIN)),
        ],
        ids=[
            "between",
            "wide sizes",
            "index of one",
            "empty frame",
            "after shown again",
            "inside superframe",
        ],
    )
    def test_twins_become_one_sample(self, planted: bytes, clean: bytes) -> None:
        assert filtered(vp9_walker(), planted) == clean
        assert filtered(vp9_walker(), clean) == clean

    def test_two_shown_frames_are_refused(self) -> None:
        with pytest.raises(Unsupported):
            filtered(vp9_walker(), superframe(VP9_KEY, VP9_KEY))

    def test_an_index_that_asks_for_too_much_is_malformed(self) -> None:
        with pytest.raises(Malformed):
            filtered(vp9_walker(), VP9_HIDDEN + b"\xc1\x05\x05\xc1")

    def test_a_format_change_is_refused(self) -> None:
        walk = vp9_walker()
        filtered(walk, VP9_KEY)
        wide = packed((2, 2), (2, 1), *VP9_START, (3, 2), (3, 0), (16, 175), (16, 143))
        with pytest.raises(ScrubError):
            filtered(walk, wide)

    def test_the_record_follows_from_the_key_frame(self) -> None:
        walk = vp9_walker()
        filtered(walk, VP9_KEY)
        assert walk.entry().record == b"\x01\0\0\0\x00\x0a\x82\x02\x02\x02\0\0"

    def test_colours_are_those_of_the_box(self) -> None:
        walk = vp9_walker(b"\x01\0\0\0\x00\x1f\x82\x09\x10\x09\0\0")
        filtered(walk, VP9_KEY)
        assert walk.entry().record == b"\x01\0\0\0\x00\x0a\x82\x09\x10\x09\0\0"

    def test_decoded_pictures_are_the_same(self) -> None:
        source = coded("libvpx-vp9", **{"lag-in-frames": "12", "auto-alt-ref": "1", "b": "40000"})
        out, sync = through(vp9_walker(), source.packets)
        assert sync[0]
        assert decoded("vp9", b"", out) == decoded("vp9", b"", source.packets)

    @given(st.binary(min_size=1, max_size=40))
    def test_any_bytes_are_a_fixed_point_or_refused(self, data: bytes) -> None:
        for sample in (data, VP9_KEY + data, superframe(VP9_HIDDEN, data, VP9_KEY)):
            try:
                once = filtered(vp9_walker(), sample)
            except ScrubError:
                continue
            assert filtered(vp9_walker(), once) == once


VOP_I, VOP_P = b"\0\0\1\xb6\x10coded\x7f", b"\0\0\1\xb6\x50coded\x7f"
LAYER = b"\0\0\1\0" + visual_object_layer()


def group(hours: int, minutes: int, seconds: int) -> bytes:
    return b"\0\0\1\xb3" + packed((5, hours), (6, minutes), (1, 1), (6, seconds), (2, 2), (4, 7))


def mpeg4_walker(record: bytes = LAYER) -> mpeg4.Mpeg4Filter:
    return mpeg4.sample_filter(Picture("mpeg4", "mp4v", *SIZE, record=record), Policy())


class TestMpeg4:
    @pytest.mark.parametrize(
        "planted",
        [
            b"\0\0\1\xb2" + SECRET + VOP_I,
            VOP_I + b"\0\0\1\xb2" + SECRET,
            VOP_I + b"\0\0\1\xc3" + SECRET,
            VOP_I + b"\0\0\1\xb1",
            VOP_I + bytes(40),
            SECRET + VOP_I,
            LAYER + VOP_I,
            b"\0\0\1\xb0\xf3" + LAYER + VOP_I,
        ],
        ids=["user data", "after", "stuffing", "end", "zeros", "before", "layer", "sequence"],
    )
    def test_twins_become_one_sample(self, planted: bytes) -> None:
        assert filtered(mpeg4_walker(), planted) == VOP_I

    def test_time_codes_count_from_the_first(self) -> None:
        walk = mpeg4_walker()
        assert filtered(walk, group(23, 59, 58) + VOP_I) == group(0, 0, 0) + VOP_I
        assert filtered(walk, group(0, 1, 5) + VOP_I) == group(0, 1, 7) + VOP_I
        assert keys(walk) == {"mpeg4/time-code"}

    def test_intra_pictures_are_sync(self) -> None:
        assert through(mpeg4_walker(), (VOP_I, VOP_P))[1] == [True, False]

    def test_headers_may_come_from_the_first_sample(self) -> None:
        walk = mpeg4_walker(b"")
        assert filtered(walk, LAYER + VOP_I) == VOP_I
        assert walk.entry().record == LAYER

    def test_a_change_of_layer_is_refused(self) -> None:
        with pytest.raises(Unsupported):
            filtered(mpeg4_walker(), visual_object_layer(size=(32, 32)) + VOP_I)

    @pytest.mark.parametrize("name", [b"DivX503b1393p", b"XviD0012", b"FFmpeg0.4.6b4600", b"ffmpeg"])
    def test_an_encoder_that_decoders_make_up_for_is_refused(self, name: bytes) -> None:
        """Without its name FFmpeg would decode other pictures."""
        told = b"\0\0\1\xb2" + name
        with pytest.raises(Unsupported):
            filtered(mpeg4_walker(), told + VOP_I)
        with pytest.raises(Unsupported):
            mpeg4.rebuild(LAYER + told)

    @pytest.mark.parametrize("name", [b"XviD0050", b"Lavc58.134.100", b"FFmpeg0.4.9b4759"])
    def test_an_encoder_that_keeps_to_the_standard_is_not(self, name: bytes) -> None:
        assert filtered(mpeg4_walker(), b"\0\0\1\xb2" + name + VOP_I) == VOP_I

    def test_two_pictures_in_one_sample_are_refused(self) -> None:
        with pytest.raises(Unsupported):
            filtered(mpeg4_walker(), VOP_I + VOP_P)

    def test_no_picture_is_malformed(self) -> None:
        with pytest.raises(Malformed):
            filtered(mpeg4_walker(), LAYER)

    def test_decoded_pictures_are_the_same(self) -> None:
        source = coded("mpeg4", g="4", bf="1")
        walk = mpeg4_walker(mpeg4.rebuild(source.extradata).record)
        out, _ = through(walk, source.packets)
        assert decoded("mpeg4", walk.entry().record, out) == decoded(
            "mpeg4", source.extradata, source.packets
        )

    @given(st.binary(max_size=40))
    def test_any_bytes_are_a_fixed_point_or_refused(self, data: bytes) -> None:
        for sample in (data, VOP_I + data, b"\0\0\1\xb3" + data + VOP_I):
            try:
                once = filtered(mpeg4_walker(), sample)
            except ScrubError:
                continue
            assert filtered(mpeg4_walker(), once) == once


def h263_walker() -> h263.H263Filter:
    return h263.sample_filter(Picture("h263", "s263", *SIZE), Policy())


def h263_picture(*, said: bytes = b"", inter: int = 0) -> bytes:
    fields = [(22, 32), (8, 7), (2, 2), (3, 0), (3, 2), (1, inter), (4, 0), (5, 9), (1, 0)]
    for byte in said:
        fields += [(1, 1), (8, byte)]
    return packed(*fields, (1, 0), (8 * 6, int.from_bytes(b"coded\xfe", "big")), (7, 0x7F))


class TestH263:
    def test_supplemental_information_stays_behind(self) -> None:
        walk = h263_walker()
        clean = filtered(walk, h263_picture(said=SECRET))
        assert clean == h263_picture()
        assert filtered(walk, clean) == clean
        assert keys(walk) == {"h263/psupp"}

    def test_what_follows_the_end_stays_behind(self) -> None:
        assert filtered(h263_walker(), h263_picture() + b"\0\0\xfc" + SECRET) == h263_picture()

    def test_a_second_picture_is_refused(self) -> None:
        with pytest.raises(Unsupported):
            filtered(h263_walker(), h263_picture() * 2)

    def test_intra_pictures_are_sync(self) -> None:
        assert through(h263_walker(), (h263_picture(), h263_picture(inter=1)))[1] == [True, False]

    def test_extended_headers_are_reported(self) -> None:
        walk = h263_walker()
        extended = packed((22, 32), (8, 7), (2, 2), (3, 0), (3, 7)) + b"rest"
        assert filtered(walk, extended) == extended
        assert [row.what for row in walk.remaining()] == [Residual.UNWALKED_SAMPLES]

    def test_encoded_pictures_cross_whole(self) -> None:
        source = coded("h263", g="4")
        out, sync = through(h263_walker(), source.packets)
        assert out == list(source.packets)
        assert sync == [i % 4 == 0 for i in range(len(out))]

    @given(st.binary(max_size=40))
    def test_any_bytes_are_a_fixed_point_or_refused(self, data: bytes) -> None:
        for sample in (data, h263_picture() + data, b"\0\0\x80" + data):
            try:
                once = filtered(h263_walker(), sample)
            except ScrubError:
                continue
            assert filtered(h263_walker(), once) == once


JPEG = b"\xff\xd8picture\xff\xd9"


def clean_jpeg(data: memoryview, start: int) -> mjpeg.Cleaned:
    """Stands for the cleaner of the formats layer: keeps the markers and writes `x` between them."""
    size = bytes(data).index(b"\xff\xd9") + 2
    return mjpeg.Cleaned((Span(start, 2), Written(b"x"), Span(start + size - 2, 2)), size, *SIZE)


def mjpeg_walker(fields: tuple[int, int] | None = None) -> mjpeg.MjpegFilter:
    return mjpeg.sample_filter(Picture("mjpeg", "jpeg", *SIZE, fields=fields), Policy(), clean_jpeg)


class TestMjpeg:
    def test_each_picture_is_cleaned(self) -> None:
        assert filtered(mjpeg_walker(), JPEG) == b"\xff\xd8x\xff\xd9"

    def test_what_follows_stays_behind(self) -> None:
        walk = mjpeg_walker()
        assert filtered(walk, JPEG + SECRET + JPEG) == b"\xff\xd8x\xff\xd9"
        assert keys(walk) == {"mjpeg/after-picture"}

    def test_two_fields_are_cleaned_where_there_are_two(self) -> None:
        assert filtered(mjpeg_walker((2, 6)), JPEG + SECRET + JPEG + SECRET) == b"\xff\xd8x\xff\xd9" * 2

    def test_no_picture_is_malformed(self) -> None:
        with pytest.raises(Malformed):
            filtered(mjpeg_walker(), SECRET)
