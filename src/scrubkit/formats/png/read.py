"""A PNG read into its essence, chunk by chunk (PNG 3rd edition §5), as decoders read it.

The picture's stream is inflated and thrown away, to prove where it ends.  A file
may break off or go on after a complete picture; that stays behind.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...codecs import exif
from ...codecs.text import shown
from ...errors import LimitExceeded, Malformed, Truncated, Unsupported
from ...essence import Deflated, Orientation, Png, PngColour
from ...model import Fate, Media, Remaining, Residual
from ...pieces import Payload, merged
from ...tiling import Findings, Tile, Tiling
from .. import Reading
from . import names
from .animation import Animation
from .chunks import SIGNATURE, Chunk, intact, next_chunk
from .colour import Colours
from .header import INDEXED, Header, read_header
from .stream import Stream
from .transparency import read_palette, read_transparency, without_unused
from .usage import indexes
from .write import colour_chunks, data_head, orientation_chunk

if TYPE_CHECKING:
    from ...model import Policy
    from ...source import Readable

NAMED = 8 << 20
"""Bytes of chunks whose insides are named; of what follows only the chunks are."""

BODY = 1 << 20
"""Bytes of a chunk that is decoded or named; of a longer one the beginning."""

COLOUR = frozenset((b"cICP", b"mDCV", b"cLLI", b"iCCP", b"sRGB", b"gAMA", b"cHRM"))


@dataclass(slots=True)
class _Reader:
    """Owns what has been read so far of one picture."""

    source: Readable
    policy: Policy
    header: Header = field(init=False)
    colours: Colours = field(init=False)
    tiling: Tiling = field(default_factory=Tiling)
    findings: Findings = field(default_factory=Findings)
    left: list[tuple[Chunk, Tile]] = field(default_factory=list)
    """Chunks that may have said how the picture is shown."""
    palette: bytes = b""
    palette_tile: Tile = field(init=False)
    transparency: bytes | None = None
    orientation: Orientation | None = None
    exif: Chunk | None = None
    legacy: Orientation | None = None
    """The orientation that an Exif block written as text states."""
    animation: Animation | None = None
    stream: Stream | None = None
    data: Deflated | None = None
    seen: bytes | None = None
    """Values of the bytes of an indexed picture, if they are known."""
    _named: int = 0

    def run(self) -> None:
        """Read from the signature to IEND, and name what follows."""
        self.tiling.lay("signature", Fate.STRUCTURE, len(SIGNATURE))
        self._header(next_chunk(self.source, len(SIGNATURE)))
        for _ in range(self.policy.limits.boxes):
            found = self._next()
            if self.stream is not None and (found is None or found.kind != b"IDAT"):
                self._picture()
            if found is None or found.kind == b"IEND":
                break
            self._chunk(found)
        else:
            raise LimitExceeded("png", "chunks", self.tiling.at)
        if self.data is None:
            raise Truncated("IDAT", "no-picture", self.tiling.at)
        if self.animation is not None:
            self.animation.end(self.source)
        if found is not None:
            self._end(found)
        self._trailer()

    def _next(self) -> Chunk | None:
        """Return the next chunk; None where the file breaks off after the picture."""
        try:
            return next_chunk(self.source, self.tiling.at)
        except Malformed:
            if self.stream is None and self.data is None:
                raise
            return None

    def _header(self, found: Chunk) -> None:
        if found.kind == b"CgBI":
            raise Unsupported("CgBI", "changed-for-a-device", found.start)
        if found.kind != b"IHDR":
            raise Malformed("IHDR", "not-first", found.start)
        self.header = read_header(self._critical(found))
        self.colours = Colours(self.header)

    def _critical(self, found: Chunk) -> bytes:
        """Lay a chunk that decides what is shown and return its data; raises `Malformed` if it is damaged."""
        if found.size > BODY:
            raise LimitExceeded(found.kind.decode(), "size", found.start)
        if not intact(self.source, found):
            raise Malformed(found.kind.decode(), "bad-checksum", found.stop - 4)
        self.tiling.lay(found.kind.decode(), Fate.STRUCTURE, found.stop - found.start)
        return self.source.read(found.body, found.size)

    def _chunk(self, found: Chunk) -> None:
        before = self.data is None
        match found.kind:
            case b"IDAT" if before:
                self.stream = self.stream or Stream("IDAT")
                self.stream.add(self.source, found, self.tiling)
            case b"IDAT":
                self._leave(found, "IDAT/behind")
            case b"PLTE" if before and self.header.colour_type == INDEXED:
                if self.palette:
                    raise Malformed("PLTE", "second", found.start)
                body = self._critical(found)
                self.palette = read_palette(body, self.header, found.start)
                self.palette_tile = self.tiling.tiles[-1]
                self._surplus(len(body) - len(self.palette), found.body + len(self.palette))
            case b"tRNS" if before:
                self._transparency(found)
            case b"acTL" if before and self.animation is None:
                self._animation(found)
            case b"fcTL" if self.animation is not None:
                self.animation.control(self.source, found, before_data=before)
                self._critical(found)
            case b"fdAT" if self.animation is not None:
                if before:
                    raise Malformed("fdAT", "before-IDAT", found.start)
                self.animation.data(self.source, found, self.tiling)
            case _ if found.kind in COLOUR and before and found.size <= BODY and intact(self.source, found):
                if self.colours.meet(found.kind, self.source.read(found.body, found.size)):
                    self._keep(found)
                else:
                    self._leave(found)
            case b"eXIf" if self.exif is None and found.size <= BODY and intact(self.source, found):
                self.exif = found
                self.orientation = exif.orientation(names.exif_block(self._body(found)))
                self._keep(found)
            case b"IHDR":
                raise Malformed("IHDR", "second", found.start)
            case _ if not found.kind[0] & 0x20 and found.kind not in (b"PLTE", b"IEND"):
                raise Unsupported("chunk", "unknown-critical", found.start)
            case _:
                if found.kind in names.TEXT and self.legacy is None:
                    self.legacy = _legacy_orientation(found.kind, self._body(found))
                self._leave(found)

    def _body(self, found: Chunk) -> bytes:
        return self.source.read(found.body, min(found.size, BODY))

    def _keep(self, found: Chunk) -> None:
        path = found.kind.decode()
        self.left.append((found, self.tiling.lay(path, Fate.RESIDUE, found.stop - found.start)))

    def _leave(self, found: Chunk, path: str = "") -> None:
        """Lay a chunk that stays behind, and name it."""
        body = self._body(found)
        name = path or names.chunk_name(found.kind, body)
        self.tiling.lay(name, Fate.RESIDUE, found.stop - found.start)
        if path:
            self.findings.add(names.whole(path, found.stop - found.start, found.start))
        else:
            self._name(found, body)

    def _name(self, found: Chunk, body: bytes, kept: str = "") -> None:
        size = found.stop - found.start
        self._named += size
        if self._named > NAMED:
            self.findings.add(names.whole(names.chunk_name(found.kind, body), size, found.start))
            return
        for each in names.findings(found.kind, body, found.start, size, kept):
            self.findings.add(each)

    def _surplus(self, size: int, at: int) -> None:
        if size:
            self.palette_tile.carve("PLTE/surplus", Fate.RESIDUE, size)
            self.findings.add(names.whole("PLTE/surplus", size, at))

    def unused(self) -> None:
        """Blank the palette entries that no sample names, and cut those at the end."""
        all_seen = [self.seen, *(self.animation.seen if self.animation else ())]
        known = [seen for seen in all_seen if seen is not None]
        if self.header.colour_type != INDEXED or len(known) < len(all_seen):
            return
        used = indexes(b"".join(known), self.header.depth)
        palette, alphas, lost = without_unused(self.palette, self.transparency or b"", used)
        if lost:
            size = 3 * len(lost)
            self.palette_tile.carve("PLTE/unused", Fate.RESIDUE, size)
            crossing = {palette[at : at + 3] for at in range(0, len(palette), 3)}
            gone = b"".join(entry for entry in lost if entry not in crossing)
            self.findings.add(names.whole("PLTE/unused", size, None, shown(gone) or None))
        self.palette, self.transparency = palette, alphas

    def _transparency(self, found: Chunk) -> None:
        if self.transparency is not None:
            raise Malformed("tRNS", "second", found.start)
        if self.header.colour_type > INDEXED:
            self._leave(found)
            return
        body = self._critical(found)
        self.transparency = read_transparency(body, self.header, len(self.palette) // 3, found.start)

    def _animation(self, found: Chunk) -> None:
        body = self.source.read(found.body, 8) if found.size == 8 else b""
        count, plays = int.from_bytes(body[:4]), int.from_bytes(body[4:])
        if not count or plays > 0x7FFFFFFF:
            # Viewers show the default image alone.
            self._leave(found)
            return
        if count > self.policy.limits.boxes:
            raise LimitExceeded("acTL", "frames", found.start)
        self._critical(found)
        self.animation = Animation(self.header, count, plays, self.findings)

    def _picture(self) -> None:
        """End the run of IDAT chunks."""
        assert self.stream is not None
        if self.header.colour_type == INDEXED and not self.palette:
            raise Malformed("PLTE", "missing", self.tiling.at)
        size = self.header.width, self.header.height
        head = data_head(None, shown=False)
        self.data = self.stream.finish(self.source, self.header, size, head, self.findings)
        self.seen = self.stream.seen
        self.stream = None

    def _end(self, found: Chunk) -> None:
        tile = self.tiling.lay("IEND", Fate.STRUCTURE, found.stop - found.start)
        if found.size or not intact(self.source, found):
            tile.carve("IEND/surplus", Fate.RESIDUE, found.size + 4)
            self.findings.add(names.whole("IEND/surplus", found.size + 4, found.body))

    def _trailer(self) -> None:
        start, size = self.tiling.at, self.source.size - self.tiling.at
        if not size:
            return
        head = bytes(self.source.view(start, min(size, 4096)))
        tail = bytes(self.source.view(self.source.size - min(size, 4096), min(size, 4096)))
        path = names.trailer_name(head, tail)
        self.tiling.lay(path, Fate.RESIDUE, size)
        self.findings.add(names.whole(path, size, start))

    def settle(self, colour: PngColour, orientation: Orientation) -> None:
        """Give the chunks that decide how the picture is shown their fate."""
        awaited = colour_chunks(colour) + orientation_chunk(orientation)
        for found, tile in self.left:
            raw = self.source.read(found.start, found.stop - found.start)
            if raw in awaited:
                awaited.remove(raw)
                tile.fate = Fate.STRUCTURE
            elif found.kind in self.colours.used and found.kind != b"iCCP":
                tile.fate = Fate.STRUCTURE
            else:
                kept = ""
                if found.kind == b"eXIf" and orientation is not Orientation.UPRIGHT:
                    kept = "eXIf/IFD0/Orientation"
                    tile.carve(kept, Fate.STRUCTURE, 12)
                self._name(found, raw[8:-4], kept)


def _legacy_orientation(kind: bytes, body: bytes) -> Orientation | None:
    """Return the orientation of an Exif block that ImageMagick wrote as text."""
    if names.chunk_name(kind, body).rpartition("/")[2] not in (
        "Raw profile type exif",
        "Raw profile type APP1",
    ):
        return None
    return exif.orientation(names.exif_block(names.raw_profile(names.text_of(kind, body))))


def read(source: Readable, policy: Policy) -> Reading:
    """Read a PNG; raises `Refused` errors only."""
    reader = _Reader(source, policy)
    reader.run()
    reader.unused()
    header, data = reader.header, reader.data
    assert data is not None
    frames = tuple(reader.animation.frames) if reader.animation else ()
    colour = reader.colours.settle(policy)
    orientation = reader.orientation if reader.exif is not None else reader.legacy
    orientation = orientation or Orientation.UPRIGHT
    streams = [data, *(frame.data for frame in frames if frame.data is not None)]
    spans = [span for stream in streams for span in stream.spans]
    picture = Png(
        header.width,
        header.height,
        header.depth,
        header.colour_type,
        header.interlaced,
        reader.palette,
        reader.transparency or b"",
        data,
        Payload(source, *merged((span.start, span.start + span.size) for span in spans)),
        colour,
        orientation,
        frames,
        reader.animation.plays if reader.animation else 0,
    )
    reader.settle(colour, orientation)
    return Reading(
        picture,
        Media.PHOTO,
        ".png",
        reader.findings.all(),
        _remaining(picture, constant=reader.colours.constant),
        reader.tiling.close(source.size),
    )


def _remaining(picture: Png, *, constant: bool) -> tuple[Remaining, ...]:
    """Say what crosses that could tell something: filters, blocks, palette entries that no sample names."""
    found = [Residual.CODED_PAYLOAD, Residual.ENCODER_PARAMETERS]
    if picture.frames:
        found.append(Residual.VARIABLE_FRAME_TIMING)
    if not constant:
        found.append(Residual.COLOUR_PROFILE)
    if picture.colour.mastering or picture.colour.light:
        found.append(Residual.HDR_METADATA)
    if picture.orientation is not Orientation.UPRIGHT:
        found.append(Residual.ORIENTATION)
    return tuple(Remaining(what) for what in found)
