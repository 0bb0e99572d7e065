"""The fields that cross: built from the layout and the tags that say how a picture is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...codecs import icc, icc_names
from ...codecs.tiff import LONG, RATIONAL, SHORT, UNDEFINED
from ...errors import Malformed, Unsupported
from ...essence import TiffField
from . import precision, tags
from .directory import integers, raw

if TYPE_CHECKING:
    from ...source import Readable
    from .directory import Directory, Entry, Header
    from .geometry import Geometry

CONTINUOUS = {0: 1, 1: 1, tags.RGB: 3, tags.PALETTE: 1, tags.MASK: 1, tags.CMYK: 4, tags.YCBCR: 3}
CONTINUOUS |= {tags.LAB: 3, 9: 3, 10: 3}
"""Samples that a photometric interpretation needs; more are extra."""

_PROFILES = {
    0: "GRAY",
    1: "GRAY",
    tags.RGB: "RGB ",
    tags.PALETTE: "RGB ",
    tags.YCBCR: "RGB ",
    tags.CMYK: "CMYK",
}
"""Colour spaces of profiles that readers apply to a picture; they pass over others."""

PROFILE = 4 << 20


def fractions(
    source: Readable, header: Header, entry: Entry | None, count: int, finest: int = precision.FINEST
) -> tuple[int, ...]:
    """Return `count` rationals as numerators and denominators, rounded; none if they aren't there."""
    if entry is None or entry.count != count or entry.type not in (RATIONAL, 10):
        return ()
    data = raw(source, entry, 8 * count)
    out: list[int] = []
    for at in range(0, len(data), 8):
        top = int.from_bytes(data[at : at + 4], header.order, signed=entry.type == 10)
        bottom = int.from_bytes(data[at + 4 : at + 8], header.order, signed=entry.type == 10)
        if not bottom:
            return ()
        out += precision.fraction(top, bottom, finest)
    return tuple(out)


def build(
    source: Readable, header: Header, directory: Directory, layout: Geometry, sampling: tuple[int, int]
) -> tuple[list[TiffField], bool]:
    """Return the fields of a picture, in any order, and whether its profile is none or a constant of ours.

    `sampling` are the JPEG sampling factors of the first component.  Raises
    `Malformed` and `Unsupported`.
    """

    def values(tag: int, most: int = 64) -> tuple[int, ...]:
        return tuple(integers(source, header, directory.get(tag), most))

    out = [
        TiffField(tags.WIDTH, LONG, (layout.width,)),
        TiffField(tags.LENGTH, LONG, (layout.length,)),
        TiffField(tags.BITS, SHORT, (layout.bits,) * layout.samples),
        TiffField(tags.COMPRESSION, SHORT, (layout.compression,)),
        TiffField(tags.PHOTOMETRIC, SHORT, (layout.photometric,)),
        TiffField(tags.SAMPLES, SHORT, (layout.samples,)),
    ]
    if layout.tiled:
        out.append(TiffField(tags.TILE_WIDTH, LONG, (layout.across,)))
        out.append(TiffField(tags.TILE_LENGTH, LONG, (layout.down,)))
    else:
        out.append(TiffField(tags.ROWS_PER_STRIP, LONG, (layout.down,)))
    if layout.planar:
        out.append(TiffField(tags.PLANAR, SHORT, (2,)))
    turned = values(tags.ORIENTATION, 1)
    if turned and 2 <= turned[0] <= 8:
        out.append(TiffField(tags.ORIENTATION, SHORT, turned))
    out += _coding(values, layout, directory.start)
    out += _samples(values, layout, directory.start)
    if layout.photometric == tags.YCBCR:
        factors = sampling if layout.compression == tags.JPEG else layout.subsampling
        out.append(TiffField(tags.YCBCR_SUBSAMPLING, SHORT, factors))
        for tag, count in ((tags.YCBCR_COEFFICIENTS, 3), (tags.REFERENCE_BLACK_WHITE, 6)):
            pairs = fractions(source, header, directory.get(tag), count)
            if pairs and min(pairs) >= 0:
                out.append(TiffField(tag, RATIONAL, pairs))
        if values(tags.YCBCR_POSITIONING, 1) == (2,):
            out.append(TiffField(tags.YCBCR_POSITIONING, SHORT, (2,)))
    profile, constant = _profile(source, directory, layout)
    if profile:
        out.append(TiffField(tags.ICC, UNDEFINED, tuple(profile)))
    return out, constant


