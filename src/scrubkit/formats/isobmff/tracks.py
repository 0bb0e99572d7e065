"""Tracks of a movie header: which there are, which one is kept, and its samples."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from ...errors import External, LimitExceeded, Malformed, ScrubError, Truncated, Unsupported
from ...essence import Orientation, Picture, Samples, Sound
from ...model import Profile
from . import descriptions, headers, pictures, tables
from .boxes import Box, children, full, unpack
from .headers import SIGNS, RawEdit, TrackHeader
from .sounds import PCM, is_supported
from .sounds import is_known as is_sound
from .sounds import sound as read_sound
from .tree import find

if TYPE_CHECKING:
    from ...model import Policy
    from .descriptions import Entry
    from .fragments import Growing


@dataclass(frozen=True, slots=True)
class RawTrack:
    """One `trak`, read as far as is needed to choose; `number` counts from 1 in file order."""

    number: int
    box: Box
    header: TrackHeader
    handler: str
    timescale: int
    entries: tuple[Entry, ...]
    references: tuple[Box, ...]
    """Of `dref`."""
    tables: dict[str, Box]
    """Children of `stbl`."""
    edits: tuple[RawEdit, ...] | ScrubError
    auxiliary: bool
    """Whether it says of itself that it accompanies another track (`tref` of `auxl`, `vdep` …)."""
    count: int
    """Samples in `stsz`, without those of fragments."""

    @property
    def where(self) -> str:
        """Its path."""
        return f"moov/trak[{self.number}]"


FEW = 100_000
LEAST = 4
"""Bytes that samples have on average in a track with more than a few: no coding gets by with less."""

ACCOMPANYING = frozenset({"auxv", "pict", "meta", "hint", "text", "sbtl", "subt", "tmcd"})
"""Handlers of tracks that are not the recording, whatever they hold."""
_ACCOMPANIES = frozenset({"auxl", "vdep", "cdep", "thmb", "cdsc", "vplx", "cdtg", "rndr"})


def raw_track(number: int, box: Box) -> RawTrack:
    """Read the headers of a `trak`; raises `Malformed` or `Unsupported`."""
    where = f"moov/trak[{number}]"
    trak = find(box.body, box.body_start, where)
    mdia = _descend(trak, "mdia", where)
    minf = _descend(mdia, "minf", where + "/mdia")
    stbl = _descend(minf, "stbl", where + "/mdia/minf")
    where_stbl = where + "/mdia/minf/stbl"
    handler = headers.handler(_need(mdia, "hdlr", where + "/mdia"), where + "/mdia/hdlr")
    edits: tuple[RawEdit, ...] | ScrubError = ()
    try:
        if "edts" in trak and (elst := find(trak["edts"].body, 0, where + "/edts").get("elst")) is not None:
            edits = headers.edits(elst, where + "/edts/elst")
    except ScrubError as error:
        edits = error
    references: tuple[Box, ...] = ()
    if "dinf" in minf and (dref := find(minf["dinf"].body, 0, where).get("dref")) is not None:
        _, _, body = full(dref, where + "/mdia/minf/dinf/dref")
        (count,) = unpack("I", body, where + "/mdia/minf/dinf/dref")
        references = tuple(islice(children(body[4:], 0, "dref"), count))
    auxiliary = False
    if "tref" in trak:
        try:
            auxiliary = any(child.type in _ACCOMPANIES for child in children(trak["tref"].body, 0, "tref"))
        except Malformed:
            auxiliary = False
    return RawTrack(
        number,
        box,
        headers.track_header(_need(trak, "tkhd", where), where + "/tkhd"),
        handler,
        headers.media_timescale(_need(mdia, "mdhd", where + "/mdia"), where + "/mdia/mdhd"),
        descriptions.entries(_need(stbl, "stsd", where_stbl), handler, where_stbl + "/stsd"),
        references,
        stbl,
        edits,
        auxiliary,
        tables.read_sizes(stbl, where_stbl).count,
    )


def _need(boxes: dict[str, Box], name: str, where: str) -> Box:
    box = boxes.get(name)
    if box is None:
        raise Malformed(where, f"{name}-missing")
    return box


def _descend(boxes: dict[str, Box], name: str, where: str) -> dict[str, Box]:
    box = _need(boxes, name, where)
    return find(box.body, box.body_start, f"{where}/{name}")


@dataclass(frozen=True, slots=True)
class Choice:
    """The tracks that cross, video first, and why others don't (number → rule)."""

    kept: tuple[RawTrack, ...]
    left: dict[int, str]


