"""The stills that the suite is run on: single pictures, grids and alpha."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...builders import heif, jpeg
from ..jpeg import SECRET
from .dress import ALPHA_URN, HEVC_ALPHA_URN, Still

if TYPE_CHECKING:
    from ...builders.heif import Parts


def with_alpha(codec: str, urn: bytes, *, premultiplied: bool = False) -> Parts:
    plane = heif.picture(codec, 3, "alpha", (heif.auxc(urn),))
    own = heif.picture(codec)
    if premultiplied:
        own = replace(own, references=((b"prem", ("alpha",)),))
    return own, replace(plane, references=((b"auxl", ("picture",)),))


def display_p3(words: bytes = b"", **more: bytes) -> bytes:
    extra = [(b"mmod", words)] if words else []
    return jpeg.profile(jpeg.P3, jpeg.SRGB_CURVE, words=words or b"P3", extra=extra)


SINGLE = Still((heif.picture(shown=(heif.nclx(),)),))
GRID = Still(heif.grid())
TURNED = Still(heif.grid(shown=(heif.irot(3), heif.imir(1))))
DEEP = Still((heif.picture("hevc10"),), "hevc10")
HEVC_ALPHA = Still(with_alpha("hevc", HEVC_ALPHA_URN, premultiplied=True))
AV1 = Still((heif.picture("av1", shown=(heif.nclx(),)),), "av1")
AV1_GRID = Still(heif.grid("av1", (2 * heif.SIDE, 2 * heif.SIDE)), "av1")
AV1_ALPHA = Still(with_alpha("av1", ALPHA_URN), "av1")
P3 = Still((heif.picture(shown=(heif.profile(display_p3(SECRET)),)),))
