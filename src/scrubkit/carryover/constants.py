"""What every clean file of its kind may hold: a needle that lies within says nothing of an original.

The table is this search's own; it is not made from what the writers use.  It holds
words of standards that canonical files repeat, never a word of a recorder.
"""

from __future__ import annotations

import re
from functools import cache

STRUCTURE: tuple[bytes, ...] = (
    # Handlers, ISO/IEC 14496-12, 8.4.3, and QuickTime's data handler.
    bytes(8) + b"vide" + bytes(12) + b"VideoHandler\0",
    bytes(8) + b"soun" + bytes(12) + b"SoundHandler\0",
    b"mhlrvide" + bytes(12) + b"\x0cVideoHandler",
    b"mhlrsoun" + bytes(12) + b"\x0cSoundHandler",
    b"TimeCodeHandler",
    b"dhlrurl " + bytes(12) + b"\x0bDataHandler",
    bytes(8) + b"pict" + bytes(13),
    # Data references, 8.7.2.
    b"\x00\x00\x00\x24dinf\x00\x00\x00\x1cdref" + bytes(7) + b"\x01\x00\x00\x00\x0curl \x00\x00\x00\x01",
    # Unity matrices, 6.2.2.
    b"".join(n.to_bytes(4) for n in (0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)),
    b"".join(n.to_bytes(4) for n in (0, 0x10000, 0, 0xFFFF0000, 0)),
    b"".join(n.to_bytes(4) for n in (0, 0xFFFF0000, 0, 0x10000, 0)),
    b"".join(n.to_bytes(4) for n in (0xFFFF0000, 0, 0, 0, 0xFFFF0000)),
    # Brands, 4.3.
    b"isomiso2avc1mp41 isomiso2mp41 isomiso6 isommp41mp42",
    b"isomdby1iso2mp41",
    b"isomav01iso2mp41",
    b"M4A isomiso2",
    b"mif1heic heixmif1 avifmif1miaf heic msf1 hevc heis qt  ",
    # Resolution of sample entries, 12.1.3.
    b"\x00\x48\x00\x00\x00\x48\x00\x00\x00\x00\x00\x00\x00\x01",
    b"\x00\x18\xff\xff",
    b"urn:mpeg:hevc:2015:auxid:1 urn:mpeg:hevc:2015:auxid:2 urn:mpeg:mpegB:cicp:systems:auxiliary:alpha",
    b"urn:mpeg:mpegB:cicp:systems:auxiliary:depth urn:mpeg:avc:2015:auxid:1 urn:iso:std:iso:ts:21496:-1",
    # The camera model that a DNG has to have (DNG 1.7, UniqueCameraModel), when it names none.
    b"\0Camera\0",
    b"colrnclx colrnclc colrprof pixi ispe",
    # What surrounds pictures and sound in other containers.
    b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00",
    b"JFIF Exif ICC_PROFILE Adobe NETSCAPE2.0 GIF89a WEBPVP8X VP8L VP8X ANIM ANMF matroska webm",
    b"Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08",
    b"Exif\x00\x00II\x2a\x00\x08\x00\x00\x00",
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR iCCPICC profile sRGB gAMA cHRM cICP acTL fcTL fdAT PLTE tRNS",
    bytes.fromhex("0000000049454e44ae426082"),
    # Codec specific words: FLAC, ALAC, ProRes' encoder field, Opus.
    b"fLaC apl0 icpf OpusHead",
    # The ambient viewing environment that all recordings of one kind of HDR share (ITU-T H.265, D.2.39).
    bytes.fromhex("002fe9a03d134042"),
)

PROFILES: tuple[bytes, ...] = (
    # ICC.1:2010, 7.2 and 7.3: what a canonical header and tag table are made of.
    b"mntrRGB XYZ acsp mntrGRAY scnr prtr",
    bytes.fromhex("0000f6d6000100000000d32d"),
    b"desc cprt wtpt rXYZ gXYZ bXYZ rTRC gTRC bTRC chad cicp curv para XYZ mluc enUS",
    b"sRGB Display P3 Adobe RGB (1998) AdobeRGB Rec. 2020 Rec. 709 ITU-R BT.2020 ProPhoto RGB",
)

