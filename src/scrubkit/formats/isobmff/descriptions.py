"""Sample descriptions: `stsd` entries → `Picture` or `Sound` (ISO/IEC 14496-12 §8.5.2, §12; QTFF).

An entry is read into fields and its codec configuration is rebuilt by `codecs`.
Child boxes that the model has no field for stay behind.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from ...codecs import (
    aac,
    ac3,
    alac,
    amr,
    av1,
    flac,
    h263,
    h264,
    hdr,
    hevc,
    mpeg2,
    mpeg2_headers,
    mpeg4,
    opus,
    pcm,
    vc3,
    vp9,
)
from ...codecs.colour import known
from ...codecs.descriptors import read_esds
from ...codecs.fitting import fitted
from ...errors import Encrypted, Malformed, ScrubError, Unsupported
from ...essence import Colour, DolbyVision, Picture, Sound
from ...model import Profile
from .boxes import Box, children, full, unpack

if TYPE_CHECKING:
    from ...codecs.nal_syntax import Aside
    from ...model import Policy

ENCRYPTED = frozenset({"encv", "enca", "drmi", "drms", "drmt", "p608", "resv", "resa"})
READ_CHILDREN = frozenset(
    {
        *("avcC", "hvcC", "av1C", "vpcC", "esds", "d263", "ACLR"),
        *("colr", "pasp", "clap", "fiel", "mdcv", "clli", "amve", "dvcC", "dvvC", "dvwC"),
        *("alac", "damr", "dac3", "dec3", "dOps", "dfLa", "wave", "frma", "mp4a", "enda", "chan", "pcmC"),
    }
)
"""Children of an entry that the model reads; all others are residue."""

PCM = frozenset(
    {"sowt", "twos", "raw ", "NONE", "in24", "in32", "fl32", "fl64", "lpcm", "ipcm", "fpcm", "ulaw", "alaw"}
)
"""Entry types whose samples are single frames of sound."""

_VISUAL_HEAD = 78
_LOWEST_RATE = 1000
_BY_BITMAP, _SPEAKERS = 0x10000, 18
_FIRST_TAG, _LAST_TAG = 102, 200
_FINEST_ASPECT = 4096
_MP3_RATES = frozenset({8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000})
_DOLBY_PROFILES = frozenset({4, 5, 7, 8, 9, 10})
_FIELD_ORDERS = frozenset({0, 1, 6, 9, 14})


@dataclass(frozen=True, slots=True)
class Entry:
    """One `stsd` entry as found: its type, which `dref` it uses, its fixed part, and its children by type."""

    type: str
    data_reference: int
    head: memoryview
    children: dict[str, Box]
    version: int = 0
    """Of a QuickTime sound description: 0, 1 or 2."""
    sets: tuple[bytes, ...] = ()
    """Parameter sets found in samples, for an entry whose configuration has none."""


def entries(stsd: Box, handler: str, where: str) -> tuple[Entry, ...]:
    """Split `stsd` into entries; one that is too short for its kind is `Malformed` only when used."""
    stsd_version, _, body = full(stsd, where)
    (count,) = unpack("I", body, where)
    found: list[Entry] = []
    for box in children(body[4:], stsd.stop - len(body) + 4, where):
        if len(found) == count or not box.type:
            break
        (reference,) = unpack("6xH", box.body, where)
        if handler == "vide":
            found.append(_visual(box, reference, where))
        elif handler == "soun":
            found.append(_sound(box, reference, stsd_version, where))
        else:
            found.append(Entry(box.type, reference, box.body[:8], {}))
    return tuple(found)


def _by_type(body: memoryview, start: int, where: str) -> dict[str, Box]:
    """First child of each type; a malformed tail, as some QuickTime entries have, ends the list."""
    found: dict[str, Box] = {}
    try:
        for box in children(body, start, where):
            found.setdefault(box.type, box)
    except Malformed:
        pass
    return found


def _visual(box: Box, reference: int, where: str) -> Entry:
    if len(box.body) < _VISUAL_HEAD:
        return Entry(box.type, reference, box.body, {})
    start = box.body_start + _VISUAL_HEAD
    return Entry(
        box.type, reference, box.body[:_VISUAL_HEAD], _by_type(box.body[_VISUAL_HEAD:], start, where)
    )


def _sound(box: Box, reference: int, stsd_version: int, where: str) -> Entry:
    if len(box.body) < 28:
        return Entry(box.type, reference, box.body, {})
    (version,) = unpack("8xH", box.body, where)
    # with stsd version 1, entry version 1 is ISO's and adds no fields (§12.2.3.2)
    head = {1: 44, 2: 64}.get(version, 28) if stsd_version == 0 else 28
    if len(box.body) < head:
        return Entry(box.type, reference, box.body, {})
    found = _by_type(box.body[head:], box.body_start + head, where)
    if (wave := found.get("wave")) is not None:
        found = _by_type(wave.body, wave.body_start, where) | found
    return Entry(box.type, reference, box.body[:head], found, version if stsd_version == 0 else 0)


def picture(entry: Entry, policy: Policy) -> Picture:
    """Read a visual entry; raises `Unsupported` for a coding without a place in the model."""
    make = _PICTURES.get(entry.type)
    if make is None:
        if entry.type in ENCRYPTED:
            raise Encrypted("stsd", "visual-entry")
        raise Unsupported("stsd", "visual-coding")
    if "sinf" in entry.children:
        raise Encrypted("stsd", "visual-entry")
    width, height, depth = unpack("24xHH46xH", entry.head, "stsd")
    found = make(entry, Picture("", entry.type, width, height, depth=_depth(entry.type, depth)))
    if not found.width or not found.height:
        raise Malformed("stsd", "picture-size")
    dolby = _dolby(entry, policy, found.codec) if found.codec in {"h264", "hevc", "av1"} else None
    return replace(
        found,
        colour=_colour(entry, found.colour),
        aspect=_aspect(entry, found.aspect),
        fields=_fields(entry),
        aperture=_aperture(entry, found),
        mastering=_static_metadata(entry, "mdcv", hdr.mastering_display) or found.mastering,
        light=_static_metadata(entry, "clli", hdr.light_level) or found.light,
        dolby=dolby,
        ambient="amve" in entry.children and bytes(entry.children["amve"].body) == hdr.AMBIENT,
        entry="dvh1" if found.codec == "hevc" and dolby is not None and dolby.profile == 5 else found.entry,
    )


def _depth(entry: str, depth: int) -> int:
    return 32 if depth == 32 and entry in {"ap4h", "ap4x"} else 24


def _child(entry: Entry, name: str) -> Box:
    box = entry.children.get(name)
    if box is None:
        raise Malformed("stsd", f"{name}-missing")
    return box


def _h264(entry: Entry, base: Picture) -> Picture:
    return _nal_coded(replace(base, codec="h264", entry="avc1"), entry, h264.read_configuration, "avcC")


def _hevc(entry: Entry, base: Picture) -> Picture:
    return _nal_coded(replace(base, codec="hevc", entry="hvc1"), entry, hevc.read_configuration, "hvcC")


def _nal_coded(
    base: Picture, entry: Entry, read: Callable[[bytes], tuple[int, tuple[bytes, ...], Aside]], name: str
) -> Picture:
    length_size, found, aside = read(bytes(_child(entry, name).body))
    return _with_sets(
        replace(
            base,
            length_size=length_size,
            parameter_sets=found or entry.sets,
            mastering=aside.mastering,
            light=aside.light,
        )
    )


def _with_sets(found: Picture) -> Picture:
    """Take size, aspect and colour from the parameter sets, if there are any yet."""
    if not found.parameter_sets:
        return found
    about = (h264 if found.codec == "h264" else hevc).describe(found.parameter_sets)
    return replace(fitted(found, about.width, about.height), aspect=about.aspect, colour=about.signalled)


def _av1(entry: Entry, base: Picture) -> Picture:
    config = av1.rebuild(bytes(_child(entry, "av1C").body))
    found = replace(base, codec="av1", entry="av01", record=config.record)
    sequence = config.sequence
    if sequence is None:
        return found
    colour = Colour(*sequence.colour, sequence.full_range) if sequence.colour is not None else None
    return replace(fitted(found, sequence.width, sequence.height), colour=colour)


def _vpx(entry: Entry, base: Picture) -> Picture:
    config = vp9.rebuild(bytes(_child(entry, "vpcC").body))
    colour = Colour(config.primaries, config.transfer, config.matrix, config.full_range)
    return replace(base, codec=entry.type.replace("0", ""), record=config.record, colour=known(colour))


def _mpeg4(entry: Entry, base: Picture) -> Picture:
    stream = read_esds(_child(entry, "esds").body[4:])
    if stream.object_type in mpeg2.OBJECT_TYPES:
        return _mpeg2(entry, base, stream.specific)
    if stream.object_type != 0x20:
        raise Unsupported("esds", "visual-object-type")
    config = mpeg4.rebuild(stream.specific)
    return fitted(replace(base, codec="mpeg4", record=config.record), config.layer.width, config.layer.height)


def _mpeg2(_: Entry, base: Picture, specific: bytes | memoryview = b"") -> Picture:
    """Take what the headers say, if there are any yet; the samples have their own."""
    found = replace(base, codec="mpeg2", entry="mp4v")
    sequence = mpeg2.read_config(specific)
    if sequence is None:
        return found
    codec = "mpeg1" if sequence.extension is None else "mpeg2"
    record = mpeg2_headers.write_sequence(sequence)
    return fitted(replace(found, codec=codec, record=record), *sequence.size)


def _h263(entry: Entry, base: Picture) -> Picture:
    box = entry.children.get("d263")
    record = h263.rebuild(box.body).record if box is not None else h263.build(10, 0).record
    return replace(base, codec="h263", entry="s263", record=record)


def _vc3(entry: Entry, base: Picture) -> Picture:
    box = entry.children.get("ACLR")
    record = vc3.FULL_RANGE if box is not None and vc3.full_range(box.body) else b""
    return replace(base, codec="vc3", record=record)


_PICTURES: dict[str, Callable[[Entry, Picture], Picture]] = {
    **dict.fromkeys(("avc1", "avc2", "avc3", "avc4", "dva1", "dvav"), _h264),
    **dict.fromkeys(("hvc1", "hev1", "dvh1", "dvhe"), _hevc),
    **dict.fromkeys(("av01", "dav1"), _av1),
    **dict.fromkeys(("vp08", "vp09"), _vpx),
    "mp4v": _mpeg4,
    **dict.fromkeys(mpeg2.ENTRIES, _mpeg2),
    **dict.fromkeys(vc3.ENTRIES, _vc3),
    **dict.fromkeys(("s263", "h263"), _h263),
    **dict.fromkeys(("jpeg", "mjpa"), lambda _, base: replace(base, codec="mjpeg")),
    **dict.fromkeys(
        ("apco", "apcs", "apcn", "apch", "ap4h", "ap4x"), lambda _, base: replace(base, codec="prores")
    ),
}


def _colour(entry: Entry, stream: Colour | None) -> Colour | None:
    """What `colr` says, else what the stream says; `nclc` has no range, so that is the stream's."""
    box = entry.children.get("colr")
    found = None
    if box is not None and len(box.body) >= 10:
        primaries, transfer, matrix = unpack("4x3H", box.body, "stsd/colr")
        kind = bytes(box.body[:4])
        if kind == b"nclx" and len(box.body) >= 11:
            found = Colour(primaries, transfer, matrix, bool(box.body[10] & 0x80))
        elif kind == b"nclc":
            found = Colour(primaries, transfer, matrix, stream is not None and stream.full_range)
    return known(found) or known(stream)


