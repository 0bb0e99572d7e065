"""By what a clean file can be grouped with others.

A trait is read from the essence of a clean file, so from what crosses; whoever has the
files can read it as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..essence import Bitmap, Gif, Heif, ImageSequence, Jpeg, Movie, Orientation, Png, Tiff, WebP
from ..model import Trait
from .value import hashed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..essence import Essence, HeifImage

_FRAMES = 3000
"""Frames of an animation that are looked at."""

_TIFF_CODING = frozenset({258, 259, 262, 277, 284, 317, 322, 323, 339, 33421, 33422, 50706, 50711, 50879})
"""Tags that say how samples are coded (TIFF 6.0 §8, DNG 1.7)."""

_TIFF_MODEL = frozenset({*range(50721, 50727), 50964, 50965})
"""Colour and calibration matrices (DNG 1.7): of a model, not of a photo."""


def traits(essence: Essence, size: int) -> tuple[Trait, ...]:
    """Return the traits of a clean file of `size` bytes; values are short words, numbers and hashes."""
    found = [*_traits(essence), ("file size", str(size))]
    return tuple(Trait(name, value) for name, value in found if value)


def _traits(essence: Essence) -> Iterator[tuple[str, str]]:
    if isinstance(essence, ImageSequence):
        # Its traits are those of a movie.
        essence = Movie(essence.tracks, essence.payload)
    if isinstance(essence, Movie):
        from .movies import movie_traits

        yield from movie_traits(essence)
        return
    yield "file format", _format(essence)
    if isinstance(essence, Jpeg | Png | WebP | Gif | Bitmap):
        yield "frame size", f"{essence.width}x{essence.height}"
    orientation = getattr(essence, "orientation", None)
    if isinstance(orientation, Orientation):
        yield "orientation", orientation.name.lower()
    match essence:
        case Jpeg():
            yield from _jpeg(essence)
        case Heif():
            yield from _heif(essence)
        case Png():
            numbers = (essence.depth, essence.colour_type, int(essence.interlaced), len(essence.frames))
            yield "coding", " ".join(map(str, numbers))
            yield "colour", hashed(essence.colour)
        case WebP():
            first = essence.frames[0].image
            yield "coding", hashed((first.version, first.has_alpha, first.alpha is not None, essence.loops))
            yield "colour", hashed(essence.profile)
        case Gif():
            yield "coding", hashed([(each.delay, each.disposal) for each in essence.frames[:_FRAMES]])
        case Tiff():
            yield from _tiff(essence)
        case Bitmap():
            yield "coding", f"{essence.bits} {essence.compression} {essence.masks} {essence.top_down}"
            yield "colour", hashed(essence.profile)


def _format(essence: Essence) -> str:
    if isinstance(essence, Heif):
        return essence.picture.items[0].coding.codec
    return type(essence).__name__.lower()


def _jpeg(picture: Jpeg) -> Iterator[tuple[str, str]]:
    from ..formats.jpeg.tables import STANDARD

    yield "quantisation tables", hashed(picture.quantisation)
    tables = [
        table for scan in picture.scans for each in scan.components for table in (each.dc, each.ac) if table
    ]
    yield "Huffman tables", hashed(tables)
    yield "standard Huffman tables", "yes" if all(each in STANDARD.values() for each in tables) else "no"
    yield "sampling", " ".join(f"{each.horizontal}x{each.vertical}" for each in picture.components)
    yield "coding", f"{picture.process} {picture.precision} {len(picture.scans)}"
    yield "restart interval", str(picture.scans[0].restart_interval if picture.scans else 0)
    yield "colour", hashed((picture.profile, picture.adobe_transform))
    yield "container skeleton", "gain map" if picture.gain else "one picture"


def _tiff(picture: Tiff) -> Iterator[tuple[str, str]]:
    yield "container skeleton", hashed([(field.tag, field.type) for field in picture.fields])
    yield "frame size", hashed([field.values for field in picture.fields if field.tag in {256, 257}])
    coding = [(field.tag, field.values) for field in picture.fields if field.tag in _TIFF_CODING]
    yield "coding", f"{picture.big_endian} {hashed(coding)}"
    model = [field.values for field in picture.fields if field.tag in _TIFF_MODEL]
    yield "tables", hashed(model) if model else ""


def _heif(still: Heif) -> Iterator[tuple[str, str]]:
    from .movies import profile

    yield "frame size", f"{still.picture.width}x{still.picture.height}"
    codings = {item.coding for item in still.picture.items}
    yield "codec, profile and level", " ".join(sorted({profile(each) for each in codings}))
    yield (
        "parameter sets",
        hashed(sorted((each.codec, each.record, each.parameter_sets) for each in codings)),
    )
    yield "tiles", _tiles(still.picture)
    yield "colour", hashed((still.profile, still.colour, still.mastering, still.light))
    beside = {
        "alpha": still.alpha,
        "gain map": still.gain,
        "depth": still.depth,
        "stereo": still.stereo,
        "clap": still.aperture,
        "pasp": still.aspect,
    }
    yield "container skeleton", " ".join(name for name, value in beside.items() if value) or "one picture"


def _tiles(image: HeifImage) -> str:
    first = image.items[0].coding
    return f"{image.columns}x{image.rows} {first.width}x{first.height}" if image.columns else "one"
