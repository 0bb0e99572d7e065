"""A JPEG read into its essence, marker by marker (ITU-T T.81 §B.2), as decoders read it.

Before the first scan, application segments, comments and stray bytes are left
behind and named.  From the first scan on nothing but tables, segments and scans
may follow each other: there a stray byte might be picture, so it is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ...errors import LimitExceeded, Malformed, Refused, Unsupported
from ...essence import Conditioning, HuffmanTable, Jpeg, JpegGain, Orientation, Scan, ScanComponent
from ...model import Extra, Fate, Media, Profile, Remaining, Residual
from ...pieces import Payload, merged
from ...tiling import Findings, Tile, Tiling
from .. import Reading
from . import gain as gain_maps
from . import markers, names, tables, trailer
from .application import Application
from .entropy import read_entropy
from .frame import (
    LOSSLESS,
    Frame,
    Progress,
    ScanHeader,
    blocks,
    capacity,
    components_of,
    needs,
    read_frame,
    read_scan,
    restarts_due,
)
from .markers import name_of, next_segment
from .tables import AC, DC
from .tails import Tails
from .write import application_segments, gain_segments

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...model import Finding, Policy
    from ...pieces import Span
    from ...source import Readable
    from .application import Shown
    from .markers import Segment
    from .trailer import Part

SEGMENTS = 20_000
"""Segments of one picture; the longest known have some thousands of 64 KB each."""

MOST_VIDEOS = 16
"""Videos behind the picture that are told apart."""


@dataclass(slots=True)
class _Tables:
    """Owns the tables in force, each with the tiles that tell where it was defined.

    A table's tiles are residue until a scan uses it.
    """

    quantisation: dict[int, tuple[tuple[int, ...], tuple[Tile, ...]]] = field(default_factory=dict)
    huffman: dict[tuple[int, int], tuple[HuffmanTable, tuple[Tile, ...], int]] = field(default_factory=dict)
    conditioning: dict[tuple[int, int], int] = field(default_factory=dict)
    interval: int = 0


@dataclass(slots=True)
class _Reader:
    """Owns what has been read so far of one picture."""

    source: Readable
    most: int
    """Segments that may be met."""
    tiling: Tiling = field(default_factory=Tiling)
    findings: Findings = field(default_factory=Findings)
    tables: _Tables = field(default_factory=_Tables)
    frame: Frame | None = None
    progress: Progress | None = None
    latched: dict[int, tuple[int, ...]] = field(default_factory=dict)
    """Quantisation table of each component: the one in force at its first scan."""
    scans: list[Scan] = field(default_factory=list)
    keep_gain: bool = False
    """Whether a gain map behind the picture is wanted."""
    tails: Tails | None = None
    """The walk over the entropy-coded data, unless that is too much to ask."""
    gain: JpegGain | None = None
    constant: bool = True
    """Whether the gain map's profile is none that was built from its own numbers."""
    application: Application = field(init=False)

    def __post_init__(self) -> None:
        self.application = Application(self.source, self.findings)

    def run(self) -> None:
        """Read from SOI to EOI, and name what follows."""
        self.tiling.lay("SOI", Fate.STRUCTURE, 2)
        for _ in range(self.most):
            segment = next_segment(self.source, self.tiling.at)
            self._gap(segment)
            if segment.code == markers.EOI:
                self.tiling.lay("EOI", Fate.STRUCTURE, 2)
                break
            self._segment(segment)
        else:
            raise LimitExceeded("jpeg", "segments", self.tiling.at)
        if self.progress is None or not self.scans:
            raise Malformed("jpeg", "no-picture", self.tiling.at)
        self.progress.finish(self.tiling.at)
        self._trailer()

    def _gap(self, segment: Segment) -> None:
        """Name what stands between the last segment and this one: fill bytes or stray ones."""
        start, size = self.tiling.at, segment.start - self.tiling.at
        if not size:
            return
        only_fill = all(
            not bytes(self.source.view(at, min(markers.STEP, segment.start - at))).strip(b"\xff")
            for at in range(start, segment.start, markers.STEP)
        )
        if not only_fill and self.scans:
            raise Malformed("jpeg", "stray-bytes-after-a-scan", start)
        path = "fill" if only_fill else "gap"
        self.tiling.lay(path, Fate.RESIDUE, size)
        self.findings.add(names.whole(path, size, start))

    def _segment(self, segment: Segment) -> None:
        code = segment.code
        match code:
            case markers.DQT:
                self._quantisation(segment)
            case markers.DHT:
                self._huffman(segment)
            case markers.DAC:
                for kind, destination, value in tables.read_conditioning(self._body(segment), segment.body):
                    self.tables.conditioning[kind, destination] = value
                self._lay(segment, Fate.STRUCTURE)
            case markers.DRI:
                body = self._body(segment)
                if len(body) != 2:
                    raise Malformed("DRI", "bad-length", segment.start)
                self.tables.interval = int.from_bytes(body)
                self._lay(segment, Fate.STRUCTURE)
            case markers.SOS:
                self._scan(segment)
            case markers.COM:
                self._named(segment)
            case markers.DNL if self.scans:
                # Decoders skip it: the height stands in the frame header.
                self._named(segment)
            case markers.TEM | markers.RST0 if not self.scans:
                self._named(segment)
            case _ if markers.APP0 <= code <= markers.APP15:
                self._named(segment)
            case _ if markers.RST0 < code <= markers.RST7 and not self.scans:
                self._named(segment)
            case _ if code in markers.SOF:
                self._frame(segment)
            case markers.DHP | markers.EXP | markers.JPG:
                raise Unsupported(name_of(code), "hierarchical-or-extended", segment.start)
            case markers.SOF55:
                raise Unsupported("SOF55", "jpeg-ls", segment.start)
            case _:
                raise Malformed(name_of(code), "out-of-place", segment.start)

    def _body(self, segment: Segment) -> bytes:
        return bytes(self.source.view(segment.body, segment.stop - segment.body))

    def _lay(self, segment: Segment, fate: Fate) -> Tile:
        return self.tiling.lay(name_of(segment.code), fate, segment.stop - segment.start)

    def _named(self, segment: Segment) -> None:
        body = self._body(segment)
        path = names.segment_name(segment.code, body)
        tile = self.tiling.lay(path, Fate.RESIDUE, segment.stop - segment.start)
        if self.scans:
            self.application.name(segment, path, body)
        else:
            self.application.meet(segment, path, body, tile)

    def _quantisation(self, segment: Segment) -> None:
        header = self.tiling.lay("DQT", Fate.RESIDUE, 4)
        for table in tables.read_quantisation(self._body(segment), segment.body):
            tile = self.tiling.lay("DQT", Fate.RESIDUE, table.size)
            self.tables.quantisation[table.destination] = table.values, (header, tile)

    def _huffman(self, segment: Segment) -> None:
        header = self.tiling.lay("DHT", Fate.RESIDUE, 4)
        for table in tables.read_huffman(self._body(segment), segment.body):
            tile = self.tiling.lay("DHT", Fate.RESIDUE, table.size)
            key = table.kind, table.destination
            self.tables.huffman[key] = table.table, (header, tile), tile.start

    def _frame(self, segment: Segment) -> None:
        if self.frame is not None:
            raise Malformed(name_of(segment.code), "second-frame", segment.start)
        self.frame = read_frame(segment.code & 15, self._body(segment), segment.body)
        self.progress = Progress(self.frame)
        self._lay(segment, Fate.STRUCTURE)

    def _scan(self, segment: Segment) -> None:
        if self.frame is None or self.progress is None:
            raise Malformed("SOS", "before-SOF", segment.start)
        header = read_scan(self.frame, self._body(segment), segment.body)
        self.progress.enter(header, segment.start)
        self._latch(header, segment.start)
        place = self._arithmetic if self.frame.arithmetic else self._huffman_of
        components = place(self.frame, header, segment.start)
        self._lay(segment, Fate.STRUCTURE)
        mcus, _ = blocks(self.frame, header)
        restarts = restarts_due(mcus, self.tables.interval)
        entropy = read_entropy(self.source, segment.stop, restarts)
        spans = entropy.spans
        tile = self.tiling.lay("SOS/ECS", Fate.ESSENCE, entropy.stop - segment.stop)
        tile.carve("SOS/fill", Fate.RESIDUE, entropy.fill)
        if self.tails is not None:
            interval = self.tables.interval if restarts else 0
            trimmed = self.tails.trim(self.source, self.frame, header, components, entropy, interval)
            spans = trimmed.spans
            tile.carve("SOS/tail", Fate.RESIDUE, trimmed.surplus)
            if trimmed.surplus:
                self.findings.add(names.whole("SOS/tail", trimmed.surplus, trimmed.at))
        size = sum(span.size for span in spans)
        if not self.frame.arithmetic and size > capacity(self.frame, header) + 2 * restarts:
            raise Malformed("entropy-coded data", "more-than-the-picture-can-hold", segment.stop)
        surplus = entropy.end - entropy.stop
        self.tiling.lay("SOS/RST", Fate.RESIDUE, surplus)
        if entropy.fill:
            self.findings.add(names.whole("SOS/fill", entropy.fill, None))
        if surplus:
            self.findings.add(names.whole("SOS/RST", surplus, entropy.stop))
        self.scans.append(
            Scan(
                components,
                header.spectral_start,
                header.spectral_end,
                header.high,
                header.low,
                self.tables.interval if restarts else 0,
                spans,
            )
        )

    def _latch(self, header: ScanHeader, at: int) -> None:
        """Fix the quantisation table of each component that is scanned for the first time."""
        assert self.frame is not None
        if self.frame.process == LOSSLESS:
            return
        for index, _, _ in header.components:
            if self.frame.tables[index] not in self.tables.quantisation:
                raise Malformed("SOS", "quantisation-table-missing", at)
            values, tiles = self.tables.quantisation[self.frame.tables[index]]
            if self.latched.setdefault(index, values) != values:
                raise Unsupported("DQT", "redefined-between-scans-of-a-component", at)
            for tile in tiles:
                tile.fate = Fate.STRUCTURE

    def _huffman_of(self, frame: Frame, header: ScanHeader, at: int) -> tuple[ScanComponent, ...]:
        def table(kind: int, destination: int, largest: int) -> HuffmanTable:
            found = self.tables.huffman.get((kind, destination))
            if found is None:
                standard = tables.STANDARD.get((kind, destination))
                if standard is None or frame.progressive or frame.process == LOSSLESS:
                    raise Malformed("SOS", "Huffman-table-missing", at)
                return standard
            tables.check_huffman(found[0], kind, largest, found[2])
            for tile in found[1]:
                tile.fate = Fate.STRUCTURE
            return found[0]

        dc_needed, ac_needed = needs(frame, header)
        largest = 16 if frame.process == LOSSLESS else 15
        return tuple(
            ScanComponent(
                index,
                table(DC, dc, largest) if dc_needed else None,
                table(AC, ac, 255) if ac_needed else None,
            )
            for index, dc, ac in header.components
        )

    def _arithmetic(self, frame: Frame, header: ScanHeader, at: int) -> tuple[ScanComponent, ...]:
        """Number the statistics areas by use: components that share one share what it has learnt."""
        areas: tuple[dict[int, int], dict[int, int]] = {}, {}

        def conditioning(kind: int, destination: int) -> Conditioning:
            if destination > 3:
                raise Malformed("SOS", "bad-table-destination", at)
            area = areas[kind].setdefault(destination, len(areas[kind]))
            default = tables.DEFAULT_CONDITIONING[kind]
            return Conditioning(area, self.tables.conditioning.get((kind, destination), default))

        dc_needed, ac_needed = needs(frame, header)
        return tuple(
            ScanComponent(
                index,
                conditioning(DC, dc) if dc_needed else None,
                conditioning(AC, ac) if ac_needed else None,
            )
            for index, dc, ac in header.components
        )

    def _trailer(self) -> None:
        if self.tiling.at == self.source.size:
            return
        videos = 0
        for part in trailer.cut(self.source, self.tiling.at):
            size = part.stop - part.start
            path = key = part.path
            if self.keep_gain and self.gain is None and key == "trailer/JPEG" and self._gain(part):
                continue
            if key == trailer.VIDEO and videos < MOST_VIDEOS:
                # findings of one path are added up, and each video is to keep its place
                videos += 1
                path = f"{key}/{videos}" if videos > 1 else key
            self.tiling.lay(path, Fate.RESIDUE, size)
            self.findings.add(names.whole(path, size, part.start, part.untrusted_value, key))
            for segment in part.segments:
                body = self._body(segment)
                key = names.segment_name(segment.code, body)
                self.application.name(segment, f"{part.path}/{key}", body, key=key)

    def _gain(self, part: Part) -> bool:
        """Take a second picture as the gain map; whether it is one that can be kept."""
        bodies = [(names.segment_name(each.code, body := self._body(each)), body) for each in part.segments]
        try:
            numbers = gain_maps.numbers(bodies)
            inner, shown, picture = self._fitted(part, None)
            if self.tails is not None:
                # Only one that fits is walked: there may be very many that don't.
                inner, shown, picture = self._fitted(part, Tails(self.tails.deep))
                self.tails.whole &= inner.walked()
        except Refused:
            return False
        self.gain = JpegGain(picture, numbers)
        self.constant = shown.constant
        inner.application.settle(picture, gain_segments(self.gain))
        inner.unused()
        for each in map(gain_maps.without_numbers, inner.findings.all()):
            start = None if each.start is None else each.start + part.start
            self.findings.add(replace(each, path=gain_maps.PREFIX + each.path, start=start))
        gain_maps.adopt(self.tiling, inner.tiling)
        return True

    def _fitted(self, part: Part, tails: Tails | None) -> tuple[_Reader, Shown, Jpeg]:
        """Read a picture as a gain map of this one; raises `Refused` errors if it is none."""
        assert self.frame is not None
        inner = _Reader(gain_maps.Within(self.source, part.start, part.stop), self.most, tails=tails)
        inner.run()
        own, shown = _picture(inner, Payload(self.source, *merged(())))
        size = self.frame.width, self.frame.height
        return inner, shown, gain_maps.fitted(own, shown, size, part.start)

    def walked(self) -> bool:
        """Whether all entropy-coded data was walked to its end."""
        return self.tails is not None and self.tails.whole

    def unused(self) -> None:
        """Name the tables that no scan used."""
        for tile in self.tiling.tiles:
            if tile.fate is Fate.RESIDUE and tile.path in ("DQT", "DHT"):
                tile.path = f"{tile.path}/unused"
                self.findings.add(names.whole(tile.path, tile.size, tile.start))


