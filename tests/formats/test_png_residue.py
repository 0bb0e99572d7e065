"""What of a PNG stays behind, under which name."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import pytest

from scrubkit.model import Fate, Kind
from scrubkit.specimens.builders import jpeg, png
from scrubkit.specimens.builders.png import Chunk, Shape, itxt, join, raw_profile, text, ztxt
from scrubkit.specimens.cases.jpeg import exif_block

from . import rasters

if TYPE_CHECKING:
    from pathlib import Path

    from scrubkit.model import Finding

HEAD, DATA = png.picture()


def found(folder: Path, *chunks: Chunk, trailer: bytes = b"") -> dict[str, Finding]:
    reading = rasters.read(folder, join((HEAD, DATA, *chunks), trailer))
    return {finding.path: finding for finding in reading.residue}


@pytest.mark.parametrize(
    "chunk",
    [
        text(b"Author", b"A. N. Other"),
        ztxt(b"Author", b"A. N. Other"),
        itxt(b"Author", b"A. N. Other", packed=True),
    ],
)
def test_text_is_named_by_its_keyword_and_read(chunk: Chunk, tmp_path: Path) -> None:
    finding = found(tmp_path, chunk)[f"{chunk.kind.decode()}/Author"]
    assert finding.kind is Kind.PERSON
    assert finding.untrusted_value == "A. N. Other"
    assert finding.start == len(join((HEAD, DATA), end=False))
    assert finding.size == len(bytes(chunk))


def test_a_keyword_in_other_letters_is_the_same(tmp_path: Path) -> None:
    assert "tEXt/Comment" in found(tmp_path, text(b"comment", b"words"))


def test_a_keyword_of_its_own_stands_in_the_value_only(tmp_path: Path) -> None:
    finding = found(tmp_path, text(b"Camera of J. Doe", b"7"))["tEXt/other"]
    assert finding.untrusted_value == "Camera of J. Doe: 7"


def test_an_unknown_type_stands_in_the_value_only(tmp_path: Path) -> None:
    finding = found(tmp_path, Chunk(b"joHn", b"words"))["unknown"]
    assert finding.untrusted_value == "joHn: words"
    assert not finding.known or finding.kind is Kind.UNKNOWN


def test_xmp_is_read(tmp_path: Path) -> None:
    packet = b'<x:xmpmeta xmlns:xmp="x" xmp:CreatorTool="a tool"/>'
    findings = found(tmp_path, itxt(b"XML:com.adobe.xmp", packet))
    assert findings["iTXt/XML:com.adobe.xmp/xmp:CreatorTool"].untrusted_value == "a tool"


@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt"])
def test_exif_as_text_is_read(kind: bytes, tmp_path: Path) -> None:
    findings = found(tmp_path, raw_profile(b"exif", b"Exif\0\0" + exif_block(b"words"), kind=kind))
    path = f"{kind.decode()}/Raw profile type exif"
    assert findings[f"{path}/IFD0/Make"].untrusted_value == "Makerwords"
    assert findings[f"{path}/GPS/GPSLatitude"].kind is Kind.GPS


def test_iptc_as_text_is_read(tmp_path: Path) -> None:
    block = jpeg.resource(0x0404, jpeg.dataset(2, 80, b"A. N. Other"))
    findings = found(tmp_path, raw_profile(b"iptc", block))
    assert findings["zTXt/Raw profile type iptc/8BIM/0x0404/2:80"].untrusted_value == "A. N. Other"


def test_exif_is_read_but_for_the_orientation_that_crosses(tmp_path: Path) -> None:
    findings = found(tmp_path, Chunk(b"eXIf", exif_block(b"words", 6)))
    assert findings["eXIf/IFD0/Model"].untrusted_value == "Modelwords"
    assert "eXIf/IFD0/Orientation" not in findings


def test_exif_that_crosses_as_it_is_leaves_nothing(tmp_path: Path) -> None:
    out = rasters.cleaned(tmp_path, join((HEAD, Chunk(b"eXIf", exif_block(b"words", 6)), DATA)))
    reading = rasters.read(tmp_path, out)
    assert reading.residue == ()
    assert reading.ledger.total(Fate.RESIDUE) == 0


def test_a_time_is_put_into_words(tmp_path: Path) -> None:
    finding = found(tmp_path, Chunk(b"tIME", b"\x07\xef\2\3\4\5\6"))["tIME"]
    assert (finding.kind, finding.untrusted_value) == (Kind.TIME, "2031-02-03 04:05:06")


def test_a_profile_is_read(tmp_path: Path) -> None:
    profile = jpeg.profile(jpeg.P3, jpeg.SRGB_CURVE, words=b"the display of somebody")
    reading = rasters.read(tmp_path, join((HEAD, png.icc(profile, b"its name"), DATA)))
    findings = {finding.path: finding.untrusted_value for finding in reading.residue}
    assert findings["iCCP"] == "its name"
    assert "the display of somebody" in str(findings["iCCP/desc"])


INDEXED = png.picture(depth=1, colour=png.INDEXED)
UNUSED = (
    png.header(2, 1, 8, png.INDEXED),
    Chunk(b"PLTE", b"abcdefghi"),
    Chunk(b"IDAT", zlib.compress(b"\0\0\2")),
)


def test_a_colour_that_crosses_is_no_value_of_what_stays_behind(tmp_path: Path) -> None:
    palette = Chunk(b"PLTE", b"one" + b"one" + b"two" + b"end")
    source = join((UNUSED[0], palette, UNUSED[2]))
    values = {found.path: found.untrusted_value for found in rasters.read(tmp_path, source).residue}
    assert values["PLTE/unused"] == "end"


def packed(change: bytes) -> bytes:
    return join((HEAD, Chunk(b"IDAT", change)))


@pytest.mark.parametrize(
    ("path", "source", "size"),
    [
        ("IDAT/behind", packed(DATA.body + b"something"), 9),
        ("IDAT/check", packed(DATA.body[:-4] + b"abcd"), 4),
        ("IDAT/check", packed(DATA.body[:-3]), 1),
        ("IDAT/CRC", join((HEAD, Chunk(b"IDAT", DATA.body, b"abcd"))), 4),
        ("IDAT/behind", join((HEAD, DATA, Chunk(b"tEXt"), Chunk(b"IDAT", b"something"))), 21),
        ("IEND/surplus", join((HEAD, DATA, Chunk(b"IEND", b"something")), end=False), 13),
        ("IEND/surplus", join((HEAD, DATA, Chunk(b"IEND", b"", b"abcd")), end=False), 4),
        ("PLTE", join((HEAD, Chunk(b"PLTE", b"abc"), DATA)), 15),
        ("PLTE/unused", join(UNUSED), 3),
        ("PLTE/surplus", join((INDEXED[0], Chunk(b"PLTE", b"abcdefghi"), INDEXED[2])), 3),
        (
            "sRGB",
            join((HEAD, png.icc(jpeg.profile(jpeg.P3, jpeg.SRGB_CURVE)), Chunk(b"sRGB", b"\0"), DATA)),
            13,
        ),
        ("fdAT", join((HEAD, DATA, Chunk(b"fdAT", b"something"))), 21),
        ("trailer/unknown", join((HEAD, DATA), b"something"), 9),
        ("trailer/unknown", join((HEAD, DATA), b"\0\0\0\x10tEX", end=False), 7),
        ("trailer/zeros", join((HEAD, DATA), bytes(9)), 9),
        ("trailer/archive", join((HEAD, DATA), b"PK\3\4 and so on"), 14),
        ("trailer/media", join((HEAD, DATA), b"\0\0\0\x18ftypmp42"), 12),
        ("trailer/picture", join((HEAD, DATA), b"\xff\xd8\xff\xe0 and so on"), 14),
    ],
)
def test_what_is_hidden_is_named(path: str, source: bytes, size: int, tmp_path: Path) -> None:
    reading = rasters.read(tmp_path, source)
    finding = next(finding for finding in reading.residue if finding.path == path)
    assert finding.size == size
    assert finding.known
    assert reading.ledger.complete


def test_what_a_crop_left_behind_is_named(tmp_path: Path) -> None:
    rest = DATA.body[20:] + b"\0\0\0\0" + bytes(png.IEND)
    assert found(tmp_path, trailer=rest)["trailer/earlier-picture"].kind is Kind.PICTURE


def test_bytes_behind_a_frame_are_named(tmp_path: Path) -> None:
    chunks = png.animation(Shape())
    source = join((*chunks[:-1], Chunk(b"fdAT", chunks[-1].body + b"something")))
    assert "fdAT/behind" in rasters.paths(rasters.read(tmp_path, source))


def test_every_known_type_has_a_row_in_the_catalog(tmp_path: Path) -> None:
    kinds = (
        b"bKGD caBX cmOD cpIp dSIG exIf fRAc gdAT gIFg gIFt gIFx hIST iDOT mDCv cLLi meTa mkBF mkBS mkBT "
        b"mkTS npTc npLb npOl oFFs orNT pCAL pHYs prVW sBIT sCAL sPLT sTER vpAg zxIf skMf skRf tRNS cICP "
        b"mDCV cLLI"
    ).split()
    findings = found(tmp_path, *(Chunk(kind, b"words") for kind in kinds))
    assert [path for path, finding in findings.items() if not finding.known and "/" not in path] == []
