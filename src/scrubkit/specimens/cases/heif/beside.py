"""Pictures beside the picture, for policies that keep them: gain maps, depth, the other eye."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from ....model import Extra, Policy, Verify
from ...builders import heif
from ...builders.heif import Layout, Part, Parts, Property
from .. import Case
from ..jpeg import SECRET
from .dress import Still, dirty
from .planted import planted_with_groups
from .stills import display_p3
from .twins import twins

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
        (*twins(still), *more),
        partial(planted_with_groups, still),
        policy=KEEP,
    )


def without(name: str, one: Case) -> Case:
    """A case without one of its twins."""
    return replace(one, twins=tuple(twin for twin in one.twins if twin[0] != name))


CASES: tuple[Case, ...] = (
    beside("heif, gain map", TONED, tuple(_toned_twins())),
    beside("heif, AV1 gain map", AV1_TONED),
    without("neutral transformations", beside("heif, turned gain map", TURNED_TONED)),
    beside("heif, Apple's gain map", APPLE, tuple(_apple_twins())),
    beside("heif, depth", DEEPENED, tuple(_depth_twins())),
    beside("heif, stereo", STEREO),
)
