"""Image sequences: animated AVIF and HEIC, whose pictures are samples of a track (ISO/IEC 23008-12 §7).

    ftyp  mdat  moov

A file is one if it holds no still, if it is an AVIF whose brands make browsers show the sequence, or
if its major brand says so and its still is no larger than the pictures of the sequence.  The still
that such a file holds for other programs stays behind.  Of all other files viewers show the still.
"""

from __future__ import annotations

from array import array
from itertools import accumulate, chain
from operator import add
from typing import TYPE_CHECKING

from ...errors import Refused, Unsupported
from ...essence import ImageSequence, Picture
from ...model import Media
from .. import Reading
from ..isobmff import emit, residue
from ..isobmff.boxes import full, unpack
from ..isobmff.read import assembled, brands, opened
from ..isobmff.remaining import left_in
from ..isobmff.tables import ticks
from ..isobmff.tree import find
from ..isobmff.write import write_tracks
from .sequence_tracks import choose, is_movie, largest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...essence import Track
    from ...model import Policy
    from ...pieces import Pieces
    from ...source import Source
    from ..isobmff.read import Opened
    from ..isobmff.tracks import RawTrack

MOST_REPETITIONS = 1000
"""More of them are for ever: nobody sees the end, and the number could be anything."""


def read(file: Opened) -> Reading:
    """Read an image sequence; raises `Refused` errors only."""
    choice, left = choose(file)
    made = assembled(file, choice)
    for other in made.tracks[1:]:
        if _times(other) != _times(made.tracks[0]):
            raise Unsupported(choice.kept[1].where, "alpha-plane-of-other-times")
    sequence = ImageSequence(made.tracks, made.payload, _repetitions(choice.kept[0]))
    codec = _codec(sequence)
    if codec == "av1" and any(row.path.endswith("/outside-edit") for row in made.ledger.rows):
        # browsers pay no attention to edits, other programs do
        raise Unsupported(f"{choice.kept[0].where}/edts/elst", "edit-that-not-all-viewers-apply")
    if codec == "av1":
        for raw, track in zip(choice.kept, made.tracks, strict=True):
            _check_size(raw, track)
    findings = [left, *file.scan.findings, brands(file, file_type(sequence))]
    return Reading(
        sequence,
        Media.PHOTO,
        ".avif" if codec == "av1" else ".heics",
        residue.capped(chain.from_iterable(findings)),
        left_in(made.tracks, made.hidden),
        made.ledger,
    )


def _check_size(raw: RawTrack, track: Track) -> None:
    """Raise `Unsupported` if the header states another size than will be written: browsers show that one."""
    entry = track.entries[0]
    assert isinstance(entry, Picture)
    across, down = entry.aspect or (1, 1)
    width, height = raw.header.size
    if (width >> 16, height >> 16) != (min(entry.width * across // down, 0xFFFF), entry.height):
        raise Unsupported(f"{raw.where}/tkhd", "size-of-pictures")


def covering(source: Source, policy: Policy, pixels: int) -> Opened | None:
    """Return the file if it holds a sequence that can be read, of pictures of at least as many pixels."""
    try:
        file = opened(source, policy)
        return file if not is_movie(file) and largest(file) >= pixels else None
    except Refused:
        return None


def holds_movie(source: Source, policy: Policy) -> bool:
    """Whether a file has tracks of a movie; raises `Refused` errors only."""
    return is_movie(opened(source, policy))


def _times(track: Track) -> tuple[object, ...]:
    """Return when pictures are shown and for how long, and how they are turned."""
    samples = track.samples
    times = accumulate(samples.durations, initial=0)
    shown = sorted(map(add, times, ticks(samples.compositions, len(samples))))
    return array("q", shown), sum(samples.durations), track.timescale, track.edits, track.orientation


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
