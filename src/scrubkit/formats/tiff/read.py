"""A TIFF read into its essence: one picture, the fields it is shown by, and a name for all else."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ...codecs import icc_names
from ...codecs.tiff import SHORT
from ...errors import LimitExceeded, Malformed, Truncated, Unsupported
from ...essence import Tiff, TiffField
from ...model import Fate, Media, Remaining, Residual
from ...pieces import Payload, Span, merged
from ...tiling import Findings
from .. import Reading
from . import dng, fields, jpegs, names, streams, tags
from .claims import Claims
from .directory import integers, raw, read_header
from .geometry import DECODED, Geometry, one, read_geometry
from .lzw import walk as walk_lzw
from .palette import colours_used, without_unused
from .plain import cut_strips, read_plain
from .tree import EXIF, GPS, INTEROP, Node, read_tree
from .write import STRIP_BYTE_COUNTS, STRIP_OFFSETS, TILE_BYTE_COUNTS, TILE_OFFSETS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...codecs.tiff import ByteOrder
    from ...model import Policy
    from ...source import Readable
    from .directory import Directory, Entry, Header
    from .streams import Pieces, Walk

WALKS: dict[int, Walk] = {
    tags.CCITT_RLE: streams.walk_opaque,
    tags.CCITT_3: streams.walk_opaque,
    tags.CCITT_4: streams.walk_opaque,
    tags.LZW: walk_lzw,
    tags.DEFLATE: streams.walk_deflate,
    tags.PACKBITS: streams.walk_packbits,
}

MAKERS_CODINGS = {34713: "nikon-raw", 32767: "sony-raw", 65535: "pentax-raw", 32769: "packed-raw"}
MAKERS_CODINGS |= {32770: "samsung-raw", 65000: "kodak-raw", 34316: "panasonic-raw", 7: "camera-raw"}
"""Compression of raw photos in TIFF that aren't DNG."""

SHARED = frozenset({tags.RAW, tags.LZW, tags.DEFLATE, tags.PACKBITS})
"""Codings whose samples are in the file's byte order."""

PAIRS = ((STRIP_OFFSETS, STRIP_BYTE_COUNTS), (TILE_OFFSETS, TILE_BYTE_COUNTS), (513, 514))
"""Tags that point to coded data, and say how much there is."""

LAYOUT = frozenset(
    {
        tags.WIDTH,
        tags.LENGTH,
        tags.BITS,
        tags.COMPRESSION,
        tags.PHOTOMETRIC,
        tags.SAMPLES,
        tags.ROWS_PER_STRIP,
        tags.PLANAR,
        tags.TILE_WIDTH,
        tags.TILE_LENGTH,
        tags.FILL_ORDER,
        tags.PREDICTOR,
        tags.T4_OPTIONS,
        tags.T6_OPTIONS,
        tags.SAMPLE_FORMAT,
        tags.EXTRA_SAMPLES,
        tags.YCBCR_SUBSAMPLING,
        tags.JPEG_TABLES,
        tags.NEW_SUBFILE_TYPE,
        tags.INK_SET,
        STRIP_OFFSETS,
        STRIP_BYTE_COUNTS,
        TILE_OFFSETS,
        TILE_BYTE_COUNTS,
    }
)
"""Tags of the picture that were decoded, whether or not they are written."""


@dataclass(slots=True)
class _Data:
    """What was made of the strips or tiles."""

    segments: list[Pieces] = field(default_factory=list)
    sampling: tuple[int, int] = (1, 1)
    cleared: int = 0
    walk: bool = False
    """Whether entropy-coded data are to be walked."""
    walked: bool = True
    """Whether all that are there were."""
    surplus: list[tuple[int | None, int]] = field(default_factory=list)
    """Place and size of what stays behind of a strip or tile; JPEG's is in several places."""


