"""What Pillow and libheif show of a still or an animation: digests of its frames, upright and with alpha.

One picture is held at a time.  Pixels of up to 8 bits are taken as RGBA, so that a palette or
a transparent colour that is written in another way is the same picture; all others as they are.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from PIL import Image

from .stills_colour import Colour, described

if TYPE_CHECKING:
    from collections.abc import Iterator

PLUGINS = {
    "bmp": "BMP",
    "gif": "GIF",
    "heif": "AVIF",
    "jpeg": "JPEG",
    "png": "PNG",
    "tiff": "TIFF",
    "webp": "WEBP",
}
"""Pillow's name for each format of ours: nothing else is tried.  HEIF that isn't AVIF is for libheif."""

MOST_PIXELS = 250_000_000
"""Of one frame: two of them fit into the memory of a child, one upright and one as it is coded."""

_STRIP = 256
_CLEAR = (255,) + (0,) * 255
"""Makes of an alpha channel a mask of what is fully transparent."""

_SHALLOW = frozenset({"1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBX", "RGBa"})
_ORIENTATION, _NEW_SUBFILE_TYPE, _SUB_IFDS, _DNG_VERSION = 274, 254, 330, 50706
_PAGE = 2
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_XMP = ("xmp", "XML:com.adobe.xmp")
_MOST_BESIDE = 16
_AV1C = 1 << 20
"""Bytes of an AVIF in which its properties stand."""

FAILURES = (
    *(OSError, ValueError, SyntaxError, EOFError, RuntimeError, LookupError, TypeError, AttributeError),
    *(ArithmeticError, AssertionError, struct.error, zlib.error),
)
"""What the plugins raise for a file that they can't decode."""


class UndecodableError(Exception):
    """A frame doesn't decode; its one argument is its number, 0 if the file doesn't even open."""


class TooLargeError(Exception):
    """A frame has too many pixels to be decoded here."""


class RawError(Exception):
    """The numbers of a sensor, which need a development that Pillow doesn't do."""


class BelowError(Exception):
    """A picture that stands below another, where Pillow doesn't go."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One frame as it is shown."""

    size: tuple[int, int]
    pixels: bytes
    """A digest of all pixels with their alpha, and of how they are laid out."""
    duration: float | None
    """Milliseconds."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What is seen of a file."""

    frames: tuple[Shown, ...]
    loop: int | None
    """How often an animation is repeated, as its format says it."""
    colour: Colour
    left: int = 0
    """Pages of a TIFF beside the one."""
    deeper: bool = False
    """Whether the file has more bits than were looked at."""
    beside: frozenset[bytes] = frozenset()
    """Digests of the pictures beside that of a HEIF: gain and depth maps, the other eye's."""


def look(path: bytes, name: str, *, beside: bool) -> Sight:
    """Decode a file; `name` is our name of its format, `beside` whether to look beside a HEIF's picture too.

    Raises `UndecodableError`, `TooLargeError`, `RawError`, `BelowError`.
    """
    try:
        image: Any = Image.open(path, formats=(PLUGINS[name],))
    except FAILURES:
        if name == "heif":
            return _heif(path, beside=beside)
        raise UndecodableError(0) from None
    with image:
        _forget_xmp(image)
        match name:
            case "tiff":
                return _page(image)
            case "heif":
                deeper, count = _has_high_bit_depth(path), _count(image)
            case "jpeg":
                # What else an MPO holds is no part of its picture.
                deeper, count = False, 1
            case _:
                deeper, count = name == "png" and _is_deeper(image), _count(image)
        mode = image.mode
        frames = tuple(_frame(image, number, animated=count > 1) for number in range(count))
        loop = image.info.get("loop") if count > 1 else None
        return Sight(frames, loop, described(mode, image.info), deeper=deeper)


def _count(image: Any) -> int:  # noqa: ANN401 (each plugin has a class of its own)
    try:
        count: int = getattr(image, "n_frames", 1)
    except FAILURES:
        raise UndecodableError(0) from None
    return count


def _page(image: Any) -> Sight:  # noqa: ANN401
    """Look at the first page of a TIFF that is no preview or mask of another (TIFF 6.0, NewSubfileType)."""
    pages = _count(image)
    if _DNG_VERSION in image.tag_v2:
        raise RawError
    chosen = next((number for number in range(pages) if _is_whole(image, number)), None)
    if chosen is None:
        if _SUB_IFDS in image.tag_v2:
            raise BelowError
        # A preview alone is a picture.
        chosen = 0
        _seek(image, chosen)
    deeper = _is_deeper(image)
    shown = _frame(image, chosen, animated=False)
    return Sight((shown,), None, described(image.mode, image.info), pages - 1, deeper)


def _is_whole(image: Any, page: int) -> bool:  # noqa: ANN401
    try:
        image.seek(page)
        kind = int(image.tag_v2.get(_NEW_SUBFILE_TYPE, 0))
    except FAILURES:
        return False
    return not kind & ~_PAGE


