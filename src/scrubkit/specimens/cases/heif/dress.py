"""A still in every dress: the items, properties and boxes that it is shown without, with a secret in each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ...builders import heif, jpeg
from ...builders.boxes import box, full, u32
from ...builders.heif import Layout, Part, Parts
from ..jpeg import SECRET, exif_block

AVIF = b"avif\0\0\0\0avifmif1miaf"
ALPHA_URN = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha"
HEVC_ALPHA_URN = b"urn:mpeg:hevc:2015:auxid:1"


RIVALS = frozenset({"gain map", "tone map", "depth"})
"""Items of which a picture that is kept with one has no other."""


@dataclass(frozen=True)
class Still:
    """A picture as items of which the primary one is called `picture`; `codec` as in `heif.coded`."""

    parts: Parts
    codec: str = "hevc"
    groups: tuple[tuple[bytes, tuple[str, ...]], ...] = ()

    @property
    def layout(self) -> Layout:
        layout = Layout(groups=self.groups)
        return replace(layout, brands=AVIF) if self.codec == "av1" else layout

    @property
    def others(self) -> Callable[[bytes], Parts]:
        """Items that the picture is shown without, but for those that would be a second one of their kind."""
        names = {part.name for part in self.parts}
        rivals = RIVALS if names & RIVALS or self.groups else frozenset[str]()
        return lambda secret: tuple(
            part for part in other_items(secret, self.codec) if part.name not in names | rivals
        )


def exif_item(secret: bytes, name: str = "exif") -> Part:
    data = u32(6) + b"Exif\0\0" + exif_block(secret, 6)
    return Part(name, b"Exif", data, references=((b"cdsc", ("picture",)),), hidden=True)


def other_items(secret: bytes, codec: str) -> Parts:
    """Items of every kind that a picture is shown without."""
    about: tuple[tuple[bytes, tuple[str, ...]], ...] = ((b"cdsc", ("picture",)),)
    packet = b'<x:xmpmeta exif:GPSLatitude="1,2N" xmp:CreatorTool="' + secret + b'"/>'
    small = replace(heif.picture(codec, 2, "thumbnail"), references=((b"thmb", ("picture",)),))
    depth = heif.picture(codec, 3, "depth", (heif.auxc(b"urn:mpeg:hevc:2015:auxid:2", secret),))
    gain = heif.picture(codec, 1, "gain map", (heif.auxc(b"urn:com:apple:photo:2020:aux:hdrgainmap"),))
    auxiliary: tuple[tuple[bytes, tuple[str, ...]], ...] = ((b"auxl", ("picture",)),)
    return (
        exif_item(secret),
        Part("xmp", b"mime", packet, references=about, content_type=b"application/rdf+xml"),
        Part("text", b"mime", secret, references=about, content_type=b"text/" + secret),
        Part("address", b"uri ", secret, references=about, content_type=b"urn:" + secret),
        Part("unknown", b"zzzz", secret, label=secret),
        small,
        replace(depth, references=auxiliary),
        replace(gain, references=auxiliary),
        Part("tone map", b"tmap", secret, references=((b"dimg", ("picture", "gain map")),)),
        replace(heif.picture(codec, 1, "burst"), label=secret, hidden=True),
    )


def extra_properties(secret: bytes) -> tuple[bytes, ...]:
    """Properties that say nothing of how the picture is shown."""
    return (
        full(b"udes", 0, 0, b"en\0", secret, b"\0\0\0"),
        full(b"crtt", 0, 0, secret[:8]),
        full(b"itai", 0, 0, secret[:16]),
        full(b"cmin", 0, 0, secret),
        box(b"uuid", bytes(range(16)), secret),
        box(b"free", secret),
        box(b"zzzz", secret),
    )


def described(parts: Parts, *properties: bytes) -> Parts:
    """Give the primary item properties that a reader may ignore."""
    more = tuple((each, False) for each in properties)
    return tuple(
        replace(part, properties=(*part.properties, *more)) if part.name == "picture" else part
        for part in parts
    )


def groups(secret: bytes) -> bytes:
    members = secret[: len(secret) // 4 * 4]
    return box(
        b"grpl", full(b"altr", 0, 0, u32(77, 1, 1)), full(b"brst", 0, 0, u32(78, len(members) // 4), members)
    )


def dressed(layout: Layout, secret: bytes) -> Layout:
    """A layout that holds something in each of its places."""
    return replace(
        layout,
        handler=secret + b"\0",
        gap=secret,
        between=box(b"free", secret) + box(b"uuid", bytes(range(16)), secret),
        after=box(b"mpvd", jpeg.movie(secret)) + box(b"sefd", secret) + secret,
        # a second `grpl` would be one too many
        extra_meta=(b"" if layout.groups else groups(secret))
        + box(b"free", secret)
        + full(b"xml ", 0, 0, secret),
        extra_items=box(b"free", secret),
        extra_properties=extra_properties(secret),
        extra_data=secret,
    )


def dirty(still: Still, secret: bytes = SECRET) -> bytes:
    parts = described((*still.parts, *still.others(secret)), *extra_properties(secret))
    return heif.build(parts, "picture", dressed(still.layout, secret))
