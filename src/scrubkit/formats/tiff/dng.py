"""DNG (Adobe, 1.7): the raw picture of several, and the tags that developing it needs.

Colour matrices and levels name the camera model to whoever compares them; they
can't be left out without spoiling the picture.  What names one camera or person
(serial numbers, calibration of one unit, names, previews) stays behind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...codecs.tiff import ASCII, BYTE, DOUBLE, FLOAT, LONG, RATIONAL, SHORT, SRATIONAL, UNDEFINED
from ...errors import LimitExceeded, Malformed, Unsupported
from ...essence import TiffField
from . import precision, tags
from .directory import SIZES, integers, raw
from .fields import fractions
from .opcodes import gain_table_map, opcode_list

if TYPE_CHECKING:
    from ...codecs.tiff import ByteOrder
    from ...source import Readable
    from .directory import Directory, Entry, Header
    from .geometry import Geometry

DNG_VERSION, BACKWARD_VERSION, CAMERA_MODEL = 50706, 50707, 50708
CALIBRATIONS = (50723, 50724, 52530)
GAIN_TABLE_MAP = 52525
OPCODE_LISTS = (51008, 51009, 51022)

MODEL = b"Camera\0"
"""UniqueCameraModel, which a DNG must have."""

NEWEST = 7
"""Minor version of DNG 1 that is read."""

TABLE = 1 << 20
"""Values of one table, bytes of one opcode list."""

_ANY = frozenset({SHORT, LONG, RATIONAL})


@dataclass(frozen=True, slots=True)
class _Rule:
    """The types that a tag may have, and how many values, 0 for any number."""

    types: frozenset[int]
    count: int


def _rule(count: int, *types: int) -> _Rule:
    return _Rule(frozenset(types), count)


RAW_TAGS: dict[int, _Rule] = {
    33421: _rule(2, SHORT),  # CFARepeatPatternDim
    33422: _rule(0, BYTE),  # CFAPattern
    50710: _rule(0, BYTE),  # CFAPlaneColor
    50711: _rule(1, SHORT),  # CFALayout
    50712: _rule(0, SHORT),  # LinearizationTable
    50713: _rule(2, SHORT),  # BlackLevelRepeatDim
    50714: _Rule(_ANY, 0),  # BlackLevel
    50715: _rule(0, SRATIONAL),  # BlackLevelDeltaH
    50716: _rule(0, SRATIONAL),  # BlackLevelDeltaV
    50717: _rule(0, SHORT, LONG),  # WhiteLevel
    50718: _rule(2, RATIONAL),  # DefaultScale
    50719: _Rule(_ANY, 2),  # DefaultCropOrigin
    50720: _Rule(_ANY, 2),  # DefaultCropSize
    50733: _rule(1, LONG),  # BayerGreenSplit
    50737: _rule(1, RATIONAL),  # ChromaBlurRadius
    50738: _rule(1, RATIONAL),  # AntiAliasStrength
    50780: _rule(1, RATIONAL),  # BestQualityScale
    50829: _rule(4, SHORT, LONG),  # ActiveArea
    50830: _rule(0, SHORT, LONG),  # MaskedAreas
    50935: _rule(1, RATIONAL),  # NoiseReductionApplied
    50974: _rule(2, SHORT, LONG),  # SubTileBlockSize
    50975: _rule(1, SHORT, LONG),  # RowInterleaveFactor
    51041: _rule(0, DOUBLE),  # NoiseProfile
    51110: _rule(1, LONG),  # DefaultBlackRender
    51125: _rule(4, RATIONAL),  # DefaultUserCrop
}
"""Tags of the raw picture's own directory."""