GAIN_MAPS: tuple[bytes, ...] = (
    # Ultra HDR 1.1 and Adobe's hdrgm 1.0: what surrounds the numbers, and numbers that most have.
    (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description rdf:about="" xmlns:Container="http://ns.google.com/photos/1.0/container/"'
        b' xmlns:Item="http://ns.google.com/photos/1.0/container/item/"'
        b' xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0">'
        b'<Container:Directory><rdf:Seq><rdf:li rdf:parseType="Resource">'
        b'<Container:Item Item:Semantic="Primary" Item:Mime="image/jpeg"/></rdf:li>'
        b'<rdf:li rdf:parseType="Resource">'
        b'<Container:Item Item:Semantic="GainMap" Item:Mime="image/jpeg" Item:Length="'
    ),
    b'"/></rdf:li></rdf:Seq></Container:Directory></rdf:Description></rdf:RDF></x:xmpmeta>',
    (
        b'<rdf:Description rdf:about="" xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/"'
        b' hdrgm:Version="1.0" hdrgm:GainMapMin="0.000000" hdrgm:GainMapMax="'
    ),
    (
        b'" hdrgm:Gamma="1.000000" hdrgm:OffsetSDR="0.015625" hdrgm:OffsetHDR="0.015625"'
        b' hdrgm:HDRCapacityMin="0.000000" hdrgm:HDRCapacityMax="'
    ),
    b'" hdrgm:OffsetSDR="0.000000" hdrgm:OffsetHDR="0.000000" hdrgm:HDRCapacityMin="0.000000"',
    b'" hdrgm:BaseRenditionIsHDR="False">',
    # Apple's packet beside an auxiliary gain map.
    (
        b'<rdf:Description rdf:about="" xmlns:HDRGainMap="http://ns.apple.com/HDRGainMap/1.0/">'
        b"<HDRGainMap:HDRGainMapVersion>131072</HDRGainMap:HDRGainMapVersion><HDRGainMap:HDRGainMapHeadroom>"
    ),
    b"</HDRGainMap:HDRGainMapHeadroom></rdf:Description></rdf:RDF></x:xmpmeta>",
    # The index of two pictures up to their sizes, CIPA DC-007, 5.2.
    bytes.fromhex("ffe200584d5046004d4d002a000000080003b00000070000000430313030b001000400000001")
    + bytes.fromhex("00000002b0020007000000200000003200000000 00030000"),
    b"urn:com:apple:photo:2020:aux:hdrgainmap tmap altr ster grpl application/rdf+xml",
)

_AC_LUMINANCE = bytes.fromhex(
    "01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a"
    "161718191a25262728292a3435363738393a434445464748494a535455565758595a636465666768696a"
    "737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9ba"
    "c2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa"
)
_AC_CHROMINANCE = bytes.fromhex(
    "0001020311040521310612415107617113223281081442 91a1b1c109233352f0156272d10a162434e125f1"
    "1718191a262728292a35363738393a434445464748494a535455565758595a636465666768696a"
    "737475767778797a82838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9ba"
    "c2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa".replace(" ", "")
)
_DC = b"\0\1\5\1\1\1\1\1\1" + bytes(7) + bytes(range(12)), b"\0\3" + b"\1" * 9 + bytes(5) + bytes(range(12))
_AC = (
    bytes.fromhex("0002010303020403050504040000017d") + _AC_LUMINANCE,
    bytes.fromhex("00020102040403040705040400010277") + _AC_CHROMINANCE,
)

HUFFMAN: tuple[bytes, ...] = (
    b"\xff\xc4\x00\x1f\x00%b\xff\xc4\x00\xb5\x10%b\xff\xc4\x00\x1f\x01%b\xff\xc4\x00\xb5\x11%b"
    % (_DC[0], _AC[0], _DC[1], _AC[1]),
    b"\xff\xc4\x01\xa2\x00%b\x10%b\x01%b\x11%b" % (_DC[0], _AC[0], _DC[1], _AC[1]),
    b"\xff\xc4\x00\x1f\x00%b\xff\xc4\x00\x1f\x01%b\xff\xc4\x00\xb5\x10%b\xff\xc4\x00\xb5\x11%b"
    % (_DC[0], _DC[1], _AC[0], _AC[1]),
    _AC[0] + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00",
    _AC[1] + b"\xff\xda\x00\x0c\x03\x01\x00\x02\x11\x03\x11\x00\x3f\x00",
)

_ALL = b"\xfe\xfd\xfe".join((*STRUCTURE, *PROFILES, *GAIN_MAPS, *HUFFMAN))
_FOLDED = _ALL.lower()
_SQUEEZED = re.sub(rb"[\s_:./-]", b"", _FOLDED)
_WIDE = b"\xff\xff".join(
    each.decode("latin-1").encode(coding)
    for each in (_FOLDED, _SQUEEZED)
    for coding in ("utf-16-le", "utf-16-be")
)

_PIECE = 6


@cache
def _pieces(*, text: bool) -> frozenset[bytes]:
    """All stretches of `_PIECE` bytes of the tables: a needle that holds another isn't looked for in them."""
    tables = (_FOLDED, _SQUEEZED, _WIDE) if text else (_ALL,)
    return frozenset(table[at : at + _PIECE] for table in tables for at in range(len(table) - _PIECE + 1))


def is_constant(needle: bytes, *, text: bool = False) -> bool:
    """Whether any clean file may hold the needle, whatever it was made from."""
    if text:
        needle = needle.lower()
    if len(needle) >= _PIECE:
        pieces = _pieces(text=text)
        if needle[:_PIECE] not in pieces or needle[-_PIECE:] not in pieces:
            return False
    if text:
        return needle in _FOLDED or needle in _SQUEEZED or needle in _WIDE
    return needle in _ALL
