"""Writes a large movie that looks like a phone's, fast.

    python benchmarks/make_movie.py OUT --kind phone --size 1GiB

`phone` is H.264 and AAC.  Parameter sets and slice headers are real; what follows in
a slice is noise without two zeros in a row, so that no start code can occur in it.
The sound is real AAC, coded once from noise by PyAV and repeated.  `hevc` is the same in
H.265.

`prores` is ProRes 422 HQ and PCM, with real headers down to the slices.

`holes` is PCM alone, in a file without a single allocated block of media: the size
costs no disk.  It has to be PCM, because a hole reads as zeros, and zeros are
refused wherever samples are walked.

All have dates, a position and a model, as far as a phone writes them, all invented.
"""

from __future__ import annotations

import argparse
import random
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable

FRAME_RATE = 30
TICKS = 600
"""Of the video track, per second."""
SOUND_RATE = 48_000
WIDTH, HEIGHT = 1920, 1080
DATE = 3_800_000_000
"""Seconds since 1904 of the invented recording."""

MATRIX = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


@dataclass(slots=True)
class Track:
    """What a sample table needs to know; chunks are (offset, samples)."""

    handler: bytes
    entry: bytes
    timescale: int
    sample_duration: int
    sizes: list[int] = field(default_factory=list)
    uniform_size: int = 0
    count: int = 0
    chunks: list[tuple[int, int]] = field(default_factory=list)
    sync: list[int] = field(default_factory=list)

    @property
    def duration(self) -> int:
        return self.count * self.sample_duration

    def add(self, offset: int, sizes: list[int] | int) -> None:
        """Append a chunk of samples of those sizes, or of so many samples of the uniform size."""
        count = sizes if isinstance(sizes, int) else len(sizes)
        self.chunks.append((offset, count))
        self.sizes += [] if isinstance(sizes, int) else sizes
        self.count += count


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def full(kind: bytes, flags: int, *parts: bytes) -> bytes:
    return box(kind, struct.pack(">I", flags), *parts)


class Bits:
    """Owns a string of bits being written."""

    def __init__(self) -> None:
        self.text = ""

    def u(self, width: int, value: int) -> Bits:
        self.text += f"{value:0{width}b}"
        return self

    def ue(self, *values: int) -> Bits:
        for value in values:
            code = f"{value + 1:b}"
            self.text += "0" * (len(code) - 1) + code
        return self

    def nal(self, header: int) -> bytes:
        """Return a NAL unit with stop bit and emulation prevention bytes."""
        return protected(_header(header), self.text + "1" + "0" * (-len(self.text + "1") % 8))

    def slice_head(self, header: int) -> bytes:
        """Return the first bytes of a slice whose CABAC data begin after alignment ones."""
        return protected(_header(header), self.text + "1" * (-len(self.text) % 8))


def _header(value: int) -> bytes:
    """A NAL unit header: one byte in H.264, two in H.265."""
    return value.to_bytes(2 if value > 0xFF else 1)


