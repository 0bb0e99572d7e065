"""Image sequences: which tracks cross, and what hides beside them; browsers' choice is the measure."""

from __future__ import annotations

import io
import struct
from array import array
from typing import TYPE_CHECKING, Any

import pytest

from scrubkit.codecs import icc
from scrubkit.codecs.icc_profile import build
from scrubkit.errors import Refused, Unsupported
from scrubkit.essence import Edit, Heif, ImageSequence, Picture, Samples, Track
from scrubkit.formats.heif.read import read
from scrubkit.formats.isobmff.timing import non_negative
from scrubkit.model import Policy
from scrubkit.source import Memory
from scrubkit.specimens.builders.boxes import box, u32
from scrubkit.specimens.builders.recordings import Coding, encoded
from scrubkit.specimens.cases import heif as stills

from . import heifs
from .test_heif_sequence import ANIMATION, SECRET, WITH_ALPHA, frame, patched, refused, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NESTED = {
    **dict.fromkeys((b"moov", b"trak", b"edts", b"mdia", b"minf", b"dinf", b"stbl"), 0),
    b"stsd": 8,
    b"av01": 78,
}
"""Bytes of a container's body before its first child."""


def with_one_more(body: bytes, more: bytes, path: str = "") -> Iterator[tuple[str, bytes]]:
    """Yield `body` with a box put at the end of each container in it, one at a time."""
    at = 0
    while at < len(body):
        (size,) = struct.unpack_from(">I", body, at)
        kind, content = body[at + 4 : at + 8], body[at + 8 : at + size]
        before, after = body[:at], body[at + size :]
        here = f"{path}/{kind.decode()}@{at}"
        if kind in NESTED:
            head = NESTED[kind]
            yield here, before + box(kind, content + more) + after
            for name, inner in with_one_more(content[head:], more, here):
                yield name, before + box(kind, content[:head] + inner) + after
        at += size


def moved(data: bytes, front: bytes) -> bytes:
    """Put another front before the media of a file, and tell the tables where the media now lies."""
    head = data.index(b"mdat") - 4
    out = bytearray(front)
    place = out.find(b"stco")
    while place >= 0:
        (count,) = struct.unpack_from(">I", out, place + 8)
        for i in range(count):
            (offset,) = struct.unpack_from(">I", out, place + 12 + 4 * i)
            struct.pack_into(">I", out, place + 12 + 4 * i, offset + len(front) - head)
        place = out.find(b"stco", place + 4)
    return bytes(out) + data[head:]


def dressed(data: bytes) -> Iterator[tuple[str, bytes]]:
    start, stop = data.index(b"moov") - 4, data.index(b"mdat") - 4
    for name, header in with_one_more(data[start:stop], box(b"uuid", bytes(16) + SECRET)):
        yield name, moved(data, data[:start] + header)


PLACES = dict(dressed(WITH_ALPHA))


@pytest.mark.parametrize("place", PLACES)
def test_a_box_in_any_container_of_pictures_and_alpha_leaves_no_trace(place: str, tmp_path: Path) -> None:
    assert shown(PLACES[place]) == shown(WITH_ALPHA)
    assert heifs.cleaned(tmp_path, PLACES[place]) == heifs.cleaned(tmp_path, WITH_ALPHA)


def branded(data: bytes, major: bytes, *compatible: bytes) -> bytes:
    """The same file with other brands; `ftyp` keeps its size."""
    size = int.from_bytes(data[:4])
    body = (major + bytes(4) + b"".join(compatible)).ljust(size - 8, b" ")
    return data[:8] + body + data[size:]


def header_first(data: bytes) -> bytes:
    """The same file with `moov` before `meta`."""
    meta, moov, media = (data.index(name) - 4 for name in (b"meta", b"moov", b"mdat"))
    assert meta < moov < media
    return data[:meta] + data[moov:media] + data[meta:moov] + data[media:]


