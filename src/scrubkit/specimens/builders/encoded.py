"""Coded samples made by PyAV's encoders, and what its decoders make of them."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import av

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Coded:
    """One elementary stream: its decoder's name and configuration, and its packets."""

    codec: str
    extradata: bytes
    packets: tuple[bytes, ...]


def _drain(encoder: Any, frames: list[Any]) -> tuple[bytes, ...]:
    packets = [packet for frame in frames for packet in encoder.encode(frame)]
    return tuple(bytes(packet) for packet in [*packets, *encoder.encode(None)] if packet.size)


def sound(
    encoder: str,
    *,
    rate: int = 48000,
    layout: str = "stereo",
    seconds: float = 0.5,
    sample_format: str = "fltp",
    bit_rate: int = 0,
    options: Mapping[str, str] | None = None,
) -> Coded:
    """A chirp with noise and bursts, another in each channel."""
    context: Any = av.CodecContext.create(encoder, "w")
    context.sample_rate, context.layout, context.format = rate, layout, sample_format
    context.options = dict(options or {})
    if bit_rate:
        context.bit_rate = bit_rate
    context.open()
    channels = context.layout.nb_channels
    size = context.frame_size or 1024
    frames = []
    noise = 1
    for start in range(0, int(rate * seconds), size):
        planes = []
        for channel in range(channels):
            samples = array("f")
            for i in range(start, start + size):
                noise = noise * 1103515245 + 12345 & 0x7FFFFFFF
                burst = 1.0 if i % 9600 < 400 else 0.05
                tone = math.sin(i * (0.02 + 0.00001 * i + 0.01 * channel))
                samples.append(0.4 * tone + 0.4 * burst * (noise / 0x40000000 - 1))
            planes.append(samples)
        frames.append(_audio_frame(planes, layout, sample_format, rate, start))
    packets = _drain(context, frames)
    return Coded(context.codec.name, bytes(context.extradata or b""), packets)


def _audio_frame(planes: list[array[float]], layout: str, sample_format: str, rate: int, pts: int) -> Any:
    frame: Any = av.AudioFrame(format=sample_format, layout=layout, samples=len(planes[0]))
    kind, scale = {"flt": ("f", 1), "s16": ("h", 32000), "s32": ("i", 1 << 30)}[sample_format.rstrip("p")]
    cast = [
        array(kind, (value if kind == "f" else int(value * scale) for value in plane)) for plane in planes
    ]
    if sample_format.endswith("p"):
        for plane, samples in zip(frame.planes, cast, strict=True):
            plane.update(samples.tobytes().ljust(plane.buffer_size, b"\0"))
    else:
        mixed = array(kind, (value for values in zip(*cast, strict=True) for value in values))
        frame.planes[0].update(mixed.tobytes().ljust(frame.planes[0].buffer_size, b"\0"))
    frame.sample_rate, frame.pts = rate, pts
    return frame


def pictures(
    encoder: str,
    *,
    size: tuple[int, int] = (64, 48),
    count: int = 6,
    pixel_format: str = "yuv420p",
    options: Mapping[str, str] | None = None,
) -> Coded:
    """A moving gradient."""
    from fractions import Fraction

    context: Any = av.CodecContext.create(encoder, "w")
    context.width, context.height, context.pix_fmt = *size, pixel_format
    context.time_base = Fraction(1, 25)
    context.framerate = Fraction(25, 1)
    context.options = dict(options or {})
    context.flags |= 1 << 22  # global header
    frames = []
    for i in range(count):
        frame: Any = av.VideoFrame(*size, "gray")
        stride = frame.planes[0].line_size
        frame.planes[0].update(
            bytes(x * 3 + y * (i + 1) * 5 + (x * y >> 3) & 255 for y in range(size[1]) for x in range(stride))
        )
        frame = frame.reformat(format=pixel_format)
        frame.pts = i
        frame.time_base = Fraction(1, 25)
        frames.append(frame)
    packets = _drain(context, frames)
    return Coded(context.codec.name, bytes(context.extradata or b""), packets)


def decoded(decoder: str, extradata: bytes, packets: list[bytes] | tuple[bytes, ...]) -> list[bytes]:
    """Every plane of every frame, in order; FFmpeg's errors pass."""
    context: Any = av.CodecContext.create(decoder, "r")
    if extradata:
        context.extradata = extradata
    out: list[bytes] = []
    for packet in [*map(av.Packet, packets), None]:
        for frame in context.decode(packet):
            out.extend(_shown(frame, plane) for plane in frame.planes)
    return out


def _shown(frame: Any, plane: Any) -> bytes:
    """A plane without what its rows are padded with."""
    data = bytes(plane)
    if isinstance(frame, av.AudioFrame):
        return data[
            : frame.samples
            * frame.format.bytes
            * (1 if frame.format.is_planar else len(frame.layout.channels))
        ]
    width = plane.width * (2 if frame.format.components[0].bits > 8 else 1)
    return b"".join(data[at : at + width] for at in range(0, len(data), plane.line_size))