def protected(header: bytes, text: str) -> bytes:
    """Return `header` and those bits, with emulation prevention bytes (H.264 §7.4.1)."""
    out = bytearray(header)
    zeros = 0
    for byte in int(text, 2).to_bytes(len(text) // 8, "big"):
        if zeros >= 2 and byte <= 3:
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(out)


def sequence_parameter_set() -> bytes:
    """High profile, level 4.0, 1920x1080, 4:2:0, BT.709, timing, no reordering."""
    bits = Bits().u(8, 100).u(8, 0).u(8, 40)
    bits.ue(0, 1, 0, 0).u(1, 0).u(1, 0)  # id, 4:2:0, 8 bits, no bypass, no scaling lists
    bits.ue(0, 2, 1).u(1, 0)  # frame_num of 4 bits, order type 2, one reference, no gaps
    bits.ue(WIDTH // 16 - 1, (HEIGHT + 15) // 16 - 1).u(1, 1).u(1, 1)
    bits.u(1, 1).ue(0, 0, 0, 4)  # 1088 lines cropped to 1080
    bits.u(1, 1).u(1, 0).u(1, 0)  # VUI; no aspect ratio, no overscan
    bits.u(1, 1).u(3, 5).u(1, 0).u(1, 1).u(8, 1).u(8, 1).u(8, 1).u(1, 0)
    bits.u(1, 1).u(32, 1).u(32, 2 * FRAME_RATE).u(1, 1)  # timing
    bits.u(1, 0).u(1, 0).u(1, 0)  # no HRD, no pic_struct
    bits.u(1, 1).u(1, 1).ue(2, 1, 16, 16, 0, 1)  # bitstream restriction
    return bits.nal(0x67)


def picture_parameter_set() -> bytes:
    """CABAC, one slice group, one reference, 8x8 transform."""
    bits = Bits().ue(0, 0).u(1, 1).u(1, 0).ue(0, 0, 0).u(1, 0).u(2, 0).ue(0, 0, 0)
    bits.u(1, 1).u(1, 0).u(1, 0).u(1, 1).u(1, 0).ue(0)
    return bits.nal(0x68)


def slice_head(frame: int) -> bytes:
    """Header of the only slice of a frame: IDR once a second, P otherwise."""
    number = frame % FRAME_RATE
    bits = Bits().ue(0, 5 if number else 7, 0).u(4, number % 16)
    if number:
        bits.u(1, 0).u(1, 0).u(1, 0).ue(0)  # one reference, in order, sliding window, CABAC table 0
    else:
        bits.ue(0).u(2, 0)  # idr_pic_id, no long-term reference
    return bits.ue(0, 0, 0, 0).slice_head(0x41 if number else 0x65)  # quantiser and deblocking as in the PPS


VPS, SPS, PPS, PREFIX_SEI, IDR, TRAIL = (kind << 9 | 1 for kind in (32, 33, 34, 39, 19, 1))
"""NAL unit headers of H.265."""


def profile_tier_level(bits: Bits) -> Bits:
    """Main profile and tier, level 4.0, frames only."""
    bits.u(2, 0).u(1, 0).u(5, 1).u(32, 0x60000000)
    return bits.u(4, 0b1001).u(44, 0).u(8, 120)


def hevc_sets() -> list[tuple[int, bytes]]:
    """Type and NAL unit of each parameter set: 1920x1080, 4:2:0, 8 bits, one reference, no reordering."""
    video = profile_tier_level(Bits().u(4, 0).u(2, 3).u(6, 0).u(3, 0).u(1, 1).u(16, 0xFFFF))
    video.u(1, 1).ue(4, 0, 0).u(6, 0).ue(0).u(1, 0).u(1, 0)  # no timing, no extension
    sequence = profile_tier_level(Bits().u(4, 0).u(3, 0).u(1, 1))
    sequence.ue(0, 1, WIDTH, 1088).u(1, 1).ue(0, 0, 0, 4)  # 1088 lines cropped to 1080
    sequence.ue(0, 0, 4).u(1, 1).ue(4, 0, 0)  # 8 bits, order counts of 8 bits
    sequence.ue(0, 3, 0, 3, 0, 0).u(1, 0).u(1, 1).u(1, 1).u(1, 0)  # blocks; no lists, AMP, SAO, no PCM
    sequence.ue(1).ue(1, 0, 0).u(1, 1).u(1, 0).u(1, 1).u(1, 1).u(1, 0).u(1, 0)  # one reference set
    picture = Bits().ue(0, 0).u(1, 0).u(1, 0).u(3, 0).u(1, 1).u(1, 0).ue(0, 0, 0)
    picture.u(3, 0).ue(0, 0).u(6, 0).u(1, 1).u(1, 0).u(1, 0).u(1, 0).ue(0).u(1, 0).u(1, 0)
    return [(32, video.nal(VPS)), (33, sequence.nal(SPS)), (34, picture.nal(PPS))]


def hevc_slice_head(frame: int) -> bytes:
    """Header of the only slice of a frame: IDR once a second, P otherwise."""
    number = frame % FRAME_RATE
    if not number:
        return Bits().u(1, 1).u(1, 0).ue(0, 2).u(1, 1).u(1, 1).ue(0).u(1, 1).slice_head(IDR)
    bits = Bits().u(1, 1).ue(0, 1).u(8, number).u(1, 1).u(1, 0).u(1, 1).u(1, 1)
    return bits.u(1, 0).ue(0).ue(0).u(1, 1).slice_head(TRAIL)


def hevc_entry() -> bytes:
    configuration = b"\x01\x01\x60\0\0\0\x90\0\0\0\0\0\x78\xf0\0\xfc\xfd\xf8\xf8\0\0\x0f\x03"
    for kind, nal in hevc_sets():
        configuration += struct.pack(">BHH", 0x80 | kind, 1, len(nal)) + nal
    return picture_entry(b"hvc1", b"HEVC", box(b"hvcC", configuration))


def avc_entry() -> bytes:
    sps, pps = sequence_parameter_set(), picture_parameter_set()
    configuration = bytes([1, *sps[1:4], 0xFF, 0xE1]) + struct.pack(">H", len(sps)) + sps
    configuration += b"\x01" + struct.pack(">H", len(pps)) + pps + b"\xfd\xf8\xf8\x00"
    return picture_entry(b"avc1", b"H.264", box(b"avcC", configuration))


def picture_entry(kind: bytes, name: bytes, *children: bytes) -> bytes:
    colour = box(b"colr", b"nclc", struct.pack(">3H", 1, 1, 1))
    head = struct.pack(
        ">6xHHH4sIIHHIIIH", 1, 0, 0, b"appl", 0x200, 0x200, WIDTH, HEIGHT, 72 << 16, 72 << 16, 0, 1
    )
    return box(kind, head, bytes([len(name)]), name.ljust(31, b"\0"), b"\x00\x18\xff\xff", *children, colour)


def sound_entry(kind: bytes, *children: bytes) -> bytes:
    return box(kind, struct.pack(">6xHHH4sHHHHI", 1, 0, 0, b"", 2, 16, 0, 0, SOUND_RATE << 16), *children)


def aac_entry() -> bytes:
    specific = b"\x05\x80\x80\x80\x02\x11\x90"  # AAC LC, 48 kHz, stereo
    decoder = struct.pack(">BB3sII", 0x40, 0x15, b"\0\x18\0", 160_000, 128_000) + specific
    elementary = b"\0\0\0\x04\x80\x80\x80" + bytes([len(decoder)]) + decoder + b"\x06\x80\x80\x80\x01\x02"
    return sound_entry(b"mp4a", full(b"esds", 0, b"\x03\x80\x80\x80" + bytes([len(elementary)]) + elementary))


def noise(length: int) -> bytes:
    """Return random bytes without two zeros in a row; the same ones each time."""
    return random.Random(0x5C0B).randbytes(length).replace(b"\0\0", b"\0\1")


MESSAGE = b"\x05\x21" + bytes.fromhex("47564adc5c4c433f94efc5113cd143a8") + b"\x01" * 17 + b"\x80"
"""A message as phones put before key frames: user data under a UUID."""


def phone_movie(file: BinaryIO, size: int) -> list[Track]:
    """Write H.264 and AAC."""
    heads = [slice_head(number) for number in range(FRAME_RATE)]
    return coded_movie(file, size, avc_entry(), heads, b"\x06" + MESSAGE)


def hevc_movie(file: BinaryIO, size: int) -> list[Track]:
    """Write H.265 and AAC."""
    heads = [hevc_slice_head(number) for number in range(FRAME_RATE)]
    return coded_movie(file, size, hevc_entry(), heads, PREFIX_SEI.to_bytes(2) + MESSAGE)


def coded_movie(file: BinaryIO, size: int, entry: bytes, heads: list[bytes], message: bytes) -> list[Track]:
    """Write slices under those headers, and AAC, in chunks of 0.5 s until `size` bytes are out."""
    video = Track(b"vide", entry, TICKS, TICKS // FRAME_RATE)
    sound = Track(b"soun", aac_entry(), SOUND_RATE, 1024)
    pool = noise(32 << 20)
    packets = aac_packets()
    draw = random.Random(0xF00D)
    while file.tell() < size:
        parts: list[bytes] = []
        sizes: list[int] = []
        for frame in range(video.count, video.count + FRAME_RATE // 2):
            head = heads[frame % FRAME_RATE]
            length = draw.randrange(28_000, 52_000)
            prefix = struct.pack(">I", len(message)) + message if frame % FRAME_RATE == 0 else b""
            at = draw.randrange(len(pool) - length)
            parts += [
                prefix + struct.pack(">I", length) + head,
                pool[at : at + length - len(head) - 1],
                b"\x80",
            ]
            sizes.append(len(prefix) + 4 + length)
        video.add(file.tell(), sizes)
        file.writelines(parts)
        until = video.count * SOUND_RATE // (FRAME_RATE * 1024) + 1
        chunk = [packets[number % len(packets)] for number in range(sound.count, until)]
        sound.add(file.tell(), [len(packet) for packet in chunk])
        file.writelines(chunk)
    video.sync = list(range(1, video.count + 1, FRAME_RATE))
    return [video, sound]


def aac_packets() -> list[bytes]:
    """Return 10 s of AAC LC, 48 kHz, stereo, 128 kbit/s."""
    import av

    with av.open("/dev/null", "w", format="adts") as sink:
        stream = sink.add_stream("aac", rate=SOUND_RATE)
        stream.bit_rate = 128_000
        frame = av.AudioFrame(format="fltp", layout="stereo", samples=SOUND_RATE * 10)
        frame.sample_rate = SOUND_RATE
        for seed, plane in enumerate(frame.planes):
            plane.update(random.Random(seed).randbytes(plane.buffer_size).translate(QUIET))
        packets = [bytes(packet) for part in (frame, None) for packet in stream.encode(part)]
        # the encoder signs one packet; repeated, its signature would make a filter suspicious of all
        return [packet for packet in packets if packet[0] >> 5 < FIRST_FREE_ELEMENT][1:]


FIRST_FREE_ELEMENT = 4
"""Elements of an AAC block from here on hold no sound (ISO/IEC 14496-3 table 4.85)."""

QUIET = bytes(0x3D if byte < 0x80 else 0xBD for byte in range(256))
"""Makes of random bytes floats between -0.1 and 0.1."""

SLICES = (WIDTH + 127) // 128 * ((HEIGHT + 15) // 16)
SLICE = 1024


def prores_frame(pool: bytes, number: int) -> bytes:
    """Return a frame of SMPTE RDD 36: frame header, picture header, slice table, slices of noise."""
    slice_header = struct.pack(">BBHH", 6 << 3, 4, 500, 250)
    body = SLICE - len(slice_header)
    starts = range(number * SLICE, (number + SLICES) * SLICE, SLICE)
    slices = b"".join(slice_header + pool[start : start + body] for start in starts)
    table = struct.pack(">H", SLICE) * SLICES
    picture = struct.pack(">BIHB", 8 << 3, 8 + len(table) + len(slices), SLICES, 3 << 4) + table
    header = struct.pack(">HBB4sHHBBBBBBBB", 20, 0, 0, b"abcd", WIDTH, HEIGHT, 0x80, 0, 1, 1, 1, 0, 0, 0)
    rest = header + picture + slices
    return struct.pack(">I4s", 8 + len(rest), b"icpf") + rest


def prores_movie(file: BinaryIO, size: int) -> list[Track]:
    """Write ProRes and PCM in chunks of 0.5 s."""
    pool = noise(4 << 20)
    frames = [prores_frame(pool, number) for number in range(16)]
    entry = picture_entry(b"apch", b"Apple ProRes 422 HQ")
    video = Track(b"vide", entry, TICKS, TICKS // FRAME_RATE, uniform_size=len(frames[0]))
    sound = Track(b"soun", sound_entry(b"sowt"), SOUND_RATE, 1, uniform_size=4)
    while file.tell() < size:
        video.add(file.tell(), FRAME_RATE // 2)
        file.writelines(frames[number % len(frames)] for number in range(FRAME_RATE // 2))
        sound.add(file.tell(), SOUND_RATE // 2)
        file.write(pool[: 4 * SOUND_RATE // 2])
    return [video, sound]


def hollow_movie(file: BinaryIO, size: int) -> list[Track]:
    """Write PCM in chunks of 0.5 s, all of it silence that takes no room."""
    sound = Track(b"soun", sound_entry(b"sowt"), SOUND_RATE, 1, uniform_size=4)
    chunk = 4 * SOUND_RATE // 2
    first = file.tell()
    for at in range(first, size, chunk):
        sound.add(at, SOUND_RATE // 2)
    file.truncate(first + chunk * len(sound.chunks))
    file.seek(0, 2)
    return [sound]


KINDS: dict[str, Callable[[BinaryIO, int], list[Track]]] = {
    "phone": phone_movie,
    "hevc": hevc_movie,
    "prores": prores_movie,
    "holes": hollow_movie,
}


def sample_table(track: Track) -> bytes:
    runs: list[tuple[int, int]] = []
    for number, (_, samples) in enumerate(track.chunks, 1):
        if not runs or runs[-1][1] != samples:
            runs.append((number, samples))
    sizes = b"" if track.uniform_size else struct.pack(f">{track.count}I", *track.sizes)
    offsets = [offset for offset, _ in track.chunks]
    long = offsets[-1] >= 1 << 32
    return box(
        b"stbl",
        full(b"stsd", 0, struct.pack(">I", 1), track.entry),
        full(b"stts", 0, struct.pack(">III", 1, track.count, track.sample_duration)),
        full(b"stss", 0, struct.pack(f">I{len(track.sync)}I", len(track.sync), *track.sync))
        if track.sync
        else b"",
        full(b"stsc", 0, struct.pack(">I", len(runs)), *(struct.pack(">III", *run, 1) for run in runs)),
        full(b"stsz", 0, struct.pack(">II", track.uniform_size, track.count), sizes),
        full(
            b"co64" if long else b"stco",
            0,
            struct.pack(f">I{len(offsets)}{'Q' if long else 'I'}", len(offsets), *offsets),
        ),
    )


def handler(component: bytes, kind: bytes, name: bytes) -> bytes:
    return full(b"hdlr", 0, component, kind, b"appl", bytes(8), bytes([len(name)]), name)


def track_box(number: int, track: Track) -> bytes:
    picture = track.handler == b"vide"
    duration = track.duration * TICKS // track.timescale
    shown = (WIDTH << 16, HEIGHT << 16) if picture else (0, 0)
    header = struct.pack(
        ">IIIII8xHHHH", DATE, DATE + 60, number, 0, duration, 0, 0, 0 if picture else 0x100, 0
    )
    media = struct.pack(">IIIIHH", DATE, DATE + 60, track.timescale, track.duration, 0x55C4, 0)
    name = b"Core Media Video" if picture else b"Core Media Audio"
    return box(
        b"trak",
        full(b"tkhd", 15, header, MATRIX, struct.pack(">II", *shown)),
        box(b"edts", full(b"elst", 0, struct.pack(">IIiI", 1, duration, 0, 0x10000))),
        box(
            b"mdia",
            full(b"mdhd", 0, media),
            handler(b"mhlr", track.handler, name),
            box(
                b"minf",
                full(b"vmhd", 1, struct.pack(">4H", 0x40, 0x8000, 0x8000, 0x8000))
                if picture
                else full(b"smhd", 0, bytes(4)),
                handler(b"dhlr", b"url ", b"Core Media Data Handler"),
                box(b"dinf", full(b"dref", 0, struct.pack(">I", 1), full(b"url ", 1))),
                sample_table(track),
            ),
        ),
    )


def user_data() -> bytes:
    texts = {
        b"\xa9xyz": b"+12.3456+065.4321/",
        b"\xa9mak": b"Example",
        b"\xa9mod": b"Example Phone 1",
        b"\xa9swr": b"1.2.3",
    }
    return box(
        b"udta", *(box(kind, struct.pack(">HH", len(text), 0x15C7), text) for kind, text in texts.items())
    )


def movie_box(tracks: list[Track]) -> bytes:
    duration = tracks[0].duration * TICKS // tracks[0].timescale
    header = struct.pack(">IIIIIH10x", DATE, DATE + 60, TICKS, duration, 0x10000, 0x100)
    return box(
        b"moov",
        full(b"mvhd", 0, header, MATRIX, bytes(24), struct.pack(">I", len(tracks) + 1)),
        *(track_box(number, track) for number, track in enumerate(tracks, 1)),
        user_data(),
    )


def write_movie(path: Path, kind: str, size: int) -> None:
    """Write a movie of about `size` bytes to `path`."""
    with path.open("wb") as file:
        file.write(box(b"ftyp", b"qt  ", bytes(4), b"qt  "))
        start = file.tell()
        file.write(struct.pack(">I4sQ", 1, b"mdat", 0))
        tracks = KINDS[kind](file, size)
        end = file.tell()
        file.write(movie_box(tracks))
        file.seek(start + 8)
        file.write(struct.pack(">Q", end - start))


def parse_size(text: str) -> int:
    """Read `1GiB`, `64MiB` or a number of bytes."""
    for suffix, scale in (("GiB", 1 << 30), ("MiB", 1 << 20)):
        if text.endswith(suffix):
            return int(float(text.removesuffix(suffix)) * scale)
    return int(text)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--size", type=parse_size, default=1 << 30)
    parser.add_argument("--kind", choices=KINDS, default="phone")
    options = parser.parse_args()
    write_movie(options.out, options.kind, options.size)


if __name__ == "__main__":
    main()