CAMERA_TAGS: dict[int, _Rule] = {
    50721: _rule(0, SRATIONAL),  # ColorMatrix1
    50722: _rule(0, SRATIONAL),  # ColorMatrix2
    52531: _rule(0, SRATIONAL),  # ColorMatrix3
    50725: _rule(0, SRATIONAL),  # ReductionMatrix1
    50726: _rule(0, SRATIONAL),  # ReductionMatrix2
    50727: _rule(0, RATIONAL),  # AnalogBalance
    50728: _rule(0, SHORT, RATIONAL),  # AsShotNeutral
    50729: _rule(2, RATIONAL),  # AsShotWhiteXY
    50730: _rule(1, SRATIONAL),  # BaselineExposure
    50731: _rule(1, RATIONAL),  # BaselineNoise
    50732: _rule(1, RATIONAL),  # BaselineSharpness
    50734: _rule(1, RATIONAL),  # LinearResponseLimit
    50739: _rule(1, RATIONAL),  # ShadowScale
    50778: _rule(1, SHORT),  # CalibrationIlluminant1
    50779: _rule(1, SHORT),  # CalibrationIlluminant2
    52529: _rule(1, SHORT),  # CalibrationIlluminant3
    50879: _rule(1, SHORT),  # ColorimetricReference
    50964: _rule(0, SRATIONAL),  # ForwardMatrix1
    50965: _rule(0, SRATIONAL),  # ForwardMatrix2
    52532: _rule(0, SRATIONAL),  # ForwardMatrix3
    50937: _rule(3, LONG),  # ProfileHueSatMapDims
    50938: _rule(0, FLOAT),  # ProfileHueSatMapData1
    50939: _rule(0, FLOAT),  # ProfileHueSatMapData2
    52537: _rule(0, FLOAT),  # ProfileHueSatMapData3
    51107: _rule(1, LONG),  # ProfileHueSatMapEncoding
    50981: _rule(3, LONG),  # ProfileLookTableDims
    50982: _rule(0, FLOAT),  # ProfileLookTableData
    51108: _rule(1, LONG),  # ProfileLookTableEncoding
    50940: _rule(0, FLOAT),  # ProfileToneCurve
    51109: _rule(1, SRATIONAL),  # BaselineExposureOffset
}
"""Tags of IFD0."""

_REFUSED = {52543: "RGB-tables", 52544: "gain-table-map-2", 52547: "interleaved-columns"}
"""Tags that change how the picture is developed, and that the model has no place for."""


_MOST = {33422: 256, 50710: 16, 50714: 1024, 50717: 16, 50830: 64, 51041: 32, 50728: 4, 50727: 4}
_MOST |= dict.fromkeys((50721, 50722, 52531, 50725, 50726, 50964, 50965, 52532), 12)
"""Values that a tag has at most, where it isn't a table of the picture or of colours."""

_AREAS = frozenset({50829, 50830})
"""Tags whose values are rows and columns of the picture."""

_SHARES = frozenset({50718, 50780, 51125})
"""Tags whose values are multiplied by the picture's width or height."""

TABLE_OF_SAMPLES, TONE_CURVE = 50712, 50940

_HINTS = frozenset({50731, 50732, 50734, 50737, 50738, 50739, 50780, 50935})
"""Tags that may be 0/0, which says that nobody knows."""


def is_dng(directory: Directory) -> bool:
    """Whether IFD0 says that the file is a DNG."""
    return directory.get(DNG_VERSION) is not None


def build(
    source: Readable, header: Header, first: Directory, directory: Directory, wanted: ByteOrder, bits: int
) -> tuple[list[TiffField], set[int]]:
    """Return the fields that developing needs, and the tags that they were made of.

    `first` is IFD0 and `directory` the raw picture's, often the same; its samples have
    at most `bits` bits.  Raises `Malformed`, `Unsupported` and `LimitExceeded`.
    """
    version = _version(source, header, first, DNG_VERSION)
    if not version:
        raise Malformed("DNGVersion", "bad-version", first.start)
    backward = _version(source, header, first, BACKWARD_VERSION) or (1, 1, 0, 0)
    if version[0] != 1 or version[1] > NEWEST or backward[0] != 1 or backward[1] > NEWEST:
        raise Unsupported("DNGVersion", "newer-than-1.7", first.start)
    for tag, name in _REFUSED.items():
        if first.get(tag) or directory.get(tag):
            raise Unsupported("IFD", name, first.start)
    out = [
        TiffField(tags.NEW_SUBFILE_TYPE, LONG, (0,)),
        TiffField(DNG_VERSION, BYTE, version),
        TiffField(BACKWARD_VERSION, BYTE, backward),
        TiffField(CAMERA_MODEL, ASCII, tuple(MODEL)),
    ]
    used = {DNG_VERSION, BACKWARD_VERSION, tags.NEW_SUBFILE_TYPE}
    model = first.get(CAMERA_MODEL)
    if model is not None and raw(source, model, len(MODEL) + 1) == MODEL:
        used.add(CAMERA_MODEL)
    rule: _Rule
    for where, rules in ((directory, RAW_TAGS), (first, CAMERA_TAGS)):
        for tag, rule in rules.items():
            entry = where.get(tag)
            # IFD0 may hold what another program looks for in the raw picture's directory.
            if entry is None:
                continue
            if tag in _HINTS and entry.type in (RATIONAL, SRATIONAL) and not any(raw(source, entry, 8)[4:]):
                continue
            values = _values(source, header, entry, rule)
            if tag in _AREAS and max(values) > max(_size(source, header, directory)):
                raise Malformed("IFD", "area-outside-the-picture", entry.entry)
            if tag == TABLE_OF_SAMPLES:
                # Nothing looks up what lies behind the largest sample.
                values = values[: 1 << bits]
            out.append(TiffField(tag, entry.type, values))
            used.add(tag)
    for tag in OPCODE_LISTS:
        entry = directory.get(tag)
        if entry is not None:
            data = opcode_list(_block(source, entry), *_size(source, header, directory))
            if data:
                out.append(TiffField(tag, UNDEFINED, tuple(data)))
            used.add(tag)
    for where in (directory, first):
        entry = where.get(GAIN_TABLE_MAP)
        if entry is not None and GAIN_TABLE_MAP not in used:
            data = gain_table_map(_block(source, entry), header.order, wanted)
            out.append(TiffField(GAIN_TABLE_MAP, UNDEFINED, tuple(data)))
            used.add(GAIN_TABLE_MAP)
    _check_calibration(source, header, first)
    return out, used