def _frame(image: Any, number: int, *, animated: bool) -> Shown:  # noqa: ANN401
    _seek(image, number)
    try:
        if image.width * image.height > MOST_PIXELS:
            raise TooLargeError
        image.load()
        # Pillow turns a TIFF by itself.
        turn = None if image.format == "TIFF" else _TURNS.get(_orientation(image))
        shown = image if turn is None else image.transpose(turn)
        # A GIF without a delay is one whose delay is 0.
        return Shown(shown.size, _digest(shown), image.info.get("duration", 0) if animated else None)
    except FAILURES:
        raise UndecodableError(number + 1) from None


def _seek(image: Any, number: int) -> None:  # noqa: ANN401
    try:
        image.seek(number)
    except FAILURES:
        raise UndecodableError(number + 1) from None
    _forget_xmp(image)


def _forget_xmp(image: Any) -> None:  # noqa: ANN401
    """Pillow takes the orientation of XMP where Exif has none; viewers don't."""
    for key in _XMP:
        image.info.pop(key, None)


def _orientation(image: Any) -> Any:  # noqa: ANN401
    # Texts behind the picture of a PNG are known only now.
    _forget_xmp(image)
    try:
        return image.getexif().get(_ORIENTATION)
    except FAILURES:
        return None


def _digest(image: Any) -> bytes:  # noqa: ANN401
    state = hashlib.blake2b(digest_size=32)
    transparent = image.info.get("transparency")
    for top in range(0, image.height, _STRIP):
        strip = image.crop((0, top, image.width, min(top + _STRIP, image.height)))
        if image.mode in _SHALLOW:
            with suppress(*FAILURES):
                strip = strip.convert("RGBA")
        elif image.mode.startswith("I;16"):
            # The byte order of the file isn't the picture's.
            strip = strip.convert("I")
        if strip.mode != "RGBA":
            state.update(f"{strip.mode} {transparent!r}".encode())
        elif image.format == "GIF":
            # A GIF is transparent where no frame has drawn.  Pillow gives such places the colour that
            # is called transparent, which stays behind if no pixel uses it.
            strip.paste((0, 0, 0, 0), mask=strip.getchannel("A").point(_CLEAR))
        state.update(strip.tobytes())
    return state.digest()


def _is_deeper(image: Any) -> bool:  # noqa: ANN401
    """Whether Pillow makes 8 bits of more, judged by what it tells its decoder."""
    if image.mode not in _SHALLOW:
        return False
    for tile in image.tile:
        args = tile[3] if isinstance(tile[3], tuple) else (tile[3],)
        if args and isinstance(args[0], str) and any(bits in args[0] for bits in (";12", ";16", ";32")):
            return True
    return False


def _has_high_bit_depth(path: bytes) -> bool:
    """Whether a coding of an AVIF has more than 8 bits (AV1-ISOBMFF, high_bitdepth of av1C)."""
    with open(path, "rb") as file:  # noqa: PTH123 (a bytes path is no Path)
        head = file.read(_AV1C)
    at = head.find(b"av1C")
    while 0 <= at < len(head) - 6:
        if head[at + 6] & 0x40:
            return True
        at = head.find(b"av1C", at + 4)
    return False


def _heif(path: bytes, *, beside: bool) -> Sight:
    """Look at the primary picture of a HEIF, with all its bits; libheif turns it upright."""
    opener: Any = import_module("pillow_heif")
    try:
        with open(path, "rb") as opened:  # noqa: PTH123
            file = opener.HeifFile(opened, convert_hdr_to_8bit=False)
        primary = file[file.primary_index]
    except FAILURES:
        raise UndecodableError(0) from None
    try:
        pixels = _coded_digest(primary)
    except FAILURES:
        raise UndecodableError(1) from None
    others = frozenset(_beside(file, primary)) if beside else frozenset()
    return Sight(
        (Shown(primary.size, pixels, None),), None, described(primary.mode, primary.info), beside=others
    )


def _coded_digest(image: Any) -> bytes:  # noqa: ANN401
    if image.size[0] * image.size[1] > MOST_PIXELS:
        raise TooLargeError
    state = hashlib.blake2b(image.data, digest_size=32)
    state.update(f"{image.mode} {image.size}".encode())
    return state.digest()


def _beside(file: Any, primary: Any) -> Iterator[bytes]:  # noqa: ANN401
    """Yield the digests of the pictures beside the primary one that decode."""
    others = [each for each in file if each is not primary]
    numbers = chain.from_iterable(primary.info.get("aux", {}).values())
    for picture in [*others, *primary.info.get("depth_images", ())][:_MOST_BESIDE]:
        with suppress(*FAILURES, TooLargeError):
            yield _coded_digest(picture)
    for number in islice(numbers, _MOST_BESIDE):
        with suppress(*FAILURES, TooLargeError):
            yield _coded_digest(primary.get_aux_image(number))
