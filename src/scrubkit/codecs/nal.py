"""The walk over length-prefixed NAL units in H.264 and H.265 samples (ISO/IEC 14496-15 §4.3.3).

Slices cross; parameter sets move to the configuration; allow-listed SEI messages are
written again; everything else stays behind.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import LimitExceeded, Malformed, Refused, Unsupported
from ..model import Profile, Remaining, Residual
from ..pieces import Coded, Span
from . import Filtered, Skimmed, h264, hevc
from .bits import PEEK
from .colour import known
from .dolby import rewrite_rpu
from .forbidden import PAYS, SIZE, Lookout, engine
from .nal_messages import Messages
from .nal_syntax import Action, Header, SetName
from .nal_units import BYTE_STREAM, LENGTH, MAX_UNITS, SUSPECT, parts, walkable
from .tally import Tallied

if TYPE_CHECKING:
    from ..essence import Picture
    from ..model import Policy
    from . import Run
    from .forbidden import PairSearch
    from .nal_syntax import Description, PictureNumber, PictureReader

_SYNTAX = {"h264": h264.SYNTAX, "hevc": hevc.SYNTAX}
_length = struct.Struct(">I").unpack_from
_length_and_head = struct.Struct(">II").unpack_from
_ENTRY = {"avc3": "avc1", "hev1": "hvc1", "dvav": "dva1", "dvhe": "dvh1"}
_SPS = frozenset({h264.SPS, hevc.SPS})
_MAX_SEEN = 256
_MAX_CHANGES = 1024
"""Of the sample description of one track."""
_SQUARE = (1, 1)
_LEAST = 8
"""Bytes of a sample that is decided at a glance: a length, a header and what tells of its slice."""
_MOST_WHOLE = 4096
_ONES, _ZEROS = b"\xff" * (PEEK - 2), bytes(PEEK - 2)
_LARGEST_BLOCK = 64
"""Samples of a coding tree block; cropping more than a block's rest hides picture on purpose."""


def _size(piece: Span | Coded) -> int:
    return piece.size if isinstance(piece, Span) else len(piece.data)


_Whole = tuple[list[int], bool, bool, int]
"""The sums of a slice's type, whether it is sync always, or if listed, and the byte that its header
must begin with, or -1 if it does."""


class _Sample:
    """Owns what the walk over one sample has learnt and made so far."""

    __slots__ = ("before", "intra", "messages", "number", "opening", "pictures", "pieces", "single", "sync")

    def __init__(self, *, intra: bool) -> None:
        self.pieces: list[Span | Coded] = []
        self.messages: dict[int, bytes] = {}
        self.single: set[Action] = set()  # of what a sample holds one at most
        self.pictures = 0
        self.opening: tuple[Header, bytes, int] | None = None  # of the picture, as far as slices came
        self.number: PictureNumber | None = None
        self.sync = False
        self.intra = intra
        self.before: Picture | None = None  # the sample description that ended with the sample before


def _described(picture: Picture, sets: tuple[bytes, ...]) -> Picture:
    """Return the picture with what `sets` say of it wherever it rested on the sets that it came with."""
    about = _describe(picture.codec, sets)
    before = _describe(picture.codec, picture.parameter_sets)
    if about is None or about == before:
        return picture
    if before is None or (before.width, before.height) != (about.width, about.height):
        picture = replace(picture, width=about.width, height=about.height, aperture=None)
    if picture.aspect in {_aspect(before), _SQUARE if about.aspect == _SQUARE else _aspect(before)}:
        picture = replace(picture, aspect=_aspect(about))
    if picture.colour == (known(before.signalled) if before else None):
        picture = replace(picture, colour=known(about.signalled))
    return picture


def _describe(codec: str, sets: tuple[bytes, ...]) -> Description | None:
    describe = h264.describe if codec == "h264" else hevc.describe
    return describe(sets) if any(_SYNTAX[codec].set_name(nal).kind in _SPS for nal in sets) else None


def _aspect(about: Description | None) -> tuple[int, int] | None:
    """Return what an entry says of the pixel aspect ratio if the container says nothing."""
    return None if about is None or about.aspect == _SQUARE else about.aspect