@dataclass(slots=True)
class _Reader:
    """Owns what has been read so far of one file."""

    source: Readable
    policy: Policy
    header: Header
    nodes: list[Node]
    claims: Claims = field(default_factory=Claims)
    findings: Findings = field(default_factory=Findings)
    profile: bytes = b""
    """The canonical profile that is written."""
    unused: int = 0
    """Bytes of the colour map that stay behind."""

    def main(self) -> Node:
        """Return the directory of the picture that crosses: the first that is no preview, page or mask."""
        pictures = [node for node in self.nodes if node.group == "Image" and node.directory.get(tags.WIDTH)]
        for node in pictures:
            if not one(self.source, self.header, node.directory, tags.NEW_SUBFILE_TYPE, 0) & ~2:
                return node
        if not pictures:
            raise Malformed("tiff", "no-picture", self.header.first)
        return pictures[0]

    def refuse_raw(self) -> None:
        """Raise `Unsupported` for the raw photo of a camera that isn't a DNG."""
        for node in self.nodes:
            if node.group != "Image":
                continue
            coding = one(self.source, self.header, node.directory, tags.COMPRESSION, 1)
            meaning = one(self.source, self.header, node.directory, tags.PHOTOMETRIC, 0)
            if meaning == tags.CFA or (coding in MAKERS_CODINGS and coding != tags.JPEG):
                raise Unsupported("tiff", MAKERS_CODINGS.get(coding, "camera-raw"), node.directory.start)

    def data(self, node: Node, layout: Geometry) -> _Data:
        """Read the strips or tiles; each is claimed as picture, and what is behind it as surplus."""
        directory = node.directory
        pair = (TILE_OFFSETS, TILE_BYTE_COUNTS) if layout.tiled else (STRIP_OFFSETS, STRIP_BYTE_COUNTS)
        count = layout.per_plane * layout.planes
        offsets = integers(self.source, self.header, directory.get(pair[0]), count)
        sizes = integers(self.source, self.header, directory.get(pair[1]), count)
        if len(offsets) != count or (len(sizes) != count and (layout.compression != tags.RAW or count > 1)):
            raise Malformed("tiff", "strips-missing", directory.start)
        jpeg = layout.compression in (tags.JPEG, dng.LOSSY_JPEG)
        if layout.compression != tags.RAW and layout.expected(0) * count > DECODED:
            raise LimitExceeded("tiff", "decoded-size", directory.start)
        tables = b""
        if jpeg and (entry := directory.get(tags.JPEG_TABLES)):
            tables = jpegs.read_tables(raw(self.source, entry, 1 << 20))
        samples = layout.across * layout.down * layout.per_plane * layout.samples
        out = _Data(walk=jpeg and (self.policy.deep or jpegs.affordable(count, samples)))
        sizes = sizes or array("Q", [layout.expected(0)])
        _check_apart(offsets, sizes)
        low_first = list(integers(self.source, self.header, directory.get(tags.FILL_ORDER), 1)) == [2]
        if low_first and not jpeg and layout.compression not in tags.CCITT | {tags.RAW}:
            # libtiff turns the bits of every byte before it decodes.
            raise Unsupported("IFD", "fill-order", directory.start)
        for index in range(count):
            start, size = offsets[index], sizes[index]
            if start < self.header.size or start + size > self.source.size:
                raise Truncated("strip", "beyond-the-file", directory.start)
            if not size:
                raise Malformed("strip", "empty", directory.start)
            if jpeg:
                pieces, used = self._jpeg(out, layout, index, start, size, tables)
            elif layout.compression == tags.RAW:
                plain = read_plain(self.source, start, size, layout, index, low_first=low_first)
                pieces, used = plain.pieces, plain.used
                out.cleared += plain.cleared
            else:
                pieces, used = WALKS[layout.compression](self.source, start, size, layout.expected(index))
            out.segments.append(pieces)
            self.claims.add(start, used, "picture", Fate.ESSENCE)
            if size > used:
                self.claims.add(start + used, size - used, "picture/surplus", Fate.RESIDUE)
                out.surplus.append((None if jpeg else start + used, size - used))
        if out.cleared:
            self.claims.carve("picture", "picture/beside", out.cleared)
            self.findings.add(names.whole("picture/beside", out.cleared, None))
        for at, size in out.surplus:
            self.findings.add(names.whole("picture/surplus", size, at))
        return out

    def _jpeg(
        self, out: _Data, layout: Geometry, index: int, start: int, size: int, tables: bytes
    ) -> tuple[Pieces, int]:
        found = jpegs.read_stream(self.source, start, size, tables, self.policy, walk=out.walk)
        width, height, components, bits = found.shape
        samples = 1 if layout.planar else layout.samples
        rows = layout.rows(index)
        straight = (width, height, components) == (layout.across, rows, samples)
        # DNG lets a lossless stream be of another shape, as long as it has as many samples.
        if not straight and width * height * components != layout.across * rows * samples:
            raise Malformed("strip", "JPEG-of-another-size", start)
        if bits != layout.bits and not (layout.photometric in (tags.CFA, tags.LINEAR_RAW) and bits <= 16):
            raise Malformed("strip", "JPEG-of-another-depth", start)
        if out.segments and found.sampling != out.sampling:
            raise Malformed("strip", "JPEG-of-another-sampling", start)
        out.sampling = found.sampling
        out.walked &= found.walked
        return found.pieces, found.used

    def without_unused(
        self, out: list[TiffField], layout: Geometry, segments: list[Pieces]
    ) -> list[TiffField]:
        """Return the fields with a colour map of the colours that pixels have, and name the others."""
        values = {each.tag: each.values for each in out}
        if tags.COLOUR_MAP not in values or tags.FILL_ORDER in values:
            return out
        predictor = values.get(tags.PREDICTOR, (1,))[0]
        used = colours_used(self.source, layout, segments, predictor)
        if used is None:
            return out
        kept = without_unused(values[tags.COLOUR_MAP], used)
        dropped = sum(a != b for a, b in zip(kept, values[tags.COLOUR_MAP], strict=True))
        if dropped:
            self.unused = 2 * dropped
            self.findings.add(names.whole("colours/unused", 2 * dropped, None))
        colours = TiffField(tags.COLOUR_MAP, SHORT, kept)
        return [colours if each.tag == tags.COLOUR_MAP else each for each in out]

    def settle(self, main: Node, used: dict[int, set[int]]) -> None:
        """Claim and name all directories; `used` are the decoded tags by place of the directory."""
        self.claims.add(0, self.header.size, "header", Fate.STRUCTURE)
        for node in self.nodes:
            directory = node.directory
            kept = used.get(directory.start, set())
            fate = Fate.STRUCTURE if kept else Fate.RESIDUE
            entries = directory.start + directory.lead
            after = entries + directory.step * len(directory.entries)
            self.claims.add(directory.start, directory.lead, node.path, fate)
            self.claims.add(after, directory.stop - after, node.path, fate)
            if not kept or node.directory is not main.directory:
                self._picture(node, main)
            seen: set[int] = set()
            for entry in directory.entries:
                keep = entry.tag in kept and entry.tag not in seen
                seen.add(entry.tag)
                fate = Fate.STRUCTURE if keep else Fate.RESIDUE
                path = node.path if keep else f"{node.path}/{names.tag_name(node.group, entry.tag)}"
                self.claims.add(entry.entry, directory.step, path, fate)
                if keep and entry.tag == tags.ICC:
                    self._profile(entry, path)
                elif keep and entry.tag == tags.COLOUR_MAP and not entry.inline:
                    self.claims.add(entry.at, self.unused, "colours/unused", Fate.RESIDUE)
                    left = entry.size - self.unused
                    self.claims.add(entry.at + self.unused, left, path, Fate.STRUCTURE)
                elif entry.whole and not entry.inline:
                    self.claims.add(entry.at, entry.size + self._pad(entry.at + entry.size), path, fate)
                if keep or entry.tag in (tags.SUB_IFDS, EXIF, GPS, INTEROP):
                    continue
                if node.group == "Image" and entry.tag in LAYOUT and node is not main:
                    # The layout of a picture that is named as a whole.
                    continue
                for found in names.entry_findings(self.source, self.header, entry, node.path, node.group):
                    self.findings.add(found)

    def _profile(self, entry: Entry, path: str) -> None:
        """Claim a profile whose colours cross, and name what else it says."""
        profile = raw(self.source, entry, fields.PROFILE)
        size = entry.size + self._pad(entry.at + entry.size)
        if profile == self.profile:
            self.claims.add(entry.at, size, path, Fate.STRUCTURE)
            return
        used = min(icc_names.used_bytes(profile), size)
        self.claims.add(entry.at, used, path, Fate.STRUCTURE)
        self.claims.add(entry.at + used, size - used, f"{path}/InterColorProfile", Fate.RESIDUE)
        for found in icc_names.findings(profile, f"{path}/InterColorProfile"):
            self.findings.add(found)

    def _pad(self, at: int) -> int:
        """Return 1 if a zero byte makes the next structure begin at an even place."""
        return int(at % 2 == 1 and at < self.source.size and not self.source.view(at, 1)[0])

    def _picture(self, node: Node, main: Node) -> None:
        """Claim and name the coded data of a picture that stays behind."""
        key = "page" if "/" not in node.path and node.path != "IFD0" else "preview"
        for offsets_tag, sizes_tag in PAIRS:
            if node.directory is main.directory and offsets_tag != 513:
                continue
            offsets = integers(self.source, self.header, node.directory.get(offsets_tag), 65536)
            sizes = integers(self.source, self.header, node.directory.get(sizes_tag), 65536)
            for start, size in zip(offsets, sizes, strict=False):
                if 0 < start < self.source.size and size > 0:
                    size = min(size, self.source.size - start)  # noqa: PLW2901
                    self.claims.add(start, size, f"{node.path}/picture", Fate.RESIDUE)
                    self.findings.add(names.whole(f"{node.path}/picture", size, start, key=key))


