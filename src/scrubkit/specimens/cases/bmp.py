"""BMPs for the conformance suite: each way to store pixels, in every dress we know."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from ..builders import bmp, jpeg
from ..builders.bmp import Picture
from . import Case

SECRET = b"+12.3456-098.7654/ SN:Q7ZK31"
"""Stands for all that a source says about its maker; no real value."""

SIZE = (13, 9)

TRUE = Picture(SIZE, 24, bmp.rows(*SIZE, 24))
INDEXED = Picture(SIZE, 4, bmp.rows(*SIZE, 4), bmp.palette(16))
RUNS = Picture(
    (8, 4),
    8,
    bytes.fromhex("0801 0000 0003 010203 00 0305 0202 0000 0002 0100 0603 0000 0802 0001"),
    bmp.palette(256),
    1,
)
ALPHA = Picture(
    SIZE, 32, bmp.rows(*SIZE, 32), compression=3, masks=(0xFF0000, 0xFF00, 0xFF, 0xFF000000), header=108
)
MASKED = Picture(SIZE, 16, bmp.rows(*SIZE, 16), compression=3, masks=(0xF800, 0x7E0, 0x1F))


def dirty(picture: Picture, secret: bytes = SECRET) -> bytes:
    """The picture with all of it."""
    changed = replace(
        picture, reserved=secret[:4], resolution=(2835, 2836), gap=secret, after=secret, colours=(0, 7)
    )
    if picture.compression != 1:
        changed = replace(changed, data=bmp.rows(*picture.size, picture.bits, b"\x7e"))
    return changed.build()


def twins(picture: Picture) -> dict[str, Callable[[], bytes]]:
    made = {
        "bare": picture,
        "no size of the data": replace(picture, stated=0),
        "another resolution": replace(picture, resolution=(3780, 3780)),
        "a gap": replace(picture, gap=bytes(50)),
        "a trailer": replace(picture, after=b"trailer"),
    }
    masks = (*picture.masks, 0, 0, 0, 0)[:4]
    if picture.compression != 1:
        wide = replace(picture, masks=masks, tail=b" niW" + bytes(48))
        made["version 4"] = replace(wide, header=108)
        made["version 5"] = replace(wide, header=124)
        made["version 5, calibrated"] = replace(wide, header=124, tail=bytes(4) + b"\x33" * 48)
        made["version 5 with a link"] = replace(
            wide, header=124, profile=b"C:\\Users\\name\\x.icm", kind=b"KNIL"
        )
    if picture.bits == 24 or picture.compression == 0:
        core = b"".join(picture.palette[at : at + 3] for at in range(0, len(picture.palette), 4))
        if not picture.top_down:  # a height has no sign there
            made["OS/2"] = replace(picture, header=12, palette=core)
        made["OS/2, version 2"] = replace(picture, header=64)
    if picture.palette:
        made["fourth bytes of colours"] = replace(picture, palette=bmp.palette(len(picture.palette) // 4, 9))
    named: dict[str, Callable[[], bytes]] = {name: twin.build for name, twin in made.items()}
    named["another maker"] = partial(dirty, picture, b"another maker's secret words")
    return named


def planted(picture: Picture, canary: bytes) -> Iterator[tuple[str, bytes]]:
    """The canary in every place that can hold it."""
    yield "gap", replace(picture, gap=canary).build()
    yield "trailer", replace(picture, after=canary).build()
    yield "reserved", replace(picture, reserved=canary[:4]).build()
    yield "another picture behind it", replace(picture, after=picture.build() + canary).build()
    resolution = int.from_bytes(canary[:4], "little"), int.from_bytes(canary[4:8], "little")
    yield "resolution", replace(picture, resolution=resolution).build()
    yield "important colours", replace(picture, colours=(0, int.from_bytes(canary[:4], "little"))).build()
    if picture.compression != 1:
        masks = (*picture.masks, 0, 0, 0, 0)[:4]
        wide = replace(picture, header=124, masks=masks)
        yield "calibration", replace(wide, tail=b"BGRs" + canary * 2).build()
        yield "link", replace(wide, profile=canary, kind=b"KNIL").build()
        yield "broken profile", replace(wide, profile=canary).build()
        profile = jpeg.profile(jpeg.SRGB, jpeg.SRGB_CURVE, words=canary)
        yield "profile", replace(wide, profile=profile).build()
    if picture.bits <= 8 and picture.compression == 0:
        yield "OS/2, version 2", replace(picture, header=64, tail=canary[:8]).build()


def case(name: str, picture: Picture) -> Case:
    return Case(
        name, "bmp", partial(dirty, picture), tuple(twins(picture).items()), partial(planted, picture)
    )


CASES: tuple[Case, ...] = (
    case("bmp, 24 bits", TRUE),
    case("bmp, 4 bits", INDEXED),
    case("bmp, top row first", replace(TRUE, top_down=True)),
    case("bmp, run lengths", RUNS),
    case("bmp, alpha", ALPHA),
    case("bmp, 16 bits with masks", MASKED),
)
