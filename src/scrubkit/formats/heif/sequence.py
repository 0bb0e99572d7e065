"""Image sequences: animated AVIF and HEIC, whose pictures are samples of a track (ISO/IEC 23008-12 §7).

    ftyp  mdat  moov

A file is one if it holds no still, or is an AVIF whose major brand says so: browsers then show the
sequence.  The still that such an AVIF holds for other programs stays behind.  Of all other files
viewers show the still.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from ...errors import Malformed, Unsupported
from ...essence import ImageSequence
from ...model import Media
from .. import Reading
from ..isobmff import emit, residue
from ..isobmff.boxes import children, full, unpack
from ..isobmff.read import assembled, brands, opened
from ..isobmff.remaining import left_in
from ..isobmff.tracks import Choice
from ..isobmff.tree import find
from ..isobmff.write import write_tracks
from .picture import ALPHA

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...model import Policy
    from ...pieces import Pieces
    from ...source import Source
    from ..isobmff.read import Opened
    from ..isobmff.tracks import RawTrack

BRAND = b"avis"
"""Major brand of files that are shown as a sequence though they hold a still."""

MOST_REPETITIONS = 1000
"""More of them are for ever: nobody sees the end, and the number could be anything."""

_TURNS = frozenset({"irot", "imir"})


def read(source: Source, policy: Policy) -> Reading:
    """Read an image sequence; raises `Refused` errors only."""
    file = opened(source, policy)
    choice = _choose(file)
    made = assembled(file, choice)
    pictures = made.tracks[0]
    for other in made.tracks[1:]:
        same = (pictures.samples.durations, pictures.timescale, pictures.edits, pictures.orientation)
        if (other.samples.durations, other.timescale, other.edits, other.orientation) != same:
            raise Unsupported(choice.kept[1].where, "alpha-plane-of-other-times")
    sequence = ImageSequence(made.tracks, made.payload, _repetitions(choice.kept[0]))
    return Reading(
        sequence,
        Media.PHOTO,
        ".avif" if _codec(sequence) == "av1" else ".heics",
        residue.capped(chain.from_iterable([*file.scan.findings, brands(file, file_type(sequence))])),
        left_in(made.tracks, made.hidden),
        made.ledger,
    )


def _choose(file: Opened) -> Choice:
    """Choose the pictures, by the rule of `isobmff.tracks.choose`, and their alpha plane."""
    raw = file.header.tracks
    if any(track.handler in {"vide", "soun"} for track in raw):
        raise Unsupported("moov", "movie-in-an-image-sequence")
    pictures = [track for track in raw if track.handler == "pict" and _length(track, file)]
    if not pictures:
        raise Malformed("moov", "no-picture")
    pictures.sort(key=lambda track: (not track.header.enabled, -_length(track, file), track.number))
    first = pictures[0]
    if "prem" in _references(first):
        raise Unsupported(first.where, "premultiplied-alpha")
    planes = [track for track in raw if _is_alpha(track, first) and _length(track, file)]
    if len(planes) > 1:
        raise Unsupported("moov", "several-alpha-planes")
    kept = (first, *planes)
    for track in kept:
        if any(not _TURNS.isdisjoint(entry.children) for entry in track.entries):
            raise Unsupported(track.where, "turned-by-its-description")
    return Choice(kept, {track.number: _why(track) for track in raw if track not in kept})


def _length(track: RawTrack, file: Opened) -> int:
    return track.count + len(file.grown[track.header.track_id].sizes)


def _why(track: RawTrack) -> str:
    return "second-picture" if track.handler == "pict" else "handler"


def _references(track: RawTrack) -> dict[str, tuple[int, ...]]:
    """Return the track IDs that `tref` names, by kind."""
    trak = find(track.box.body, track.box.body_start, track.where)
    if "tref" not in trak:
        return {}
    where = f"{track.where}/tref"
    found = {}
    for box in children(trak["tref"].body, trak["tref"].body_start, where):
        found[box.type] = unpack(f"{len(box.body) // 4}I", box.body, where)
    return found


def _is_alpha(track: RawTrack, pictures: RawTrack) -> bool:
    """Whether a track is the alpha plane of the pictures (§7.5.3)."""
    if track.handler != "auxv" or pictures.header.track_id not in _references(track).get("auxl", ()):
        return False
    kinds = [entry.children["auxi"].body for entry in track.entries if "auxi" in entry.children]
    return any(bytes(body[4:]).partition(b"\0")[0] in ALPHA for body in kinds)


def _repetitions(track: RawTrack) -> int | None:
    """Return how often the edit is repeated; without an edit list it is for ever, as browsers have it."""
    trak = find(track.box.body, track.box.body_start, track.where)
    edits = find(trak["edts"].body, 0, f"{track.where}/edts") if "edts" in trak else {}
    if "elst" not in edits or isinstance(track.edits, Exception):
        return None
    _, flags, _ = full(edits["elst"], f"{track.where}/edts/elst")
    if not flags & 1:
        return 0
    version, _, body = full(trak["tkhd"], f"{track.where}/tkhd")
    layout, at, endless = ("I", 16, (1 << 32) - 1) if version == 0 else ("Q", 24, (1 << 64) - 1)
    (lasts,) = unpack(layout, body, f"{track.where}/tkhd", at)
    once = sum(edit.duration for edit in track.edits)
    if not once or lasts == endless:
        return None
    repetitions = max(-(-lasts // once) - 1, 0)
    return repetitions if repetitions <= MOST_REPETITIONS else None


def _codec(sequence: ImageSequence) -> str:
    found = {entry.codec for track in sequence.tracks for entry in track.entries}
    if len(found) > 1 or not found <= {"av1", "hevc"}:
        raise Unsupported("stsd", "sequence-coding")
    return found.pop()


def file_type(sequence: ImageSequence) -> bytes:
    """Return the `ftyp` box."""
    if _codec(sequence) == "av1":
        return emit.box("ftyp", b"avis", bytes(4), b"avismsf1miafiso6")
    return emit.box("ftyp", b"hevc", bytes(4), b"hevcmsf1iso6")


def pieces(sequence: ImageSequence, policy: Policy | None) -> Pieces:
    """Yield the canonical file; without a policy no sample is read, and all are taken as canonical."""

    def moov(written: Sequence[emit.Written], *, large: bool) -> bytes:
        return emit.sequence_moov(written, sequence.repetitions, large=large)

    return write_tracks(sequence.tracks, sequence.payload, file_type(sequence), moov, policy)
