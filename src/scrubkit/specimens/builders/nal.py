"""H.264 and H.265 NAL units made field by field: parameter sets, SEI, slices, samples, records.

Every field of a parameter set has a default and can be set by name, right or wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


class Bits:
    """Bits in the order of a syntax table."""

    def __init__(self) -> None:
        self.text = ""

    def u(self, count: int, value: int) -> Bits:
        if count:
            self.text += f"{value:0{count}b}"
        return self

    def ue(self, *values: int) -> Bits:
        for value in values:
            self.text += "0" * ((value + 1).bit_length() - 1) + f"{value + 1:b}"
        return self

    def se(self, *values: int) -> Bits:
        return self.ue(*(2 * value - 1 if value > 0 else -2 * value for value in values))

    def flags(self, *values: int) -> Bits:
        self.text += "".join("1" if value else "0" for value in values)
        return self

    def raw(self, data: bytes) -> Bits:
        self.text += "".join(f"{byte:08b}" for byte in data)
        return self

    def bits(self, other: Bits) -> Bits:
        self.text += other.text
        return self

    def stop(self) -> bytes:
        """Close with `rbsp_trailing_bits`."""
        return Bits().flags(1).prepend(self.text).padded()

    def align(self) -> Bits:
        self.text += "0" * (-len(self.text) % 8)
        return self

    def prepend(self, text: str) -> Bits:
        self.text = text + self.text
        return self

    def padded(self) -> bytes:
        size = (len(self.text) + 7) // 8
        return int(self.text.ljust(size * 8, "0") or "0", 2).to_bytes(size, "big")


def escaped(rbsp: bytes) -> bytes:
    return re.sub(rb"\x00\x00(?=[\x00-\x03])", b"\x00\x00\x03", rbsp)


def with_lengths(nals: Iterable[bytes], size: int = 4) -> bytes:
    """A sample: each NAL unit behind its length."""
    return b"".join(len(nal).to_bytes(size, "big") + nal for nal in nals)


def split(sample: bytes) -> list[bytes]:
    """The NAL units of a sample with 4-byte lengths."""
    found = []
    at = 0
    while at < len(sample):
        stop = at + 4 + int.from_bytes(sample[at : at + 4], "big")
        found.append(sample[at + 4 : stop])
        at = stop
    return found


def sei_message(kind: int, payload: bytes) -> bytes:
    head = b"\xff" * (kind // 255) + bytes([kind % 255])
    return head + b"\xff" * (len(payload) // 255) + bytes([len(payload) % 255]) + payload


def sei(header: bytes, *messages: tuple[int, bytes]) -> bytes:
    return header + escaped(b"".join(sei_message(*message) for message in messages) + b"\x80")


def uuid_payload(uuid: str, body: bytes) -> bytes:
    return bytes.fromhex(uuid.replace("-", "")) + body


# --- signal description shared by both VUIs -------------------------------------------------


@dataclass(frozen=True)
class Signal:
    """The head of a VUI; None leaves a part out."""

    aspect: int | tuple[int, int] | None = None
    overscan: int | None = None
    video_format: int | None = None
    full_range: int = 0
    colour: tuple[int, int, int] | None = None
    chroma: tuple[int, int] | None = None


def signal_bits(signal: Signal) -> Bits:
    out = Bits().flags(signal.aspect is not None)
    if isinstance(signal.aspect, tuple):
        out.u(8, 255).u(16, signal.aspect[0]).u(16, signal.aspect[1])
    elif signal.aspect is not None:
        out.u(8, signal.aspect)
    out.flags(signal.overscan is not None)
    if signal.overscan is not None:
        out.flags(signal.overscan)
    out.flags(signal.video_format is not None)
    if signal.video_format is not None:
        out.u(3, signal.video_format).flags(signal.full_range, signal.colour is not None)
        for point in signal.colour or ():
            out.u(8, point)
    out.flags(signal.chroma is not None)
    if signal.chroma is not None:
        out.ue(*signal.chroma)
    return out


# --- H.264 -----------------------------------------------------------------------------------


def h264_hrd(values: Iterable[tuple[int, int]] = ((1000, 2000),), scales: int = 0x43) -> Bits:
    rows = list(values)
    out = Bits().ue(len(rows) - 1).u(8, scales)
    for rate, size in rows:
        out.ue(rate, size).flags(1)
    return out.u(5, 23).u(5, 22).u(5, 21).u(5, 24)


def h264_vui(
    signal: Signal | None = None,
    timing: tuple[int, int] | None = None,
    nal_hrd: Bits | None = None,
    vcl_hrd: Bits | None = None,
    restriction: tuple[int, int, int, int, int, int, int] | None = None,
    *,
    pic_struct: bool = False,
) -> Bits:
    out = signal_bits(signal or Signal()).flags(timing is not None)
    if timing is not None:
        out.u(32, timing[0]).u(32, timing[1]).flags(1)
    for hrd in (nal_hrd, vcl_hrd):
        out.flags(hrd is not None)
        if hrd is not None:
            out.bits(hrd)
    if nal_hrd is not None or vcl_hrd is not None:
        out.flags(0)
    out.flags(pic_struct).flags(restriction is not None)
    if restriction is not None:
        out.flags(restriction[0]).ue(*restriction[1:])
    return out


def h264_sps(
    profile: int = 77,
    constraints: int = 0,
    level: int = 30,
    identifier: int = 0,
    *,
    chroma: int = 1,
    depths: tuple[int, int] = (8, 8),
    scaling: Bits | None = None,
    width: int = 4,
    height: int = 3,
    frame_mbs_only: bool = True,
    order: Bits | None = None,
    crop: tuple[int, int, int, int] | None = None,
    vui: Bits | None = None,
    tail: Bits | None = None,
    header: int = 0x67,
) -> bytes:
    """Sizes in macroblocks (map units)."""
    out = Bits().u(8, profile).u(8, constraints).u(8, level).ue(identifier)
    if profile not in {66, 77, 88}:
        out.ue(chroma)
        if chroma == 3:
            out.flags(0)
        out.ue(depths[0] - 8, depths[1] - 8).flags(0).flags(scaling is not None)
        if scaling is not None:
            out.bits(scaling)
    out.ue(0).bits(order or Bits().ue(2)).ue(1).flags(0).ue(width - 1, height - 1).flags(frame_mbs_only)
    if not frame_mbs_only:
        out.flags(1)
    out.flags(1).flags(crop is not None)
    if crop is not None:
        out.ue(*crop)
    out.flags(vui is not None)
    if vui is not None:
        out.bits(vui)
    if tail is not None:
        out.bits(tail)
    return bytes([header]) + escaped(out.stop())


def h264_pps(
    identifier: int = 0,
    sps: int = 0,
    *,
    groups: Bits | None = None,
    more: Bits | None = None,
    header: int = 0x68,
) -> bytes:
    out = Bits().ue(identifier, sps).flags(1, 0).bits(groups or Bits().ue(0)).ue(0, 0).flags(0).u(2, 0)
    out.se(0, 0, 0).flags(1, 0, 0)
    if more is not None:
        out.bits(more)
    return bytes([header]) + escaped(out.stop())


def h264_slice(
    header: int = 0x65,
    *,
    first: int = 0,
    kind: int = 7,
    pps: int = 0,
    frame: int = 0,
    idr: int = 0,
    data: bytes = b"\x9b\x12\x55\xaa\x31",
) -> bytes:
    """A slice under an SPS of `h264_sps` with its default order and frames only."""
    out = Bits().ue(first, kind, pps).u(4, frame)
    if header & 0x1F == 5:
        out.ue(idr)
    return bytes([header]) + escaped(out.raw(data).stop())


def avcc(
    of_sps: Iterable[bytes],
    of_pps: Iterable[bytes],
    *,
    head: bytes = b"",
    length_size: int = 4,
    tail: bytes = b"",
) -> bytes:
    sps, pps = list(of_sps), list(of_pps)
    out = head or b"\x01" + (sps[0][1:4] if sps else b"\x4d\x00\x1e") + bytes([0xFC | length_size - 1])
    out += bytes([0xE0 | len(sps)]) + with_lengths(sps, 2)
    return out + bytes([len(pps)]) + with_lengths(pps, 2) + tail


# --- H.265 -----------------------------------------------------------------------------------


def hevc_header(kind: int, layer: int = 0, temporal: int = 0) -> bytes:
    return (kind << 9 | layer << 3 | temporal + 1).to_bytes(2, "big")


def hevc_tier(
    profile: int = 1,
    compatibility: int = 0x60000000,
    constraints: int = 0xB00000000000,
    level: int = 93,
    sub_layers: int = 0,
    *,
    sub_levels: bool = False,
) -> Bits:
    out = Bits().u(3, 0).u(5, profile).u(32, compatibility).u(48, constraints).u(8, level)
    for _ in range(sub_layers):
        out.flags(0, sub_levels)
    if sub_layers:
        out.u(2 * (8 - sub_layers), 0)
    if sub_levels:
        out.u(8 * sub_layers, int.from_bytes(bytes([level]) * sub_layers, "big"))
    return out


def hevc_vps(
    identifier: int = 0,
    *,
    layers: int = 0,
    sub_layers: int = 0,
    tier: Bits | None = None,
    more: Bits | None = None,
) -> bytes:
    """`more` replaces the part from `vps_timing_info_present_flag` on."""
    out = Bits().u(4, identifier).flags(1, 1).u(6, layers).u(3, sub_layers).flags(1).u(16, 0xFFFF)
    out.bits(tier or hevc_tier(sub_layers=sub_layers)).flags(0).ue(4, 2, 0).u(6, layers).ue(0)
    out.bits(more or Bits().flags(0, 0))
    return hevc_header(32) + escaped(out.stop())


def hevc_hrd(bit_rate: int = 1000) -> Bits:
    out = Bits().flags(1, 0, 0).u(8, 0x43).u(15, 0x5294)
    return out.flags(1).ue(0).ue(0).ue(bit_rate, 2000).flags(1)


def hevc_vui(
    signal: Signal | None = None,
    *,
    hints: tuple[int, int, int] = (0, 0, 0),
    window: tuple[int, int, int, int] | None = None,
    timing: tuple[int, int] | None = None,
    hrd: Bits | None = None,
    restriction: tuple[int, int, int, int, int, int, int, int] | None = None,
) -> Bits:
    out = signal_bits(signal or Signal()).flags(*hints).flags(window is not None)
    if window is not None:
        out.ue(*window)
    out.flags(timing is not None)
    if timing is not None:
        out.u(32, timing[0]).u(32, timing[1]).flags(0).flags(hrd is not None)
        if hrd is not None:
            out.bits(hrd)
    out.flags(restriction is not None)
    if restriction is not None:
        out.flags(*restriction[:3]).ue(*restriction[3:])
    return out


def hevc_sps(
    identifier: int = 0,
    vps: int = 0,
    *,
    tier: Bits | None = None,
    sub_layers: int = 0,
    chroma: int = 1,
    depths: tuple[int, int] = (8, 8),
    width: int = 64,
    height: int = 48,
    crop: tuple[int, int, int, int] | None = None,
    scaling: Bits | None = None,
    pcm: Bits | None = None,
    reference_sets: Bits | None = None,
    long_term: Bits | None = None,
    latency: int = 0,
    vui: Bits | None = None,
    extension: Bits | None = None,
    header: bytes = hevc_header(33),
) -> bytes:
    """`reference_sets`, `long_term` and `extension` begin with their count or flags."""
    out = Bits().u(4, vps).u(3, sub_layers).flags(1).bits(tier or hevc_tier(sub_layers=sub_layers))
    out.ue(identifier, chroma)
    if chroma == 3:
        out.flags(0)
    out.ue(width, height).flags(crop is not None)
    if crop is not None:
        out.ue(*crop)
    out.ue(depths[0] - 8, depths[1] - 8).ue(4).flags(0).ue(4, 2, latency)
    out.ue(0, 3, 0, 3, 1, 1).flags(scaling is not None)
    if scaling is not None:
        out.flags(1).bits(scaling)
    out.flags(1, 1).flags(pcm is not None)
    if pcm is not None:
        out.bits(pcm)
    out.bits(reference_sets or Bits().ue(0)).flags(long_term is not None)
    if long_term is not None:
        out.bits(long_term)
    out.flags(1, 1).flags(vui is not None)
    if vui is not None:
        out.bits(vui)
    out.flags(extension is not None)
    if extension is not None:
        out.bits(extension)
    return header + escaped(out.stop())


def hevc_pps(
    identifier: int = 0,
    sps: int = 0,
    *,
    extra_bits: int = 0,
    tiles: Bits | None = None,
    scaling: Bits | None = None,
    header_extension: bool = False,
    extension: Bits | None = None,
    header: bytes = hevc_header(34),
) -> bytes:
    out = Bits().ue(identifier, sps).flags(0, 0).u(3, extra_bits).flags(1, 0).ue(0, 0).se(0)
    out.flags(0, 0).flags(1).ue(1).se(0, 0).flags(0, 0, 0, 0).flags(tiles is not None, 0)
    if tiles is not None:
        out.bits(tiles)
    out.flags(1).flags(0).flags(scaling is not None)
    if scaling is not None:
        out.bits(scaling)
    out.flags(0).ue(0).flags(header_extension).flags(extension is not None)
    if extension is not None:
        out.bits(extension)
    return header + escaped(out.stop())


def hevc_slice(
    kind: int = 19,
    *,
    first: bool = True,
    address: int = 1,
    pps: int = 0,
    order: int = 0,
    layer: int = 0,
    temporal: int = 0,
    data: bytes = b"\x9b\x12\x55\xaa\x31",
) -> bytes:
    """A slice under `hevc_pps` and an `hevc_sps` of width 256 and height 48: four coding tree blocks."""
    out = Bits().flags(first)
    if 16 <= kind <= 23:
        out.flags(0)
    out.ue(pps)
    if not first:
        out.u(2, address)
    out.ue(1)
    if kind not in {19, 20}:
        out.u(8, order)
    return hevc_header(kind, layer, temporal) + escaped(out.raw(data).stop())


def hvcc(
    arrays: Iterable[tuple[int, Iterable[bytes]]],
    *,
    head: bytes = b"\x01" + bytes(20),
    length_size: int = 4,
    tail: bytes = b"",
) -> bytes:
    rows = [(kind, list(nals)) for kind, nals in arrays]
    out = head + bytes([0xFC | length_size - 1, len(rows)])
    for kind, nals in rows:
        out += bytes([kind]) + len(nals).to_bytes(2, "big") + with_lengths(nals, 2)
    return out + tail


def crc32_mpeg2(data: bytes) -> int:
    """Bit by bit, as the standard has it."""
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ 0x04C11DB7) & 0xFFFFFFFF if value >> 31 else value << 1
    return value


def rpu_block(level: int, body: bytes) -> Bits:
    return Bits().ue(len(body)).u(8, level).raw(body)


def rpu_payload(
    *,
    first: Iterable[Bits] = (),
    second: Iterable[Bits] | None = None,
    residual_disabled: bool = True,
    previous: bool = False,
    mapping: Bits | None = None,
    tail: Bits | None = None,
) -> bytes:
    """The part of an RPU that the checksum covers: header, curves, display metadata, blocks."""
    out = Bits().u(6, 2).u(11, 18).u(4, 1).u(4, 0).flags(1).flags(0).u(2, 0).ue(23).u(2, 1).flags(0)
    out.ue(2, 2, 4).flags(0).u(3, 0).flags(0, residual_disabled).flags(1, previous)
    if previous:
        out.ue(0)
    else:
        out.ue(0, 0, 0)
        for _ in range(3):
            out.ue(0).u(10, 0).u(10, 1023)
        out.ue(0, 0)
        line = Bits().ue(0).ue(0).flags(0).se(0).u(23, 0).se(1).u(23, 0)
        for _ in range(3):
            out.bits(mapping or line)
    out.ue(0, 0, 1)
    for value in (9574, 0, 13802, 9574, 63996, 60188, 9574, 17610, 0):
        out.u(16, value)
    out.u(32, 16777216).u(32, 134217728).u(32, 134217728)
    for value in (7222, 8771, 390, 2654, 12430, 1300, 0, 422, 15962):
        out.u(16, value)
    out.u(16, 65535).u(16, 0).u(16, 0).u(32, 0).u(5, 12).u(2, 0).u(2, 0).u(2, 1)
    out.u(12, 62).u(12, 3696).u(10, 42)
    for blocks in (first, second):
        if blocks is not None:
            rows = list(blocks)
            out.ue(len(rows)).align()
            for row in rows:
                out.bits(row)
    if tail is not None:
        out.bits(tail)
    return out.padded()


def rpu(body: bytes, header: bytes = hevc_header(62)) -> bytes:
    """A Dolby Vision RPU around `body`: prefix, checksum, stop byte."""
    return header + escaped(b"\x19" + body + crc32_mpeg2(body).to_bytes(4, "big") + b"\x80")
