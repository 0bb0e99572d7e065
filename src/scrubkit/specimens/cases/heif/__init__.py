"""Stills of the HEIF family for the conformance suite: single pictures, grids and alpha, in every dress."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from .. import Case
from . import beside, cameras, sequence
from .dress import ALPHA_URN, HEVC_ALPHA_URN, Still, dirty, exif_item, other_items
from .planted import p3_plants, planted
from .stills import (
    AV1,
    AV1_ALPHA,
    AV1_GRID,
    DEEP,
    GRID,
    HEVC_ALPHA,
    P3,
    SINGLE,
    TURNED,
    display_p3,
    with_alpha,
)
from .twins import p3_twins, turned_twins, twins

__all__ = [
    "ALPHA_URN",
    "AV1",
    "AV1_ALPHA",
    "CASES",
    "DEEP",
    "GRID",
    "HEVC_ALPHA",
    "HEVC_ALPHA_URN",
    "P3",
    "SINGLE",
    "TURNED",
    "Still",
    "dirty",
    "display_p3",
    "exif_item",
    "other_items",
    "with_alpha",
]


def case(name: str, still: Still) -> Case:
    return Case(name, "heif", partial(dirty, still), twins(still), partial(planted, still))


CASES: tuple[Case, ...] = (
    *sequence.CASES,
    case("heif, one picture", SINGLE),
    case("heif, a grid", GRID),
    replace(case("heif, turned", TURNED), twins=tuple(turned_twins())),
    case("heif, 10 bits", DEEP),
    case("heif, alpha", HEVC_ALPHA),
    case("heif, AV1", AV1),
    case("heif, AV1 grid", AV1_GRID),
    case("heif, AV1 alpha", AV1_ALPHA),
    replace(case("heif, Display P3", P3), twins=tuple(p3_twins()), planted=p3_plants),
    *beside.CASES,
    *cameras.CASES,
)