def _aspect(entry: Entry, stream: tuple[int, int] | None) -> tuple[int, int] | None:
    """What `pasp` says, else what the stream says; square pixels are said only against the stream."""
    box = entry.children.get("pasp")
    found = stream
    if box is not None:
        across, down = unpack("II", box.body, "stsd/pasp")
        if across and down and Fraction(1, 8) <= Fraction(across, down) <= 8:
            found = Fraction(across, down).limit_denominator(_FINEST_ASPECT).as_integer_ratio()
    if found is None or (found == (1, 1) and stream in {None, (1, 1)}):
        return None
    return found


def _fields(entry: Entry) -> tuple[int, int] | None:
    box = entry.children.get("fiel")
    if box is None or len(box.body) < 2 or box.body[0] != 2 or box.body[1] not in _FIELD_ORDERS:
        return None
    return 2, box.body[1]


def _aperture(entry: Entry, found: Picture) -> tuple[int, int, int, int, int, int, int, int] | None:
    """A clean aperture that really crops: both sizes positive, inside the picture, offsets within it."""
    box = entry.children.get("clap")
    if box is None:
        return None
    values = unpack("IIIIiIiI", box.body, "stsd/clap")
    numerators, denominators = values[0::2], values[1::2]
    if not all(denominators):
        raise Malformed("stsd/clap", "denominator")
    # to half a pixel, the finest that any recorder needs; more digits would be room for a message
    halves = [round(Fraction(2 * n, d)) for n, d in zip(numerators, denominators, strict=True)]
    width, height, across, down = (Fraction(half, 2) for half in halves)
    if not (0 < width <= found.width and 0 < height <= found.height):
        return None
    if width == found.width and height == found.height:
        return None
    if abs(across) * 2 > found.width - width or abs(down) * 2 > found.height - height:
        return None
    return (
        *width.as_integer_ratio(),
        *height.as_integer_ratio(),
        *across.as_integer_ratio(),
        *down.as_integer_ratio(),
    )