BRANDS = {
    "avis": (branded(ANIMATION, b"avis", b"avis"), True),
    "avif": (branded(ANIMATION, b"avif", b"avif", b"avis"), False),
    "avif, the header first": (header_first(branded(ANIMATION, b"avif", b"avif", b"avis")), False),
    "mif1 and avis": (branded(ANIMATION, b"mif1", b"avif", b"avis"), True),
    "msf1 and avis": (branded(ANIMATION, b"msf1", b"avis"), True),
    "mif1 and avif": (branded(ANIMATION, b"mif1", b"avif"), False),
    "mif1 and avif, the header first": (header_first(branded(ANIMATION, b"mif1", b"avif")), True),
}


@pytest.mark.parametrize(("data", "animated"), BRANDS.values(), ids=BRANDS)
def test_what_browsers_show_as_an_animation_comes_out_as_one(
    data: bytes, animated: bool, tmp_path: Path
) -> None:
    found = read(Memory(data), Policy()).essence  # type: ignore[arg-type]
    assert isinstance(found, ImageSequence if animated else Heif)
    assert len(shown(data)) == (4 if animated else 1)
    assert shown(heifs.cleaned(tmp_path, data)) == shown(data)


def test_an_alpha_plane_that_does_not_say_what_it_is_crosses(tmp_path: Path) -> None:
    silent = WITH_ALPHA.replace(b"auxi", b"free")
    assert heifs.cleaned(tmp_path, silent) == heifs.cleaned(tmp_path, WITH_ALPHA)


def track_of(data: bytes, *, number: int = 1, enabled: bool = True, reference: bytes = b"") -> bytes:
    """The first `trak` of a file under another number."""
    at = data.index(b"trak") - 4
    out = bytearray(data[at : at + int.from_bytes(data[at : at + 4])])
    place = out.index(b"tkhd")
    out[place + 7] = enabled
    out[place + 24 : place + 28] = u32(number)
    return box(b"trak", bytes(out[8:]) + reference)


def with_track_first(data: bytes, more: bytes) -> bytes:
    """The same file with a `trak` before the others."""
    at, stop = data.index(b"trak") - 4, data.index(b"mdat") - 4
    moov = data.index(b"moov") - 4
    header = box(b"moov", data[moov + 8 : at] + more + data[at:stop])
    return moved(data, data[:moov] + header)


AFTER = {
    "that is off": track_of(ANIMATION, number=7, enabled=False),
    "of thumbnails": track_of(ANIMATION, number=7, reference=box(b"tref", box(b"thmb", u32(1)))),
    "of depth": track_of(ANIMATION, number=7, reference=box(b"tref", box(b"vdep", u32(1)))),
}


@pytest.mark.parametrize("more", AFTER.values(), ids=AFTER)
def test_a_second_track_that_nobody_shows_stays_behind(more: bytes, tmp_path: Path) -> None:
    assert heifs.cleaned(tmp_path, patched(ANIMATION, (b"moov",), more)) == heifs.cleaned(tmp_path, ANIMATION)


DOUBTFUL = {
    "a second sequence": patched(ANIMATION, (b"moov",), track_of(ANIMATION, number=7)),
    "a sequence first that is off": with_track_first(ANIMATION, track_of(ANIMATION, number=7, enabled=False)),
    "thumbnails first": with_track_first(ANIMATION, AFTER["of thumbnails"]),
    "alpha in a track of pictures": WITH_ALPHA.replace(b"auxv", b"pict"),
    "alpha in a track that is off and of pictures": patched(
        ANIMATION,
        (b"moov",),
        track_of(ANIMATION, number=7, enabled=False, reference=box(b"tref", box(b"auxl", u32(1)))),
    ),
}


@pytest.mark.parametrize("data", DOUBTFUL.values(), ids=DOUBTFUL)
def test_pictures_that_viewers_may_choose_among_are_refused(data: bytes) -> None:
    assert refused(data).rule == "several-sequences"


