"""From the primary item to the picture that viewers show, with its alpha plane."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...errors import Malformed, Unsupported
from ...essence import Heif, Orientation
from ...model import Remaining, Residual
from ...pieces import Payload, Span, merged
from . import aperture
from .coded import about
from .colours import colours_of
from .image import Reader

if TYPE_CHECKING:
    from ...model import Finding, Policy
    from ...source import Readable
    from .image import Kept
    from .places import Places
    from .structure import Meta


@dataclass(frozen=True, slots=True)
class Chosen:
    """The picture, what of the file it came from, and what its filters left behind or in."""

    picture: Heif
    kept: Kept
    places: Places
    findings: list[tuple[Finding, bool]]
    remaining: tuple[Remaining, ...]
    profile: bytes
    """The profile that the canonical one was made of."""


def choose(meta: Meta, source: Readable, policy: Policy) -> Chosen:
    """Read the primary picture and its alpha plane; raises `Refused` errors only."""
    if meta.primary is None:
        raise Malformed("pitm", "missing")
    reader = Reader(meta, source, policy)
    image = reader.image(meta.primary)
    alpha = reader.alpha(meta.primary)
    plane = None if alpha is None else reader.image(alpha)
    shown = image.shown
    picture = reader.settled(image)
    alpha_picture = None if plane is None else reader.settled(plane)
    shown = aperture.checked(picture, shown)
    if shown.disputed and picture.items[0].coding.codec == "av1":
        raise Unsupported("imir", "order-that-not-all-viewers-follow")
    if plane is not None and alpha_picture is not None:
        checked = aperture.checked(alpha_picture, plane.shown)
        if checked.orientation is Orientation.UPRIGHT and checked.aperture is None:
            # Viewers do with it what they are told to do with the picture.
            checked = replace(checked, orientation=shown.orientation, aperture=shown.aperture)
        if (checked.orientation, checked.aperture) != (shown.orientation, shown.aperture):
            raise Unsupported("auxl", "alpha-plane-turned-otherwise")
        if {item.coding.codec for item in alpha_picture.items} != {picture.items[0].coding.codec}:
            raise Unsupported("auxl", "alpha-plane-coded-otherwise")
    multiplied = meta.targets("prem", meta.primary)
    if alpha is not None and multiplied and alpha not in multiplied:
        raise Unsupported("prem", "of-another-picture")
    colours = colours_of(image, about(picture.items[0].coding))
    spans = sorted(
        (piece.start, piece.start + piece.size)
        for each in (picture, alpha_picture)
        if each is not None
        for item in each.items
        for piece in item.pieces
        if isinstance(piece, Span)
    )
    mastering, light = reader.walk.static(image.items[0])
    essence = Heif(
        picture,
        alpha_picture,
        Payload(source, *merged(spans)),
        alpha in multiplied,
        shown.orientation,
        colours.colour,
        colours.profile,
        shown.aspect,
        shown.aperture,
        shown.mastering or image.tile.mastering or mastering,
        shown.light or image.tile.light or light,
    )
    remaining = [
        Remaining(Residual.CODED_PAYLOAD),
        Remaining(Residual.ENCODER_PARAMETERS),
        *reader.walk.remaining(),
    ]
    if essence.profile and not colours.constant:
        remaining.append(Remaining(Residual.COLOUR_PROFILE))
    if essence.orientation is not Orientation.UPRIGHT:
        remaining.append(Remaining(Residual.ORIENTATION))
    if essence.aperture is not None or aperture.has_margin(picture):
        remaining.append(Remaining(Residual.CLEAN_APERTURE))
    if essence.mastering or essence.light:
        remaining.append(Remaining(Residual.HDR_METADATA))
    return Chosen(
        essence, reader.kept, reader.places, reader.walk.findings(), tuple(remaining), colours.source
    )