def _static_metadata(entry: Entry, name: str, canonical: Callable[[bytes], bytes | None]) -> bytes:
    """The body of `mdcv` or `clli` in canonical form; nothing if it is none that is known."""
    box = entry.children.get(name)
    return (canonical(bytes(box.body)) or b"") if box is not None else b""


def _dolby(entry: Entry, policy: Policy, codec: str) -> DolbyVision | None:
    """What Dolby Vision says of a picture, if its data is kept.

    In AV1 it never is.  A picture that can't be shown without it (compatibility 0)
    is refused where it isn't.
    """
    box = next((entry.children[name] for name in ("dvcC", "dvvC", "dvwC") if name in entry.children), None)
    if box is None:
        return None
    _, _, word, low = unpack("BBHB", box.body, "stsd/dvcC")
    found = DolbyVision(word >> 9, word >> 3 & 63, bool(word & 4), bool(word & 2), bool(word & 1), low >> 4)
    is_known = found.profile in _DOLBY_PROFILES and 1 <= found.level <= 13 and found.compatibility <= 6
    if not (is_known and found.rpu and found.base):
        return None
    if policy.profile is not Profile.STRICT and codec != "av1":
        return found
    if not found.compatibility:
        raise Unsupported("stsd/dvcC", "picture-that-needs-dolby-vision")
    return None


