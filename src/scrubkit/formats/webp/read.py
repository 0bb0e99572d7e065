"""A WebP read into its essence, chunk by chunk (WebP container specification), as libwebp reads it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ...codecs import exif, icc, icc_names
from ...errors import LimitExceeded, Malformed, Truncated, Unsupported
from ...essence import Orientation, WebP, WebPFrame, WebPImage
from ...model import Fate, Media, Remaining, Residual
from ...pieces import Payload, Span, merged
from ...tiling import Findings, Tile, Tiling
from .. import Reading
from . import images, names
from .chunks import LARGEST, Chunk, next_chunk
from .write import ANIMATED, ANMF_HEADER, image_size, orientation_chunk, profile_chunk

if TYPE_CHECKING:
    from ...model import Policy
    from ...source import Readable

NAMED = 8 << 20
"""Bytes of chunks whose insides are named; of what follows only the chunks are."""

UNSEEN = b"\xff" * 4
"""The colour behind frames that let nothing of it through, as libwebp writes it."""

BODY = 1 << 20
"""Bytes of a chunk that is decoded or named; of a longer one the beginning."""


@dataclass(slots=True)
class _Reader:
    """Owns what has been read so far of one file; `end` is where its RIFF chunk ends."""

    source: Readable
    end: int
    chunks: int
    """Chunks that may still be met."""
    tiling: Tiling = field(default_factory=Tiling)
    findings: Findings = field(default_factory=Findings)
    left: list[tuple[Chunk, Tile]] = field(default_factory=list)
    """Chunks that may have said how the picture is shown."""
    extended: bool = False
    canvas: tuple[int, int] | None = None
    animated: bool = False
    loops: int | None = None
    background: bytes = bytes(4)
    background_at: int = 0
    frames: list[WebPFrame] = field(default_factory=list)
    profile: bytes | None = None
    orientation: Orientation | None = None
    exif: Chunk | None = None
    _named: int = 0

    def run(self) -> None:
        """Read from the RIFF header to the end of the file."""
        self.tiling.lay("RIFF", Fate.STRUCTURE, 12)
        first = next_chunk(self.source, 12, self.end)
        if first.kind == b"VP8X":
            self._extended(first)
        elif first.kind not in (b"VP8 ", b"VP8L"):
            raise Malformed("RIFF", "no-picture-first", first.start)
        while self.tiling.at < self.end:
            try:
                found = self._next(self.end)
            except Malformed:
                if not self.frames or self.animated:
                    raise
                break
            self._chunk(found)
        if not self.frames:
            raise Truncated("RIFF", "no-picture", self.tiling.at)
        self._rest("trailer", self.source.size)

    def _next(self, end: int) -> Chunk:
        self.chunks -= 1
        if self.chunks < 0:
            raise LimitExceeded("RIFF", "chunks", self.tiling.at)
        return next_chunk(self.source, self.tiling.at, end)

    def _rest(self, path: str, stop: int) -> None:
        """Name bytes that are no chunk."""
        start, size = self.tiling.at, stop - self.tiling.at
        if size:
            self.tiling.lay(path, Fate.RESIDUE, size)
            self.findings.add(names.whole(path, size, start))

    def _structure(self, path: str, found: Chunk, size: int) -> bytes:
        """Lay a chunk of `size` bytes of data, name what follows those, and return them."""
        if found.size < size:
            raise Truncated(path, "size", found.start)
        self.tiling.lay(path, Fate.STRUCTURE, 8 + size)
        self._rest(f"{path}/surplus", found.body + found.size)
        self._pad(path, found)
        return self.source.read(found.body, size)

    def _pad(self, path: str, found: Chunk) -> None:
        size = found.stop - self.tiling.at
        if size and self.source.view(self.tiling.at, 1)[0]:
            self._rest(f"{path}/padding", found.stop)
        else:
            self.tiling.lay(path, Fate.STRUCTURE, size)

    def _extended(self, found: Chunk) -> None:
        body = self._structure("VP8X", found, 10)
        self.extended, self.animated = True, bool(body[0] & ANIMATED)
        self.canvas = int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:], "little") + 1
        if self.canvas[0] * self.canvas[1] >= 1 << 32:
            raise Malformed("VP8X", "canvas", found.start)
        if body[0] & 0xC1 or any(body[1:4]):
            self._odd("VP8X/reserved", 4, found.body, body[:4])

    def _odd(self, path: str, size: int, at: int, raw: bytes) -> None:
        """Move bytes of the last tile that is structure to those that stay behind."""
        tile = next(each for each in reversed(self.tiling.tiles) if each.start <= at)
        tile.carve(path, Fate.RESIDUE, size)
        self.findings.add(names.whole(path, size, at, raw.hex()))

    def _chunk(self, found: Chunk) -> None:
        match found.kind:
            case b"VP8 " | b"VP8L" | b"ALPH" if self.animated:
                raise Malformed("VP8X", "picture-outside-of-a-frame", found.start)
            case b"VP8 " | b"VP8L" | b"ALPH" if not self.frames:
                image = self._image(found, self.end, "")
                if self.extended and (image.width, image.height) != self.canvas:
                    raise Malformed("VP8X", "canvas-is-not-the-picture", found.start)
                self.canvas = self.canvas or (image.width, image.height)
                self.frames.append(WebPFrame(0, 0, 0, blend=True, dispose=False, image=image))
            case b"ANIM" if self.animated and self.loops is None:
                body = self._structure("ANIM", found, 6)
                self.background, self.background_at = body[:4], found.body
                self.loops = int.from_bytes(body[4:], "little")
            case b"ANMF" if self.animated:
                if self.loops is None:
                    raise Malformed("ANIM", "missing", found.start)
                self._frame(found)
            case b"ICCP" if self.extended and self.profile is None and found.size <= BODY:
                self.profile = self.source.read(found.body, found.size)
                self._keep(found)
            case b"EXIF" if self.extended and self.exif is None and found.size <= BODY:
                self.exif = found
                self.orientation = exif.orientation(
                    names.exif_block(self.source.read(found.body, found.size))
                )
                self._keep(found)
            case _:
                self._leave(found)

    def _keep(self, found: Chunk) -> None:
        self.left.append((found, self.tiling.lay(found.name, Fate.RESIDUE, found.stop - found.start)))

    def _leave(self, found: Chunk, parent: str = "") -> None:
        """Lay a chunk that stays behind, and name it."""
        body = self.source.read(found.body, min(found.size, BODY))
        self.tiling.lay(parent + names.chunk_name(found.kind), Fate.RESIDUE, found.stop - found.start)
        self._name(found, body)

    def _name(self, found: Chunk, body: bytes, kept: str = "") -> None:
        size = found.stop - found.start
        self._named += size
        if self._named > NAMED:
            self.findings.add(names.whole(names.chunk_name(found.kind), size, found.start))
            return
        for each in names.findings(found.kind, body, found.start, size, kept):
            self.findings.add(each)

    def _frame(self, found: Chunk) -> None:
        """Read an ANMF: its header, a picture, and nothing else that matters."""
        assert self.canvas is not None
        stop = found.body + found.size
        if found.size < ANMF_HEADER:
            raise Truncated("ANMF", "header", found.start)
        self.tiling.lay("ANMF", Fate.STRUCTURE, 8 + ANMF_HEADER)
        body = self.source.read(found.body, ANMF_HEADER)
        left, top, width, height, duration = (
            int.from_bytes(body[at : at + 3], "little") for at in range(0, 15, 3)
        )
        left, top, width, height = 2 * left, 2 * top, width + 1, height + 1
        if left + width > self.canvas[0] or top + height > self.canvas[1]:
            raise Malformed("ANMF", "outside-the-canvas", found.start)
        if body[15] & 0xFC:
            self._odd("ANMF/reserved", 1, found.body + 15, body[15:])
        image: WebPImage | None = None
        while stop - self.tiling.at >= 8:
            inner = self._next(stop)
            if image is None and inner.kind in (b"VP8 ", b"VP8L", b"ALPH"):
                image = self._image(inner, stop, "ANMF/")
            else:
                self._leave(inner, "ANMF/")
        self._rest("ANMF/surplus", stop)
        self._pad("ANMF", found)
        if image is None:
            raise Truncated("ANMF", "no-picture", found.start)
        if (image.width, image.height) != (width, height):
            raise Malformed("ANMF", "size-is-not-the-picture's", found.start)
        blend, dispose = not body[15] & 2, bool(body[15] & 1)
        self.frames.append(WebPFrame(left, top, duration, blend, dispose, image))

    def _image(self, found: Chunk, end: int, parent: str) -> WebPImage:
        """Read a coded picture: VP8L, VP8, or ALPH and what follows it up to VP8."""
        alpha: tuple[Chunk, Tile] | None = None
        if found.kind == b"ALPH":
            head = self.tiling.lay(f"{parent}ALPH", Fate.STRUCTURE, 8 + min(found.size, 1))
            data = self.tiling.lay(f"{parent}ALPH/data", Fate.ESSENCE, max(found.size - 1, 0))
            self._pad(f"{parent}ALPH", found)
            alpha = found, data
            found = self._next(end)
            while found.kind not in (b"VP8 ", b"VP8L"):
                self._leave(found, parent)
                found = self._next(end)
            if found.kind == b"VP8L":
                # It has its own alpha; decoders pass over ALPH.
                chunk, _ = alpha
                for tile in (head, data):
                    tile.fate = Fate.RESIDUE
                self.findings.add(names.whole("ALPH/unused", chunk.stop - chunk.start, chunk.start))
                alpha = None
        path = parent + found.name
        head_bytes = self.source.read(found.body, min(found.size, images.VP8_HEADER))
        if found.kind == b"VP8L":
            image, plain = images.read_vp8l(head_bytes, found.body, found.size), True
        else:
            image, plain = images.read_vp8(head_bytes, found.body, found.size)
        self.tiling.lay(path, Fate.STRUCTURE, image.data.start - found.start)
        if not plain:
            self._odd("VP8/scale", 4, found.body + 6, head_bytes[6:])
        self.tiling.lay(f"{path}/data", Fate.ESSENCE, image.data.size)
        self._pad(path, found)
        image = image if alpha is None else self._alpha(image, *alpha)
        images.check_density(image, found.start)
        return image

    def _alpha(self, image: WebPImage, found: Chunk, tile: Tile) -> WebPImage:
        head = self.source.read(found.body, min(found.size, 1))
        alpha, surplus, plain = images.read_alpha(head, found.body, found.size, image)
        if surplus:
            tile.carve("ALPH/surplus", Fate.RESIDUE, surplus)
            at = found.body + found.size - surplus
            self.findings.add(names.whole("ALPH/surplus", surplus, at))
        if not plain:
            # The bits share a byte with those that are needed.
            self.findings.add(names.whole("ALPH/hints", 1, found.body, head.hex()))
        return replace(image, alpha=alpha)

    def settle_background(self) -> None:
        """Leave the colour behind the frames behind where no pixel of it can be seen."""
        first = self.frames[0]
        opaque = first.image.alpha is None and not first.image.has_alpha
        covers = (first.image.width, first.image.height) == self.canvas
        unseen = opaque and covers and not any(each.dispose for each in self.frames)
        if self.animated and unseen and self.background != UNSEEN:
            self._odd("ANIM/background", 4, self.background_at, self.background)
            self.background = UNSEEN

    def settle(self, picture: WebP) -> None:
        """Give the chunks that decide how the picture is shown their fate."""
        awaited = [profile_chunk(picture), orientation_chunk(picture)]
        for found, tile in self.left:
            raw = self.source.read(found.start, found.stop - found.start)
            if raw in awaited:
                tile.fate = Fate.STRUCTURE
                continue
            kept = ""
            if found.kind == b"EXIF" and picture.orientation is not Orientation.UPRIGHT:
                kept = "EXIF/IFD0/Orientation"
                tile.carve(kept, Fate.STRUCTURE, 12)
            elif found.kind == b"ICCP" and picture.profile:
                used = icc_names.used_bytes(raw[8 : 8 + found.size])
                tile.carve("ICCP", Fate.STRUCTURE, used)
            self._name(found, raw[8 : 8 + found.size], kept)


def _profile(profile: bytes | None) -> icc.Canonical:
    """Return the canonical profile; raises `Unsupported` for one that can't be kept."""
    if profile is not None and icc_names.colour_space(profile) == "RGB ":
        try:
            return icc.canonical(profile)
        except Malformed:
            # Nothing could have used it.
            pass
    return icc.Canonical(b"", constant=True)