def choose(raw: list[RawTrack], grown: dict[int, Growing], policy: Policy) -> Choice:
    """Choose one video track and the sound tracks.

    The video track is one that is enabled, accompanies no other, lasts at least
    half as long as the longest, and has the largest picture.  If its coding has
    no place in the model, or a sound track's has none and no alternate of it is
    kept, the whole file is refused: a track is never lost silently.
    """

    def length(track: RawTrack) -> int:
        more = grown.get(track.header.track_id)
        return track.count + (len(more.sizes) if more else 0)

    if sum(length(track) for track in raw if not _is_pcm(track)) > policy.limits.samples:
        raise LimitExceeded("moov", "samples")
    left: dict[int, str] = {}
    with_samples = []
    for track in raw:
        if track.handler in {"vide", "soun"} and not length(track):
            left[track.number] = "no-samples"
        elif track.handler not in {"vide", "soun"}:
            if track.handler not in ACCOMPANYING and any(
                pictures.is_known(entry) or is_sound(entry) for entry in track.entries
            ):
                # damage to four bytes must not cost the picture
                raise Unsupported(f"{track.where}/mdia/hdlr", "handler-of-coded-media")
            left[track.number] = "handler"
        else:
            with_samples.append(track)
    videos = [track for track in with_samples if track.handler == "vide"]
    longest = max((length(track) for track in videos), default=0)
    videos.sort(
        key=lambda track: (
            not track.header.enabled,
            track.auxiliary,
            length(track) * 2 < longest,
            -_area(track),
            track.number,
        )
    )
    for track in videos[1:]:
        left[track.number] = "second-picture"
    sounds = [track for track in with_samples if track.handler == "soun"]
    if policy.profile is Profile.STRICT:
        sounds.sort(key=lambda track: (not track.header.enabled, track.number))
        for track in sounds[1:]:
            left[track.number] = "second-sound"
        del sounds[1:]
    kept = videos[:1] + [track for track in sounds if not _replaceable(track, sounds, left, policy)]
    if not kept:
        raise Malformed("moov", "no-picture-or-sound")
    return Choice(tuple(kept), left)


def _is_pcm(track: RawTrack) -> bool:
    """Whether samples are single frames of sound, of which an hour has millions."""
    return bool(track.entries) and track.entries[0].type in PCM


def _area(track: RawTrack) -> int:
    if not track.entries or len(track.entries[0].head) < 28:
        return 0
    head = track.entries[0].head
    return int.from_bytes(head[24:26], "big") * int.from_bytes(head[26:28], "big")


def _replaceable(track: RawTrack, sounds: list[RawTrack], left: dict[int, str], policy: Policy) -> bool:
    """Whether a sound track can't be modelled but has an alternate that can."""

    def readable(one: RawTrack) -> bool:
        return bool(one.entries) and all(is_supported(entry, policy) for entry in one.entries)

    group = track.header.alternate_group
    if not group or readable(track):
        return False
    if any(
        other is not track and other.header.alternate_group == group and readable(other) for other in sounds
    ):
        left[track.number] = "alternate-kept"
        return True
    return False


def enabled(kept: tuple[RawTrack, ...]) -> set[int]:
    """Numbers of the tracks that a player starts with: pictures, and one sound per group of alternates."""
    found = {track.number for track in kept if track.handler in descriptions.VISUAL}
    sounds = [track for track in kept if track.handler == "soun"]
    groups: set[int] = set()
    for track in sounds:
        group = track.header.alternate_group
        if track.header.enabled and group not in groups:
            found.add(track.number)
            if group:
                groups.add(group)
    if sounds and not any(track.number in found for track in sounds):
        found.add(sounds[0].number)
    return found


def first_description(track: RawTrack, grown: Growing) -> int:
    """Index from 0 of the sample description that the first sample uses."""
    if track.count:
        chunks = tables.read_chunks(track.tables, f"{track.where}/mdia/minf/stbl")
        return max(chunks.descriptions[0] - 1, 0) if chunks.descriptions else 0
    return grown.descriptions[0] if grown.descriptions else 0


def describe(track: RawTrack, used: set[int], policy: Policy) -> dict[int, Picture | Sound]:
    """Read the sample descriptions that samples use, by index from 0."""
    found: dict[int, Picture | Sound] = {}
    for index in sorted(used):
        if index >= len(track.entries):
            raise Malformed(f"{track.where}/mdia/minf/stbl/stsc", "description-index")
        entry = track.entries[index]
        used_reference = track.references[entry.data_reference - 1 : entry.data_reference]
        if entry.data_reference and any(map(headers.external, used_reference)):
            raise External(f"{track.where}/mdia/minf/dinf/dref", "not-self-contained")
        try:
            read = pictures.picture if track.handler in descriptions.VISUAL else read_sound
            found[index] = read(entry, policy)
        except ScrubError as error:
            raise type(error)(f"{track.where}/mdia/minf/stbl/{error.where}", error.rule, error.at) from None
    return found