def _size(source: Readable, header: Header, directory: Directory) -> tuple[int, int]:
    width, length = (integers(source, header, directory.get(tag), 1) for tag in (tags.WIDTH, tags.LENGTH))
    return max(width, default=0), max(length, default=0)


def _version(source: Readable, header: Header, directory: Directory, tag: int) -> tuple[int, ...]:
    values = tuple(integers(source, header, directory.get(tag), 4))
    if not values:
        return ()
    if len(values) != 4 or max(values) > 255 or min(values) < 0:
        raise Malformed("DNGVersion", "bad-version", directory.start)
    return values[0], values[1], 0, 0


def _values(source: Readable, header: Header, entry: Entry, rule: _Rule) -> tuple[int, ...]:
    if entry.type not in rule.types or not entry.whole or not entry.count:
        raise Malformed("IFD", "type-of-a-DNG-tag", entry.entry)
    if rule.count and entry.count != rule.count:
        raise Malformed("IFD", "count-of-a-DNG-tag", entry.entry)
    if entry.count > _MOST.get(entry.tag, TABLE):
        raise LimitExceeded("IFD", "values-of-a-DNG-tag", entry.entry)
    if entry.type in (RATIONAL, SRATIONAL):
        finest = precision.FINER if entry.tag in _SHARES else precision.FINEST
        found = fractions(source, header, entry, entry.count, finest)
        if not found:
            raise Malformed("IFD", "fraction-without-a-value", entry.entry)
        return found
    if entry.type in (FLOAT, DOUBLE):
        size = SIZES[entry.type]
        data = raw(source, entry, entry.size)
        bits = (int.from_bytes(data[at : at + size], header.order) for at in range(0, len(data), size))
        single = precision.CURVE if entry.tag == TONE_CURVE else precision.SINGLE
        kept = single if entry.type == FLOAT else precision.DOUBLE
        try:
            return tuple(precision.pattern(each, size, kept) for each in bits)
        except ValueError:
            raise Malformed("IFD", "not-a-number", entry.entry) from None
    return tuple(integers(source, header, entry))


def _block(source: Readable, entry: Entry) -> bytes:
    if entry.size > 16 * TABLE:
        raise LimitExceeded("IFD", "block", entry.entry)
    if entry.type not in (UNDEFINED, BYTE) or not entry.whole:
        raise Malformed("IFD", "type-of-a-DNG-tag", entry.entry)
    return raw(source, entry, entry.size)


LARGEST = 0.05
"""How far the calibration of one unit may lie from none at all to be left out."""


def _check_calibration(source: Readable, header: Header, first: Directory) -> None:
    """Raise `Unsupported` where the picture would look another without the calibration of its camera."""
    for tag in CALIBRATIONS:
        entry = first.get(tag)
        if entry is None or entry.count > 16:
            continue
        pairs = fractions(source, header, entry, entry.count)
        matrix = [a / b for a, b in zip(pairs[::2], pairs[1::2], strict=True)]
        edge = round(len(matrix) ** 0.5)
        for place, value in enumerate(matrix):
            if abs(value - (place % (edge + 1) == 0)) > LARGEST:
                raise Unsupported("CameraCalibration", "far-from-none", entry.entry)


def check_layout(layout: Geometry, at: int) -> None:
    """Raise `Unsupported` for pictures that a DNG holds beside raw ones, and for codings not read."""
    if layout.photometric not in (tags.CFA, tags.LINEAR_RAW):
        raise Unsupported("DNG", "no-raw-picture", at)
    if layout.compression not in (tags.RAW, tags.JPEG, tags.DEFLATE, LOSSY_JPEG):
        raise Unsupported("DNG", "jpeg-xl" if layout.compression == 52546 else "coding", at)


LOSSY_JPEG = 34892
"""Compression of baseline JPEG in DNG 1.4; a photometric interpretation has the same number."""
