"""GIFs for the conformance suite: a still and an animation, in every dress we know."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from ..builders import gif
from ..builders.gif import Frame, Picture
from . import Case

SECRET = b"+12.3456-098.7654/ SN:Q7ZK31"
"""Stands for all that a source says about its maker; no real value."""

COLOURS = bytes.fromhex("ff0000 00ff00 0000ff 102030")
SPARSE = COLOURS + bytes(12)


def _pixels(width: int, height: int, step: int) -> bytes:
    return bytes((x * step + y * 3 + x * y // 5) % 4 for y in range(height) for x in range(width))


STILL = Picture((24, 16), (Frame(_pixels(24, 16, 1), (24, 16)),), COLOURS)

ANIMATION = Picture(
    (20, 12),
    (
        Frame(_pixels(20, 12, 1), (20, 12), before=gif.control(10, 1)),
        Frame(_pixels(9, 7, 2), (9, 7), (3, 2), gif.control(7, 2, 3), interlaced=True),
        Frame(
            _pixels(5, 4, 3),
            (5, 4),
            (15, 8),
            gif.control(200, 3),
            bytes.fromhex("000000 ffffff 808080 0a0b0c"),
        ),
    ),
    SPARSE,
    gif.loop(5),
    background=2,
)


def extensions(secret: bytes) -> bytes:
    """Extensions of every kind that stay behind."""
    return b"".join(
        (
            gif.comment(secret * 12),
            gif.xmp(b'<x:xmpmeta xmlns:x="adobe:ns:meta/" xmp:CreatorTool="' + secret + b'"/>'),
            gif.application(b"ICCRGBG1012", secret),
            gif.application(b"C2PA_GIF\1\0\0", secret),
            gif.application(b"Unknown 1.0", secret, secret),
            gif.extension(0x42, secret),
            gif.extension(0xFE),
        )
    )


def dirty(picture: Picture, secret: bytes = SECRET) -> bytes:
    """The picture with all of it: extensions everywhere, small sub-blocks, and a trailer."""
    frames = tuple(
        replace(
            frame,
            before=extensions(secret) + frame.before,
            block=7,
            flags=0x38,
            data=gif.lzw(frame.pixels, frame.code_size) + secret,
        )
        for frame in picture.frames
    )
    return replace(
        picture,
        frames=frames,
        head=gif.comment(secret) + picture.head,
        tail=extensions(secret) + gif.control(3),
        # FFmpeg takes what follows an animation for more of it.
        after=b"" if len(frames) > 1 else secret + bytes(40) + gif.HEADER,
        flags=0x38,
        aspect=7,
    ).build()


def _first(picture: Picture, **changes: object) -> Picture:
    return replace(picture, frames=(replace(picture.frames[0], **changes), *picture.frames[1:]))  # type: ignore[arg-type]


def twins(picture: Picture) -> dict[str, Callable[[], bytes]]:
    first = picture.frames[0]
    data = gif.lzw(first.pixels, 2)
    made = {
        "bare": picture,
        "version 87a": replace(picture, version=b"GIF87a"),
        "sub-blocks of one byte": replace(picture, frames=tuple(replace(f, block=1) for f in picture.frames)),
        "sorted colours of few bits": replace(picture, flags=0x08),
        "without an end code": _first(picture, data=gif.lzw(first.pixels, 2, end=False)),
        "a clear code before the end": _first(picture, data=gif.lzw(first.pixels, 2, after=(4,))),
        "pixels behind the last": _first(picture, data=gif.lzw(first.pixels, 2, after=(1, 2, 3))),
        "bits behind the end code": _first(picture, data=data + b"\xff\xff"),
        "reserved flags of the control": _first(
            picture, before=first.before and gif.control(10, 1, flags=0xE2)
        ),
        "a control that another follows": _first(picture, before=gif.control(99, 2, 1) + first.before)
        if first.before
        else picture,
        "a square pixel stated": replace(picture, aspect=49),
    }
    named: dict[str, Callable[[], bytes]] = {name: twin.build for name, twin in made.items()}
    named["another maker"] = partial(dirty, picture, b"another maker's secret words")
    named["no trailer"] = lambda: picture.build()[:-1]
    return named


ANIMATED: dict[str, Picture] = {
    "the loop stated twice": replace(ANIMATION, head=gif.loop(1) + gif.loop(5)),
    "the loop of another name": replace(ANIMATION, head=gif.loop(5, b"ANIMEXTS1.0")),
    "the loop after the frames": replace(ANIMATION, head=b"", tail=gif.loop(5)),
    "colours that no pixel has": replace(ANIMATION, colours=COLOURS + b"hidden words"),
}

SINGLE: dict[str, Picture] = {
    "a loop of one frame": replace(STILL, head=gif.loop(0)),
    "a control that says nothing": _first(STILL, before=gif.control()),
    "a background that is no colour": replace(STILL, background=77),
}


def planted(picture: Picture, canary: bytes) -> Iterator[tuple[str, bytes]]:
    """The canary in every place that can hold it."""
    first = picture.frames[0]
    data = gif.lzw(first.pixels, 2)
    words = {
        "comment": gif.comment(canary),
        "plain text": gif.extension(1, bytes(12), canary),
        "XMP": gif.xmp(canary),
        "unknown extension": gif.extension(0x99, canary),
        "application": gif.application(b"ABCDEFGHIJK", canary),
        "application identifier": gif.application(canary[:11]),
        "loop and more": gif.application(b"NETSCAPE2.0", b"\2" + canary),
    }
    for name, block in words.items():
        yield f"{name} at the head", replace(picture, head=picture.head + block).build()
        yield f"{name} before a frame", _first(picture, before=block + first.before).build()
        yield f"{name} at the end", replace(picture, tail=block).build()
    yield (
        "control and more",
        _first(picture, before=gif.extension(0xF9, first.before[3:7] or bytes(4), canary)).build(),
    )
    yield "behind the end code", _first(picture, data=data + canary).build()
    yield "behind the trailer", replace(picture, after=canary).build()
    yield "behind the trailer, another picture", replace(picture, after=picture.build() + canary).build()
    yield "behind the last pixel", _first(picture, data=gif.lzw(first.pixels, 2, end=False) + canary).build()
    if len(picture.colours) > len(COLOURS):
        yield "unused colours", replace(picture, colours=COLOURS + canary[:12]).build()


def case(name: str, picture: Picture, more: dict[str, Picture]) -> Case:
    named = twins(picture) | {key: twin.build for key, twin in more.items()}
    return Case(name, "gif", partial(dirty, picture), tuple(named.items()), partial(planted, picture))


CASES: tuple[Case, ...] = (
    case("gif, still", STILL, SINGLE),
    case("gif, animation", ANIMATION, ANIMATED),
)
