"""Decodes two stills or animations with Pillow, frame by frame, and compares them; run as a child process.

Answers with JSON: `outcome`, `scope`, `reason`, all in static words and counts.
Pictures are compared as they are shown: turned upright, with their alpha.  Colour
profiles are compared by what they make of a cube of colours.
"""

from __future__ import annotations

import io
import json
import sys
from contextlib import suppress
from itertools import product
from typing import TYPE_CHECKING, Any

import pillow_heif
from PIL import Image, ImageCms, ImageOps

from .confined import accept

if TYPE_CHECKING:
    from collections.abc import Iterator

PLUGINS = {
    "bmp": ("BMP",),
    "gif": ("GIF",),
    "heif": ("HEIF", "AVIF"),
    "jpeg": ("JPEG",),
    "png": ("PNG",),
    "tiff": ("TIFF",),
    "webp": ("WEBP",),
}
"""Pillow's names for each format of ours: nothing else is tried."""

MOST_PIXELS = 250_000_000
"""Of one frame: two of them fit into the memory of a child."""

TOLERANCE = 1
"""Of 255: by how much a colour may come out otherwise."""

_STRIP = 256
_DNG_VERSION = 50706
_STEPS = {1: 256, 3: 13, 4: 7}
"""Values along one edge of the cube, by channels."""
_CUBES = {1: "L", 3: "RGB", 4: "CMYK"}
_FAILURES = (OSError, ValueError, SyntaxError, EOFError, RuntimeError, IndexError, KeyError, TypeError)
"""What Pillow's plugins raise for a file that they can't decode."""


class DifferentError(Exception):
    """The two files don't decode alike; the message is static words and a count."""


class NotComparedError(Exception):
    """Nothing can be said; the message is static words."""


def main() -> None:
    """Answer one request."""
    request = accept()
    paths = [bytes.fromhex(path) for path in request["paths"]]
    try:
        answer = {"outcome": "passed", "scope": _compared(paths, request["format"]), "reason": ""}
    except DifferentError as error:
        answer = {"outcome": "failed", "scope": "", "reason": str(error)}
    except NotComparedError as error:
        answer = {"outcome": "not run", "scope": "", "reason": str(error)}
    json.dump(answer, sys.stdout)


def _compared(paths: list[bytes], name: str) -> str:
    one, other = (_opened(path, name) for path in paths)
    if one is None:
        raise NotComparedError("Pillow decodes nothing of the source")
    if other is None:
        raise DifferentError("the output does not decode")
    if name == "tiff" and _DNG_VERSION in one.tag_v2:
        raise NotComparedError("Pillow decodes no raw pictures")
    counts = [_count(each, name) for each in (one, other)]
    if counts[0] != counts[1]:
        raise DifferentError(f"{counts[0]} frames became {counts[1]}")
    for number in range(counts[0]):
        _compare_frame(one, other, number)
    if counts[0] > 1 and one.info.get("loop") != other.info.get("loop"):
        raise DifferentError("the animation is repeated another number of times")
    colour = _compare_colour(one, other)
    frames = "1 frame" if counts[0] == 1 else f"{counts[0]} frames"
    return f"{frames} equal in size, position, pixels and transparency; {colour}"


def _opened(path: bytes, name: str) -> Any:  # noqa: ANN401 (each plugin has a class of its own)
    try:
        return Image.open(open(path, "rb"), formats=PLUGINS[name])  # noqa: PTH123 (kept for lazy decoding)
    except _FAILURES:
        return None


def _count(image: Any, name: str) -> int:  # noqa: ANN401
    """Return the frames of an animation; HEIF and TIFF are one picture, whatever lies beside it."""
    if name == "tiff" or image.format == "HEIF":
        return 1
    count: int = getattr(image, "n_frames", 1)
    return count


def _compare_frame(one: Any, other: Any, number: int) -> None:  # noqa: ANN401
    where = f"frame {number + 1}"
    source = _frame(one, number)
    output = _frame(other, number)
    if source is None and output is None:
        raise NotComparedError(f"Pillow decodes {where} of neither")
    if source is None:
        raise NotComparedError(f"Pillow does not decode {where} of the source")
    if output is None:
        raise DifferentError(f"{where} does not decode")
    if one.info.get("duration") != other.info.get("duration"):
        raise DifferentError(f"{where} is shown for another time")
    if source.size != output.size:
        raise DifferentError(f"{where} has another size")
    if source.mode != output.mode:
        # A palette, or transparency by a colour, that is written in another way.
        source, output = source.convert("RGBA"), output.convert("RGBA")
    for a, b in zip(_strips(source), _strips(output), strict=True):
        if a != b:
            raise DifferentError(f"{where} has another picture")


def _frame(image: Any, number: int) -> Any:  # noqa: ANN401
    """Return a frame as it is shown; None if it doesn't decode."""
    if image.width * image.height > MOST_PIXELS:
        raise NotComparedError("the picture is too large to be decoded here")
    try:
        if number:
            image.seek(number)
        image.load()
        shown = ImageOps.exif_transpose(image)
        if shown.mode in {"P", "PA"} or "transparency" in shown.info:
            with suppress(ValueError):
                shown = shown.convert("RGBA")
    except _FAILURES:
        return None
    return shown


def _strips(image: Any) -> Iterator[bytes]:  # noqa: ANN401
    for top in range(0, image.height, _STRIP):
        yield image.crop((0, top, image.width, min(top + _STRIP, image.height))).tobytes()


def _compare_colour(one: Any, other: Any) -> str:  # noqa: ANN401
    """Say in what way colours were compared; a picture without a profile is taken for sRGB."""
    profiles = [each.info.get("icc_profile") for each in (one, other)]
    coded = [_coded_colour(each) for each in (one, other)]
    if profiles[0] == profiles[1] and coded[0] == coded[1]:
        return "colours described alike"
    if coded[0] != coded[1] and coded[1] is not None:
        # One says it in numbers, the other in a profile: Pillow has no bridge between the two.
        return "how colours are described was not compared"
    channels = min(len(one.getbands()), 4) if one.mode != "RGBA" else 3
    if channels not in _CUBES or (channels != 3 and None in profiles):
        return "how colours are described was not compared"
    try:
        a, b = (_through(profile, channels) for profile in profiles)
    except (ImageCms.PyCMSError, *_FAILURES):
        return "how colours are described was not compared"
    if max(abs(x - y) for x, y in zip(a, b, strict=True)) > TOLERANCE:
        raise DifferentError("colours come out otherwise")
    return "colours equal within 1/255"


def _coded_colour(image: Any) -> tuple[int, ...] | None:  # noqa: ANN401
    nclx = image.info.get("nclx_profile")
    if not isinstance(nclx, dict):
        return None
    return nclx.get("color_primaries", 0), nclx.get("transfer_characteristics", 0)


def _through(profile: bytes | None, channels: int) -> bytes:
    """Return a cube of colours in sRGB, as a profile shows it."""
    mode, steps = _CUBES[channels], _STEPS[channels]
    values = [round(255 * i / (steps - 1)) for i in range(steps)]
    data = bytes(value for colour in product(values, repeat=channels) for value in colour)
    cube = Image.frombytes(mode, (steps**channels, 1), data)
    if profile is None:
        return cube.tobytes()
    shown = ImageCms.profileToProfile(
        cube,
        ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        ImageCms.createProfile("sRGB"),
        outputMode="RGB",
    )
    assert shown is not None
    return shown.tobytes()


if __name__ == "__main__":
    Image.init()
    Image.MAX_IMAGE_PIXELS = None
    pillow_heif.register_heif_opener()
    main()
