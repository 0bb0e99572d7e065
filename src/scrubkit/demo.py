"""A small phone-like drive, made in code: grey pictures and a tone, and a lot that names people.

Every value is invented.  Nothing here is used by the cleaner.
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING

from .errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

LATITUDE, LONGITUDE = 12.3456, -65.4321
"""In the open sea."""

SERIAL = "DEMO-SERIAL-0042"
OWNER = "Demo Contributor"

_WIDTH, _HEIGHT = 64, 48
_FRAMES = 24
_FRAME_RATE = 12
_SOUND_RATE = 8000
_TIME = 3_800_000_000
"""Seconds since 1904."""


def build_drive(folder: Path) -> None:
    """Write the drive into a new folder; raises `UsageError` if something is there."""
    camera = folder / "DCIM" / "100APPLE"
    try:
        camera.mkdir(parents=True)
    except OSError:
        raise UsageError("demo", "folder-exists-or-cannot-be-made") from None
    (camera / "IMG_0001.JPG").write_bytes(photo(level=20, orientation=6))
    (camera / "IMG_0002.JPG").write_bytes(photo(level=24, orientation=1))
    (camera / "IMG_0003.MOV").write_bytes(movie(model="Demophone 15", stale=True))
    (camera / "IMG_0010.MOV").write_bytes(movie(model="Demophone 9", stale=False))


def grey(level: int) -> bytes:
    """Return a baseline JPEG of one grey; `level` 16 to 31 is 160 to 190 of 255."""
    blocks = (_WIDTH // 8) * (_HEIGHT // 8)
    # The first block's DC difference has 5 bits (code 10), the others' none (code 0); no AC (code 0).
    bits = f"10{level:05b}0" + "00" * (blocks - 1)
    bits += "1" * (-len(bits) % 8)
    coded = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\x00")
    return b"".join(
        (
            b"\xff\xd8",
            _segment(0xDB, b"\x00" + b"\x10" * 64),
            _segment(0xC0, struct.pack(">BHHB", 8, _HEIGHT, _WIDTH, 1) + b"\x01\x11\x00"),
            _segment(0xC4, b"\x00" + bytes((1, 1, *[0] * 14)) + b"\x00\x05"),
            _segment(0xC4, b"\x10" + bytes((1, *[0] * 15)) + b"\x00"),
            _segment(0xDA, b"\x01\x01\x00\x00\x3f\x00"),
            coded,
            b"\xff\xd9",
        )
    )


def photo(level: int, orientation: int) -> bytes:
    """Return a JPEG with Exif (place, time, phone, serial, owner, thumbnail), a comment and a trailer."""
    import piexif

    exif = piexif.dump(
        {
            "0th": {
                piexif.ImageIFD.Make: b"Demo",
                piexif.ImageIFD.Model: b"Demophone 15",
                piexif.ImageIFD.Orientation: orientation,
                piexif.ImageIFD.Software: b"DemoOS 1.2.3",
                piexif.ImageIFD.Artist: OWNER.encode(),
                piexif.ImageIFD.DateTime: b"2001:02:03 04:05:06",
            },
            "Exif": {
                piexif.ExifIFD.DateTimeOriginal: b"2001:02:03 04:05:06",
                piexif.ExifIFD.OffsetTimeOriginal: b"-05:00",
                piexif.ExifIFD.BodySerialNumber: SERIAL.encode(),
                piexif.ExifIFD.LensModel: b"Demophone 15 back camera",
                piexif.ExifIFD.MakerNote: b"DEMO\0" + bytes(range(64)),
            },
            "GPS": {
                piexif.GPSIFD.GPSLatitudeRef: b"N",
                piexif.GPSIFD.GPSLatitude: _degrees(LATITUDE),
                piexif.GPSIFD.GPSLongitudeRef: b"W",
                piexif.GPSIFD.GPSLongitude: _degrees(LONGITUDE),
            },
            "1st": {piexif.ImageIFD.Compression: 6},
            "thumbnail": grey(level),
        }
    )
    picture = grey(level)
    extra = _segment(0xE1, exif) + _segment(0xFE, b"sent by " + OWNER.encode())
    return picture[:2] + extra + picture[2:] + b"DEMO trailer " + SERIAL.encode()


def movie(model: str, *, stale: bool) -> bytes:
    """Return a MOV with Motion JPEG and PCM, dates, place, phone, and a timed metadata track.

    The picture and the sound are the same for every `model`: only what is told
    about them differs.  `stale` leaves an older movie header inside the media data.
    """
    frames = [grey(16 + number % 16) for number in range(_FRAMES)]
    count = _SOUND_RATE * _FRAMES // _FRAME_RATE
    tone = b"".join(
        struct.pack("<h", round(8000 * math.sin(2 * math.pi * 440 * at / _SOUND_RATE))) for at in range(count)
    )
    telemetry = [
        struct.pack(">IIdd", 24, number, LATITUDE + number / 1e4, LONGITUDE) for number in range(_FRAMES)
    ]
    ftyp = _box(b"ftyp", b"qt  " + struct.pack(">I", 0) + b"qt  ")
    old = _header(model, []) if stale else b""
    start = len(ftyp) + 8 + len(old)
    picture_at = start
    sound_at = picture_at + sum(map(len, frames))
    telemetry_at = sound_at + len(tone)
    tracks = [
        _track(1, b"vide", _picture_entry(), _FRAMES, list(map(len, frames)), picture_at, _FRAMES),
        _track(2, b"soun", _sound_entry(), count, [2] * count, sound_at, count),
        _track(3, b"meta", _telemetry_entry(), _FRAMES, list(map(len, telemetry)), telemetry_at, _FRAMES),
    ]
    mdat = _box(b"mdat", b"".join((old, *frames, tone, *telemetry, b"leftover " + SERIAL.encode())))
    return ftyp + mdat + _header(model, tracks) + _box(b"uuid", bytes(range(16)) + model.encode())


def _header(model: str, tracks: list[bytes]) -> bytes:
    place = f"{LATITUDE:+08.4f}{LONGITUDE:+09.4f}/".encode()
    told = {
        b"com.apple.quicktime.location.ISO6709": place,
        b"com.apple.quicktime.make": b"Demo",
        b"com.apple.quicktime.model": model.encode(),
        b"com.apple.quicktime.creationdate": b"2001-02-03T04:05:06-0500",
        b"com.apple.quicktime.content.identifier": b"01234567-89AB-CDEF-0123-456789ABCDEF",
    }
    keys = b"".join(struct.pack(">I4s", 8 + len(key), b"mdta") + key for key in told)
    items = b"".join(
        _box(struct.pack(">I", number), _box(b"data", struct.pack(">II", 1, 0) + value))
        for number, value in enumerate(told.values(), 1)
    )
    hdlr = _box(b"hdlr", struct.pack(">II4s12xx", 0, 0, b"mdta"))
    meta = _box(b"meta", hdlr + _box(b"keys", struct.pack(">II", 0, len(told)) + keys) + _box(b"ilst", items))
    text = struct.pack(">HH", len(place), 0x15C7) + place
    udta = _box(b"udta", _box(b"\xa9xyz", text) + _box(b"name", OWNER.encode()))
    mvhd = struct.pack(">IIIII", 0, _TIME, _TIME, 600, 600 * _FRAMES // _FRAME_RATE)
    mvhd += struct.pack(">IH10x", 0x10000, 0x100) + _matrix() + bytes(24) + struct.pack(">I", 9)
    return _box(b"moov", _box(b"mvhd", mvhd) + b"".join(tracks) + udta + meta)


def _track(
    number: int, handler: bytes, entry: bytes, duration: int, sizes: list[int], at: int, samples: int
) -> bytes:
    """Return a `trak` with one chunk; media time counts one tick per sample, 2 s in all."""
    shown = 600 * _FRAMES // _FRAME_RATE
    wide, high = (_WIDTH, _HEIGHT) if handler == b"vide" else (0, 0)
    tkhd = struct.pack(">IIII4xI8xHHHxx", 7, _TIME, _TIME, number, shown, 0, 0, 256 * (handler == b"soun"))
    tkhd += _matrix() + struct.pack(">II", wide << 16, high << 16)
    scale = samples * _FRAME_RATE // _FRAMES
    mdhd = struct.pack(">IIIIIHH", 0, _TIME, _TIME, scale, duration, 0, 0)
    hdlr = struct.pack(">I4s4s12x", 0, b"mhlr", handler) + b"\x10Demo Media Hand."
    kind = {
        b"vide": _box(b"vmhd", struct.pack(">I8x", 1)),
        b"soun": _box(b"smhd", bytes(8)),
        b"meta": _box(b"gmhd", _box(b"gmin", bytes(16))),
    }[handler]
    dinf = _box(b"dinf", _box(b"dref", struct.pack(">II", 0, 1) + _box(b"url ", struct.pack(">I", 1))))
    same = len(set(sizes)) == 1
    stsz = struct.pack(">III", 0, sizes[0] if same else 0, len(sizes))
    stsz += b"" if same else struct.pack(f">{len(sizes)}I", *sizes)
    stbl = b"".join(
        (
            _box(b"stsd", struct.pack(">II", 0, 1) + entry),
            _box(b"stts", struct.pack(">IIII", 0, 1, samples, 1)),
            _box(b"stsc", struct.pack(">IIIII", 0, 1, 1, samples, 1)),
            _box(b"stsz", stsz),
            _box(b"stco", struct.pack(">III", 0, 1, at)),
        )
    )
    minf = _box(b"minf", kind + dinf + _box(b"stbl", stbl))
    return _box(
        b"trak", _box(b"tkhd", tkhd) + _box(b"mdia", _box(b"mdhd", mdhd) + _box(b"hdlr", hdlr) + minf)
    )


def _picture_entry() -> bytes:
    name = b"\x0eDemo encoder 7".ljust(32, b"\0")
    head = struct.pack(
        ">6xHHH4sIIHHIIIH", 1, 0, 0, b"demo", 0, 512, _WIDTH, _HEIGHT, 72 << 16, 72 << 16, 0, 1
    )
    return _box(b"jpeg", head + name + struct.pack(">Hh", 24, -1))


def _sound_entry() -> bytes:
    return _box(b"sowt", struct.pack(">6xHHH4sHHHHI", 1, 0, 0, b"demo", 1, 16, 0, 0, _SOUND_RATE << 16))


def _telemetry_entry() -> bytes:
    key = _box(b"keyd", b"mdta" + b"com.apple.quicktime.location.ISO6709")
    return _box(b"mebx", struct.pack(">6xH", 1) + _box(b"keys", _box(struct.pack(">I", 1), key)))


def _matrix() -> bytes:
    return struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def _degrees(value: float) -> tuple[tuple[int, int], ...]:
    whole = int(abs(value))
    minutes = (abs(value) - whole) * 60
    return (whole, 1), (int(minutes), 1), (round((minutes - int(minutes)) * 6000), 100)


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), name) + body
