"""A GIF read into its essence, block by block (GIF89a §12-§26)."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...codecs.text import shown
from ...errors import LimitExceeded, Malformed, Truncated, Unsupported
from ...essence import Gif, GifFrame
from ...model import Fate, Media, Remaining, Residual
from ...pieces import Payload, merged
from ...tiling import Findings, Tile, Tiling
from .. import Reading
from ..jpeg import names as jpeg_names
from ..jpeg import trailer
from . import names
from .lzw import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import Policy
    from ...source import Readable

EXTENSION, IMAGE, END = 0x21, 0x2C, 0x3B

FRAMES = 50_000
EXTENSIONS = 100_000
WINDOW = 1 << 16
"""Bytes that are looked at for sub-blocks at once."""

NAMED = 1 << 20
"""Bytes of one extension that are looked into."""


@dataclass(frozen=True, slots=True)
class _Control:
    """A graphic control extension's fields (§23)."""

    delay: int = 0
    disposal: int = 0
    transparent: int | None = None


@dataclass(slots=True)
class _Table:
    """A colour table of the source, the tile that holds it, and which of its entries are in use."""

    colours: bytes
    start: int
    tile: Tile | None
    used: bytearray

    def need(self, used: bytes) -> None:
        """Note that pixels use these indices."""
        for index in range(min(len(used), len(self.used))):
            self.used[index] |= used[index]


