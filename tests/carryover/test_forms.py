"""Each encoding of a value that a leak may have is found in a file that looks like coded picture."""

from __future__ import annotations

import base64
import datetime as dt
import random
import struct
from typing import TYPE_CHECKING

import pytest

from scrubkit.carryover import search_file
from scrubkit.model import Kind, Value

if TYPE_CHECKING:
    from pathlib import Path

SERIAL = "QX7-4471-0093R"
PERSON = "Zlata Ödegård"
UUID = "1f0e93c2-77ab-4cd0-9e51-b8d4470c2a6f"
MAC = "a4:5e:60:c2:19:7b"
IMEI = "356938035643809"
MOMENT = "2023-08-17 14:05:39"
UNIX = 1692281139
NORTH, EAST = 48.137154, 11.576124
POINT = "+48.137154+011.576124/"
BYTES = bytes(random.Random(3).randbytes(20))


def noise(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


def planted(path: Path, needle: bytes, size: int = 300_000) -> Path:
    data = bytearray(noise(size))
    data[100_001 : 100_001 + len(needle)] = needle
    path.write_bytes(data)
    return path


def residue(value: str | bytes, kind: Kind, path: str = "udta/x") -> Value:
    return Value("residue", path, kind, value)


def _base64(data: bytes, lead: int) -> bytes:
    return base64.b64encode(noise(lead) + data + noise(4))


WHEN = dt.datetime(2023, 8, 17, 14, 5, 39, tzinfo=dt.UTC)
FILETIME = (UNIX + 11_644_473_600) * 10_000_000

PLANTS: dict[str, tuple[Value, bytes]] = {
    "text": (residue(SERIAL, Kind.SERIAL), SERIAL.encode()),
    "text in other letters": (residue(SERIAL, Kind.SERIAL), SERIAL.lower().encode()),
    "text without its separators": (residue(SERIAL, Kind.SERIAL), b"QX744710093R"),
    "text in UTF-16, little end first": (residue(PERSON, Kind.PERSON), PERSON.encode("utf-16-le")),
    "text in UTF-16, big end first": (residue(PERSON, Kind.PERSON), PERSON.encode("utf-16-be")),
    "text with its accents apart": (residue(PERSON, Kind.PERSON), b"Zlata O\xcc\x88dega\xcc\x8ard"),
    "text in base64": (residue(SERIAL, Kind.SERIAL), _base64(SERIAL.encode(), 0)),
    "text in base64, one byte on": (residue(SERIAL, Kind.SERIAL), _base64(SERIAL.encode(), 1)),
    "text in base64, two bytes on": (residue(SERIAL, Kind.SERIAL), _base64(SERIAL.encode(), 2)),
    "text in hex": (residue(SERIAL, Kind.SERIAL), SERIAL.encode().hex().encode()),
    "text in capital hex": (residue(SERIAL, Kind.SERIAL), SERIAL.encode().hex().upper().encode()),
    "a word of a long text": (residue("x " * 40 + PERSON + " y" * 40, Kind.PERSON), "Ödegård".encode()),
    "bytes": (residue(BYTES, Kind.TELEMETRY), BYTES),
    "bytes in hex": (residue(BYTES, Kind.TELEMETRY), BYTES.hex().encode()),
    "bytes in base64": (residue(BYTES, Kind.TELEMETRY), _base64(BYTES, 1)),
    "a UUID as bytes": (residue(UUID, Kind.IDENTIFIER), bytes.fromhex(UUID.replace("-", ""))),
    "a UUID as Windows stores it": (
        residue(UUID, Kind.IDENTIFIER),
        bytes.fromhex("c2930e1fab77d04c9e51b8d4470c2a6f"),
    ),
    "a UUID as text without dashes": (residue(UUID, Kind.IDENTIFIER), UUID.replace("-", "").upper().encode()),
    "an address of a network card": (residue(MAC, Kind.SERIAL), bytes.fromhex(MAC.replace(":", ""))),
    "an address with other separators": (residue(MAC, Kind.SERIAL), MAC.replace(":", "-").upper().encode()),
    "a number of 64 bits": (residue(IMEI, Kind.SERIAL), int(IMEI).to_bytes(8)),
    "a number of 64 bits, little end first": (residue(IMEI, Kind.SERIAL), int(IMEI).to_bytes(8, "little")),
    "digits in BCD": (residue(IMEI, Kind.SERIAL), bytes.fromhex("0" + IMEI)),
    "digits in swapped BCD": (residue(IMEI, Kind.SERIAL), bytes.fromhex("53968330653408f9")),
    "a time as Exif writes it": (residue(MOMENT, Kind.TIME), b"2023:08:17 14:05:39"),
    "a time as names have it": (residue(MOMENT, Kind.TIME), b"20230817_140539"),
    "a time in ISO 8601": (residue(MOMENT, Kind.TIME), b"2023-08-17T14:05:39"),
    "a time in UTF-16": (residue(MOMENT, Kind.TIME), "2023-08-17T14:05:39".encode("utf-16-le")),
    "a time as decimal seconds": (residue(MOMENT, Kind.TIME), b"1692281139"),
    "a time in Unix milliseconds": (residue(MOMENT, Kind.TIME), (UNIX * 1000).to_bytes(8)),
    "a time in Unix microseconds": (residue(MOMENT, Kind.TIME), (UNIX * 10**6).to_bytes(8, "little")),
    "a time as Windows counts": (residue(MOMENT, Kind.TIME), FILETIME.to_bytes(8, "little")),
    "a time as Apple counts": (residue(MOMENT, Kind.TIME), struct.pack(">d", UNIX - 978_307_200)),
    "a time in BCD": (residue(MOMENT, Kind.TIME), bytes.fromhex("20230817140539")),
    "a time as numbers": (residue(MOMENT, Kind.TIME), struct.pack("<6H", 2023, 8, 17, 14, 5, 39)),
    "a time twice since 1904": (residue(MOMENT, Kind.TIME), struct.pack(">2I", *2 * [UNIX + 2_082_844_800])),
    "a time of a zone in UTC": (residue("2023-08-17T16:05:39+0200", Kind.TIME), (UNIX * 1000).to_bytes(8)),
    "coordinates in decimal": (residue(POINT, Kind.GPS), b"48.137154,11.576124"),
    "coordinates rounded": (residue(POINT, Kind.GPS), b"+48.1372+011.5761/"),
    "coordinates in degrees": (residue(POINT, Kind.GPS), b"48 deg 8' 13.75\" N"),
    "coordinates in an XMP packet": (residue(POINT, Kind.GPS), b"48,8.22924N"),
    "coordinates as NMEA has them": (residue(POINT, Kind.GPS), b"4808.22924,N"),
    "a coordinate as a double": (residue(POINT, Kind.GPS), struct.pack("<d", NORTH)),
    "coordinates as floats": (residue(POINT, Kind.GPS), struct.pack(">2f", NORTH, EAST)),
    "coordinates times ten million": (residue(POINT, Kind.GPS), struct.pack(">2i", 481371540, 115761240)),
    "coordinates times a million, turned": (residue(POINT, Kind.GPS), struct.pack("<2i", 11576124, 48137154)),
    "coordinates in 16.16": (
        residue(POINT, Kind.GPS),
        struct.pack(">2i", int(EAST * 65_536), int(NORTH * 65_536)),
    ),
    "a coordinate as Exif has it": (residue(POINT, Kind.GPS), struct.pack(">6I", 48, 1, 8, 1, 1375, 100)),
    "coordinates that were in degrees": (
        residue("48 deg 8' 13.75\" N, 11 deg 34' 34.05\" E", Kind.GPS),
        b"+48.1372+011.5761/",
    ),
}


@pytest.mark.parametrize("plant", PLANTS)
def test_an_encoding_of_a_value_is_found(plant: str, tmp_path: Path) -> None:
    value, needle = PLANTS[plant]
    search = search_file([value], planted(tmp_path / "file", needle))
    assert {(hit.value, hit.place) for hit in search.carried} == {(value, "bytes")}
    assert all(100_001 <= (hit.at or 0) < 100_001 + len(needle) for hit in search.carried)


def test_coordinates_named_apart_are_found_side_by_side(tmp_path: Path) -> None:
    values = [
        residue("48 8 13.7544", Kind.GPS, "GPS/GPSLatitude"),
        residue("11 34 34.0464", Kind.GPS, "GPS/GPSLongitude"),
    ]
    path = planted(tmp_path / "file", struct.pack(">2i", 481371540, 115761240))
    assert [hit.form for hit in search_file(values, path).carried] == ["point-scaled-10000000-be"]


def test_two_moments_are_found_side_by_side(tmp_path: Path) -> None:
    values = [residue(MOMENT, Kind.TIME), residue("2023-08-17 14:05:58", Kind.TIME)]
    path = planted(tmp_path / "file", struct.pack(">2I", UNIX + 2_082_844_800, UNIX + 2_082_844_819))
    assert [hit.form for hit in search_file(values, path).carried] == ["1904-pair-be"]


def test_a_zone_named_elsewhere_turns_a_local_time_into_utc(tmp_path: Path) -> None:
    path = planted(tmp_path / "file", (UNIX * 1000).to_bytes(8))
    local = residue("2023:08:17 16:05:39", Kind.TIME)
    assert not search_file([local], path).carried
    assert search_file([local, residue("+02:00", Kind.TIME)], path).carried


def test_nothing_is_found_where_nothing_is_planted(tmp_path: Path) -> None:
    values = [value for value, _ in PLANTS.values()]
    (tmp_path / "file").write_bytes(noise(4_000_000, seed=9))
    search = search_file(values, tmp_path / "file")
    assert search.values >= len({value.untrusted for value in values})
    assert search.carried == ()