def sound(entry: Entry, policy: Policy) -> Sound:
    """Read a sound entry; raises `Unsupported` for a coding without a place in the model."""
    del policy  # nothing of a sound description is optional
    if entry.type in ENCRYPTED or "sinf" in entry.children:
        raise Encrypted("stsd", "sound-entry")
    make = _SOUNDS.get(entry.type)
    if make is None:
        raise Unsupported("stsd", "sound-coding")
    return make(entry)


def _fixed(entry: Entry) -> tuple[int, int, int]:
    """Channels, bits and rate of the fixed part, for codings whose configuration doesn't say."""
    if entry.version == 2:
        rate: float
        if len(entry.head) < 64:
            raise Malformed("stsd", "too-short")
        rate, channels, bits = struct.unpack_from(">dI4xI", entry.head, 32)
        if not 0 < rate <= 768_000 or rate != int(rate):
            raise Unsupported("stsd", "sample-rate")
        return channels, bits, int(rate)
    channels, bits, rate = unpack("16xHH4xI", entry.head, "stsd")
    return channels, bits, rate >> 16


def _mp4a(entry: Entry) -> Sound:
    stream = read_esds(_child(entry, "esds").body[4:])
    match stream.object_type:
        case 0x40 | 0x66 | 0x67 | 0x68:
            config = aac.rebuild_config(stream.specific)
            length = config.frame_length * config.output_rate // config.rate
            return Sound(
                "aac", "mp4a", config.channels, config.output_rate, record=config.record, frame_length=length
            )
        case 0x69 | 0x6B:
            return _mp3(entry)
        case _:
            raise Unsupported("esds", "sound-object-type")


def _mp3(entry: Entry) -> Sound:
    channels, _, rate = _fixed(entry)
    if channels not in {1, 2} or rate not in _MP3_RATES:
        raise Unsupported("stsd", "mp3-layout")
    return Sound("mp3", "mp4a", channels, rate)


