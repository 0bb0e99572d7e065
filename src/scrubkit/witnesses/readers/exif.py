"""piexif: an Exif reader in Python, for JPEG, WebP and TIFF."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

from .seen import TOO_LARGE, Seen, Unread, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZE = 256 << 20
"""Bytes of a file that it is given: it wants the file as one piece."""

_ANGLES = {"GPSLatitude", "GPSLongitude", "GPSDestLatitude", "GPSDestLongitude"}


def load() -> str:
    """Import the library and return its version."""
    import piexif

    return str(piexif.VERSION)


def read(file: BinaryIO) -> Iterator[Seen]:
    """Yield `directory/name` and the value; angles in degrees, rationals as `a/b`."""
    import piexif

    data = file.read(SIZE + 1)
    if len(data) > SIZE:
        raise Unread(TOO_LARGE)
    try:
        found = piexif.load(data)
    except ValueError as error:
        # What it says of a WebP that is well and has none.
        if "not have exif" in str(error):
            return
        raise
    for directory, tags in found.items():
        if tags is None:
            continue
        if isinstance(tags, bytes):
            yield Seen(directory, tags)
            continue
        known = piexif.TAGS["Image" if directory in {"0th", "1st"} else directory]
        for number, value in tags.items():
            name = known.get(number, {}).get("name", f"0x{number:04x}")
            yield Seen(f"{directory}/{name}", _shown(name, value))


def _shown(name: str, value: Any) -> str | bytes:  # noqa: ANN401
    if isinstance(value, bytes):
        text = value.rstrip(b"\0")
        return text.decode("ascii") if text.isascii() and text.decode("ascii").isprintable() else value
    if name in _ANGLES:
        try:
            degrees = sum(n / d / 60**i for i, (n, d) in enumerate(value))
        except (TypeError, ValueError, ZeroDivisionError):
            return text_of(value)
        return f"{degrees:.7f}"
    if isinstance(value, tuple):
        parts = (f"{each[0]}/{each[1]}" if isinstance(each, tuple) else str(each) for each in value[:1024])
        return "/".join(parts) if all(isinstance(each, int) for each in value[:2]) else " ".join(parts)
    return text_of(value)