def read(source: Readable, policy: Policy) -> Reading:
    """Read a WebP; raises `Refused` errors only."""
    if source.size < 20:
        raise Truncated("RIFF", "header", source.size)
    stated = 8 + int.from_bytes(source.view(4, 4), "little")
    reader = _Reader(source, min(stated, source.size), policy.limits.boxes)
    reader.run()
    if reader.animated and stated > source.size:
        raise Truncated("RIFF", "frames-missing", source.size)
    assert reader.canvas is not None
    kept = _profile(reader.profile)
    reader.settle_background()
    coded = [frame.image for frame in reader.frames]
    picture = WebP(
        *reader.canvas,
        tuple(reader.frames),
        Payload(source, *merged(_interval(span) for image in coded for span in _spans(image))),
        reader.loops if reader.animated else None,
        reader.background,
        kept.profile,
        reader.orientation or Orientation.UPRIGHT,
    )
    if sum(image_size(image) + 32 for image in coded) + len(kept.profile) + 128 > LARGEST:
        raise Unsupported("RIFF", "size")
    reader.settle(picture)
    return Reading(
        picture,
        Media.PHOTO,
        ".webp",
        reader.findings.all(),
        _remaining(picture, constant=kept.constant),
        reader.tiling.close(source.size),
    )


def _spans(image: WebPImage) -> tuple[Span, ...]:
    return (image.data,) if image.alpha is None else (image.alpha.data, image.data)


def _interval(span: Span) -> tuple[int, int]:
    return span.start, span.start + span.size


def _remaining(picture: WebP, *, constant: bool) -> tuple[Remaining, ...]:
    """Say what crosses that could tell something: the end of coded data is known to who decodes them only."""
    found = [Residual.CODED_PAYLOAD, Residual.ENCODER_PARAMETERS]
    if picture.loops is not None:
        found.append(Residual.VARIABLE_FRAME_TIMING)
    if not constant:
        found.append(Residual.COLOUR_PROFILE)
    if picture.orientation is not Orientation.UPRIGHT:
        found.append(Residual.ORIENTATION)
    return tuple(Remaining(what) for what in found)
