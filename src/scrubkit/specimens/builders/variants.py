"""The same coded pictures and sounds, said otherwise inside the samples and the configuration.

Each takes a stream and returns one that decodes to the same; all must clean to the same bytes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from . import ac3, mpeg_audio
from .boxes import box, u8, u16
from .payload_plants import sei, unit
from .recordings import nals

if TYPE_CHECKING:
    from collections.abc import Callable

    from .recordings import Stream

X264 = bytes.fromhex("dc45e9bde6d948b7962cd820d923eeef")


def _samples(stream: Stream, change: Callable[[int, bytes], bytes]) -> Stream:
    samples = tuple(replace(s, data=s.data and change(i, s.data)) for i, s in enumerate(stream.samples))
    return replace(stream, samples=samples)


def avc_sets(record: bytes) -> tuple[list[bytes], list[bytes]]:
    """SPS and PPS of an `avcC` body (14496-15 §5.3.3.1)."""
    found: list[list[bytes]] = [[], []]
    at = 5
    for kind, mask in enumerate((31, 255)):
        count = record[at] & mask
        at += 1
        for _ in range(count):
            size = int.from_bytes(record[at : at + 2], "big")
            found[kind].append(record[at + 2 : at + 2 + size])
            at += 2 + size
    return found[0], found[1]


def hevc_sets(record: bytes) -> list[bytes]:
    """All NAL units of an `hvcC` body (14496-15 §8.3.3.1)."""
    found = []
    at = 23
    for _ in range(record[22]):
        count = int.from_bytes(record[at + 1 : at + 3], "big")
        at += 3
        for _ in range(count):
            size = int.from_bytes(record[at : at + 2], "big")
            found.append(record[at + 2 : at + 2 + size])
            at += 2 + size
    return found


def _record(stream: Stream) -> bytes:
    return stream.config[0][8:]


def _with_record(stream: Stream, record: bytes) -> Stream:
    return replace(stream, config=(box(stream.config[0][4:8], record), *stream.config[1:]))


def sets_of(stream: Stream) -> list[bytes]:
    if stream.codec == "hevc":
        return hevc_sets(_record(stream))
    sequence, picture = avc_sets(_record(stream))
    return [*sequence, *picture]


def in_band(stream: Stream) -> Stream:
    """Parameter sets once more in front of each sync sample."""
    copies = b"".join(map(unit, sets_of(stream)))
    return _samples(stream, lambda i, data: copies + data if stream.samples[i].sync else data)


def only_in_band(stream: Stream) -> Stream:
    """Parameter sets in the samples and not in the configuration, as `avc3` and `hev1` allow."""
    record = _record(stream)
    empty = record[:22] + u8(0) if stream.codec == "hevc" else record[:5] + u8(0xE0, 0)
    return _with_record(in_band(stream), empty)


def delimited(stream: Stream) -> Stream:
    """Access unit delimiters and filler."""
    head, tail = (
        (b"\x46\x01\x50", b"\x4c\x01\xff\xff\x80")
        if stream.codec == "hevc"
        else (b"\x09\xf0", b"\x0c\xff\x80")
    )
    return _samples(stream, lambda _, data: unit(head) + data + unit(tail))


def talkative(stream: Stream) -> Stream:
    """SEI of an encoder that says its name in each sample."""
    head = b"\x4e\x01" if stream.codec == "hevc" else b"\x06"
    return _samples(stream, lambda i, data: unit(head + sei(5, X264 + b"encoder %d" % i)) + data)


def zero_tailed(stream: Stream) -> Stream:
    """Zero bytes behind NAL units, left over from start codes."""
    return _samples(stream, lambda _, data: b"".join(unit(nal + b"\0") for nal in nals(data)))


def short_lengths(stream: Stream) -> Stream:
    """NAL lengths of two bytes."""
    record = bytearray(_record(stream))
    at = 21 if stream.codec == "hevc" else 4
    record[at] = record[at] & 0xFC | 1
    short = _samples(stream, lambda _, data: b"".join(u16(len(nal)) + nal for nal in nals(data)))
    return _with_record(short, bytes(record))


def loose_record(stream: Stream) -> Stream:
    """A configuration record with other reserved bits, counts and hints."""
    record = bytearray(_record(stream))
    if stream.codec == "hevc":
        # min_spatial_segmentation, parallelism, avgFrameRate and the completeness of the arrays
        record[13:15] = b"\xf0\x04"
        record[15] = 0xFD
        record[19:21] = u16(25 * 256)
        record[23] &= 0x7F
        return _with_record(stream, bytes(record))
    record[4] &= 0x03
    record[5] &= 0x1F
    sequence, picture = avc_sets(bytes(record))
    body = bytes(record[:6]) + b"".join(u16(len(nal)) + nal for nal in sequence)
    body += u8(len(picture)) + b"".join(u16(len(nal)) + nal for nal in picture)
    return _with_record(stream, body)


def repeated_sets(stream: Stream) -> Stream:
    """The same picture parameter set twice in the configuration."""
    sequence, picture = avc_sets(_record(stream))
    body = _record(stream)[:5] + u8(0xE0 | len(sequence)) + b"".join(u16(len(n)) + n for n in sequence)
    body += u8(len(picture) * 2) + b"".join(u16(len(n)) + n for n in picture * 2)
    return _with_record(stream, body)


def without_extension(stream: Stream) -> Stream:
    """An AudioSpecificConfig without the extension that says that there is none."""
    return replace(stream, specific=stream.specific.removesuffix(b"\x56\xe5\x00"))


def padded_opus(stream: Stream) -> Stream:
    return _samples(
        stream, lambda _, data: data if data[0] & 3 else u8(data[0] | 3, 0x41, 5) + data[1:] + b"extra"
    )


def metadata_obu(stream: Stream) -> Stream:
    """A temporal delimiter, padding and private metadata in each sample."""
    return _samples(stream, lambda _, data: b"\x12\x00\x2a\x05\x1fabc\x80" + data + b"\x7a\x03ab\x80")


def commented_jpeg(stream: Stream) -> Stream:
    note = b"\xff\xfe" + u16(8) + b"camera"
    return _samples(stream, lambda _, data: data[:2] + note + data[2:])


def signed_prores(stream: Stream) -> Stream:
    return _samples(stream, lambda _, data: data[:12] + b"arri" + data[16:])


def user_data(stream: Stream) -> Stream:
    """MPEG-4 user data in the configuration and in each sample."""
    text = b"\0\0\1\xb2Lavc99.1"
    return _samples(replace(stream, specific=stream.specific + text), lambda _, data: text + data)


def filled_aac(stream: Stream) -> Stream:
    """A data stream element in front of each raw data block."""
    return _samples(stream, lambda i, data: b"\x81\x08" + b"frame%3d" % i + data)


def refilled_mp3(stream: Stream) -> Stream:
    """Other bytes between the main data of frames."""
    made = mpeg_audio.refilled([sample.data for sample in stream.samples], b"encoder 3.99")
    return _samples(stream, lambda i, _: made[i])


def reserved_ac3(stream: Stream) -> Stream:
    """The other value of a reserved bit in front of the last checksum."""
    return _samples(stream, lambda _, data: ac3.sealed(data[:-3] + u8(data[-3] ^ 1) + data[-2:]))


NAL: dict[str, Callable[[Stream], Stream]] = {
    "parameter sets in the samples too": in_band,
    "parameter sets in the samples only": only_in_band,
    "delimiters and filler": delimited,
    "SEI in each sample": talkative,
    "zeros behind NAL units": zero_tailed,
    "NAL lengths of two bytes": short_lengths,
    "a loose configuration record": loose_record,
}

BY_CODEC: dict[str, dict[str, Callable[[Stream], Stream]]] = {
    "h264": {**NAL, "a parameter set twice": repeated_sets},
    "hevc": NAL,
    "aac": {"no extension in the configuration": without_extension, "data stream elements": filled_aac},
    "opus": {"padding": padded_opus},
    "libdav1d": {"metadata and padding": metadata_obu},
    "mjpeg": {"comments": commented_jpeg},
    "prores": {"another encoder id": signed_prores},
    "mpeg4": {"user data": user_data},
    "mp3float": {"other ancillary data": refilled_mp3},
    "ac3": {"a reserved bit": reserved_ac3},
    "eac3": {"a reserved bit": reserved_ac3},
}
"""What each coding allows, by FFmpeg's name of its decoder."""