def _spans(scans: Iterable[Scan]) -> list[Span]:
    return [span for scan in scans for span in scan.entropy]


def _picture(reader: _Reader, payload: Payload) -> tuple[Jpeg, Shown]:
    """Return what has been read, as it is shown; raises `Unsupported`."""
    frame = reader.frame
    assert frame is not None
    shown = reader.application.shown(frame)
    distinct = list(dict.fromkeys(reader.latched[index] for index in range(len(frame.ids)) if reader.latched))
    places = [distinct.index(reader.latched[index]) if distinct else 0 for index in range(len(frame.ids))]
    picture = Jpeg(
        frame.process,
        frame.precision,
        frame.width,
        frame.height,
        components_of(frame, places),
        tuple(distinct),
        tuple(reader.scans),
        payload,
        shown.orientation,
        shown.adobe_transform,
        shown.profile,
    )
    return picture, shown


def read_file(source: Readable, policy: Policy) -> Reading:
    """Read a JPEG file, with its gain map if the policy keeps those; raises `Refused` errors only."""
    keep = Extra.GAIN_MAP in policy.keep and policy.profile is not Profile.STRICT
    return _read(source, policy, keep_gain=keep, tails=Tails(policy.deep))


def read_one(source: Readable, policy: Policy) -> Reading:
    """Read the JPEG that a source begins with, one picture; raises `Refused` errors only."""
    return _read(source, policy, keep_gain=False, tails=Tails(policy.deep))


