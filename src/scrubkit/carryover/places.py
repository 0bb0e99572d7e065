"""Coordinates in text, and the ways in which recorders and programs write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from struct import pack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_ISO6709 = re.compile(r"([+-]\d{2}(?:\.\d+)?)([+-]\d{3}(?:\.\d+)?)")
_DMS = re.compile(
    r"(\d{1,3})\s*(?:deg|°|d|,|\s)\s*(\d{1,2}(?:\.\d+)?)(?:\s*['′m,\s]\s*(?:(\d{1,2}(?:\.\d+)?)\s*(?:\"|″|''|s)?)?)?"  # noqa: RUF001
    r"\s*([NSEW])?"
)
_DECIMAL = re.compile(r"(?<![\d.])([+-]?\d{1,3}\.\d{3,})(?!\d)\s*([NSEW])?")

_KNOWN = 3
"""Decimal places below which a number says hardly where."""


@dataclass(frozen=True, slots=True)
class Angle:
    """One coordinate in degrees; `text` as it was written, empty if it was not decimal."""

    degrees: Decimal
    text: str = ""


@dataclass(frozen=True, slots=True)
class Point:
    """A latitude and a longitude."""

    latitude: Angle
    longitude: Angle


def _angle(text: str, sign: str = "") -> Angle | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    number = -abs(number) if sign in {"S", "W"} else number
    return Angle(number, text.lstrip("+-")) if 0 < abs(number) <= 180 else None


def angles(text: str) -> tuple[Angle, ...]:
    """Return the coordinates that a text names, in its order, at most six."""
    text = text[:200]
    found: list[Angle | None] = []
    if pair := _ISO6709.search(text):
        found = [_angle(part) for part in pair.groups()]
    elif decimals := _DECIMAL.findall(text):
        found = [_angle(number, sign) for number, sign in decimals]
        if len(decimals) == 1 and (whole := _DMS.search(text)) and whole.group(3):
            found = []
    if not any(found):
        for degrees, minutes, seconds, sign in _DMS.findall(text):
            value = Decimal(degrees) + Decimal(minutes) / 60 + Decimal(seconds or 0) / 3600
            value = -value if sign in {"S", "W"} else value
            found.append(Angle(value) if 0 < abs(value) <= 180 else None)
    return tuple(one for one in found if one is not None and one.degrees % 1)[:6]


def points(text: str) -> tuple[Point, ...]:
    """Return the points that a text names: a latitude followed by a longitude."""
    found = angles(text)
    return tuple(
        Point(found[i], found[i + 1]) for i in range(0, len(found) - 1, 2) if abs(found[i].degrees) <= 90
    )


def _parts(angle: Angle) -> tuple[int, int, Decimal]:
    size = abs(angle.degrees)
    degrees = int(size)
    minutes = (size - degrees) * 60
    return degrees, int(minutes), (minutes - int(minutes)) * 60


def _cut(number: Decimal, places: int) -> tuple[str, ...]:
    """A number with that many decimal places, rounded and cut off."""
    step = Decimal(1).scaleb(-places)
    rounded = number.quantize(step, rounding=ROUND_HALF_EVEN)
    cut = number.quantize(step, rounding="ROUND_DOWN")
    return (str(rounded),) if rounded == cut else (str(rounded), str(cut))


def spellings(angle: Angle) -> Iterator[str]:
    """Yield the usual beginnings of a coordinate in text, without its sign."""
    size = abs(angle.degrees)
    yield from _cut(size, 4)
    degrees, minutes, seconds = _parts(angle)
    for text in _cut(seconds, 1):
        yield f"{degrees} deg {minutes}' {text}"
        yield f"{degrees}°{minutes}'{text}"
        yield f"{degrees}°{minutes:02}'{text}"
    for text in _cut(minutes + seconds / 60, 3):
        yield f"{degrees},{text}"
        yield f"{degrees:02}{text:0>6}"


def point_spellings(point: Point) -> Iterator[str]:
    """Yield a point as ISO 6709 writes it (Annex H), with four to six decimal places."""
    one, other = point.latitude.degrees, point.longitude.degrees
    for places in (4, 5, 6):
        yield f"{one:+0{4 + places}.{places}f}{other:+0{5 + places}.{places}f}"


def binaries(angle: Angle) -> Iterator[tuple[str, bytes]]:
    """Yield a coordinate as a double, and as rationals of Exif (4.6.6: degrees, minutes, seconds)."""
    exact = pack(">d", float(angle.degrees))
    yield "double-be", exact
    yield "double-le", exact[::-1]
    degrees, minutes, seconds = _parts(angle)
    for scale in (1, 100, 1000, 10_000, 1_000_000):
        for count in {int(seconds * scale), int((seconds * scale).to_integral_value())}:
            triple = (degrees, 1, minutes, 1, count, scale)
            yield f"rationals-{scale}-be", pack(">6I", *triple)
            yield f"rationals-{scale}-le", pack("<6I", *triple)
    for scale in (100, 10_000, 1_000_000):
        count = int(((minutes + seconds / 60) * scale).to_integral_value())
        pair = (degrees, 1, count, scale)
        yield f"rationals-minutes-{scale}-be", pack(">4I", *pair)
        yield f"rationals-minutes-{scale}-le", pack("<4I", *pair)


def point_binaries(point: Point) -> Iterator[tuple[str, bytes]]:
    """Yield a point as two numbers of 32 bits side by side; one alone is too short to mean anything.

    Scaled integers are what telemetry tracks use, 16.16 fixed point what `loci` does
    (3GPP TS 26.244, 8.8), floats what many applications do.
    """
    one, other = point.latitude.degrees, point.longitude.degrees
    for name, code, first, second in (
        *(
            (
                f"scaled-{scale}",
                "i",
                int((one * scale).to_integral_value()),
                int((other * scale).to_integral_value()),
            )
            for scale in (100_000, 1_000_000, 10_000_000)
        ),
        ("fixed-16.16", "i", int(one * 65_536), int(other * 65_536)),
        ("float", "f", float(one), float(other)),
    ):
        for a, b in ((first, second), (second, first)):
            if code == "f" or all(-(1 << 31) <= number < 1 << 31 for number in (a, b)):
                yield f"{name}-be", pack(f">2{code}", a, b)
                yield f"{name}-le", pack(f"<2{code}", a, b)