def _coding(values: _Values, layout: Geometry, at: int) -> list[TiffField]:
    """Return the fields that the coding asks for."""
    out = []
    order = values(tags.FILL_ORDER, 1)
    if order == (2,) and layout.compression != tags.JPEG:
        if layout.compression not in tags.CCITT | {tags.RAW}:
            raise Unsupported("IFD", "fill-order", at)
        out.append(TiffField(tags.FILL_ORDER, SHORT, (2,)))
    for tag, coding, allowed in (
        (tags.T4_OPTIONS, tags.CCITT_3, range(8)),
        (tags.T6_OPTIONS, tags.CCITT_4, (0, 2)),
    ):
        options = values(tag, 1)
        if layout.compression == coding and options and options[0]:
            if options[0] not in allowed:
                raise Malformed("IFD", "fax-options", at)
            out.append(TiffField(tag, LONG, options))
    predictor = values(tags.PREDICTOR, 1)
    if layout.compression in (tags.LZW, tags.DEFLATE) and predictor not in ((), (1,)):
        if predictor[0] not in (2, 3, 34892, 34893, 34894, 34895):
            raise Malformed("IFD", "predictor", at)
        out.append(TiffField(tags.PREDICTOR, SHORT, predictor))
    return out


def _samples(values: _Values, layout: Geometry, at: int) -> list[TiffField]:
    """Return the fields that say what samples mean."""
    out = []
    formats = set(values(tags.SAMPLE_FORMAT, layout.samples))
    if formats - {1, 4}:
        if len(formats) != 1 or not formats <= {2, 3}:
            raise Unsupported("IFD", "sample-format", at)
        out.append(TiffField(tags.SAMPLE_FORMAT, SHORT, (*formats,) * layout.samples))
    if values(tags.INK_SET, 1) not in ((), (1,)):
        raise Unsupported("IFD", "inks", at)
    needed = CONTINUOUS.get(layout.photometric, layout.samples)
    if layout.samples < needed:
        raise Malformed("IFD", "samples-missing", at)
    extra = values(tags.EXTRA_SAMPLES)[: layout.samples - needed]
    if extra:
        stated = (*(value if 0 <= value <= 2 else 0 for value in extra),)
        missing = layout.samples - needed - len(stated)
        out.append(TiffField(tags.EXTRA_SAMPLES, SHORT, stated + (0,) * missing))
    if layout.photometric == tags.PALETTE:
        if layout.bits > 16:
            raise Malformed("IFD", "colour-map", at)
        colours = values(tags.COLOUR_MAP, 3 << layout.bits)
        if len(colours) != 3 << layout.bits or max(colours) > 0xFFFF or min(colours) < 0:
            raise Malformed("IFD", "colour-map", at)
        out.append(TiffField(tags.COLOUR_MAP, SHORT, colours))
    return out


def _profile(source: Readable, directory: Directory, layout: Geometry) -> tuple[bytes, bool]:
    entry = directory.get(tags.ICC)
    if entry is None:
        return b"", True
    profile = raw(source, entry, PROFILE)
    if icc_names.colour_space(profile) != _PROFILES.get(layout.photometric):
        return b"", True
    try:
        kept = icc.canonical(profile)
    except Malformed:
        # Nothing could have used it.
        return b"", True
    return kept.profile, kept.constant


if TYPE_CHECKING:
    from typing import Protocol

    class _Values(Protocol):
        def __call__(self, tag: int, most: int = 64) -> tuple[int, ...]: ...
