"""Moments in text, and the ways in which recorders, file systems and programs write a moment."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MOMENT = re.compile(
    r"(?<!\d)((?:19|20)\d\d)[-:/._]?(0[1-9]|1[0-2])[-:/._]?(0[1-9]|[12]\d|3[01])"
    r"(?:[ T_at-]{0,4}([01]\d|2[0-3])[-:._h]?([0-5]\d)(?:[-:._m]?([0-5]\d)(?:[.,]?(\d{1,9}))?)?)?"
    r"(?:\s?(Z|UTC|[+-](?:0\d|1[0-4]):?[0-5]\d))?"
)
_UNIX = re.compile(r"(?<!\d)(1\d{9})(\d{3})?(\d{3})?(?!\d)")
_ZONE = re.compile(r"([+-])(0\d|1[0-4]):?([0-5]\d)")

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
TO_1904 = 2_082_844_800
"""Seconds from 1904-01-01, the epoch of QuickTime and ISO/IEC 14496-12, to 1970-01-01."""
TO_1601 = 11_644_473_600
"""Seconds from 1601-01-01, the epoch of Windows, to 1970-01-01."""
TO_2001 = -978_307_200
"""Seconds from 2001-01-01, the epoch of Apple's frameworks, to 1970-01-01."""

_LEAST = 631_152_000
"""1990-01-01: what lies before is a clock that was never set, and the same on many devices."""

_PARSED = 4
"""Moments that one text may give."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Seconds since 1970 on some clock; `fraction` in nanoseconds, None if the text says none.

    `whole` is false for a date without a time of day.
    """

    seconds: int
    fraction: int | None = None
    whole: bool = True


def zones(texts: Iterable[str]) -> tuple[int, ...]:
    """Return the time zones that texts name, in seconds east of Greenwich."""
    found = set()
    for text in texts:
        for sign, hours, minutes in _ZONE.findall(text[-32:]):
            found.add((-1 if sign == "-" else 1) * (int(hours) * 3600 + int(minutes) * 60))
    return tuple(sorted(found))


def moments(text: str, around: Iterable[int] = ()) -> tuple[Moment, ...]:
    """Return the moments that a text names, as the clock shows them and in UTC.

    Where the text says no zone, those of `around` are tried.
    """
    found: dict[Moment, None] = {}
    for match in _MOMENT.finditer(text[:200]):
        year, month, day, hour, minute, second, fraction, zone = match.groups()
        try:
            shown = dt.datetime(
                int(year),
                int(month),
                int(day),
                int(hour or 0),
                int(minute or 0),
                int(second or 0),
                tzinfo=dt.UTC,
            )
        except ValueError:
            continue
        seconds = int((shown - _EPOCH).total_seconds())
        nanos = int(fraction.ljust(9, "0")) if fraction else None
        offsets = (*zones([zone]), 0) if zone else (0, *around)
        for offset in dict.fromkeys(offsets):
            found[Moment(seconds - offset, nanos, hour is not None)] = None
    for seconds, millis, micros in _UNIX.findall(text[:200]):
        nanos = int((millis + micros).ljust(9, "0")) if millis else None
        found[Moment(int(seconds), nanos)] = None
    usable = [one for one in found if one.seconds >= _LEAST]
    return tuple(usable[: _PARSED * 4])


def spellings(moment: Moment) -> Iterator[str]:
    """Yield the usual ways to write a moment in text; those of the date alone if it has no time of day."""
    when = _EPOCH + dt.timedelta(seconds=moment.seconds)
    if not moment.whole:
        for shape in ("%Y-%m-%d", "%Y:%m:%d", "%Y%m%d", "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y"):
            yield when.strftime(shape)
        return
    for shape in (
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%dT%H:%M:%S",
        "%Y:%m:%d %H:%M:%S",
        "%Y/%m/%d %H:%M:%S",
        "%Y%m%d_%H%M%S",
        "%Y%m%dT%H%M%S",
        "%Y%m%d%H%M%S",
        "%Y-%m-%d-%H-%M-%S",
        "%Y-%m-%d at %H.%M.%S",
        "%a %b %d %H:%M:%S %Y",
        "%d %b %Y %H:%M:%S",
        "%d/%m/%Y %H:%M:%S",
    ):
        yield when.strftime(shape)
    yield str(moment.seconds)


def binaries(moment: Moment) -> Iterator[tuple[str, bytes]]:
    """Yield a moment as clocks store it, with the name of the form; both byte orders where there are two."""
    seconds, nanos = moment.seconds, moment.fraction or 0
    counts = {
        "unix-seconds-64": seconds,
        "unix-milliseconds-64": seconds * 1000 + nanos // 1_000_000,
        "unix-microseconds-64": seconds * 1_000_000 + nanos // 1000,
        "unix-nanoseconds-64": seconds * 1_000_000_000 + nanos,
        "1904-seconds-64": seconds + TO_1904,
        "filetime": (seconds + TO_1601) * 10_000_000 + nanos // 100,
        "2001-seconds-64": seconds + TO_2001,
    }
    for name, count in counts.items():
        if 0 <= count < 1 << 64:
            whole = count.to_bytes(8)
            yield f"{name}-be", whole
            yield f"{name}-le", whole[::-1]
    from struct import pack

    for name, number in (
        ("unix-double", seconds + nanos / 1e9),
        ("2001-double", seconds + TO_2001 + nanos / 1e9),
    ):
        whole = pack(">d", number)
        yield f"{name}-be", whole
        yield f"{name}-le", whole[::-1]
    when = _EPOCH + dt.timedelta(seconds=seconds)
    yield "bcd", bytes.fromhex(when.strftime("%Y%m%d%H%M%S"))
    rest = bytes((when.month, when.day, when.hour, when.minute, when.second))
    yield "broken-down-be", when.year.to_bytes(2) + rest
    yield "broken-down-le", when.year.to_bytes(2, "little") + rest
    shorts = (when.year, when.month, when.day, when.hour, when.minute, when.second)
    yield "broken-down-16-be", b"".join(part.to_bytes(2) for part in shorts)
    yield "broken-down-16-le", b"".join(part.to_bytes(2, "little") for part in shorts)


def pairs(one: Moment, other: Moment) -> Iterator[tuple[str, bytes]]:
    """Yield two moments side by side at 32 bits each, as movie headers keep creation and modification.

    A single 32-bit count is too short to mean anything in a file of some size.
    """
    for name, shift in (("1904-pair", TO_1904), ("unix-pair", 0)):
        counts = (one.seconds + shift, other.seconds + shift)
        if all(0 <= count < 1 << 32 for count in counts):
            yield f"{name}-be", b"".join(count.to_bytes(4) for count in counts)
            yield f"{name}-le", b"".join(count.to_bytes(4, "little") for count in counts)