class NalFilter(Tallied):
    """Filters the samples of one H.264 or H.265 track; owns the parameter sets met so far."""

    def __init__(self, picture: Picture, policy: Policy) -> None:
        """Take the sample description as read; its parameter sets must be canonical."""
        self._picture = picture
        self._syntax = _SYNTAX[picture.codec]
        self._lossless = policy.profile is Profile.LOSSLESS
        self._rpu = self._lossless and picture.dolby is not None
        self._needs_rpu = picture.dolby is not None and not picture.dolby.compatibility
        self._width = picture.length_size
        self._header_size = self._syntax.header_size
        self._start_shift = 8 * (2 - self._header_size)
        self._empty_key = f"{picture.codec}/nal/empty"
        self._after_key = f"{picture.codec}/after-nal"
        self._slice_start = self._syntax.slice_start
        self._intra_is_sync = picture.codec == "h264"
        self._headers: dict[int, Header] = {}
        self._fast: dict[int, tuple[Header, list[int]]] = {}  # of slices, and their sums
        self._whole: dict[int, _Whole] = {}  # by header and first bytes of a slice that is all of a sample
        self._run: Run | None = None
        self._lookout = Lookout(memoryview(b""))
        self._engine: PairSearch | None = None
        self._seen_bytes = 0
        self._sets = {
            (name.kind, name.identifier): nal
            for nal in picture.parameter_sets
            for name in [self._syntax.set_name(nal)]
        }
        self._seen: set[bytes] = set()
        self._picture_readers: dict[int, PictureReader] = {}
        self._used: set[int] = set()
        self._changes = 0
        super().__init__()
        self._sei = Messages(picture, self._syntax, self._tally, dynamic=self._lossless)
        self._kept_rpu = False
        self._most_pictures = self._pictures_per_sample()

    def _pictures_per_sample(self) -> int:
        """Return how many pictures a sample may hold: the two fields of an interlaced H.264 frame."""
        if self._picture.codec != "h264":
            return 1
        return 2 if not self._sets or h264.describe(list(self._sets.values())).interlaced else 1

    def skim(self, run: Run, first: int) -> Skimmed:
        """Take the samples that are one slice, as most are, if slices that begin like it came before."""
        if self._width != LENGTH:
            return Skimmed(0, b"")
        data, edges, listed = run.data, run.edges, run.listed
        if run is not self._run:
            self._look(run)
        known, shift, lookout = self._whole, self._start_shift, self._lookout
        hit = -1
        sync = bytearray()
        changes: list[tuple[int, int]] = []
        number, stop = first, edges[first]
        for number in range(first, len(edges) - 1):
            at, stop = stop, edges[number + 1]
            if stop - at < _LEAST:
                break
            length, start = _length_and_head(data, at)
            whole = known.get(start >> shift)
            at += LENGTH
            if whole is None or at + length != stop or data[stop - 1] in SUSPECT:
                break
            if hit < at:
                hit = lookout.next(at)
            if hit + SIZE <= stop:
                break
            sums, always, if_listed, byte = whole
            sums[0] += 1
            sums[1] += length + LENGTH
            if byte >= 0:
                changes.append((at, byte))
            sync.append(always or (if_listed and (not listed or listed[number] == 1)))
        return Skimmed(len(sync), bytes(sync), changes)

    def _look(self, run: Run) -> None:
        """Prepare for the samples of a run."""
        if self._seen_bytes < PAYS <= self._seen_bytes + len(run.data):
            self._engine = engine()
        self._seen_bytes += len(run.data)
        self._run, self._lookout = run, Lookout(run.data, self._engine)

    def _lookout_for(self, data: memoryview, start: int) -> tuple[Lookout, int]:
        """Return who knows forbidden bytes in a sample, and where it begins there."""
        run = self._run
        if run is not None and run.data.obj is data.obj:
            before = start - run.start
            if 0 <= before <= len(run.data) - len(data):
                return self._lookout, before
        return Lookout(data), 0

    def sample(self, data: memoryview, start: int, listed: bool) -> Filtered:
        """Filter one sample; see `SampleFilter`.

        A sample is sync if its first slice is of an IDR or IRAP picture or, in
        H.264, if the container lists it and its first picture has I slices only.
        """
        width = self._width
        header_size = self._header_size
        fast = self._fast
        state = _Sample(intra=listed and self._intra_is_sync)
        size = len(data)
        lookout, before = self._lookout_for(data, start)
        at = run = units = 0  # bytes from `run` on cross as they are
        bare = data[:LENGTH] == BYTE_STREAM and not walkable(data, width)
        while at < size:
            head = at + width
            if head > size:
                raise Malformed("sample", "nal-length")
            stop = head + (_length(data, at)[0] if width == LENGTH else int.from_bytes(data[at:head]))
            if bare:
                stop = size
            if stop > size:
                raise Malformed("sample", "nal-length")
            body = head + header_size
            whole = (
                body < stop
                and data[stop - 1] not in SUSPECT
                and lookout.next(before + head) + SIZE > before + stop
            )
            if whole and width == LENGTH and not bare:
                value = data[head] if header_size == 1 else data[head] << 8 | data[head + 1]
                quick = fast.get(value)
                if quick is None and value not in self._headers:
                    self._header(data, head)
                    quick = fast.get(value)
                if quick is not None:
                    header, crossed = quick
                    crossed[0] += 1
                    crossed[1] += stop - at
                    self._slice(state, header, bytes(data[body : min(stop, body + PEEK)]))
                    if at == 0 and stop == size >= _LEAST:
                        self._remember(header, crossed, _length_and_head(data)[1])
                    if not header.same:
                        if run < at:
                            state.pieces.append(Span(start + run, at - run))
                        state.pieces.append(Coded(bytes(data[at:head]) + header.canonical))
                        run = body
                    at = stop
                    continue
            if run < at:
                state.pieces.append(Span(start + run, at - run))
            edge = at  # bytes before it are accounted for
            places = [(head, stop)] if whole else parts(data, head, stop)
            units += len(places)
            if units > MAX_UNITS:
                raise LimitExceeded("sample", "nal-units")
            for begin, end in places:
                if begin + header_size <= end:
                    self._unit(state, data, (begin, end), start, end - edge)
                    edge = end
            if edge < stop:
                self._tally.add(self._after_key if edge > at else self._empty_key, stop - edge)
            at = run = stop
        if run < at:
            state.pieces.append(Span(start + run, at - run))
        if state.pictures > self._most_pictures:
            raise Malformed("sample", "several pictures")
        if state.messages:
            state.pieces.insert(0, self._sei.write(state.messages))
        sync = state.sync or (state.opening is not None and state.intra)
        if state.before is not None and not sync:
            raise Unsupported("sample", "parameter-set-changes")
        return Filtered(tuple(state.pieces), sum(map(_size, state.pieces)), sync, state.before)

    def _remember(self, header: Header, sums: list[int], start: int) -> None:
        """Remember how a slice begins that is all of its sample, if two bytes say all that counts."""
        key = start >> self._start_shift
        if key in self._whole or len(self._whole) >= _MOST_WHOLE:
            return
        head = (key & 0xFFFF).to_bytes(2)
        try:
            starts = {self._slice_start(header.kind, head + rest) for rest in (_ONES, _ZEROS)}
        except Malformed:
            return
        if len(starts) == 1:
            _, intra, _ = starts.pop()
            byte = -1 if header.same else header.canonical[0]
            self._whole[key] = sums, header.random_access, intra, byte

    def _header(self, data: memoryview, at: int) -> Header:
        value = data[at] if self._header_size == 1 else data[at] << 8 | data[at + 1]
        header = self._headers.get(value)
        if header is None:
            header = self._syntax.header(value)
            if header.temporal > self._sub_layers():
                raise Malformed("nal", "temporal id")
            self._headers[value] = header
            if header.action is Action.SLICE:
                self._fast[value] = header, self._tally.counter(header.key)
        return header

    def _sub_layers(self) -> int:
        return hevc.sub_layers(self._sets.values()) if self._header_size > 1 else 0

    def _slice(self, state: _Sample, header: Header, head: bytes) -> None:
        """Take note of a slice and check that it belongs where it stands."""
        first, intra, pps = self._slice_start(header.kind, head)
        if pps not in self._used:
            if (self._syntax.pps, pps) not in self._sets:
                raise Malformed("slice", "names no parameter set")
            self._used.add(pps)
        opening = state.opening
        if opening is None:
            state.sync = header.random_access
        elif not first:
            self._check_same_picture(state, header, head, pps)
        state.pictures += first
        if first or opening is None:
            state.opening = header, head, pps
            state.number = None
        if not intra and state.pictures < 2:
            state.intra = False

    def _check_same_picture(self, state: _Sample, header: Header, head: bytes, pps: int) -> None:
        """Check that a slice is of the picture that was opened, so that decoders will show what it holds."""
        opening, opening_head, opening_pps = state.opening or (header, head, pps)
        if header.canonical != opening.canonical or pps != opening_pps:
            raise Malformed("sample", "slice of another picture")
        read = self._picture_readers.get(pps)
        if read is None:
            nal = self._sets[self._syntax.pps, pps]
            name = self._syntax.set_name(nal)
            sps = self._sets.get((name.kind - 1, name.parent))
            if sps is None:
                raise Malformed("slice", "names no parameter set")
            read = self._picture_readers[pps] = self._syntax.picture_reader(nal, sps)
        if state.number is None:
            state.number = read(opening.kind, opening_head)
        number = read(header.kind, head)
        if number is not None and number != state.number:
            raise Malformed("sample", "slice of another picture")

    def _unit(self, state: _Sample, data: memoryview, place: tuple[int, int], start: int, size: int) -> None:
        """Filter the NAL unit at a place in `data`, which accounts for `size` bytes of the source."""
        begin, end = place
        header = self._header(data, begin)
        body = begin + self._header_size
        if header.action is Action.SLICE:
            if body == end:
                raise Malformed("slice", "without data")
            self._slice(state, header, bytes(data[body : min(end, body + PEEK)]))
            self._tally.keep(header.key, size)
            state.pieces.append(Coded((end - begin).to_bytes(LENGTH) + header.canonical))
            state.pieces.append(Span(start + body, end - body))
            return
        nal = bytes(data[begin:end])
        if header.action in state.single or (header.action is Action.END and body < end):
            self._tally.add(header.key, size)
        elif header.action is Action.END:
            state.single.add(Action.END)
            self._tally.keep(header.key, size)
            state.pieces.append(Coded(self._header_size.to_bytes(LENGTH) + header.canonical))
        elif header.action is Action.RPU and self._rpu:
            state.pieces += self._rpu_unit(header, nal, size, state.single)
        elif header.action is Action.SEI:
            self._sei.read(header, nal, size, state.messages, self._about)
        elif header.action is Action.SUFFIX_SEI:
            self._sei.read(header, nal, size, None, self._about)
        else:
            if header.action is Action.SET:
                self._parameter_set(state, nal)
            self._tally.add(header.key, size)

    def _rpu_unit(self, header: Header, nal: bytes, size: int, single: set[Action]) -> list[Span | Coded]:
        """Return an RPU in canonical form, or nothing; raise `Refused` if the picture is none without it."""
        try:
            clean = rewrite_rpu(nal, header.canonical)
        except Refused:
            if self._needs_rpu:
                raise
            self._tally.add(header.key, size)
            return []
        self._kept_rpu = True
        self._tally.keep(header.key, size)
        single.add(Action.RPU)
        return [Coded(len(clean).to_bytes(LENGTH) + clean)]

    def _parameter_set(self, state: _Sample, nal: bytes) -> None:
        """Take up a parameter set from a sample, unless it is known already.

        One that changes after slices have used it begins another sample description,
        at a sync sample only: players begin to decode afresh there.
        """
        if nal in self._seen:
            return
        name = self._syntax.set_name(nal)
        if name.kind == h264.PPS and (h264.SPS, name.parent) not in self._sets:
            return  # names no SPS, so that no slice can be decoded with it
        clean = self._syntax.normalise(nal, self._sets.values())
        key = name.kind, name.identifier
        if self._sets.setdefault(key, clean) != clean:
            if key in self._used_sets():
                self._change(state)
            self._sets[key] = clean
            self._seen.clear()
            self._picture_readers.clear()
            self._check_dependent(name)
        if len(self._seen) < _MAX_SEEN:
            self._seen.add(nal)
        self._most_pictures = self._pictures_per_sample()

    def _change(self, state: _Sample) -> None:
        """End the sample description before a sample whose slices have not come yet."""
        self._changes += 1
        if state.opening is not None:
            raise Unsupported("sample", "parameter-set-changes")
        if self._changes > _MAX_CHANGES:
            raise LimitExceeded("sample", "parameter-set-changes")
        state.before = self.entry()
        self._used.clear()
        self._whole.clear()

    def _check_dependent(self, name: SetName) -> None:
        """Check that PPSs that were read with a former H.264 SPS mean the same with the new one."""
        if name.kind != h264.SPS:
            return
        dependent = [
            nal for nal in self._sets.values() if self._syntax.set_name(nal).parent == name.identifier
        ]
        if any(self._syntax.normalise(nal, self._sets.values()) != nal for nal in dependent):
            raise Unsupported("sample", "parameter-set-changes")

    def entry(self) -> Picture:
        """Return the sample description with 4-byte lengths and the sets used since the last change."""
        used = self._used_sets() or self._sets.keys()
        sets = tuple(self._sets[key] for key in sorted(used))
        return replace(
            _described(self._picture, sets),
            entry=_ENTRY.get(self._picture.entry, self._picture.entry),
            parameter_sets=sets,
            length_size=LENGTH,
            mastering=self._sei.mastering,
            light=self._sei.light,
        )

    def _about(self) -> Description | None:
        return _describe(self._picture.codec, tuple(self._sets.values()))

    def _used_sets(self) -> set[tuple[int, int]]:
        """Return the sets that the slices met so far lead to."""
        names = {key: self._syntax.set_name(nal) for key, nal in self._sets.items()}
        level = {(self._syntax.pps, identifier) for identifier in self._used}
        used = set(level)
        while level:
            level = {(names[key].kind - 1, names[key].parent) for key in level} & names.keys()
            used |= level
        return used

    def remaining(self) -> tuple[Remaining, ...]:
        """Return what was kept although it says something of the device."""
        kept = []
        if self._kept_rpu:
            kept.append(Remaining(Residual.DOLBY_VISION))
        if self._sei.hdr:
            kept.append(Remaining(Residual.HDR_METADATA))
        about = _describe(self._picture.codec, self.entry().parameter_sets)
        if about is not None and max(about.hidden) >= _LARGEST_BLOCK:
            kept.append(Remaining(Residual.CLEAN_APERTURE))
        return tuple(kept)
