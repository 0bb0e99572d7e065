"""Stills of the HEIF family for the conformance suite: single pictures, grids and alpha, in every dress."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from ...model import Extra, Policy, Verify
from ..builders import heif, jpeg, plants
from ..builders.boxes import box, full, u8, u16, u32
from ..builders.heif import Layout, Part, Parts, Property
from ..builders.layout import Layout as MovieLayout
from . import Case
from . import isobmff as movies
from .jpeg import SECRET, exif_block

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


def _twins(still: Still) -> tuple[tuple[str, Callable[[], bytes]], ...]:
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


def planted(still: Still, canary: bytes) -> Iterator[tuple[str, bytes]]:
    """The canary in every place that can hold it."""
    parts, layout = still.parts, still.layout

    def file(layout: Layout = layout, parts: Parts = parts) -> bytes:
        return heif.build(parts, "picture", layout)

    for part in still.others(canary):
        if part.name not in ("gain map", "thumbnail"):
            rest = tuple(each for each in still.others(SECRET[:4]) if each.name != part.name)
            yield f"item {part.name}", file(parts=(*parts, *rest, part))
    for data in extra_properties(canary):
        kind = data[4:8].decode()
        yield f"property {kind}", file(parts=described(parts, data))
        yield f"free property {kind}", file(replace(layout, extra_properties=(data,)))
    whole = dressed(layout, canary)
    for name, one in (
        ("handler name", replace(layout, handler=whole.handler)),
        ("gaps", replace(layout, gap=whole.gap)),
        ("boxes between", replace(layout, between=whole.between)),
        ("boxes after", replace(layout, after=whole.after)),
        ("boxes in meta", replace(layout, extra_meta=whole.extra_meta)),
        ("boxes in iinf", replace(layout, extra_items=whole.extra_items)),
        ("idat", replace(layout, extra_data=whole.extra_data)),
    ):
        yield name, file(one)
    for kind in ("free", "skip", "uuid", "zzzz", "moov", "meta", "mdat", "jumb", "sefd"):
        data = box(kind.encode(), canary)
        yield f"{kind} before meta", file(replace(layout, before=data))
        yield f"{kind} before mdat", file(replace(layout, between=data))
        yield f"{kind} after mdat", file(replace(layout, after=data))
        yield f"{kind} in meta", file(replace(layout, extra_meta=data))
    yield "trailer", file(replace(layout, after=canary))
    yield "brands", file(replace(layout, brands=layout.brands + canary))
    yield "minor version", file(replace(layout, brands=layout.brands[:4] + canary[:4] + layout.brands[8:]))
    strange = box(b"zzzz", u16(1, len(canary) // 2), canary)
    yield "reference of an unknown kind", file(replace(layout, extra_references=strange))
    yield "behind a reference", file(replace(layout, extra_references=box(b"cdsc", u16(1, 1, 1), canary)))
    for index, part in enumerate(parts):
        for name, changed in _in_item(part, canary):
            yield f"{part.name}: {name}", file(parts=(*parts[:index], changed, *parts[index + 1 :]))
    yield "another file's movie header", file(replace(layout, after=box(b"moov", box(b"udta", canary))))


def _in_item(part: Part, canary: bytes) -> Iterator[tuple[str, Part]]:
    yield "item name", replace(part, label=canary)
    yield "behind the item name", replace(part, tail=canary)
    for index, (data, essential) in enumerate(part.properties):
        kind = data[4:8]
        longer = u32(len(data) + len(canary)) + data[4:] + canary
        if kind in (b"hvcC", b"ispe", b"auxC", b"irot", b"imir") or data[8:12] == b"nclx":
            changed = (*part.properties[:index], (longer, essential), *part.properties[index + 1 :])
            yield f"behind {kind!r}", replace(part, properties=changed)
    if part.kind in (b"grid", b"tmap"):
        yield "behind the derivation", replace(part, data=part.data + canary)
    elif part.kind == b"hvc1":
        message = b"\x4e\x01\x05" + u8(16 + len(canary)) + bytes(range(1, 17)) + canary + b"\x80"
        yield "SEI message", replace(part, data=u32(len(message)) + message + part.data)
        unit = b"\x60\x01" + canary
        yield "NAL unit 48", replace(part, data=u32(len(unit)) + unit + part.data)
        unit = b"\x40\x09" + canary
        yield "another layer", replace(part, data=part.data + u32(len(unit)) + unit)
    elif part.kind == b"av01":
        yield "padding OBU", replace(part, data=b"\x7a" + u8(len(canary) + 1) + canary + b"\x80" + part.data)
        text = u8(31) + canary + b"\x80"
        yield (
            "metadata OBU",
            replace(part, data=part.data[:12] + b"\x2a" + u8(len(text)) + text + part.data[12:]),
        )


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


def case(name: str, still: Still) -> Case:
    return Case(name, "heif", partial(dirty, still), _twins(still), partial(planted, still))


def _turned_twins() -> Iterator[tuple[str, Callable[[], bytes]]]:
    orders: dict[str, tuple[Property, ...]] = {
        "mirrored first": (heif.imir(1), heif.irot(1)),
        "the other mirror": (heif.irot(1), heif.imir(0)),
        "in four steps": (heif.irot(2), heif.imir(0), heif.irot(0), heif.irot(1)),
    }
    for name, shown in orders.items():
        yield name, partial(heif.build, heif.grid(shown=shown), "picture", TURNED.layout)


def _p3_twins() -> Iterator[tuple[str, Callable[[], bytes]]]:
    profiles = {
        "restricted": heif.profile(display_p3(), b"rICC"),
        "a table for a curve": heif.profile(
            jpeg.profile(jpeg.P3, jpeg.srgb_table(), words=b"another display")
        ),
    }
    for name, each in profiles.items():
        yield name, partial(heif.build, (heif.picture(shown=(each,)),), "picture", P3.layout)


def _p3_plants(canary: bytes) -> Iterator[tuple[str, bytes]]:
    profiles = {
        "words": display_p3(canary),
        "behind it": display_p3() + canary,
        "date and makers": jpeg.profile(
            jpeg.P3, jpeg.SRGB_CURVE, fields=[(24, canary[:12]), (48, canary[:8])]
        ),
    }
    for name, data in profiles.items():
        parts = (heif.picture(shown=(heif.profile(data),)),)
        yield f"profile: {name}", heif.build(parts, "picture", P3.layout)


# Pictures beside the picture, for policies that keep them.

ABOUT: tuple[tuple[bytes, tuple[str, ...]], ...] = ((b"auxl", ("picture",)),)
APPLE_URN = b"urn:com:apple:photo:2020:aux:hdrgainmap"
DEPTH_URN = b"urn:mpeg:mpegB:cicp:systems:auxiliary:depth"
KEEP = Policy(verify=Verify.PAYLOAD, keep=frozenset(Extra))


def gain_map(codec: str = "hevc", *shown: Property, index: int = 1) -> Part:
    return replace(heif.picture(codec, index, "gain map", (heif.nclx(2, 2, 2), *shown)), hidden=True)


def apple_gain_map(words: bytes = b"", headroom: bytes = b"3.500000") -> Parts:
    """Apple's form: an auxiliary picture, and a packet with one number."""
    packet = heif.apple_packet(headroom, words)
    about: tuple[tuple[bytes, tuple[str, ...]], ...] = ((b"cdsc", ("gain map",)),)
    return (
        replace(gain_map("hevc", heif.auxc(APPLE_URN)), references=ABOUT),
        Part("packet", b"mime", packet, references=about, content_type=b"application/rdf+xml", hidden=True),
    )


