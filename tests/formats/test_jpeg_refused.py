"""Where a JPEG could hide something, or mean two things, it is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from scrubkit.errors import LimitExceeded, Malformed, ScrubError, Truncated, Unsupported
from scrubkit.essence import Jpeg
from scrubkit.formats.jpeg import markers
from scrubkit.specimens.builders import jpeg
from scrubkit.specimens.builders.jpeg import COM, DHT, DQT, DRI, SOS, Part, Parts

from . import jpegs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BASE = jpeg.picture()
PROGRESSIVE = jpeg.picture(progressive=True)
RESTARTS = jpeg.picture(restart_marker_blocks=2)
SECRET = b"a secret"


def with_last(parts: Parts, change: Callable[[bytes], bytes]) -> Parts:
    return (*parts[:-1], replace(parts[-1], data=change(parts[-1].data)))


def frame(change: Callable[[bytes], bytes]) -> Parts:
    return jpeg.changed(BASE, 0xC0, change)


def scan(change: Callable[[bytes], bytes], parts: Parts = BASE) -> Parts:
    return jpeg.changed(parts, SOS, change)


def put(at: int, value: int) -> Callable[[bytes], bytes]:
    return lambda body: body[:at] + bytes((value,)) + body[at + 1 :]


def entry(code: int, body: bytes) -> bytes:
    return jpeg.join(jpeg.before(BASE, SOS, Part(code, body)))


HIDING = {
    "bytes after a quantisation table": entry(DQT, b"\0" + bytes(range(1, 65)) + SECRET),
    "a quantisation table cut short": entry(DQT, b"\0" + SECRET),
    "a quantisation table of no known precision": entry(DQT, b"\x20" + bytes(64)),
    "a quantisation destination beyond 3": entry(DQT, b"\4" + bytes(range(1, 65))),
    "bytes after a Huffman table": entry(DHT, b"\3\1" + bytes(15) + b"\0" + SECRET),
    "more symbols than a Huffman table can have": entry(DHT, b"\3" + b"\xff" * 16 + bytes(4080)),
    "a Huffman class beyond 1": entry(DHT, b"\x20\1" + bytes(15) + b"\0"),
    "a restart interval of six bytes": entry(DRI, b"\0\0" + SECRET[:4]),
    "a restart interval of one byte": entry(DRI, b"\0"),
    "conditioning of an odd length": entry(0xCC, b"\0\x10\0"),
    "conditioning out of range": entry(0xCC, b"\x10\xff"),
    "bytes after a frame header": jpeg.join(frame(lambda body: body + SECRET)),
    "bytes after a scan header": jpeg.join(scan(lambda body: body + SECRET)),
    "a second frame": jpeg.join(jpeg.before(BASE, SOS, *(part for part in BASE if part.code == 0xC0))),
    "a second start of image": jpeg.join((b"\xff\xd8", *BASE)),
    "a picture inside the picture": jpeg.join((*jpeg.before(BASE, SOS, jpeg.join(BASE)),)),
    "a component that is scanned twice": jpeg.join((*BASE, BASE[-1])),
    "a scan that starts over": jpeg.join((*PROGRESSIVE, PROGRESSIVE[-1])),
    "stray bytes between scans": jpeg.join((*PROGRESSIVE[:-1], SECRET, PROGRESSIVE[-1])),
    "stray bytes after the scan": jpeg.join((*BASE, Part(COM, b""), SECRET)),
    "data after a restart marker that was not due": jpeg.join(
        with_last(BASE, lambda d: d + b"\xff\xd0" + SECRET)
    ),
    "more data than the picture can hold": jpeg.join(with_last(BASE, lambda d: b"\xfe" * 40000 + d)),
    "restart markers out of turn": jpeg.join(
        with_last(RESTARTS, lambda d: d.replace(b"\xff\xd1", b"\xff\xd2"))
    ),
    "a restart marker too few": jpeg.join(with_last(RESTARTS, lambda d: d.replace(b"\xff\xd1", b"", 1))),
    "restart markers without an interval": jpeg.join(jpeg.without(RESTARTS, DRI)),
    "many restart markers at the end": jpeg.join(
        with_last(RESTARTS, lambda d: d + b"".join(bytes((0xFF, 0xD0 + (i + 1) % 8)) for i in range(64)))
    ),
    "fill bytes before a stuffed byte": jpeg.join(with_last(BASE, lambda d: d + b"\xff\xff\0")),
    "a marker without a meaning inside a scan": jpeg.join(with_last(BASE, lambda d: d + b"\xff\1")),
    "a reserved marker": jpeg.join((Part(0x02, SECRET), *BASE)),
    "a JPEG-LS marker": jpeg.join((Part(0xF7, SECRET), *BASE)),
    "a hierarchical frame": jpeg.join((Part(0xDE, b"\x08\0\1\0\1\1\1\x11\0"), *BASE)),
    "a differential frame": jpeg.join(jpeg.recoded(BASE, 0xC5)),
    "a lossless arithmetic frame": jpeg.join(jpeg.recoded(BASE, 0xCB)),
    "a component without a scan": jpeg.join(
        (
            *(part for part in PROGRESSIVE if part.code != SOS),
            *(p for p in PROGRESSIVE if p.code == SOS and p.body[1] == 2),
        )
    ),
}


@pytest.mark.parametrize("data", HIDING.values(), ids=HIDING.keys())
def test_a_hiding_place_is_refused(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(ScrubError):
        jpegs.read(tmp_path, data)


OUT_OF_RANGE = {
    "no width": jpeg.join(frame(lambda body: body[:3] + b"\0\0" + body[5:])),
    "precision": jpeg.join(frame(put(0, 12))),
    "sampling factor 0": jpeg.join(frame(put(7, 0x01))),
    "sampling factor 5": jpeg.join(frame(put(7, 0x51))),
    "quantisation destination": jpeg.join(frame(put(8, 4))),
    "repeated identifier": jpeg.join(frame(put(9, 1))),
    "more blocks than an MCU may have": jpeg.join(frame(lambda body: body[:7] + b"\x44" + body[8:])),
    "unknown component": jpeg.join(scan(put(1, 9))),
    "components out of order": jpeg.join(scan(lambda body: body[:1] + body[3:5] + body[1:3] + body[5:])),
    "no component": jpeg.join(scan(lambda body: b"\0" + body[-3:])),
    "no Huffman table": jpeg.join(scan(put(2, 0x22))),
    "no quantisation table": jpeg.join(jpeg.without(BASE, DQT)),
    "no frame": jpeg.join(part for part in BASE if part.code != 0xC0),
    "no scan": jpeg.join(BASE[:-1]),
    "a code that is no prefix code": jpeg.join(
        jpeg.changed(BASE, DHT, lambda body: body[:1] + b"\3" + body[2:])
    ),
}


@pytest.mark.parametrize("data", OUT_OF_RANGE.values(), ids=OUT_OF_RANGE.keys())
def test_a_value_out_of_range_is_malformed(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(Malformed):
        jpegs.read(tmp_path, data)


def progression(*numbers: tuple[int, int, int, int]) -> bytes:
    """A progressive picture of one component with such scans: Ss, Se, Ah, Al."""
    grey = jpeg.picture("L", progressive=True)
    tables = [part for part in grey if part.code == DHT]
    tables = [Part(DHT, bytes((place << 4,)) + tables[0].body[1:]) for place in (0, 1)]
    scans = [
        Part(SOS, bytes((1, 1, 0, first, last, high << 4 | low)), b"\x12\x34")
        for first, last, high, low in numbers
    ]
    return jpeg.join((*(part for part in grey if part.code not in (DHT, SOS)), *tables, *scans))


@pytest.mark.parametrize(
    "numbers",
    [
        ((0, 0, 0, 1), (1, 63, 0, 2), (1, 63, 2, 1), (0, 0, 1, 0), (1, 63, 1, 0)),
        ((0, 0, 0, 0), (1, 5, 0, 0)),
        ((0, 0, 0, 0),),
    ],
)
def test_a_progression_that_moves_on_is_read(
    numbers: tuple[tuple[int, int, int, int], ...], tmp_path: Path
) -> None:
    essence = jpegs.read(tmp_path, progression(*numbers)).essence
    assert isinstance(essence, Jpeg)
    assert len(essence.scans) == len(numbers)


@pytest.mark.parametrize(
    "numbers",
    [
        ((0, 0, 0, 0), (0, 0, 0, 0)),
        ((0, 0, 0, 0), (1, 63, 0, 0), (3, 3, 0, 0)),
        ((0, 0, 0, 1), (0, 0, 2, 1)),
        ((0, 0, 0, 2), (0, 0, 1, 0)),
        ((0, 0, 1, 0),),
        ((1, 63, 0, 0), (0, 0, 0, 0)),
        ((0, 63, 0, 0),),
        ((0, 0, 0, 0), (5, 2, 0, 0)),
        ((0, 0, 0, 0), (1, 64, 0, 0)),
        ((0, 0, 0, 14),),
    ],
)
def test_a_progression_that_codes_anything_twice_or_out_of_turn_is_malformed(
    numbers: tuple[tuple[int, int, int, int], ...], tmp_path: Path
) -> None:
    with pytest.raises(Malformed):
        jpegs.read(tmp_path, progression(*numbers))


def test_a_height_that_comes_after_the_scan_is_unsupported(tmp_path: Path) -> None:
    data = jpeg.join((*frame(lambda body: body[:1] + b"\0\0" + body[3:]), Part(jpeg.DNL, b"\0\x28")))
    with pytest.raises(Unsupported):
        jpegs.read(tmp_path, data)


def test_two_components_are_unsupported(tmp_path: Path) -> None:
    data = jpeg.join(frame(lambda body: body[:5] + b"\2" + body[6:12]))
    with pytest.raises(Unsupported):
        jpegs.read(tmp_path, data)


def test_a_quantisation_table_that_changes_between_scans_of_a_component_is_unsupported(
    tmp_path: Path,
) -> None:
    other = Part(DQT, b"\0" + bytes(range(1, 65)))
    with pytest.raises(Unsupported):
        jpegs.read(tmp_path, jpeg.join((*PROGRESSIVE[:-1], other, PROGRESSIVE[-1])))


@pytest.mark.parametrize("parts", [BASE, PROGRESSIVE, RESTARTS], ids=["baseline", "progressive", "restarts"])
def test_a_picture_without_its_end_is_truncated(parts: Parts, tmp_path: Path) -> None:
    with pytest.raises(Truncated):
        jpegs.read(tmp_path, jpeg.join(parts)[:-2])


def test_a_scan_without_data_is_truncated(tmp_path: Path) -> None:
    with pytest.raises(Truncated):
        jpegs.read(tmp_path, jpeg.join((*BASE[:-1], replace(BASE[-1], data=b""))))


def test_segments_without_end_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LimitExceeded):
        jpegs.read(tmp_path, jpeg.join((b"\xff\xfe\0\2" * 20_001, *BASE)))


def test_a_gap_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markers, "GAP", 1000)
    assert jpegs.read(tmp_path, jpeg.join((b"\xff" * 900, *BASE)))
    with pytest.raises(LimitExceeded):
        jpegs.read(tmp_path, jpeg.join((b"\xff" * 1100, *BASE)))


def test_fill_bytes_in_a_scan_without_end_are_refused(tmp_path: Path) -> None:
    grey = jpeg.picture("L", size=(640, 640), restart_marker_blocks=1)
    with pytest.raises(LimitExceeded):
        jpegs.read(tmp_path, jpeg.join(jpeg.filled(grey, 1)))
