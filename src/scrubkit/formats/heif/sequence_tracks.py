"""Which tracks of an image sequence cross: the pictures that viewers show, and their alpha plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import Malformed, Unsupported
from ..isobmff.boxes import children, unpack
from ..isobmff.descriptions import VISUAL
from ..isobmff.pictures import is_known
from ..isobmff.tracks import Choice
from ..isobmff.tree import find
from .image import ALPHA
from .sequence_colour import with_code_points

if TYPE_CHECKING:
    from ...model import Finding
    from ..isobmff.read import Opened
    from ..isobmff.tracks import RawTrack

AV1 = frozenset({"av01", "dav1"})

_CODED = frozenset({"av1C", "hvcC"})

_TURNS = frozenset({"irot", "imir"})

_WHOLE = {"a1op": b"\0", "lsel": b"\xff\xff"}
"""What properties that select a layer say where they select none."""


def choose(file: Opened) -> tuple[Choice, list[Finding]]:
    """Choose the pictures and their alpha plane; return with them what stays behind of their entries.

    Raises `Unsupported` where viewers would choose otherwise, or show what the model
    has no place for: nothing that is shown is lost without a word.
    """
    raw = file.header.tracks
    if is_movie(file):
        raise Unsupported("moov", "movie-in-an-image-sequence")
    if file.header.unreadable:
        raise Unsupported("moov", "track-that-cannot-be-read")
    for track in raw:
        if track.handler not in VISUAL and any(map(is_known, track.entries)):
            # damage to four bytes must not cost the picture
            raise Unsupported(f"{track.where}/mdia/hdlr", "handler-of-coded-media")
    first = _pictures(file)
    if "prem" in references(first):
        raise Unsupported(first.where, "premultiplied-alpha")
    planes = [track for track in raw if _is_alpha(track, first) and length(track, file)]
    if len(planes) > 1:
        raise Unsupported("moov", "several-alpha-planes")
    for track in (first, *planes):
        _check(track)
    # of an alpha plane no profile is applied
    coloured, findings = with_code_points(first, file.policy)
    kept = (coloured, *planes)
    numbers = {track.number for track in kept}
    left = {track.number: _why(track) for track in raw if track.number not in numbers}
    return Choice(kept, left), findings


def is_movie(file: Opened) -> bool:
    """Whether a file holds tracks of a movie."""
    return any(track.handler in {"vide", "soun"} for track in file.header.tracks)


def largest(file: Opened) -> int:
    """Return the pixels of the largest picture of a sequence, as its sample entries tell."""
    heads = [
        entry.head
        for track in file.header.tracks
        if track.handler == "pict" and not track.auxiliary and length(track, file)
        for entry in track.entries
        if len(entry.head) >= 28 and _CODED & entry.children.keys()
    ]
    return max(
        (int.from_bytes(head[24:26]) * int.from_bytes(head[26:28]) for head in heads),
        default=0,
    )


def length(track: RawTrack, file: Opened) -> int:
    """Return the number of samples of a track, those of fragments included."""
    return track.count + len(file.grown[track.header.track_id].sizes)


def _pictures(file: Opened) -> RawTrack:
    """Return the one track that is shown; what accompanies another one is none."""
    found = [track for track in file.header.tracks if track.handler == "pict" and length(track, file)]
    if not found:
        raise Malformed("moov", "no-picture")
    shown = [track for track in found if not track.auxiliary] or found
    shown = [track for track in shown if track.header.enabled] or shown
    groups = {track.header.alternate_group for track in shown}
    if len(shown) > 1 and (0 in groups or len(groups) > 1):
        raise Unsupported("moov", "several-sequences")
    first = next((track for track in shown if _is_coded(track)), shown[0])
    # browsers take the first one that they can decode, whatever its flags and references say
    others = (track for track in found if track is not first and _is_av1(track))
    if _is_av1(first) and any(_shown_before(track, first) for track in others):
        raise Unsupported("moov", "several-sequences")
    return first


def _shown_before(track: RawTrack, first: RawTrack) -> bool:
    return track.number < first.number or first.header.track_id in references(track).get("auxl", ())


def _is_coded(track: RawTrack) -> bool:
    return any(_CODED & entry.children.keys() for entry in track.entries)


def _is_av1(track: RawTrack) -> bool:
    return any(entry.type in AV1 for entry in track.entries)


def _why(track: RawTrack) -> str:
    return "second-picture" if track.handler == "pict" else "handler"


def references(track: RawTrack) -> dict[str, tuple[int, ...]]:
    """Return the track IDs that `tref` names, by kind."""
    trak = find(track.box.body, track.box.body_start, track.where)
    if "tref" not in trak:
        return {}
    where = f"{track.where}/tref"
    found: dict[str, tuple[int, ...]] = {}
    for box in children(trak["tref"].body, trak["tref"].body_start, where):
        named = unpack(f"{len(box.body) // 4}I", box.body, where)
        found[box.type] = found.get(box.type, ()) + named
    return found


def _is_alpha(track: RawTrack, pictures: RawTrack) -> bool:
    """Whether a track is the alpha plane of the pictures (§7.5.3).

    One of AV1 that doesn't say what it is, as FFmpeg wrote it, is one to browsers.
    """
    if track.handler != "auxv" or pictures.header.track_id not in references(track).get("auxl", ()):
        return False
    kinds = [entry.children["auxi"].body for entry in track.entries if "auxi" in entry.children]
    if not kinds:
        return _is_av1(track)
    return any(bytes(body[4:]).partition(b"\0")[0] in ALPHA for body in kinds)


def _check(track: RawTrack) -> None:
    """Raise `Unsupported` for a track that its entries say to show in ways that the model doesn't know."""
    for entry in track.entries:
        if not _TURNS.isdisjoint(entry.children):
            raise Unsupported(track.where, "turned-by-its-description")
        for kind, whole in _WHOLE.items():
            if kind in entry.children and entry.children[kind].body[: len(whole)] != whole:
                raise Unsupported(track.where, "one-of-several-layers")
