"""Application segments: the little in them that decides how the picture is shown, and names for the rest."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...codecs import exif, icc, icc_names
from ...errors import Malformed, Unsupported
from ...essence import Orientation
from ...model import Fate
from . import names
from .frame import LOSSLESS
from .markers import APP0, APP1, APP2, APP14
from .write import ICC_SIGNATURE, JFIF, adobe

if TYPE_CHECKING:
    from ...essence import Jpeg
    from ...model import Finding
    from ...source import Readable
    from ...tiling import Findings, Tile
    from .frame import Frame
    from .markers import Segment

NAMED = 8 << 20
"""Bytes of segments whose insides are named; of what follows only the segments are."""

ADOBE = 12
"""Bytes of APP14 that decoders read; a longer one is read the same."""

CHUNKS = 255
"""Most chunks that a profile can be cut into; with one more, some number is there twice."""


@dataclass(frozen=True, slots=True)
class Shown:
    """How the picture is to be shown; `constant` is False for a profile built from its own numbers."""

    orientation: Orientation
    adobe_transform: int | None
    profile: bytes
    constant: bool
    plain: bool = False
    """Whether a profile was there that amounts to sRGB, for which none is written."""


@dataclass(slots=True)
class Application:
    """Owns the application segments and comments met so far, and what decoders would make of them."""

    source: Readable
    findings: Findings
    left: list[tuple[Segment, str, Tile]] = field(default_factory=list)
    jfif: Segment | None = None
    adobe: Segment | None = None
    exif: Segment | None = None
    _transform: int = 0
    _orientation: Orientation | None = None
    _chunks: list[bytes] = field(default_factory=list)
    _named: int = 0

    def meet(self, segment: Segment, path: str, body: bytes, tile: Tile) -> None:
        """Take in a segment that stands before the first scan."""
        self.left.append((segment, path, tile))
        match segment.code:
            case _ if segment.code == APP0 and len(body) >= len(JFIF) and body[:5] == JFIF[:5]:
                self.jfif = self.jfif or segment
            case _ if segment.code == APP14 and len(body) >= ADOBE and body[:5] == b"Adobe":
                # Decoders let a later one overrule an earlier one.
                self.adobe, self._transform = segment, body[11]
            case _ if segment.code == APP1 and body[:5] == exif.SIGNATURE and self.exif is None:
                self.exif, self._orientation = segment, exif.orientation(body[6:])
            case _ if segment.code == APP2 and body[:12] == ICC_SIGNATURE and len(body) >= 14:
                if len(self._chunks) <= CHUNKS:
                    self._chunks.append(body)
            case _:
                pass

    def shown(self, frame: Frame) -> Shown:
        """Return how decoders show the picture; raises `Unsupported` if that can't be said or kept."""
        profile = self._profile()
        kept = icc.Canonical(b"", constant=True)
        plain = False
        if profile is not None and icc_names.colour_space(profile) in _SPACES[len(frame.ids)]:
            try:
                kept = icc.canonical(profile)
                plain = not kept.profile and icc_names.colour_space(profile) == "RGB "
            except Malformed:
                # Nothing could have used it.
                profile = None
        return Shown(
            self._orientation or Orientation.UPRIGHT,
            self._adobe_transform(frame),
            kept.profile,
            kept.constant,
            plain,
        )

    def _adobe_transform(self, frame: Frame) -> int | None:
        """Return the flag that APP14 must have for the colours to be as libjpeg shows them (jdapimin.c)."""
        match len(frame.ids):
            case 4 if self.adobe is not None:
                return 2 if self._transform else 0
            case 3 if self.jfif is None and self.adobe is not None:
                return None if self._transform else 0
            case 3 if self.jfif is None and frame.ids == b"RGB":
                return 0
            case 3 if self.jfif is None and frame.process == LOSSLESS:
                raise Unsupported("SOF3", "colours-not-stated")
            case _:
                return None

    def _profile(self) -> bytes | None:
        """Return the profile of all chunks, None unless each is there once (ICC.1:2010 §B.4)."""
        if not self._chunks:
            return None
        count = self._chunks[0][13]
        parts: dict[int, bytes] = {}
        for body in self._chunks:
            if body[13] != count or not 1 <= body[12] <= count or body[12] in parts:
                return None
            parts[body[12]] = body[14:]
        return b"".join(parts[number] for number in range(1, count + 1)) if len(parts) == count else None

    def settle(self, picture: Jpeg, expected: list[bytes]) -> None:
        """Give every segment its fate: it stands in the output, was decoded, or stays behind."""
        awaited = list(expected)
        profile = self._profile()
        used = icc_names.used_bytes(profile) if profile and picture.profile else 0
        if profile is not None and picture.profile != profile:
            for found in icc_names.findings(profile, "APP2/ICC_PROFILE"):
                self.findings.add(found)
        for segment, path, tile in self.left:
            if any(len(each) == tile.size for each in awaited):
                raw = bytes(self.source.view(segment.start, tile.size))
                if raw in awaited:
                    awaited.remove(raw)
                    tile.fate = Fate.STRUCTURE
                    continue
            if path == "APP2/ICC_PROFILE" and used:
                taken = min(used, tile.size - 18)
                tile.carve(path, Fate.STRUCTURE, taken + 18)
                used -= taken
            self._leave(segment, path, tile, picture)

    def _leave(self, segment: Segment, path: str, tile: Tile, picture: Jpeg) -> None:
        """Name a segment that stays behind, all of it or but for the part that was decoded."""
        body = bytes(self.source.view(segment.body, segment.stop - segment.body))
        if segment is self.jfif and len(picture.components) != 4:
            tile.carve(path, Fate.STRUCTURE, 4 + len(JFIF))
            if body[5:12] != JFIF[5:12]:
                self.findings.add(names.whole("APP0/JFIF/density", 7, segment.body + 5, body[5:12].hex()))
            if len(body) > len(JFIF):
                extra = len(body) - len(JFIF)
                self.findings.add(names.whole("APP0/JFIF/thumbnail", extra, segment.body + len(JFIF)))
        elif segment is self.adobe and picture.adobe_transform is not None:
            tile.carve(path, Fate.STRUCTURE, 4 + ADOBE)
            if body[:11] != adobe(0)[:11]:
                self.findings.add(names.whole("APP14/Adobe/flags", 6, segment.body + 5, body[5:11].hex()))
            if len(body) > ADOBE:
                self.findings.add(names.whole("APP14/Adobe/extra", len(body) - ADOBE, segment.body + ADOBE))
        else:
            kept = ""
            if segment is self.exif and picture.orientation is not Orientation.UPRIGHT:
                kept = f"{path}/IFD0/Orientation"
                tile.carve(kept, Fate.STRUCTURE, 12)
            self.name(segment, path, body, kept)

    def name(self, segment: Segment, path: str, body: bytes, kept: str = "", key: str = "") -> None:
        """Name a segment and, within the budget, what it holds, but for the path that crosses."""
        size = segment.stop - segment.start
        inside: list[Finding] = []
        self._named += size
        if self._named <= NAMED:
            inside = [found for found in names.details(path, body, segment.body) if found.path != kept]
        value = None if inside or path == "APP2/ICC_PROFILE" else names.segment_value(path, body)
        self.findings.add(names.whole(path, size, segment.start, value, key))
        for found in inside:
            self.findings.add(found)


_SPACES = {1: ("GRAY", "RGB "), 3: ("RGB ",), 4: ("CMYK",)}
"""Colour spaces of profiles that decoders apply to a number of components; they pass over others."""