def _alac(entry: Entry) -> Sound:
    config = alac.rebuild(_child(entry, "alac").body)
    return Sound("alac", "alac", config.channels, config.rate, record=config.record)


def _amr(entry: Entry) -> Sound:
    wide = entry.type in {"sawb", "sawp"}
    box = entry.children.get("damr")
    config = amr.rebuild(box.body, wide=wide) if box is not None else amr.build(0xFFFF, 1, wide=wide)
    return Sound(
        "amr-wb" if wide else "amr-nb", "sawb" if wide else "samr", 1, config.rate, record=config.record
    )


def _ac3(entry: Entry) -> Sound:
    if entry.type == "ac-3":
        config = ac3.rebuild_ac3(_child(entry, "dac3").body)
        return Sound("ac3", "ac-3", config.channels, config.rate, record=config.record, frame_length=1536)
    config = ac3.rebuild_eac3(_child(entry, "dec3").body)
    return Sound("eac3", "ec-3", config.channels, config.rate, record=config.record)


def _opus(entry: Entry) -> Sound:
    config = opus.rebuild(_child(entry, "dOps").body)
    return Sound("opus", "Opus", config.channels, config.rate, record=config.record)


def _flac(entry: Entry) -> Sound:
    config = flac.rebuild(_child(entry, "dfLa").body)
    return Sound("flac", "fLaC", config.channels, config.rate, record=config.record)


def _pcm(entry: Entry) -> Sound:
    channels, bits, rate = _fixed(entry)
    if entry.type == "lpcm":
        if entry.version != 2:
            raise Unsupported("stsd", "lpcm-version")
        flags, frame_size = unpack("II", entry.head, "stsd", 52)
        layout = pcm.lpcm(channels, bits, flags, frame_size)
    elif entry.type in {"ipcm", "fpcm"}:
        layout = pcm.iso(entry.type, channels, _child(entry, "pcmC").body)
    else:
        endian = entry.children.get("enda")
        little = False
        if endian is not None:
            (value,) = unpack("H", endian.body, "stsd/wave/enda")
            if value > 1:
                raise Malformed("stsd/wave/enda", "value")
            little = value == 1
        layout = pcm.quicktime(entry.type, channels, bits, little=little)
    if rate < _LOWEST_RATE:
        raise Malformed("stsd", "sample-rate")
    return Sound(
        layout.codec,
        layout.entry,
        channels,
        rate,
        layout.bits,
        struct.pack(">H", layout.little) if layout.enda else b"",
        layout.frame_size,
        **_layout(entry, channels),
    )


def _layout(entry: Entry, channels: int) -> dict[str, int]:
    """The Core Audio channel layout of `chan`: a tag or speaker bits for as many channels; no descriptions.

    Mono and stereo are what a player takes without being told.
    """
    box = entry.children.get("chan")
    if box is None or len(box.body) < 12 or channels <= 2:
        return {}
    tag, bitmap = unpack("4xII", box.body, "stsd/chan")
    if tag == _BY_BITMAP and bitmap < 1 << _SPEAKERS and bitmap.bit_count() == channels:
        return {"layout_tag": tag, "layout_bitmap": bitmap}
    known = tag & 0xFFFF == channels and _FIRST_TAG <= tag >> 16 <= _LAST_TAG
    return {"layout_tag": tag} if known else {}


_SOUNDS: dict[str, Callable[[Entry], Sound]] = {
    "mp4a": _mp4a,
    ".mp3": _mp3,
    "ms\0U": _mp3,
    "alac": _alac,
    **dict.fromkeys(("samr", "sawb", "sawp"), _amr),
    **dict.fromkeys(("ac-3", "ec-3"), _ac3),
    "Opus": _opus,
    "fLaC": _flac,
    **dict.fromkeys(PCM, _pcm),
}


def is_known(entry: Entry) -> bool:
    """Whether an entry's type is that of a coding of picture or sound."""
    return entry.type in _PICTURES or entry.type in _SOUNDS


def is_supported(entry: Entry, handler: str, policy: Policy) -> bool:
    """Whether the model has a place for an entry."""
    try:
        (picture if handler == "vide" else sound)(entry, policy)
    except ScrubError:
        return False
    return True
