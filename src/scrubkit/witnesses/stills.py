"""Compares two stills or animations as Pillow and libheif show them; run as a child process.

Answers with JSON: `outcome`, `scope`, `reason`, all in static words and counts,
`deeper`: whether the pixels have more bits than these decoders give, and
`alone`: whether the picture is all there is, so that other decoders find the same one.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from PIL import Image

from .confined import accept
from .stills_colour import Colours, compare
from .stills_shown import BelowError, RawError, Sight, TooLargeError, UndecodableError, look

TOO_LARGE = "the picture is too large to be decoded here"

COLOURS = {
    Colours.ALIKE: "colour profiles alike",
    Colours.CLOSE: "colours equal within 1/255",
    Colours.UNKNOWN: "how colours are described was not compared",
}


class DifferentError(Exception):
    """The two files don't decode alike; the message is static words and a count."""


class NotComparedError(Exception):
    """Nothing can be said; the message is static words."""


def main() -> None:
    """Answer one request."""
    request = accept()
    paths = [bytes.fromhex(path) for path in request["paths"]]
    answer: dict[str, Any]
    try:
        answer = _compared(paths, request["format"], kept=request["kept"])
    except DifferentError as error:
        answer = {"outcome": "failed", "scope": "", "reason": str(error)}
    except NotComparedError as error:
        answer = {"outcome": "not run", "scope": "", "reason": str(error)}
    except MemoryError:
        answer = {"outcome": "not run", "scope": "", "reason": TOO_LARGE}
    json.dump({"deeper": False, "alone": True} | answer, sys.stdout)


def _compared(paths: list[bytes], name: str, *, kept: bool) -> dict[str, Any]:
    output = _seen(paths[1], name, beside=True)
    source = _seen(paths[0], name, beside=isinstance(output, Sight) and bool(output.beside))
    if not isinstance(source, Sight):
        raise NotComparedError(_why_not(source, output))
    if not isinstance(output, Sight):
        raise DifferentError(_lost(output))
    _compare_frames(source, output)
    if source.loop != output.loop:
        raise DifferentError("the animation is repeated another number of times")
    if not output.beside <= source.beside:
        raise DifferentError("a picture beside the picture is none of those in the source")
    colours = compare(source.colour, output.colour)
    if colours is Colours.APART:
        raise DifferentError("colours come out otherwise")
    scope = f"{_counted(len(source.frames), 'frame')} equal in size, position, pixels and transparency"
    said = [scope, COLOURS[colours]]
    if source.left:
        said.append(f"{_counted(source.left, 'more page')} left behind")
    if output.beside:
        said.append(f"{_counted(len(output.beside), 'picture')} beside equal, no other was compared")
    elif kept:
        said.append("what was kept beside the picture was not compared")
    alone = len(source.frames) == 1 and not source.left
    answer = {"outcome": "passed", "scope": "; ".join(said), "reason": ""}
    return answer | {"deeper": source.deeper, "alone": alone}


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or f'{one}s'}"


def _seen(path: bytes, name: str, *, beside: bool) -> Sight | Exception:
    """Return what is seen of a file, or why nothing is."""
    try:
        return look(path, name, beside=beside)
    except (UndecodableError, TooLargeError, RawError, BelowError) as error:
        return error


def _why_not(source: Exception, output: Sight | Exception) -> str:
    match source:
        case TooLargeError():
            return TOO_LARGE
        case RawError():
            return "Pillow decodes no raw pictures"
        case BelowError():
            return "the picture stands where Pillow does not go"
    number = source.args[0]
    what = f"frame {number}" if number else "anything"
    which = "the source" if isinstance(output, Sight) else "either file"
    return f"Pillow and libheif do not decode {what} of {which}"


def _lost(output: Exception) -> str:
    number = output.args[0] if isinstance(output, UndecodableError) else 0
    return f"frame {number} does not decode" if number else "the output does not decode"


def _compare_frames(source: Sight, output: Sight) -> None:
    counts = len(source.frames), len(output.frames)
    if counts[0] != counts[1]:
        raise DifferentError(f"{counts[0]} frames became {counts[1]}")
    for number, (one, other) in enumerate(zip(source.frames, output.frames, strict=True), 1):
        if one.duration != other.duration:
            raise DifferentError(f"frame {number} is shown for another time")
        if one.size == other.size and one.pixels == other.pixels:
            continue
        what = "size" if one.size != other.size else "picture"
        raise DifferentError(f"frame {number} has another {what}")


if __name__ == "__main__":
    Image.init()
    Image.MAX_IMAGE_PIXELS = None
    main()
