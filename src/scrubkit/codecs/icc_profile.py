"""ICC profiles (ICC.1:2022) as bytes: parsed to a colour space, and built from one.

A profile is a header of 128 bytes, a tag table, and tags.  Three colorants and
three tone curves (or one curve, for grey) say how an image is to be shown.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import LimitExceeded, Malformed, Unsupported

HEADER = 128
MOST = 1 << 20
"""Bytes of a profile that is read."""
TAGS = 100
"""Tags of a profile; colour management reads no more either."""
CURVE = 65536
"""Points of a curve that is read."""

ONE = 65536
"""1.0 as s15Fixed16Number (§4.6)."""

D50 = (0xF6D6, 0x10000, 0xD32D)
"""The profile connection space's illuminant (§7.2.16)."""

Fixed3 = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Parametric:
    """A `para` curve (§10.18): function type 0-4 and its s15Fixed16 parameters, g first."""

    function: int
    parameters: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sampled:
    """A `curv` table (§10.6): uInt16 values at even steps, at least two."""

    values: tuple[int, ...]


Curve = Parametric | Sampled


@dataclass(frozen=True, slots=True)
class Space:
    """What of a profile matters: red, green and blue colorants (none for grey) and as many curves.

    `code_points` are those of a `cicp` tag (H.273): primaries, transfer, matrix, range.
    """

    colorants: tuple[Fixed3, ...]
    curves: tuple[Curve, ...]
    code_points: tuple[int, int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class Tag:
    """Where a tag's data lie in a profile."""

    start: int
    size: int


def _signed(raw: bytes) -> int:
    return int.from_bytes(raw, signed=True)


def tag_table(profile: bytes) -> dict[bytes, Tag]:
    """Return the tags by signature, the first of equal ones; those that lie outside are left out.

    Raises `Malformed` if no colour management would take it for a profile.
    """
    if len(profile) > MOST:
        raise LimitExceeded("ICC profile", "size")
    size = min(int.from_bytes(profile[:4]), len(profile))
    count = int.from_bytes(profile[128:132])
    if size < HEADER + 4 or profile[36:40] != b"acsp" or count > TAGS or HEADER + 4 + 12 * count > size:
        raise Malformed("ICC profile", "bad-header")
    tags: dict[bytes, Tag] = {}
    for at in range(132, 132 + 12 * count, 12):
        start, length = int.from_bytes(profile[at + 4 : at + 8]), int.from_bytes(profile[at + 8 : at + 12])
        if start + length <= size:
            tags.setdefault(profile[at : at + 4], Tag(start, length))
    return tags


def _xyz(data: bytes) -> Fixed3:
    if len(data) < 20 or data[:4] != b"XYZ ":
        raise Malformed("ICC profile", "bad-colorant")
    return _signed(data[8:12]), _signed(data[12:16]), _signed(data[16:20])


_PARAMETERS = (1, 3, 4, 5, 7)


def _curve(data: bytes) -> Curve:
    """Parse a tone curve; a `curv` of no or one value becomes the `para` that it stands for."""
    if data[:4] == b"para" and len(data) >= 12:
        function = int.from_bytes(data[8:10])
        if function > 4 or len(data) < 12 + 4 * _PARAMETERS[function]:
            raise Malformed("ICC profile", "bad-curve")
        return Parametric(
            function, tuple(_signed(data[at : at + 4]) for at in range(12, 12 + 4 * _PARAMETERS[function], 4))
        )
    if data[:4] == b"curv" and len(data) >= 12:
        count = int.from_bytes(data[8:12])
        if count > CURVE:
            raise LimitExceeded("ICC profile", "curve")
        if 12 + 2 * count > len(data):
            raise Malformed("ICC profile", "bad-curve")
        if count == 0:
            return Parametric(0, (ONE,))
        values = tuple(int.from_bytes(data[at : at + 2]) for at in range(12, 12 + 2 * count, 2))
        return Parametric(0, (values[0] << 8,)) if count == 1 else Sampled(values)
    raise Malformed("ICC profile", "bad-curve")


def read_with_tags(profile: bytes) -> tuple[Space, frozenset[bytes]]:
    """Return the space and the signatures of the tags that it was read from; raises as `read_space`."""
    tags = tag_table(profile)
    if profile[8] > 4:
        raise Unsupported("ICC profile", "version")
    if profile[12:16] in (b"link", b"abst", b"nmcl"):
        raise Unsupported("ICC profile", "class")
    if profile[20:24] != b"XYZ " or any(signature[:3] in (b"A2B", b"D2B") for signature in tags):
        raise Unsupported("ICC profile", "lookup-tables")
    match profile[16:20]:
        case b"RGB ":
            primaries: tuple[bytes, ...] = (b"rXYZ", b"gXYZ", b"bXYZ")
            tones: tuple[bytes, ...] = (b"rTRC", b"gTRC", b"bTRC")
        case b"GRAY":
            primaries, tones = (), (b"kTRC",)
        case _:
            raise Unsupported("ICC profile", "colour-space")
    if not all(signature in tags for signature in (*primaries, *tones)):
        raise Malformed("ICC profile", "tag-missing")

    def data(signature: bytes) -> bytes:
        tag = tags[signature]
        return profile[tag.start : tag.start + tag.size]

    code_points = None
    used = [*primaries, *tones]
    if b"cicp" in tags:
        raw = data(b"cicp")
        if len(raw) < 12 or raw[:4] != b"cicp" or raw[11] > 1:
            raise Unsupported("ICC profile", "bad-code-points")
        code_points = (raw[8], raw[9], raw[10], raw[11])
        used.append(b"cicp")
    space = Space(
        tuple(_xyz(data(signature)) for signature in primaries),
        tuple(_curve(data(signature)) for signature in tones),
        code_points,
    )
    return space, frozenset(used)


def read_space(profile: bytes) -> Space:
    """Parse a profile.

    Raises `Malformed` for what no colour management takes for a profile, and
    `Unsupported` for one that colorants and curves don't describe.
    """
    return read_with_tags(profile)[0]


def _text_tag(text: str) -> bytes:
    """Return a `mluc` of one record, en-US (§10.15)."""
    raw = text.encode("utf-16-be")
    return (
        b"mluc"
        + bytes(4)
        + (1).to_bytes(4)
        + (12).to_bytes(4)
        + b"enUS"
        + len(raw).to_bytes(4)
        + (28).to_bytes(4)
        + raw
    )


def _xyz_tag(xyz: Fixed3) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(value.to_bytes(4, signed=True) for value in xyz)


def _curve_tag(curve: Curve) -> bytes:
    if isinstance(curve, Parametric):
        parameters = b"".join(value.to_bytes(4, signed=True) for value in curve.parameters)
        return b"para" + bytes(4) + curve.function.to_bytes(2) + bytes(2) + parameters
    return (
        b"curv"
        + bytes(4)
        + len(curve.values).to_bytes(4)
        + b"".join(value.to_bytes(2) for value in curve.values)
    )


def build(space: Space, description: str) -> bytes:
    """Return a version 4 display profile: description, no copyright, D50 white, colorants, curves.

    Equal tags share their bytes; the date, makers, flags and profile ID are zero.
    """
    tags = [(b"desc", _text_tag(description)), (b"cprt", _text_tag("CC0")), (b"wtpt", _xyz_tag(D50))]
    if space.colorants:
        tags += zip((b"rXYZ", b"gXYZ", b"bXYZ"), map(_xyz_tag, space.colorants), strict=True)
        tags += zip((b"rTRC", b"gTRC", b"bTRC"), map(_curve_tag, space.curves), strict=True)
    else:
        tags.append((b"kTRC", _curve_tag(space.curves[0])))
    if space.code_points:
        tags.append((b"cicp", b"cicp" + bytes(4) + bytes(space.code_points)))
    at = HEADER + 4 + 12 * len(tags)
    table, body = len(tags).to_bytes(4), b""
    places: dict[bytes, int] = {}
    for signature, data in tags:
        if data not in places:
            places[data] = at + len(body)
            body += data + bytes(-len(data) % 4)
        table += signature + places[data].to_bytes(4) + len(data).to_bytes(4)
    header = (
        (HEADER + len(table) + len(body)).to_bytes(4)
        + bytes(4)
        + bytes.fromhex("04300000")
        + (b"mntrRGB XYZ " if space.colorants else b"mntrGRAYXYZ ")
        + bytes(12)
        + b"acsp"
        + bytes(28)
        + b"".join(value.to_bytes(4) for value in D50)
    )
    return header.ljust(HEADER, b"\x00") + table + body
