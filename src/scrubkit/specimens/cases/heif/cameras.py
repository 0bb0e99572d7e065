"""Stills in the layouts of phones and cameras; each cleans to what a file with the bare picture cleans to."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ...builders import heif
from ...builders.boxes import u32
from ...builders.heif import Layout
from ...builders.heif_cameras import Photo, android, canon, galaxy, iphone, libavif, sony, spatial
from .. import Case
from ..jpeg import SECRET, exif_block
from .stills import display_p3


def exif(secret: bytes) -> bytes:
    """The data of an Exif item."""
    return u32(6) + b"Exif\0\0" + exif_block(secret, 6)


PHOTOS: dict[str, Callable[[bytes], Photo]] = {
    "iPhone": lambda secret: iphone(secret, exif(secret), display_p3(secret)),
    "iPhone, spatial": lambda secret: spatial(secret, exif(secret), display_p3(secret)),
    "Galaxy": lambda secret: galaxy(secret, exif(secret), display_p3(secret)),
    "Android": lambda secret: android(secret, exif(secret)),
    "Android AVIF": lambda secret: android(secret, exif(secret), "av1"),
    "Canon": lambda secret: canon(secret, exif(secret)),
    "Sony": lambda secret: sony(secret, exif(secret)),
    "libavif": lambda secret: libavif(secret, exif(secret)),
}


SEVERAL_GRIDS = frozenset({"iPhone", "iPhone, spatial", "Galaxy"})
"""Files that have tiles of other pictures, which FFmpeg doesn't tell from those of the picture."""


def full(name: str, secret: bytes = SECRET) -> bytes:
    """The file as its maker writes it."""
    photo = PHOTOS[name](secret)
    return heif.build(photo.parts, "picture", photo.layout)


def bare(name: str) -> bytes:
    """The picture alone."""
    photo = PHOTOS[name](SECRET)
    return heif.build(photo.bare, "picture", Layout(brands=photo.brands))


CASES: tuple[Case, ...] = tuple(
    Case(
        f"heif, {name}",
        "heif",
        partial(full, name),
        (
            ("bare", partial(bare, name)),
            ("another owner", partial(full, name, b"another owner's secret words")),
        ),
        decodes=name not in SEVERAL_GRIDS,
    )
    for name in PHOTOS
)