def test_alpha_whose_handler_is_damaged_is_refused() -> None:
    assert refused(WITH_ALPHA.replace(b"auxv", b"auxw")).rule == "handler-of-coded-media"


def test_alpha_whose_header_cannot_be_read_is_refused() -> None:
    at = WITH_ALPHA.rindex(b"stbl")
    assert refused(WITH_ALPHA[:at] + b"stbx" + WITH_ALPHA[at + 4 :]).rule == "track-that-cannot-be-read"


def edited(data: bytes, duration: int, time: int) -> bytes:
    """The same pictures under an edit of other numbers, not repeated."""
    out = bytearray(data)
    place = out.index(b"elst")
    out[place + 4 : place + 28] = bytes([1, 0, 0, 0]) + u32(1) + duration.to_bytes(8) + time.to_bytes(8)
    return bytes(out)


def test_an_edit_that_hides_pictures_from_some_viewers_is_refused() -> None:
    cut = edited(ANIMATION, 300, 0)
    assert len(shown(cut)) == 4
    assert refused(cut).rule == "edit-that-not-all-viewers-apply"


def coloured(profile: bytes) -> bytes:
    target = io.BytesIO()
    first, *others = (frame(number, alpha=False) for number in range(3))
    first.save(
        target, "AVIF", save_all=True, append_images=others, speed=10, max_threads=1, icc_profile=profile
    )
    return target.getvalue()


def code_points(data: bytes) -> list[tuple[int, ...]]:
    out = []
    at = data.find(b"colrnclx")
    while at >= 0:
        out.append(struct.unpack_from(">HHHB", data, at + 8))
        at = data.find(b"colrnclx", at + 4)
    return out


P3 = build(icc.DISPLAY_P3, "secret display 77")


def test_a_profile_becomes_the_code_points_that_mean_the_same(tmp_path: Path) -> None:
    out = heifs.cleaned(tmp_path, coloured(P3))
    assert code_points(out) == [(12, 13, 6, 0x80)]
    assert b"secret" not in out


def test_what_a_profile_says_of_its_maker_is_named() -> None:
    paths = {found.path for found in read(Memory(coloured(P3)), Policy()).residue}  # type: ignore[arg-type]
    assert any("/colr/profile" in path for path in paths)


def test_a_profile_beside_code_points_may_come_first_or_last(tmp_path: Path) -> None:
    data = coloured(P3)
    at = data.index(b"colrprof", data.index(b"stsd")) - 4
    stop = at + int.from_bytes(data[at : at + 4])
    end = stop + int.from_bytes(data[stop : stop + 4])
    assert data[stop + 4 : stop + 12] == b"colrnclx"
    other = data[:at] + data[stop:end] + data[at:stop] + data[end:]
    assert heifs.cleaned(tmp_path, other) == heifs.cleaned(tmp_path, data)


def test_a_profile_without_code_points_is_refused() -> None:
    assert refused(coloured(build(icc.ADOBE_RGB, "any"))).rule == "profile"


@pytest.mark.parametrize("name", [b"a1op\x01", b"lsel\0\x01"])
def test_one_of_several_layers_is_refused(name: bytes) -> None:
    kind, body = name[:4], name[4:]
    start, stop = ANIMATION.index(b"moov") - 4, ANIMATION.index(b"mdat") - 4
    changed = dict(with_one_more(ANIMATION[start:stop], box(kind, body)))
    header = next(made for path, made in changed.items() if "/av01" in path)
    assert refused(moved(ANIMATION, ANIMATION[:start] + header)).rule == "one-of-several-layers"


def test_cutting_a_sequence_short_never_raises_anything_else() -> None:
    for size in range(0, len(WITH_ALPHA), 3):
        with pytest.raises(Refused):
            read(Memory(WITH_ALPHA[:size]), Policy())  # type: ignore[arg-type]


