"""WebPs for the conformance suite: every kind of coding, in every dress we know."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from ..builders import jpeg, webp
from ..builders.ffmpeg import Remux, remux
from ..builders.webp import Chunk, Chunks, extended, join
from . import Case
from .jpeg import SECRET, exif_block


def extras(secret: bytes) -> Chunks:
    """Chunks that no picture needs, the secret in each, of odd and even sizes."""
    words = b'<x:xmpmeta xmlns:xmp="x" xmp:CreatorTool="' + secret + b'" exif:GPSLatitude="1,2N"/>'
    return (
        Chunk(b"XMP ", words),
        Chunk(b"C2PA", b"jumb" + secret),
        Chunk(b"META", secret + b"."),
        Chunk(b"JUNK", secret),
    )


def trailers(secret: bytes) -> dict[str, bytes]:
    """What may follow the RIFF chunk."""
    return {
        "words": secret,
        "zeros and words": bytes(999) + secret,
        "a chunk": bytes(Chunk(b"EXIF", exif_block(secret, 6))),
        "another file": join((*webp.coded(size=(4, 4)), Chunk(b"JUNK", secret))),
    }


def dressed(chunks: Chunks, secret: bytes, orientation: int = 1) -> Chunks:
    """The chunks in the extended form, with Exif and all else after them."""
    head = chunks[0] if chunks[0].kind == b"VP8X" else extended(0)
    flags = head.body[0] | webp.EXIF | webp.XMP
    if any(chunk.kind == b"ALPH" for chunk in chunks) or _has_alpha(chunks):
        flags |= webp.ALPHA
    rest = chunks[1:] if chunks[0].kind == b"VP8X" else chunks
    exif = (
        ()
        if any(chunk.kind == b"EXIF" for chunk in chunks)
        else (Chunk(b"EXIF", exif_block(secret, orientation)),)
    )
    return (Chunk(b"VP8X", bytes((flags,)) + head.body[1:]), *rest, *exif, *extras(secret))


def _has_alpha(chunks: Chunks) -> bool:
    return any(chunk.kind == b"VP8L" and chunk.body[4] & 0x10 for chunk in chunks)


def dirty(chunks: Chunks, secret: bytes = SECRET) -> bytes:
    return join(dressed(chunks, secret), trailers(secret)["words"])


def _twins(chunks: Chunks) -> tuple[tuple[str, Callable[[], bytes]], ...]:
    made: list[tuple[str, Callable[[], bytes]]] = [
        ("bare", partial(join, chunks)),
        ("the other way round", lambda: join(_first(dressed(chunks, SECRET)))),
        ("padding that says something", lambda: join(_padded(dressed(chunks, SECRET)))),
        ("a surplus in the header", lambda: join(_longer(dressed(chunks, SECRET)))),
        ("reserved bits", lambda: join(_reserved(dressed(chunks, SECRET)))),
    ]
    made += [(f"trailer: {name}", partial(join, chunks, more)) for name, more in trailers(SECRET).items()]
    if chunks[0].kind != b"VP8X":
        made.append(("a size beyond the file", partial(join, chunks, more=1000)))
        made.append(("broken off in a chunk", lambda: join(dressed(chunks, SECRET))[:-9]))
    return tuple(made)


def _first(chunks: Chunks) -> Chunks:
    """What is not needed before what is."""
    needed = [
        chunk for chunk in chunks[1:] if chunk.kind in (b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP")
    ]
    return (chunks[0], *(chunk for chunk in chunks[1:] if chunk not in needed), *needed)


def _padded(chunks: Chunks) -> Chunks:
    return tuple(Chunk(chunk.kind, chunk.body, b"\x5a") for chunk in chunks)


def _longer(chunks: Chunks) -> Chunks:
    return (Chunk(b"VP8X", chunks[0].body + SECRET), *chunks[1:])


def _reserved(chunks: Chunks) -> Chunks:
    head = chunks[0].body
    return (Chunk(b"VP8X", bytes((head[0] | 0xC1,)) + b"abc" + head[4:]), *chunks[1:])


def planted(chunks: Chunks, canary: bytes) -> Iterator[tuple[str, bytes]]:
    """The canary in one place after another."""
    whole = dressed(chunks, b"nothing")
    for at in range(1, len(whole) + 1):
        for each in (*extras(canary), Chunk(b"ICCP", canary), Chunk(b"EXIF", canary), Chunk(b"VP8X", canary)):
            if at == len(whole) or each.kind not in (b"ICCP", b"EXIF"):
                yield f"{each.kind.decode()} before chunk {at}", join((*whole[:at], each, *whole[at:]))
    for name, trailer in trailers(canary).items():
        yield f"trailer: {name}", join(chunks, trailer)
    yield "Exif", join(dressed(chunks, canary))
    yield "type of a chunk", join((*whole, Chunk(canary[:4], b"words")))
    yield "behind the header's fields", join((Chunk(b"VP8X", whole[0].body + canary), *whole[1:]))
    yield "cut off", join((*whole, bytes(Chunk(b"JUNK", canary * 2))[:-10]))


def _frame_plants(chunks: Chunks, canary: bytes) -> Iterator[tuple[str, bytes]]:
    for at, chunk in enumerate(chunks):
        if chunk.kind != b"ANMF":
            continue
        for last in (True, False):
            for each in extras(canary):
                new = webp.inside(chunk, each, last=last)
                yield (
                    f"{each.kind.decode()} in chunk {at}, {last}",
                    join((*chunks[:at], new, *chunks[at + 1 :])),
                )
        for more in (canary[:4], canary[:7]):
            new = webp.inside(chunk, more)
            yield f"{len(more)} bytes in chunk {at}", join((*chunks[:at], new, *chunks[at + 1 :]))
    yield "behind ANIM", join(webp.changed(chunks, b"ANIM", lambda body: body + canary))


def case(name: str, chunks: Chunks, twins: tuple[tuple[str, Callable[[], bytes]], ...] = ()) -> Case:
    return Case(
        f"webp, {name}",
        "webp",
        partial(dirty, chunks),
        (*_twins(chunks), *twins),
        partial(planted, chunks),
    )


P3 = jpeg.profile(jpeg.P3, jpeg.SRGB_CURVE)


def _p3() -> Case:
    picture = webp.coded()
    head = extended(webp.PROFILE)
    profiles = {
        "other words": jpeg.profile(jpeg.P3, jpeg.SRGB_CURVE, words=SECRET),
        "a table for a curve": jpeg.profile(jpeg.P3, jpeg.srgb_table()),
        "bytes behind it": P3 + SECRET,
    }
    twins = tuple(
        (name, partial(join, (head, Chunk(b"ICCP", profile), *picture))) for name, profile in profiles.items()
    )
    return case("Display P3", (head, Chunk(b"ICCP", P3), *picture), twins)


def _turned() -> Case:
    picture = webp.coded("RGBA")
    block = jpeg.tiff([jpeg.short(0x0112, 6, big=False)], big=False)
    head = extended(webp.EXIF | webp.ALPHA)
    ways = {
        "with a signature": Chunk(b"EXIF", b"Exif\0\0" + block),
        "with all else": Chunk(b"EXIF", exif_block(SECRET, 6)),
    }
    return case(
        "turned",
        (head, *picture, Chunk(b"EXIF", block)),
        tuple((name, partial(join, (head, *picture, exif))) for name, exif in ways.items()),
    )


def _still_twins(chunks: Chunks) -> tuple[tuple[str, Callable[[], bytes]], ...]:
    def scaled(body: bytes) -> bytes:
        return body[:7] + bytes((body[7] | 0x40, body[8], body[9] | 0x80)) + body[10:]

    def hinted(body: bytes) -> bytes:
        return bytes((body[0] | 0xD0,)) + body[1:]

    found: list[tuple[str, Callable[[], bytes]]] = [
        ("FFmpeg's muxer", lambda: remux(join(_in_full(chunks)), Remux("webp"))),
    ]
    if chunks[-1].kind == b"VP8 ":
        found.append(("scaling bits", lambda: join(_in_full(webp.changed(chunks, b"VP8 ", scaled)))))
    if chunks[0].kind == b"ALPH":
        found.append(("hints of alpha", lambda: join(_in_full(webp.changed(chunks, b"ALPH", hinted)))))
    return tuple(found)


def _in_full(chunks: Chunks) -> Chunks:
    """The extended form where alpha needs it."""
    return (extended(webp.ALPHA), *chunks) if chunks[0].kind == b"ALPH" else chunks


def _still(name: str, chunks: Chunks) -> Case:
    return case(name, _in_full(chunks), _still_twins(chunks))


def _animated() -> Case:
    chunks = webp.animation()
    made = case("animated", chunks)
    return Case(
        made.name,
        made.format,
        made.dirty,
        made.twins,
        lambda canary: (each for plants in (planted, _frame_plants) for each in plants(chunks, canary)),
        # FFmpeg knows no animated WebP; Pillow's frames are compared in `test_webp_canonical`.
        decodes=False,
    )


def _covered() -> Case:
    chunks = webp.covered()
    other = ("another colour behind it", partial(join, webp.covered(b"\1\2\3\4")))
    made = case("animated, opaque", chunks, (other,))

    def planted_too(canary: bytes) -> Iterator[tuple[str, bytes]]:
        yield from planted(chunks, canary)
        yield "colour behind it", join(webp.covered(canary[:4]))

    return replace(made, planted=planted_too, decodes=False)


CASES: tuple[Case, ...] = (
    _still("lossy", webp.coded()),
    _still("lossless", webp.coded(lossless=True)),
    _still("lossless, with alpha", webp.coded("RGBA", lossless=True)),
    _still("lossy, with alpha", webp.coded("RGBA")),
    _p3(),
    _turned(),
    _animated(),
    _covered(),
)
