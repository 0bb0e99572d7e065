"""Configuration records and coded frames of the codings other than H.264 and H.265, bit by bit."""

from __future__ import annotations


def packed(*fields: tuple[int, int]) -> bytes:
    """Bytes of (width, value) fields, most significant first; zero bits fill the last byte."""
    text = "".join(f"{value:0{width}b}" for width, value in fields if width)
    text += "0" * (-len(text) % 8)
    return int(text or "0", 2).to_bytes(len(text) // 8, "big")


def descriptor(tag: int, content: bytes, *, length_bytes: int = 4) -> bytes:
    """An MPEG-4 descriptor (14496-1 §8.3.3) whose length takes that many bytes."""
    size = len(content)
    parts = [size >> 7 * i & 0x7F for i in range(length_bytes)][::-1]
    return bytes((tag, *(part | 0x80 for part in parts[:-1]), parts[-1])) + content


def esds(
    specific: bytes,
    *,
    object_type: int = 0x40,
    stream_type: int = 5,
    length_bytes: int = 4,
    es_id: int = 0,
    flags: int = 0,
    optional: bytes = b"",
    rates: bytes = bytes(11),
) -> bytes:
    """The body of an `esds` box after version and flags; `rates` is buffer size, maximum and average."""
    config = bytes((object_type, stream_type << 2 | 1)) + rates
    config += descriptor(5, specific, length_bytes=length_bytes)
    stream = es_id.to_bytes(2, "big") + bytes((flags,)) + optional
    stream += descriptor(4, config, length_bytes=length_bytes) + descriptor(
        6, b"\x02", length_bytes=length_bytes
    )
    return descriptor(3, stream, length_bytes=length_bytes)


def program(comment: bytes = b"", *, bits_before: int, data: bool = True) -> list[tuple[int, int]]:
    """Fields of a 5.1 program_config_element from a bit position on, with a data element or without."""
    fields = [(4, 3), (2, 1), (4, 4), (4, 2), (4, 0), (4, 1), (2, 1), (3, int(data)), (4, 0), (3, 0)]
    fields += [(5, 0), (5, 16), (5, 17), (4, 0), (4 * data, 0)]
    fields += [(-(bits_before + sum(width for width, _ in fields)) % 8, 0)]
    fields += [(8, len(comment))] + [(8, byte) for byte in comment]
    return fields


def sequence_header(
    *,
    timing: list[tuple[int, int]] | None = None,
    display_delay: int | None = None,
    colour: tuple[int, int, int] | None = (1, 1, 1),
    width: int = 64,
    height: int = 48,
) -> bytes:
    """Payload of an AV1 sequence header OBU: Main profile, 8 bits, 4:2:0, one operating point.

    `timing` are the fields from num_units_in_display_tick to the end of
    decoder_model_info, `display_delay` that of the operating point.
    """
    fields = [(3, 0), (1, 0), (1, 0)]
    fields += [(1, 1), *timing] if timing else [(1, 0)]
    fields += [(1, int(display_delay is not None)), (5, 0), (12, 0), (5, 0)]
    if timing and timing[-1][0] == 5:
        fields += [(1, 0)]
    if display_delay is not None:
        fields += [(1, 1), (4, display_delay)]
    fields += [(4, 15), (4, 15), (16, width - 1), (16, height - 1), (1, 0), (3, 0)]
    fields += [(4, 0), (1, 1), (2, 0), (1, 1), (1, 1), (3, 6), (3, 2)]
    fields += [(1, 0), (1, 0), (1, int(colour is not None))]
    fields += [(8, value) for value in colour or ()]
    fields += [(1, 0), (2, 0), (1, 0), (1, 0), (1, 1)]
    return packed(*fields)


def obu(
    kind: int, payload: bytes, *, sized: bool = True, extension: int | None = None, reserved: int = 0
) -> bytes:
    """An AV1 OBU with a one- or two-byte size."""
    head = bytes((kind << 3 | (extension is not None) << 2 | sized << 1 | reserved,))
    if extension is not None:
        head += bytes((extension,))
    size = len(payload)
    if sized:
        head += bytes((size,)) if size < 128 else bytes((size & 127 | 128, size >> 7))
    return head + payload


def visual_object_layer(
    *,
    verid: int = 1,
    control: list[tuple[int, int]] | None = None,
    tail: list[tuple[int, int]] | None = None,
    size: tuple[int, int] = (176, 144),
) -> bytes:
    """An MPEG-4 Visual layer with its start code: rectangular, 30 ticks a second."""
    fields = [(1, 0), (8, 1), (1, 1), (4, verid), (3, 1), (4, 1)]
    fields += [(1, 1), *control] if control else [(1, 0)]
    fields += [(2, 0), (1, 1), (16, 30), (1, 1), (1, 0), (1, 1)]
    fields += [(13, size[0]), (1, 1), (13, size[1]), (1, 1)]
    fields += tail or [(1, 0), (1, 1), (1, 0), (1, 0), (1, 0), (1, 1), (1, 1), (1, 0), (1, 0)]
    filled = sum(width for width, _ in fields) + 1
    fields += [(1, 0), (-filled % 8, (1 << -filled % 8) - 1)]
    return b"\0\0\1\x20" + packed(*fields)


Bits = str
"""Zeros and ones."""


def bits_of(data: bytes) -> Bits:
    return "".join(f"{byte:08b}" for byte in data)


def bytes_of(bits: Bits) -> bytes:
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))