MOVIE = encoded(
    Coding("mp4", "libx265", "", (("x265-params", "log-level=none"),), "yuv420p", (96, 64), frames=3)
)


def with_still(major: bytes, still: bytes, *, handler: bytes = b"pict") -> bytes:
    """A track of pictures of HEVC, and behind it the items of a clean still."""
    first = MOVIE[:8] + major + MOVIE[12:].replace(b"vide", handler)
    items = bytearray(still[int.from_bytes(still[:4]) :])
    place = items.index(b"iloc") + 8
    (count,) = struct.unpack_from(">H", items, place + 2)
    for i in range(count):
        at = place + 4 + 16 * i
        method, offset = struct.unpack_from(">2xH4xI", items, at)
        if method == 0:
            struct.pack_into(">I", items, at + 8, offset + len(first) - int.from_bytes(still[:4]))
    return first + bytes(items)


def read_bytes(data: bytes) -> Any:
    return read(Memory(data), Policy()).essence  # type: ignore[arg-type]


@pytest.fixture
def small(tmp_path: Path) -> bytes:
    """A still of no more pixels than the pictures of the track."""
    return heifs.cleaned(tmp_path, stills.dirty(stills.SINGLE))


@pytest.mark.parametrize("major", [b"msf1", b"hevc", b"hevx"])
def test_a_heic_that_says_it_is_a_sequence_comes_out_as_one(major: bytes, small: bytes) -> None:
    assert isinstance(read_bytes(with_still(major, small)), ImageSequence)


@pytest.mark.parametrize("major", [b"mif1", b"heic"])
def test_a_heic_that_says_it_is_a_still_comes_out_as_one(major: bytes, small: bytes) -> None:
    assert isinstance(read_bytes(with_still(major, small)), Heif)


def test_a_still_that_is_larger_than_its_burst_is_kept(tmp_path: Path) -> None:
    large = heifs.cleaned(tmp_path, stills.dirty(stills.GRID))
    assert isinstance(read_bytes(with_still(b"msf1", large)), Heif)


def test_a_movie_with_a_still_beside_it_is_not_taken_for_the_still(small: bytes) -> None:
    data = with_still(b"isom", small, handler=b"vide")
    assert refused(data).rule == "movie-with-a-still"


def with_pixels(data: bytes, across: int, down: int) -> bytes:
    """The same file whose first sample entry states a pixel aspect ratio."""
    start, stop = data.index(b"moov") - 4, data.index(b"mdat") - 4
    made = dict(with_one_more(data[start:stop], box(b"pasp", u32(across, down))))
    header = next(each for path, each in made.items() if "/av01" in path)
    return moved(data, data[:start] + header)


@pytest.mark.parametrize("data", [ANIMATION, WITH_ALPHA], ids=["opaque", "with alpha"])
def test_a_size_in_the_header_that_the_pixels_do_not_have_is_refused(data: bytes) -> None:
    assert refused(with_pixels(data, 3, 1)).rule == "size-of-pictures"


def test_pixels_that_are_not_square_are_shown_as_before(tmp_path: Path) -> None:
    wide = bytearray(with_pixels(ANIMATION, 4, 3))
    place = wide.index(b"tkhd") + 92
    assert wide[place : place + 8] == u32(96 << 16, 64 << 16)
    wide[place : place + 4] = u32(128 << 16)
    assert shown(heifs.cleaned(tmp_path, bytes(wide))) == shown(bytes(wide))


def test_pictures_that_are_reordered_across_all_of_time_are_refused() -> None:
    offsets = array("i", [-(1 << 30) - 1, (1 << 30) + 1])
    samples = Samples(array("Q", [0, 1]), array("I", [1, 1]), array("I", [1, 1]), offsets)
    track = Track((Picture("hevc", "hvc1", 96, 64),), 1000, samples, (Edit(0, 2),))
    with pytest.raises(Unsupported, match="ctts"):
        non_negative(track)