def read(source: Readable, policy: Policy) -> Reading:
    """As `read_one`, for one picture of very many: nothing is walked unless the policy is `deep`."""
    return _read(source, policy, keep_gain=False, tails=Tails(deep=True) if policy.deep else None)


def _read(source: Readable, policy: Policy, *, keep_gain: bool, tails: Tails | None) -> Reading:
    reader = _Reader(source, min(SEGMENTS, policy.limits.boxes), keep_gain=keep_gain, tails=tails)
    reader.run()
    spans = [*_spans(reader.scans), *(_spans(reader.gain.picture.scans) if reader.gain else ())]
    payload = Payload(source, *merged((span.start, span.start + span.size) for span in spans))
    picture, shown = _picture(reader, payload)
    if reader.gain is not None:
        own = replace(reader.gain.picture, payload=payload)
        picture = replace(picture, gain=replace(reader.gain, picture=own))
    reader.application.settle(picture, application_segments(picture))
    reader.unused()
    return Reading(
        picture,
        Media.PHOTO,
        ".jpg",
        _findings(reader),
        _remaining(picture, constant=shown.constant and reader.constant, walked=reader.walked()),
        reader.tiling.close(source.size),
    )


def _findings(reader: _Reader) -> tuple[Finding, ...]:
    found = reader.findings.all()
    return found if reader.gain is None else tuple(map(gain_maps.without_numbers, found))


def _remaining(picture: Jpeg, *, constant: bool, walked: bool) -> tuple[Remaining, ...]:
    """Say what crosses that could tell something: data that isn't walked may hold bytes that nobody sees."""
    found = [Residual.CODED_PAYLOAD, Residual.ENCODER_PARAMETERS]
    if not walked:
        found.append(Residual.BEHIND_PICTURE)
    if picture.quantisation:
        found.append(Residual.QUANTISATION_TABLES)
    coding = [table for scan in picture.scans for each in scan.components for table in (each.dc, each.ac)]
    if any(isinstance(table, HuffmanTable) and table not in tables.STANDARD.values() for table in coding):
        found.append(Residual.HUFFMAN_TABLES)
    if not constant:
        found.append(Residual.COLOUR_PROFILE)
    if picture.orientation is not Orientation.UPRIGHT:
        found.append(Residual.ORIENTATION)
    if picture.gain is not None:
        found.append(Residual.GAIN_MAP)
    return tuple(Remaining(what) for what in found)