def unfinished(block: bytes) -> Bits:
    """An AAC block that an encoder ended with END and up to seven zero bits, without those."""
    bits = bits_of(block).rstrip("0")
    assert bits.endswith("111")
    return bits[:-3]


END = "111"
"""AAC's ID_END."""


def fill(kind: int, data: bytes) -> Bits:
    """An AAC fill element of one payload of that type; its first nibble of data is 0."""
    count = len(data) + 1
    head = f"110{count:04b}" if count < 15 else f"1101111{count - 14:08b}"
    return f"{head}{kind:04b}0000{bits_of(data)}"


def data_stream(data: bytes, *, at: int | None = None) -> Bits:
    """An AAC data stream element; aligned if `at` says at which bit it begins."""
    count = f"{len(data):08b}" if len(data) < 255 else f"{255:08b}{len(data) - 255:08b}"
    head = f"1000000{int(at is not None)}{count}"
    if at is not None:
        head += "0" * (-(at + len(head)) % 8)
    return head + bits_of(data)


def silent_channel(kind: int = 0, *, reserved: int = 0) -> Bits:
    """An AAC single channel (0) or LFE (3) element without any band."""
    return f"{kind:03b}0000" + f"{100:08b}" + f"{reserved}000" + "000000" + "0" + "000"


def prores(
    frame: bytes,
    *,
    encoder: bytes = b"",
    reserved: bool = False,
    header_tail: bytes = b"",
    picture_tail: bytes = b"",
    slice_tail: bytes | None = None,
    after_slices: bytes = b"",
    stuffing: bytes = b"",
    after: bytes = b"",
) -> bytes:
    """A progressive ProRes frame made again with room in every place; `slice_tail` asks for long headers."""
    header_size = int.from_bytes(frame[8:10], "big")
    header = bytearray(frame[8 : 8 + header_size])
    header[4:8] = encoder or header[4:8]
    if reserved:
        header[12] |= 0x33
        header[17] |= 0xA0
        header[18] = 0xC5
        header[19] |= 0xA4
    at = 8 + header_size
    width, height = int.from_bytes(frame[16:18], "big"), int.from_bytes(frame[18:20], "big")
    picture = frame[at:]
    step = 1 << (picture[7] >> 4)
    columns = -(-width // 16)
    count = -(-height // 16) * (columns // step + (columns % step).bit_count())
    place = 8 + 2 * count
    slices = []
    for i in range(count):
        size = int.from_bytes(picture[8 + 2 * i : 10 + 2 * i], "big")
        one = picture[place : place + size]
        place += size
        if slice_tail is not None:
            red = size - 6 - int.from_bytes(one[2:4], "big") - int.from_bytes(one[4:6], "big")
            one = bytes((8 << 3 | 5,)) + one[1:6] + red.to_bytes(2, "big") + one[6:] + slice_tail
        slices.append(one)
    table = b"".join(len(one).to_bytes(2, "big") for one in slices)
    rest = picture_tail + table + b"".join(slices) + after_slices
    made = bytes(((8 + len(picture_tail)) << 3 | 5 * reserved,)) + (8 + len(rest)).to_bytes(4, "big")
    made += b"\xee\xee" * reserved or picture[5:7]
    made += picture[7:8] + rest
    header[:2] = (header_size + len(header_tail)).to_bytes(2, "big")
    body = b"icpf" + header + header_tail + made + stuffing
    return (4 + len(body)).to_bytes(4, "big") + body + after
