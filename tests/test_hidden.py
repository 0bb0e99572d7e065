"""Motion photos: the video in a picture is found, and is read as a file of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scrubkit import audit, clean, formats, pieces
from scrubkit.errors import SourceFailed, Truncated
from scrubkit.hidden import Section, Stretch, hidden_footage
from scrubkit.model import Kind, Media
from scrubkit.source import Source
from scrubkit.specimens.builders import heif, jpeg
from scrubkit.specimens.builders.boxes import box, box64
from scrubkit.specimens.builders.heif import Layout
from scrubkit.specimens.builders.layout import Layout as Muxed
from scrubkit.specimens.builders.movie import mux
from scrubkit.specimens.builders.recordings import tiny
from support import POLICY, Memory

if TYPE_CHECKING:
    from pathlib import Path

SECRET = b"a phone's own words"
VIDEO = mux(tiny(), Muxed())
PICTURE = jpeg.join(jpeg.picture())

LABEL = "video inside the picture (motion photo)"


def still(after: bytes = b"", between: bytes = b"") -> bytes:
    return heif.build((heif.picture(),), "picture", Layout(after=after, between=between))


MOTION_PHOTOS = {
    "behind a JPEG": PICTURE + VIDEO,
    "behind a second picture": PICTURE + PICTURE + VIDEO,
    "behind debug records": PICTURE + b"aecDebug" + SECRET + VIDEO,
    "behind a lot of padding": PICTURE + (bytes(32) + b"\1") * 500 + VIDEO,
    "in a Samsung record": PICTURE + jpeg.samsung((b"MCC_Data", b"123"), (b"MotionPhoto_Data", VIDEO)),
    "in a box of a HEIC": still(box(b"mpvd", VIDEO) + box(b"sefd", SECRET)),
    "in a large box of a HEIC": still(box64(b"mpvd", VIDEO)),
    "in a box before the picture's data": still(between=box(b"mpvd", VIDEO)),
    "behind a HEIC": still(VIDEO),
}


def found(folder: Path, data: bytes) -> tuple[Path, tuple[Stretch, ...]]:
    path = folder / "motion.photo"
    path.write_bytes(data)
    report = audit.audit_file(path, POLICY)
    assert report.findings, report.problem
    with Source(path) as source:
        return path, hidden_footage(source, report.findings)


@pytest.mark.parametrize("data", MOTION_PHOTOS.values(), ids=MOTION_PHOTOS)
def test_the_video_in_a_picture_is_found_to_the_byte(data: bytes, tmp_path: Path) -> None:
    _, stretches = found(tmp_path, data)
    assert stretches == (Stretch(data.index(VIDEO), len(VIDEO)),)


@pytest.mark.parametrize("data", MOTION_PHOTOS.values(), ids=MOTION_PHOTOS)
def test_the_report_calls_it_a_video_that_was_left_behind(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "motion.photo"
    path.write_bytes(data)
    named = [each for each in audit.audit_file(path, POLICY).findings if each.label == LABEL]
    assert [(each.kind, each.start, each.size, each.known) for each in named] == [
        (Kind.HIDDEN, data.index(VIDEO), len(VIDEO), True)
    ]


def test_two_videos_are_told_apart(tmp_path: Path) -> None:
    data = PICTURE + VIDEO + b"aecDebug" + SECRET + VIDEO
    _, stretches = found(tmp_path, data)
    assert [each.start for each in stretches] == [len(PICTURE), data.rindex(VIDEO)]
    assert {each.size for each in stretches} == {len(VIDEO)}


@pytest.mark.parametrize(
    "data",
    [
        PICTURE + SECRET,
        PICTURE + jpeg.join(jpeg.picture(size=(160, 160))),
        PICTURE + box(b"ftyp", b"heic\0\0\0\0") + bytes(500),
        PICTURE + box(b"ftyp", b"isom\0\0\0\0"),
        PICTURE + b"aecDebug" + b"ftyp" * 200,
        still(box(b"mpvd", SECRET * 50)),
        VIDEO,
    ],
    ids=["words", "a picture", "a still", "a stub", "letters", "a box of words", "the file itself"],
)
def test_what_is_no_movie_is_no_footage(data: bytes, tmp_path: Path) -> None:
    assert found(tmp_path, data)[1] == ()


@pytest.mark.parametrize("data", MOTION_PHOTOS.values(), ids=MOTION_PHOTOS)
def test_the_video_is_read_as_if_it_were_a_file_of_its_own(data: bytes, tmp_path: Path) -> None:
    path, (stretch,) = found(tmp_path, data)
    with Section(path, stretch) as source:
        name, reading = audit.read(source, POLICY)
        sink = Memory()
        pieces.copy(name.write(reading.essence, POLICY), reading.essence.payload, sink)
    alone = tmp_path / "alone"
    alone.write_bytes(VIDEO)
    clean.clean_file(alone, tmp_path / "out", POLICY)
    assert reading.media is Media.CLIP
    assert bytes(sink.data) == (tmp_path / "out").read_bytes()


def test_a_section_shows_nothing_beyond_its_edges(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before|inside|after")
    with Section(path, Stretch(7, 6)) as source:
        assert (source.size, source.read(0, 6), bytes(source.view(2, 3))) == (6, b"inside", b"sid")
        for at, size in ((-1, 2), (0, 7), (5, 2), (7, 1), (0, -1)):
            with pytest.raises(Truncated):
                source.read(at, size)
        with pytest.raises(Truncated):
            source.view(4, 4)


@pytest.mark.parametrize("stretch", [Stretch(0, 20), Stretch(19, 1), Stretch(-1, 3), Stretch(3, -1)])
def test_a_section_that_the_file_no_longer_holds_is_an_error(stretch: Stretch, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before|inside|after"[:19])
    with pytest.raises(SourceFailed):
        Section(path, stretch)


def test_a_section_notices_that_its_file_was_written_to(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before|inside|after")
    with Section(path, Stretch(7, 6)) as source:
        path.write_bytes(b"before|inside|after, and more")
        with pytest.raises(SourceFailed):
            source.check_unchanged()


def test_a_picture_that_holds_thousands_of_stubs_costs_little(tmp_path: Path) -> None:
    data = PICTURE + (box(b"ftyp", b"isom\0\0\0\0") + box(b"free") * 40) * 3000
    _, stretches = found(tmp_path, data)
    assert len(stretches) <= 16


def test_a_stretch_is_not_taken_for_the_picture(tmp_path: Path) -> None:
    path, (stretch,) = found(tmp_path, PICTURE + VIDEO)
    with Section(path, stretch) as source:
        shown = formats.identify(source.read(0, 64))
    assert shown is not None
    assert shown.name == "isobmff"