def _check_apart(offsets: array[int], sizes: array[int]) -> None:
    """Raise `Malformed` if strips share bytes; many that share all of theirs would take long to decode."""
    reached = 0
    for start, size in sorted(zip(offsets, sizes, strict=True)):
        if start < reached:
            raise Malformed("tiff", "picture-shares-bytes", start)
        reached = start + size


def _check_coding(layout: Geometry, at: int) -> None:
    if layout.compression == tags.OLD_JPEG:
        raise Unsupported("tiff", "old-style-JPEG", at)
    if layout.compression not in WALKS and layout.compression not in (tags.RAW, tags.JPEG):
        raise Unsupported("tiff", "coding", at)
    if layout.photometric not in fields.CONTINUOUS:
        raise Unsupported("tiff", "colour-space", at)


def _intervals(segments: list[Pieces]) -> Iterator[tuple[int, int]]:
    spans = [piece for segment in segments for piece in segment if isinstance(piece, Span)]
    return iter(sorted((span.start, span.start + span.size) for span in spans))


def read(source: Readable, policy: Policy) -> Reading:
    """Read a TIFF or DNG; raises `Refused` errors only."""
    header = read_header(source)
    nodes = read_tree(source, header)
    reader = _Reader(source, policy, header, nodes)
    first = nodes[0].directory
    raw_photo = dng.is_dng(first)
    if not raw_photo:
        reader.refuse_raw()
    main = reader.main()
    directory = main.directory
    layout = read_geometry(source, header, directory)
    if raw_photo:
        dng.check_layout(layout, directory.start)
    else:
        _check_coding(layout, directory.start)
    data = reader.data(main, layout)
    layout, segments = cut_strips(layout, data.segments)
    ordered = layout.bits in (16, 24, 32, 64) and layout.compression in SHARED
    order: ByteOrder = header.order if ordered else "little"
    out, constant = fields.build(source, header, directory, layout, data.sampling)
    out = reader.without_unused(out, layout, segments)
    reader.profile = next((bytes(each.values) for each in out if each.tag == tags.ICC), b"")
    written = {each.tag for each in out}
    used = {directory.start: LAYOUT | written}
    if raw_photo:
        bits = 16 if layout.compression == tags.JPEG else layout.bits
        more, taken = dng.build(source, header, first, directory, order, bits)
        out += [each for each in more if each.tag not in written]
        used[directory.start] = used[directory.start] | taken
        used[first.start] = used.get(first.start, frozenset()) | taken | {tags.ORIENTATION}
        out += _turned(reader, first, written)
    reader.settle(main, {start: set(found) for start, found in used.items()})
    ledger, gaps = reader.claims.ledger(source.size)
    if gaps:
        size = sum(stop - start for start, stop in gaps)
        reader.findings.add(replace(names.whole("unreferenced", size, gaps[0][0]), count=len(gaps)))
    picture = Tiff(
        order == "big",
        layout.tiled,
        tuple(sorted(out, key=lambda each: each.tag)),
        tuple(segments),
        Payload(source, *merged(_intervals(segments))),
    )
    return Reading(
        picture,
        Media.PHOTO,
        ".dng" if raw_photo else ".tif",
        reader.findings.all(),
        _remaining(picture, layout, constant=constant, walked=data.walked),
        ledger,
    )


def _turned(reader: _Reader, first: Directory, written: set[int]) -> list[TiffField]:
    """Return the orientation, which a DNG states in IFD0 for the raw picture too."""
    turned = one(reader.source, reader.header, first, tags.ORIENTATION, 1)
    if tags.ORIENTATION in written or not 2 <= turned <= 8:
        return []
    return [TiffField(tags.ORIENTATION, 3, (turned,))]


def _remaining(picture: Tiff, layout: Geometry, *, constant: bool, walked: bool) -> tuple[Remaining, ...]:
    found = [Residual.CODED_PAYLOAD, Residual.ENCODER_PARAMETERS]
    if not walked:
        found.append(Residual.BEHIND_PICTURE)
    if layout.compression in tags.CCITT:
        found.append(Residual.UNWALKED_SAMPLES)
    if any(each.tag >= tags.FIRST_OF_DNG for each in picture.fields):
        found.append(Residual.CAMERA_COLOUR)
    if not constant:
        found.append(Residual.COLOUR_PROFILE)
    if any(each.tag == tags.ORIENTATION for each in picture.fields):
        found.append(Residual.ORIENTATION)
    return tuple(Remaining(what) for what in found)
