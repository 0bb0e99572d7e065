"""Chunks that stay behind, named for the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...catalog import UNKNOWN, find
from ...codecs import exif, icc_names, iptc, xmp
from ...codecs.text import shown
from ...model import Finding
from .colour import PROFILE, inflated_text

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = (b"tEXt", b"zTXt", b"iTXt")

TEXT_SIZE = 1 << 20
"""Bytes that a compressed text is inflated to at most."""

KEYWORDS = frozenset(
    (
        "Title",
        "Author",
        "Description",
        "Copyright",
        "Creation Time",
        "Software",
        "Disclaimer",
        "Warning",
        "Source",
        "Comment",
        "Collection",
        "XML:com.adobe.xmp",
        "parameters",
        "prompt",
        "workflow",
        "Thumb::URI",
        "Thumb::MTime",
        "Thumb::Size",
        "Thumb::Mimetype",
        "Thumb::Document::Pages",
        "Thumb::Image::Width",
        "Thumb::Image::Height",
        "date:create",
        "date:modify",
        "date:timestamp",
        "Raw profile type exif",
        "Raw profile type APP1",
        "Raw profile type xmp",
        "Raw profile type iptc",
        "Raw profile type 8bim",
        "Raw profile type icc",
        "Raw profile type icm",
        "C2PA",
        "OpenGraph",
        "mxfile",
        "mxGraphModel",
    )
)
"""Keywords that a path may name, in any case; any other is the file's own word."""

_BY_LOWER = {keyword.lower(): keyword for keyword in KEYWORDS}

_KNOWN = frozenset(
    b"bKGD caBX cHRM cICP cLLI cLLi cmOD cpIp dSIG eXIf fRAc gAMA gdAT gIFg gIFt gIFx hIST iCCP iDOT iTXt "
    b"mDCV mDCv meTa mkBF mkBS mkBT mkTS npTc npLb npOl oFFs orNT pCAL pHYs prVW sBIT sCAL sPLT sRGB sTER "
    b"tEXt tIME tRNS vpAg zTXt zxIf exIf skMf skRf acTL fcTL fdAT PLTE IDAT IHDR IEND".split()
)


def whole(path: str, size: int, start: int | None, value: str | None = None, key: str = "") -> Finding:
    """Return the finding for all of a chunk or stretch; the path is its catalog key unless one is given."""
    place = find("png", key or path) or UNKNOWN
    return Finding(path, place.kind, place.label, size, start, 1, place.writer, place is not UNKNOWN, value)


def chunk_name(kind: bytes, body: bytes) -> str:
    """Return a chunk's path: `tEXt/Author`, `tEXt/other`, or `unknown` for a type that nobody knows."""
    if kind not in _KNOWN:
        return "unknown"
    if kind in TEXT:
        keyword = body.partition(b"\0")[0][:80].decode("latin-1")
        return f"{kind.decode()}/{_BY_LOWER.get(keyword.lower(), 'other')}"
    return kind.decode()


def findings(kind: bytes, body: bytes, start: int, size: int, kept: str = "") -> Iterator[Finding]:
    """Name a chunk and what it holds, but for the path that crosses.

    `body` are its data or the beginning of them, `start` is the place of the chunk in
    the source, `size` all of its bytes.
    """
    path = chunk_name(kind, body)
    key = f"text/{path.partition('/')[2]}" if kind in TEXT else path
    inside: tuple[Finding, ...] = ()
    value: str | None = None
    if kind in TEXT:
        text = text_of(kind, body)
        inside = tuple(_text(path, text))
        value = shown(text) or None
        if path.endswith("/other"):
            keyword = body.partition(b"\0")[0]
            value = f"{shown(keyword)}: {value or ''}"
    elif kind in (b"eXIf", b"exIf", b"zxIf"):
        block = exif_block(body) if kind != b"zxIf" else inflated_text(body[5:], TEXT_SIZE) or b""
        at = start + 8 + len(body) - len(block) if kind != b"zxIf" else None
        inside = tuple(found for found in exif.findings(block, path, at) if found.path != kept)
    elif kind == b"iCCP":
        profile = inflated_text(body.partition(b"\0")[2][1:], PROFILE)
        value = shown(body.partition(b"\0")[0]) or None
        inside = tuple(icc_names.findings(profile, path)) if profile else ()
    elif kind == b"tIME" and len(body) == 7:
        year, rest = int.from_bytes(body[:2]), body[2:]
        value = f"{year:04}-{rest[0]:02}-{rest[1]:02} {rest[2]:02}:{rest[3]:02}:{rest[4]:02}"
    elif len(body) <= 512:
        value = shown(body) or None
        if path == "unknown":
            value = f"{kind.decode('latin-1')}: {value or ''}"
    yield whole(path, size, start, None if inside and kind != b"iCCP" else value, key)
    yield from inside


def exif_block(body: bytes) -> bytes:
    """Return the TIFF block of eXIf; some writers put the signature of JPEG's segment before it."""
    return body[6:] if body[:5] == exif.SIGNATURE else body


def text_of(kind: bytes, body: bytes) -> bytes:
    """Return the text of a textual chunk (PNG 3rd edition §11.3.3), inflated within bounds."""
    rest = body.partition(b"\0")[2]
    if kind == b"zTXt":
        return inflated_text(rest[1:], TEXT_SIZE) or b""
    if kind == b"iTXt":
        text = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
        return inflated_text(text, TEXT_SIZE) or b"" if rest[:1] == b"\1" else text
    return rest


def raw_profile(text: bytes) -> bytes:
    """Return what ImageMagick wrote as text: lines of a name, a length, and digits; empty if broken."""
    lines = text.strip().split(b"\n", 2)
    if len(lines) < 3:
        return b""
    try:
        return bytes.fromhex(b"".join(lines[2].split()).decode("ascii"))
    except ValueError:
        return b""


def _text(path: str, text: bytes) -> Iterator[Finding]:
    name = path.partition("/")[2]
    match name:
        case "XML:com.adobe.xmp":
            yield from xmp.findings(text, path)
        case "Raw profile type xmp":
            yield from xmp.findings(raw_profile(text), path)
        case "Raw profile type exif":
            yield from exif.findings(exif_block(raw_profile(text)), path, None)
        case "Raw profile type APP1":
            data = raw_profile(text)
            if data[:5] == exif.SIGNATURE:
                yield from exif.findings(data[6:], path, None)
            else:
                yield from xmp.findings(data, path)
        case "Raw profile type iptc" | "Raw profile type 8bim":
            data = raw_profile(text)
            data = data.removeprefix(iptc.SIGNATURE)
            if data[:4] == b"8BIM":
                yield from iptc.resources(data, path, None)
            else:
                yield from iptc.datasets(data, path, None)
        case "Raw profile type icc" | "Raw profile type icm":
            yield from icc_names.findings(raw_profile(text), path)


_TRAILERS = (
    (b"PK\x03\x04", "archive"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
    (b"RIFF", "media"),
    (b"Rar!", "archive"),
    (b"7z\xbc\xaf", "archive"),
)


def trailer_name(head: bytes, tail: bytes) -> str:
    """Return the path of what follows the end of the image, by its first and last bytes."""
    if tail[-8:-4] == b"IEND" or b"IDAT" in head:
        return "trailer/earlier-picture"
    if head[4:8] == b"ftyp":
        return "trailer/media"
    if not head.strip(b"\0") and not tail.strip(b"\0"):
        return "trailer/zeros"
    return next((f"trailer/{name}" for magic, name in _TRAILERS if head.startswith(magic)), "trailer/unknown")
