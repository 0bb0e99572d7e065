"""Files that hold the same picture otherwise laid out, or otherwise said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from ...builders import heif, jpeg
from ...builders.boxes import box, u32
from ...builders.heif import Layout, Part, Parts, Property
from ..jpeg import SECRET
from .dress import Still, dirty
from .stills import P3, TURNED, display_p3

LAYOUTS: dict[str, Callable[[Layout], Layout]] = {
    "meta last": lambda layout: replace(layout, meta_last=True),
    "data backwards": lambda layout: replace(layout, backwards=True),
    "several extents": lambda layout: replace(layout, extents=3),
    "base offsets": lambda layout: replace(layout, based=True),
    "wide offsets": lambda layout: replace(layout, large=True, large_media=True),
    "wide item numbers": lambda layout: replace(layout, wide=True, first=70000, step=3),
    "other item numbers": lambda layout: replace(layout, first=10000, step=7),
    "items cut out of an item": lambda layout: replace(layout, method=2, extents=2),
    "a property box for each item": lambda layout: replace(layout, shared=False, wide_indices=True),
    "boxes in another order": lambda layout: replace(layout, order=(*heif.ORDER[3:], *heif.ORDER[:3])),
    "no data references": lambda layout: replace(
        layout, order=tuple(name for name in heif.ORDER if name != "dinf")
    ),
}


def twins(still: Still) -> tuple[tuple[str, Callable[[], bytes]], ...]:
    named: dict[str, Callable[[], bytes]] = {
        "bare": partial(heif.build, still.parts, "picture", still.layout),
        "another maker": partial(dirty, still, b"another maker's secret words"),
        "items in another order": partial(
            heif.build, (*still.others(SECRET), *still.parts), "picture", still.layout
        ),
        "neutral transformations": partial(
            heif.build,
            _with(still.parts, heif.irot(0), _whole_aperture(still.parts)),
            "picture",
            still.layout,
        ),
        "a stillborn sequence": partial(
            heif.build, still.parts, "picture", replace(still.layout, after=box(b"moov", SECRET))
        ),
        "an identity derivation": partial(
            heif.build,
            _derived(still.parts),
            "identity",
            replace(
                still.layout,
                groups=tuple(
                    (kind, tuple("identity" if name == "picture" else name for name in names))
                    for kind, names in still.groups
                ),
            ),
        ),
    }
    for name, change in LAYOUTS.items():
        named[name] = partial(heif.build, still.parts, "picture", change(still.layout))
    brands = b"mif1\0\0\0\0mif1" + (b"avif" if still.codec == "av1" else b"heicMiHBmiaf")
    named["another brand"] = partial(heif.build, still.parts, "picture", replace(still.layout, brands=brands))
    return tuple(named.items())


def _derived(parts: Parts) -> Parts:
    """Put an identity derivation before the picture; what refers to the picture refers to that."""
    moved = tuple(
        replace(
            part,
            references=tuple(
                (kind, tuple("identity" if target == "picture" else target for target in targets))
                for kind, targets in part.references
            ),
        )
        for part in parts
        if part.name != "picture"
    )
    own = next(part for part in parts if part.name == "picture")
    premultiplied = tuple(each for each in own.references if each[0] == b"prem")
    kept = tuple(each for each in own.references if each[0] != b"prem")
    identity = Part("identity", b"iden", b"", references=((b"dimg", ("picture",)), *premultiplied))
    # an item without data has no location
    return *moved, replace(own, references=kept), replace(identity, data=b"\0")


def _with(parts: Parts, *properties: Property) -> Parts:
    return tuple(
        replace(part, properties=(*part.properties[:2], *properties, *part.properties[2:]))
        if part.name == "picture"
        else part
        for part in parts
    )


def _whole_aperture(parts: Parts) -> Property:
    """A clean aperture that crops nothing."""
    own = next(part for part in parts if part.name == "picture")
    size = next(data for data, _ in own.properties if data[4:8] == b"ispe")
    width, height = size[12:16], size[16:20]
    return box(b"clap", width, u32(1), height, u32(1), u32(0, 1, 0, 1)), True


def turned_twins() -> Iterator[tuple[str, Callable[[], bytes]]]:
    orders: dict[str, tuple[Property, ...]] = {
        "mirrored first": (heif.imir(1), heif.irot(1)),
        "the other mirror": (heif.irot(1), heif.imir(0)),
        "in four steps": (heif.irot(2), heif.imir(0), heif.irot(0), heif.irot(1)),
    }
    for name, shown in orders.items():
        yield name, partial(heif.build, heif.grid(shown=shown), "picture", TURNED.layout)


def p3_twins() -> Iterator[tuple[str, Callable[[], bytes]]]:
    profiles = {
        "restricted": heif.profile(display_p3(), b"rICC"),
        "a table for a curve": heif.profile(
            jpeg.profile(jpeg.P3, jpeg.srgb_table(), words=b"another display")
        ),
    }
    for name, each in profiles.items():
        yield name, partial(heif.build, (heif.picture(shown=(each,)),), "picture", P3.layout)
