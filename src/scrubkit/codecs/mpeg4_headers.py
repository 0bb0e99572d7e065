"""MPEG-4 Visual headers (ISO/IEC 14496-2 §6.2.3): visual_object and a rectangular video_object_layer.

Read into fields and written from them; rate buffer parameters are read and not kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import Malformed, Unsupported

if TYPE_CHECKING:
    from .bits import BitReader, BitWriter

_RECTANGULAR = 0
_GMC = 2


@dataclass(frozen=True, slots=True)
class VisualObject:
    """visual_object (§6.2.3): `verid` and `priority` if stated, and how to show the colours."""

    verid: int | None
    priority: int
    signal: tuple[int, int] | None
    """video_format, video_range."""
    colour: tuple[int, int, int] | None
    """Primaries, transfer, matrix."""


@dataclass(frozen=True, slots=True)
class Layer:
    """video_object_layer of rectangular shape (§6.2.3); `verid` is the version that rules its syntax."""

    random_accessible: bool
    type_indication: int
    identifier: tuple[int, int] | None
    """video_object_layer_verid and priority, if stated."""
    verid: int
    aspect: int
    extended_aspect: tuple[int, int]
    control: tuple[int, bool] | None
    """chroma_format and low_delay, if stated; rate buffer parameters are not kept."""
    time_resolution: int
    fixed_increment: int | None
    width: int
    height: int
    interlaced: bool
    obmc_disable: bool
    sprite: int
    warping_points: int
    warping_accuracy: int
    quant_precision: tuple[int, int] | None
    """quant_precision and bits_per_pixel, unless 8-bit."""
    quant_type: bool
    intra_matrix: tuple[int, ...]
    inter_matrix: tuple[int, ...]
    """As coded, in zigzag order; empty if not stated.  A 0 at the end is not part of it."""
    quarter_sample: bool
    resync_disable: bool
    data_partitioned: bool
    reversible_vlc: bool
    reduced_resolution: bool

    @property
    def time_bits(self) -> int:
        """BitReader of vop_time_increment."""
        return max((self.time_resolution - 1).bit_length(), 1)


def read_visual(bits: BitReader) -> VisualObject:
    """Read a visual_object after its start code; raises `Malformed`, `Unsupported` if it is not video."""
    verid, priority = None, 1
    if bits.flag():
        verid, priority = bits.u(4), bits.u(3)
    if bits.u(4) != 1:
        raise Unsupported("visual_object", "not-video")
    signal = colour = None
    if bits.flag():
        signal = (bits.u(3), bits.u(1))
        if bits.flag():
            colour = (bits.u(8), bits.u(8), bits.u(8))
    return VisualObject(verid, priority, signal, colour)


def write_visual(out: BitWriter, visual: VisualObject) -> None:
    """Append a visual_object without its start code, to the byte."""
    out.u(1, int(visual.verid is not None))
    if visual.verid is not None:
        out.u(4, visual.verid)
        out.u(3, visual.priority)
    out.u(4, 1)
    out.u(1, int(visual.signal is not None))
    if visual.signal is not None:
        out.u(3, visual.signal[0])
        out.u(1, visual.signal[1])
        out.u(1, int(visual.colour is not None))
        for value in visual.colour or ():
            out.u(8, value)
    _write_stuffing(out)


def _write_stuffing(out: BitWriter) -> None:
    """next_start_code: a zero bit, then ones (§5.2.4)."""
    out.u(1, 0)
    out.align(1)


def _matrix(bits: BitReader) -> tuple[int, ...]:
    values: list[int] = []
    while len(values) < 64:
        value = bits.u(8)
        if not value:
            break
        values.append(value)
    if not values:
        raise Malformed("video_object_layer", "quant-matrix")
    return tuple(values)


def _marker(bits: BitReader) -> None:
    bits.expect(1, 1, "marker")


def read_layer(bits: BitReader, visual_verid: int) -> Layer:
    """Read a video_object_layer after its start code; `visual_verid` rules it unless it states its own.

    Raises `Malformed`, and `Unsupported` for shapes, static sprites and scalable layers.
    """
    where = "video_object_layer"
    random_accessible, type_indication = bits.flag(), bits.u(8)
    identifier = (bits.u(4), bits.u(3)) if bits.flag() else None
    verid = identifier[0] if identifier else visual_verid
    aspect = bits.u(4)
    extended = (bits.u(8), bits.u(8)) if aspect == 15 else (1, 1)
    control = None
    if bits.flag():
        control = (bits.u(2), bits.flag())
        if bits.flag():
            bits.u(79)
    if bits.u(2) != _RECTANGULAR:
        raise Unsupported(where, "shape")
    _marker(bits)
    resolution = bits.u(16)
    if not resolution:
        raise Malformed(where, "time-resolution")
    _marker(bits)
    fixed = None
    if bits.flag():
        fixed = bits.u(max((resolution - 1).bit_length(), 1))
    _marker(bits)
    width = bits.u(13)
    _marker(bits)
    height = bits.u(13)
    _marker(bits)
    if not width or not height:
        raise Malformed(where, "size")
    interlaced, obmc_disable = bits.flag(), bits.flag()
    sprite = bits.u(1 if verid == 1 else 2)
    points = accuracy = 0
    if sprite:
        if sprite != _GMC:
            raise Unsupported(where, "sprite")
        points, accuracy = bits.u(6), bits.u(2)
        if points > 4:
            raise Malformed(where, "warping-points")
        if bits.flag():
            raise Unsupported(where, "brightness-change")
    precision = (bits.u(4), bits.u(4)) if bits.flag() else None
    quant_type = bits.flag()
    intra: tuple[int, ...] = ()
    inter: tuple[int, ...] = ()
    if quant_type:
        intra = _matrix(bits) if bits.flag() else ()
        inter = _matrix(bits) if bits.flag() else ()
    quarter = bits.flag() if verid != 1 else False
    if not bits.flag():
        raise Unsupported(where, "complexity-estimation")
    resync_disable = bits.flag()
    partitioned = bits.flag()
    reversible = bits.flag() if partitioned else False
    reduced = False
    if verid != 1:
        if bits.flag():
            raise Unsupported(where, "newpred")
        reduced = bits.flag()
    if bits.flag():
        raise Unsupported(where, "scalability")
    return Layer(
        random_accessible=random_accessible,
        type_indication=type_indication,
        identifier=identifier,
        verid=verid,
        aspect=aspect,
        extended_aspect=extended,
        control=control,
        time_resolution=resolution,
        fixed_increment=fixed,
        width=width,
        height=height,
        interlaced=interlaced,
        obmc_disable=obmc_disable,
        sprite=sprite,
        warping_points=points,
        warping_accuracy=accuracy,
        quant_precision=precision,
        quant_type=quant_type,
        intra_matrix=intra,
        inter_matrix=inter,
        quarter_sample=quarter,
        resync_disable=resync_disable,
        data_partitioned=partitioned,
        reversible_vlc=reversible,
        reduced_resolution=reduced,
    )


def write_layer(out: BitWriter, layer: Layer) -> None:
    """Append a video_object_layer without its start code, to the byte."""

    def flag(value: object) -> None:
        out.u(1, int(bool(value)))

    flag(layer.random_accessible)
    out.u(8, layer.type_indication)
    flag(layer.identifier)
    if layer.identifier:
        out.u(4, layer.identifier[0])
        out.u(3, layer.identifier[1])
    out.u(4, layer.aspect)
    if layer.aspect == 15:
        out.u(8, layer.extended_aspect[0])
        out.u(8, layer.extended_aspect[1])
    flag(layer.control)
    if layer.control:
        out.u(2, layer.control[0])
        flag(layer.control[1])
        flag(False)
    out.u(2, _RECTANGULAR)
    flag(True)
    out.u(16, layer.time_resolution)
    flag(True)
    flag(layer.fixed_increment is not None)
    if layer.fixed_increment is not None:
        out.u(layer.time_bits, layer.fixed_increment)
    flag(True)
    out.u(13, layer.width)
    flag(True)
    out.u(13, layer.height)
    flag(True)
    flag(layer.interlaced)
    flag(layer.obmc_disable)
    out.u(1 if layer.verid == 1 else 2, layer.sprite)
    if layer.sprite:
        out.u(6, layer.warping_points)
        out.u(2, layer.warping_accuracy)
        flag(False)
    flag(layer.quant_precision)
    if layer.quant_precision:
        out.u(4, layer.quant_precision[0])
        out.u(4, layer.quant_precision[1])
    flag(layer.quant_type)
    if layer.quant_type:
        for matrix in (layer.intra_matrix, layer.inter_matrix):
            flag(matrix)
            for value in matrix:
                out.u(8, value)
            if 0 < len(matrix) < 64:
                out.u(8, 0)
    if layer.verid != 1:
        flag(layer.quarter_sample)
    flag(True)
    flag(layer.resync_disable)
    flag(layer.data_partitioned)
    if layer.data_partitioned:
        flag(layer.reversible_vlc)
    if layer.verid != 1:
        flag(False)
        flag(layer.reduced_resolution)
    flag(False)
    _write_stuffing(out)