def depth_map(codec: str, urn: bytes, tail: bytes = b"") -> Part:
    return replace(heif.picture(codec, 2, "depth", (heif.auxc(urn, tail),)), references=ABOUT, hidden=True)


OWN = heif.picture(shown=(heif.nclx(),))
TONED = Still((OWN, gain_map(), heif.tone_map()), groups=((b"altr", ("tone map", "picture")),))
AV1_OWN = heif.picture("av1", shown=(heif.nclx(),))
AV1_TONED = Still(
    (AV1_OWN, gain_map("av1"), heif.tone_map()), "av1", groups=((b"altr", ("tone map", "picture")),)
)
APPLE = Still((OWN, *apple_gain_map(SECRET)))
DEEPENED = Still((OWN, depth_map("hevc", b"urn:mpeg:hevc:2015:auxid:2")))
STEREO = Still(
    (OWN, heif.picture("hevc", 3, "right", (heif.nclx(),))), groups=((b"ster", ("picture", "right")),)
)
TURNED_TONED = Still(
    (
        *heif.grid(size=(2 * heif.SIDE, 2 * heif.SIDE), shown=(heif.irot(3),)),
        gain_map("hevc", heif.irot(3)),
        heif.tone_map(),
    ),
    groups=((b"altr", ("tone map", "picture")),),
)