def samples(track: RawTrack, policy: Policy, file_size: int) -> Samples:
    """Expand the sample tables of a track that is not PCM; raises `Refused` errors."""
    where = f"{track.where}/mdia/minf/stbl"
    if not track.count:
        return Samples(array("Q"), array("I"), array("I"))
    sizes = tables.read_sizes(track.tables, where)
    chunks = tables.read_chunks(track.tables, where)
    offsets, lengths, entries = tables.place_samples(chunks, sizes, policy.limits, file_size, where)
    if len(lengths) > FEW and sum(lengths) < LEAST * len(lengths):
        raise Unsupported(where + "/stsz", "sample-size")
    count = len(lengths)
    return Samples(
        offsets,
        lengths,
        tables.read_durations(track.tables, count, where),
        tables.read_compositions(track.tables, count, where),
        tables.read_sync(track.tables, count, where),
        entries,
    )


def pcm_samples(track: RawTrack, sound: Sound, policy: Policy, file_size: int) -> Samples:
    """One sample per chunk of PCM; its duration counts ticks of all of its frames.

    QuickTime counts every frame as a sample, and doesn't look at the size that
    `stsz` gives them; so a chunk is its number of frames times the frame size.
    """
    where = f"{track.where}/mdia/minf/stbl"
    if not track.count:
        return Samples(array("Q"), array("I"), array("I"))
    sizes = tables.read_sizes(track.tables, where)
    chunks = tables.read_chunks(track.tables, where)
    if len(chunks.offsets) > policy.limits.samples:
        raise LimitExceeded(where, "chunks")
    if sizes.table and any(size % sound.frame_size for size in sizes.table):
        raise Unsupported(where, "pcm-sample-size")
    step = _constant_duration(track, where)
    offsets, lengths, durations, entries = array("Q"), array("I"), array("I"), array("H")
    done = 0
    for offset, count, description in zip(chunks.offsets, chunks.counts, chunks.descriptions, strict=True):
        taken = min(count, sizes.count - done)
        size = sum(sizes.table[done : done + taken]) if sizes.table else taken * sound.frame_size
        done += taken
        if not size:
            continue
        if offset + size > file_size:
            raise Truncated(where, "sample-beyond-file", offset)
        if size > 0xFFFFFFFF or description < 1 or size // sound.frame_size * step > 0xFFFFFFFF:
            raise Unsupported(where, "chunk-size")
        offsets.append(offset)
        lengths.append(size)
        durations.append(size // sound.frame_size * step)
        entries.append(min(description - 1, 0xFFFF))
    if done != sizes.count:
        raise Malformed(where, "sample-count")
    return Samples(offsets, lengths, durations, entries=entries)


def _constant_duration(track: RawTrack, where: str) -> int:
    box = track.tables.get("stts")
    if box is None:
        raise Malformed(where, "stts-missing")
    _, _, body = full(box, where + "/stts")
    (rows,) = tables.big_endian("I", body, 0, 1, where + "/stts")
    pairs = tables.big_endian("I", body, 4, rows * 2, where + "/stts")
    steps = {pairs[i + 1] for i in range(0, len(pairs), 2) if pairs[i]}
    if len(steps) != 1 or not min(steps):
        raise Unsupported(where + "/stts", "pcm-durations")
    return steps.pop()


def joined(samples: Samples, grown: Growing) -> Samples:
    """Samples of the movie header followed by those of its fragments."""
    if not grown.sizes:
        return samples
    before = len(samples)
    sync = (samples.sync or b"\1" * before) + bytes(grown.sync)
    compositions = array("i")
    if samples.compositions or any(grown.compositions):
        compositions = (samples.compositions or array("i", bytes(4 * before))) + grown.compositions
    entries = (samples.entries or array("H", bytes(2 * before))) + grown.descriptions
    return Samples(
        samples.offsets + grown.offsets,
        samples.sizes + grown.sizes,
        samples.durations + grown.durations,
        compositions,
        sync if 0 in sync else b"",
        entries,
    )


def turned(first: Orientation, then: Orientation) -> Orientation:
    """The orientation of a picture that is turned as `first` says and then as `then` says."""
    a, b, c, d = SIGNS[first]
    e, f, g, h = SIGNS[then]
    signs = (a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h)
    return next(orientation for orientation, found in SIGNS.items() if found == signs)