@dataclass(slots=True)
class _Reader:
    """Owns what has been read so far of one file."""

    source: Readable
    blocks_left: int
    """Sub-blocks that may be met."""
    tiling: Tiling = field(default_factory=Tiling)
    findings: Findings = field(default_factory=Findings)
    width: int = 0
    height: int = 0
    background: int = 0
    colours: _Table | None = None
    loop: int | None = None
    loops: list[tuple[Tile, int]] = field(default_factory=list)
    control: _Control = field(default_factory=_Control)
    controls: list[tuple[Tile, int]] = field(default_factory=list)
    """Control extensions that no image has taken yet: tile and place."""
    frames: list[GifFrame] = field(default_factory=list)

    def run(self) -> None:
        """Read from the header to the trailer, and name what follows."""
        self._screen()
        extensions = 0
        while True:
            at = self.tiling.at
            if at == self.source.size and self.frames:
                # Cut off behind a whole picture: nothing of it is missing.
                break
            match self._bytes(at, 1)[0]:
                case 0x3B:
                    self.tiling.lay("trailer", Fate.STRUCTURE, 1)
                    break
                case 0x21:
                    extensions += 1
                    if extensions > EXTENSIONS:
                        raise LimitExceeded("gif", "extensions", at)
                    self._extension(at)
                case 0x2C:
                    if len(self.frames) >= FRAMES:
                        raise LimitExceeded("gif", "frames", at)
                    self._image(at)
                case _:
                    raise Malformed("gif", "neither-extension-nor-image", at)
        if not self.frames:
            raise Malformed("gif", "no-picture", self.tiling.at)
        self._after()

    def _bytes(self, at: int, size: int) -> memoryview:
        if at + size > self.source.size:
            raise Truncated("gif", "block-beyond-the-file", at)
        return self.source.view(at, size)

    def _screen(self) -> None:
        head = bytes(self._bytes(0, 13))
        self.width, self.height = _short(head, 6), _short(head, 8)
        flags, self.background, aspect = head[10:]
        if not self.width or not self.height:
            raise Malformed("gif", "screen-without-size", 6)
        self.tiling.lay("screen", Fate.STRUCTURE, 12)
        # A ratio of 64/64 is what an absent one means.
        self.tiling.lay("screen/aspect", Fate.RESIDUE if aspect not in (0, 49) else Fate.STRUCTURE, 1)
        if aspect not in (0, 49):
            self.findings.add(names.whole("screen/aspect", 1, 12, str(aspect)))
        if flags & 0x80:
            self.colours = self._table("screen/colours", flags, 13)
        if self.background >= (len(self.colours.colours) // 3 if self.colours else 0):
            self.background = 0
        if self.colours:
            self.colours.used[self.background] = 1

    def _table(self, path: str, flags: int, at: int) -> _Table:
        size = 3 * (2 << (flags & 7))
        colours = bytes(self._bytes(at, size))
        return _Table(colours, at, self.tiling.lay(path, Fate.STRUCTURE, size), bytearray(size // 3))

    def _settle(self, path: str, table: _Table) -> bytes:
        """Return a table without the colours that no pixel has, and name those.

        A plain scale of greys says nothing where it isn't used, so it stays whole.
        """
        steps = len(table.used) - 1
        if all(
            table.colours[3 * at : 3 * at + 3] == bytes([at * 255 // steps]) * 3 for at in range(steps + 1)
        ):
            return table.colours
        out = bytearray(table.colours)
        dropped = 0
        for index, used in enumerate(table.used):
            if not used and any(out[3 * index : 3 * index + 3]):
                out[3 * index : 3 * index + 3] = bytes(3)
                dropped += 3
        if dropped and table.tile:
            table.tile.carve(f"{path}/unused", Fate.RESIDUE, dropped)
            self.findings.add(names.whole(f"{path}/unused", dropped, None))
        return bytes(out)

    def _sub_blocks(self, at: int) -> Iterator[tuple[int, int]]:
        """Yield start and size of the data sub-blocks at `at` (§15); the terminator comes with size 0."""
        base, window = at, self._bytes(at, 1)
        while True:
            if at - base >= len(window):
                base, window = at, self._bytes(at, max(1, min(WINDOW, self.source.size - at)))
            size = window[at - base]
            if size and at + 1 + size > self.source.size:
                raise Truncated("gif", "sub-block-beyond-the-file", at)
            yield at + 1, size
            if not size:
                return
            self.blocks_left -= 1
            if self.blocks_left < 0:
                raise LimitExceeded("gif", "sub-blocks", at)
            at += 1 + size

    def _extension(self, at: int) -> None:
        label = self._bytes(at, 2)[1]
        first = b""
        joined = bytearray()
        stop = at + 2
        for start, size in self._sub_blocks(at + 2):
            body = bytes(self.source.view(start, size)) if len(joined) < NAMED else b""
            if not first:
                first = body
            else:
                joined += body
            stop = start + size
        path = names.extension_name(label, first)
        tile = self.tiling.lay(path, Fate.RESIDUE, stop - at)
        if label == names.CONTROL and len(first) >= 4:
            self._control(first, tile, at)
            return
        looping = first[:11] in (b"NETSCAPE2.0", b"ANIMEXTS1.0") and len(joined) >= 3 and joined[0] & 7 == 1
        if label == names.APPLICATION and looping:
            # Decoders let a later one overrule an earlier one.
            self.loop = _short(joined, 1)
            self.loops.append((tile, at))
            return
        if label == names.PLAIN_TEXT:
            # It takes the control extension before it, as an image does.
            self.control = _Control()
            self._leave_controls()
        text = None
        if label == names.COMMENT:
            text = shown(first + bytes(joined)) or None
        elif label != names.APPLICATION:
            text = shown(bytes(joined)) or None
        self.findings.add(names.whole(path, tile.size, at, text))
        if label == names.APPLICATION:
            raw_start = at + 3 + len(first)
            raw = bytes(self.source.view(raw_start, min(stop - raw_start, NAMED)))
            for found in names.details(path, raw, bytes(joined)):
                self.findings.add(found)

    def _control(self, body: bytes, tile: Tile, at: int) -> None:
        disposal = body[0] >> 2 & 7
        if disposal > 4:
            raise Unsupported("graphic control", "disposal", at)
        # 4 is 3 to decoders: older drafts counted bits.
        disposal = min(disposal, 3)
        transparent = body[3] if body[0] & 1 else None
        self.control = _Control(_short(body, 1), disposal, transparent)
        self.controls.append((tile, at))

    def _leave_controls(self, keep: int = 0) -> None:
        """Name the control extensions that no image uses, but for the last `keep`."""
        for tile, at in self.controls[: len(self.controls) - keep]:
            self.findings.add(names.whole("control", tile.size, at))
        self.controls.clear()

    def _image(self, at: int) -> None:
        head = bytes(self._bytes(at, 10))
        left, top, width, height = (_short(head, place) for place in (1, 3, 5, 7))
        flags = head[9]
        if not width or not height:
            raise Malformed("image", "without-size", at)
        if left + width > self.width or top + height > self.height:
            raise Unsupported("image", "beyond-the-screen", at)
        self.tiling.lay("image", Fate.STRUCTURE, 10)
        table = self._table("image/colours", flags, at + 10) if flags & 0x80 else None
        code_size = self._bytes(self.tiling.at, 1)[0]
        # Decoders disagree on when codes of pictures with one bit grow (GIF89a app. F asks for 2).
        if not 2 <= code_size <= 8:
            raise Malformed("LZW", "code-size", self.tiling.at)
        self.tiling.lay("image", Fate.STRUCTURE, 1)
        starts, sizes = array("Q"), array("B")
        stop = self.tiling.at
        for start, size in self._sub_blocks(self.tiling.at):
            if size:
                starts.append(start)
                sizes.append(size)
            stop = start + size
        try:
            extent = walk(map(self.source.view, starts, sizes), code_size, width * height)
        except (Malformed, Truncated) as error:
            raise type(error)(error.where, error.rule, self.tiling.at) from None
        whole, count = sum(sizes), len(sizes) + 1
        starts, sizes, tail, coded = self._cut(starts, sizes, extent.bits, extent.end, extent.width)
        self._lay_data(stop, count, whole - coded)
        kept = self.controls[-1] if self.controls else None
        control = self.control
        palette = b""
        in_use = table or self.colours
        if in_use:
            in_use.need(extent.used)
        if table:
            palette = self._settle("image/colours", table)
        if kept and (control.delay or control.disposal or control.transparent is not None):
            self._keep_control(*kept)
            self._leave_controls(keep=1)
        self._leave_controls()
        self.control = _Control()
        self.frames.append(
            GifFrame(
                left,
                top,
                width,
                height,
                bool(flags & 0x40),
                palette,
                control.delay,
                control.disposal,
                control.transparent,
                code_size,
                starts,
                sizes,
                tail,
            )
        )

    def _keep_control(self, tile: Tile, at: int) -> None:
        """Count a control extension as decoded, but for what it says beyond its fields."""
        surplus = tile.size - 8
        tile.fate = Fate.STRUCTURE
        if surplus > 0:
            tile.carve("control/surplus", Fate.RESIDUE, surplus)
            self.findings.add(names.whole("control/surplus", surplus, at + 7))

    def _cut(
        self, starts: array[int], sizes: array[int], bits: int, end: int, width: int
    ) -> tuple[array[int], array[int], bytes, int]:
        """Cut the data behind the last code that counts; return what is left, its tail, and bytes of both."""
        count, rest = divmod(bits, 8)
        kept_starts, kept_sizes = array("Q"), array("B")
        value, left = 0, count
        for start, size in zip(starts, sizes, strict=True):
            part = min(size, left)
            if part:
                kept_starts.append(start)
                kept_sizes.append(part)
                left -= part
            if part < size:
                value = self.source.view(start + part, 1)[0] & ((1 << rest) - 1)
                break
        tail = (value | end << rest).to_bytes((rest + width + 7) // 8, "little")
        return kept_starts, kept_sizes, tail, count + len(tail)

    def _lay_data(self, stop: int, count: int, surplus: int) -> None:
        """Lay the tile of `count` sub-blocks: lengths are structure, what no decoder looks at is residue."""
        tile = self.tiling.lay("image/data", Fate.ESSENCE, stop - self.tiling.at)
        tile.carve("image/sub-blocks", Fate.STRUCTURE, count)
        if surplus > 0:
            tile.carve("image/surplus", Fate.RESIDUE, surplus)
            self.findings.add(names.whole("image/surplus", surplus, None))
        elif surplus < 0:
            # The writer adds the end code that is missing.
            self.findings.add(names.whole("image/no-end", 0, stop))

    def _after(self) -> None:
        """Settle what only the whole file decides: loop, controls without image, colours, and the trailer."""
        self._leave_controls()
        if len(self.frames) < 2:
            self.loop = None
        for number, (tile, at) in enumerate(reversed(self.loops)):
            if number or self.loop is None:
                self.findings.add(names.whole(tile.path, tile.size, at))
                continue
            surplus = tile.size - 19
            tile.fate = Fate.STRUCTURE
            tile.path = "application/loop"
            if surplus > 0:
                tile.carve("application/surplus", Fate.RESIDUE, surplus)
                self.findings.add(names.whole("application/surplus", surplus, at))
        if self.tiling.at == self.source.size:
            return
        for part in trailer.cut(self.source, self.tiling.at):
            size = part.stop - part.start
            self.tiling.lay(part.path, Fate.RESIDUE, size)
            self.findings.add(jpeg_names.whole(part.path, size, part.start, part.untrusted_value))


def _short(data: bytes | bytearray, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")


def read(source: Readable, policy: Policy) -> Reading:
    """Read a GIF; raises `Refused` errors only."""
    reader = _Reader(source, policy.limits.samples)
    reader.run()
    palette = reader._settle("screen/colours", reader.colours) if reader.colours else b""  # noqa: SLF001
    intervals = (
        (start, start + size)
        for frame in reader.frames
        for start, size in zip(frame.starts, frame.sizes, strict=True)
    )
    picture = Gif(
        reader.width,
        reader.height,
        palette,
        reader.background,
        reader.loop,
        tuple(reader.frames),
        Payload(source, *merged(intervals)),
    )
    return Reading(
        picture,
        Media.PHOTO,
        ".gif",
        reader.findings.all(),
        (Remaining(Residual.CODED_PAYLOAD), Remaining(Residual.ENCODER_PARAMETERS)),
        reader.tiling.close(source.size),
    )