def _toned_twins() -> Iterator[tuple[str, Callable[[], bytes]]]:
    """The same gain map, written down otherwise."""
    thirds = tuple((n * 3, d * 3) for n, d in heif.GAINS)
    signed = tuple((n * 10**6 // d, 10**6) for n, d in heif.GAINS)
    tones = {
        "fractions that are not reduced": heif.tone_map(heif.gain_numbers(thirds)),
        "fractions of a million": heif.tone_map(heif.gain_numbers(signed)),
        "three equal channels": heif.tone_map(heif.gain_numbers(*(heif.GAINS,) * 3)),
        "a later writer": heif.tone_map(heif.gain_numbers(versions=(0, 7)) + SECRET),
        "flags without a meaning": heif.tone_map(heif.gain_numbers(flags=0x73)),
        "another matrix": heif.tone_map(colours=heif.nclx(9, 16, 0)),
        "in the media data": replace(heif.tone_map(), inside=False),
    }
    for name, tone in tones.items():
        yield name, partial(heif.build, (OWN, gain_map(), tone), "picture", TONED.layout)
    apple = (OWN, *apple_gain_map(SECRET), heif.tone_map())
    yield "with Apple's form of it, too", partial(heif.build, apple, "picture", TONED.layout)
    yield "without a group", partial(heif.build, TONED.parts, "picture", Layout())
    coloured = (OWN, gain_map("hevc", heif.profile(display_p3(SECRET))), heif.tone_map())
    yield "a gain map with a profile", partial(heif.build, coloured, "picture", TONED.layout)


def _apple_twins() -> Iterator[tuple[str, Callable[[], bytes]]]:
    for name, more in {
        "fewer digits": apple_gain_map(b"", b"3.5"),
        "more digits": apple_gain_map(SECRET, b"3.5000000001"),
    }.items():
        yield name, partial(heif.build, (OWN, *more), "picture", APPLE.layout)


def _depth_twins() -> Iterator[tuple[str, Callable[[], bytes]]]:
    for name, more in {
        "another type": depth_map("hevc", DEPTH_URN),
        "units behind the type": depth_map("hevc", DEPTH_URN, SECRET),
    }.items():
        yield name, partial(heif.build, (OWN, more), "picture", DEEPENED.layout)


def beside(name: str, still: Still, more: tuple[tuple[str, Callable[[], bytes]], ...] = ()) -> Case:
    """A case of a policy that keeps what is beside the picture."""
    return Case(
        name,
        "heif",
        partial(dirty, still),
        (*_twins(still), *more),
        partial(_group_plants, still),
        policy=KEEP,
    )


def without(name: str, one: Case) -> Case:
    """A case without one of its twins."""
    return replace(one, twins=tuple(twin for twin in one.twins if twin[0] != name))


def _group_plants(still: Still, canary: bytes) -> Iterator[tuple[str, bytes]]:
    yield from planted(still, canary)
    layout = still.layout
    if not still.groups:
        return
    yield "behind a group", heif.build(still.parts, "picture", replace(layout, groups_tail=canary))
    yield (
        "a second grpl",
        heif.build(still.parts, "picture", replace(layout, extra_meta=groups(canary))),
    )


def _sequence(movie: bytes) -> bytes:
    """A movie of HEVC as an image sequence: its pictures are those of a track of pictures."""
    return (movie[:8] + b"msf1" + movie[12:]).replace(b"vide", b"pict")


def _sequences() -> Case:
    movie = next(each for each in movies.CASES if each.name == "isobmff hevc-hlg")

    def found(canary: bytes) -> Iterator[tuple[str, bytes]]:
        for place, data in plants.planted(movies.source("hevc-hlg"), MovieLayout(), canary):
            if data[4:8] == b"ftyp" and b"vide" in data and place != "major brand":
                yield place, _sequence(data)

    return Case(
        "heif, a sequence",
        "heif",
        lambda: _sequence(movie.dirty()),
        tuple((name, partial(_called, twin)) for name, twin in movie.twins if name not in WITHOUT_PICTURES),
        found,
    )


def _called(movie: Callable[[], bytes]) -> bytes:
    return _sequence(movie())


WITHOUT_PICTURES = frozenset({"no ftyp", "compressed movie header"})
"""Layouts of movies that can't be told to be sequences of pictures."""

CASES: tuple[Case, ...] = (
    _sequences(),
    case("heif, one picture", SINGLE),
    case("heif, a grid", GRID),
    replace(case("heif, turned", TURNED), twins=tuple(_turned_twins())),
    case("heif, 10 bits", DEEP),
    case("heif, alpha", HEVC_ALPHA),
    case("heif, AV1", AV1),
    case("heif, AV1 grid", AV1_GRID),
    case("heif, AV1 alpha", AV1_ALPHA),
    replace(case("heif, Display P3", P3), twins=tuple(_p3_twins()), planted=_p3_plants),
    beside("heif, gain map", TONED, tuple(_toned_twins())),
    beside("heif, AV1 gain map", AV1_TONED),
    without("neutral transformations", beside("heif, turned gain map", TURNED_TONED)),
    beside("heif, Apple's gain map", APPLE, tuple(_apple_twins())),
    beside("heif, depth", DEEPENED, tuple(_depth_twins())),
    beside("heif, stereo", STEREO),
)
