"""Sound sample entries → `Sound` (ISO/IEC 14496-12 §12.2; QTFF, sound description versions 0 to 2).

An entry's codec configuration is rebuilt by `codecs`.  Child boxes that the model has
no field for stay behind.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING

from ...codecs import aac, ac3, alac, amr, flac, opus, pcm
from ...codecs.descriptors import read_esds
from ...errors import Encrypted, Malformed, ScrubError, Unsupported
from ...essence import Sound
from .boxes import unpack
from .descriptions import ENCRYPTED, Entry, child

if TYPE_CHECKING:
    from ...model import Policy

PCM = frozenset(
    {"sowt", "twos", "raw ", "NONE", "in24", "in32", "fl32", "fl64", "lpcm", "ipcm", "fpcm", "ulaw", "alaw"}
)
"""Entry types whose samples are single frames of sound."""

_LOWEST_RATE = 1000
_BY_BITMAP, _SPEAKERS = 0x10000, 18
_FIRST_TAG, _LAST_TAG = 102, 200
_MP3_RATES = frozenset({8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000})


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
    stream = read_esds(child(entry, "esds").body[4:])
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
    config = alac.rebuild(child(entry, "alac").body)
    return Sound("alac", "alac", config.channels, config.rate, record=config.record)


def _amr(entry: Entry) -> Sound:
    wide = entry.type in {"sawb", "sawp"}
    box = entry.children.get("damr")
    config = amr.rebuild(box.body, wide=wide) if box is not None else amr.build(0xFFFF, 1, wide=wide)
    return Sound(
        "amr-wb" if wide else "amr-nb", "sawb" if wide else "samr", 1, config.rate, record=config.record
    )


def _ac3(entry: Entry) -> Sound:
    codec, box = ("ac3", "dac3") if entry.type == "ac-3" else ("eac3", "dec3")
    if box not in entry.children:  # FFmpeg leaves it out where it had to write the header before the sound
        channels, _, rate = _fixed(entry)
        length = 1536 if codec == "ac3" else 0
        return Sound(codec, entry.type, channels, rate, frame_length=length)
    if entry.type == "ac-3":
        config = ac3.rebuild_ac3(child(entry, "dac3").body)
        return Sound("ac3", "ac-3", config.channels, config.rate, record=config.record, frame_length=1536)
    config = ac3.rebuild_eac3(child(entry, "dec3").body)
    return Sound("eac3", "ec-3", config.channels, config.rate, record=config.record)


def _opus(entry: Entry) -> Sound:
    config = opus.rebuild(child(entry, "dOps").body)
    return Sound("opus", "Opus", config.channels, config.rate, record=config.record)


def _flac(entry: Entry) -> Sound:
    config = flac.rebuild(child(entry, "dfLa").body)
    return Sound("flac", "fLaC", config.channels, config.rate, record=config.record)


def _pcm(entry: Entry) -> Sound:
    channels, bits, rate = _fixed(entry)
    if entry.type == "lpcm":
        if entry.version != 2:
            raise Unsupported("stsd", "lpcm-version")
        flags, frame_size = unpack("II", entry.head, "stsd", 52)
        layout = pcm.lpcm(channels, bits, flags, frame_size)
    elif entry.type in {"ipcm", "fpcm"}:
        layout = pcm.iso(entry.type, channels, child(entry, "pcmC").body)
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
    """Whether an entry's type is that of a coding of sound."""
    return entry.type in _SOUNDS


def is_supported(entry: Entry, policy: Policy) -> bool:
    """Whether the model has a place for an entry."""
    try:
        sound(entry, policy)
    except ScrubError:
        return False
    return True
