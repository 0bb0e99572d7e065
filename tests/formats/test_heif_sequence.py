"""Image sequences: the same pictures at the same times, as often, and nothing beside them."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from scrubkit.errors import Refused, Unsupported
from scrubkit.formats.heif.read import read
from scrubkit.model import Policy
from scrubkit.source import Memory
from scrubkit.specimens.builders.boxes import box, u32
from scrubkit.specimens.builders.recordings import _picture
from scrubkit.specimens.cases.isobmff import CASES

from . import heifs

if TYPE_CHECKING:
    from pathlib import Path

SIZE = (96, 64)
SECRET = b"sequence secret 5521"


def frame(number: int, *, alpha: bool) -> Any:
    image: Any = Image.fromarray(_picture(number, *SIZE))
    if alpha:
        image.putalpha(Image.fromarray(_picture(number + 7, *SIZE)).convert("L"))
    return image


def animation(count: int = 4, *, alpha: bool = False) -> bytes:
    """An animated AVIF of libavif, for ever, whose last picture is shown longer."""
    target = io.BytesIO()
    first, *others = (frame(number, alpha=alpha) for number in range(count))
    times = [*[100] * (count - 1), 700]
    first.save(
        target,
        "AVIF",
        save_all=True,
        append_images=others,
        duration=times,
        quality=50,
        speed=10,
        max_threads=1,
    )
    return target.getvalue()


ANIMATION = animation()
WITH_ALPHA = animation(alpha=True)
EVERY = pytest.mark.parametrize("data", [ANIMATION, WITH_ALPHA], ids=["opaque", "with alpha"])


def shown(data: bytes) -> list[tuple[str, object, bytes]]:
    """What libavif shows: each picture with how long."""
    with Image.open(io.BytesIO(data)) as image:
        found = []
        for number in range(image.n_frames):  # type: ignore[attr-defined]
            image.seek(number)
            image.load()
            found.append((image.mode, image.info.get("duration"), image.tobytes()))
        return found


def patched(data: bytes, path: tuple[bytes, ...], more: bytes) -> bytes:
    """`data` with bytes put at the end of the first box of a path, and sizes and offsets as they must be."""

    def inside(body: bytes, names: tuple[bytes, ...]) -> bytes:
        if not names:
            return body + more
        out, at, done = b"", 0, False
        while at < len(body):
            (size,) = struct.unpack_from(">I", body, at)
            kind, content = body[at + 4 : at + 8], body[at + 8 : at + size]
            if kind == names[0] and not done:
                content, done = inside(content, names[1:]), True
            out += box(kind, content)
            at += size
        assert done
        return out

    # What is put in lies in front of the media, which moves.
    head = data.index(b"mdat") - 4
    front = bytearray(inside(data[:head], path))
    place = front.find(b"stco")
    while place >= 0:
        (offset,) = struct.unpack_from(">I", front, place + 12)
        struct.pack_into(">I", front, place + 12, offset + len(front) - head)
        place = front.find(b"stco", place + 4)
    return bytes(front) + data[head:]


@EVERY
def test_all_pictures_are_shown_as_long_as_before(data: bytes, tmp_path: Path) -> None:
    out = heifs.cleaned(tmp_path, data)
    assert shown(out) == shown(data)
    assert [each[1] for each in shown(out)] == [100, 100, 100, 700]


@EVERY
def test_a_clean_sequence_is_a_fixed_point(data: bytes, tmp_path: Path) -> None:
    out = heifs.cleaned(tmp_path, data)
    assert heifs.cleaned(tmp_path, out) == out


@EVERY
@pytest.mark.parametrize(
    "path",
    [
        (b"moov",),
        (b"moov", b"trak"),
        (b"moov", b"trak", b"mdia"),
        (b"moov", b"trak", b"mdia", b"minf", b"stbl"),
    ],
    ids=lambda path: path[-1].decode(),
)
def test_what_stands_beside_the_tables_leaves_no_trace(
    data: bytes, path: tuple[bytes, ...], tmp_path: Path
) -> None:
    dressed = patched(data, path, box(b"udta", box(b"\xa9xyz", SECRET)))
    assert shown(dressed) == shown(data)
    assert heifs.cleaned(tmp_path, dressed) == heifs.cleaned(tmp_path, data)


@pytest.mark.parametrize("name", [b"ccst", b"auxi"])
def test_what_constants_hold_in_their_free_fields_leaves_no_trace(name: bytes, tmp_path: Path) -> None:
    place = WITH_ALPHA.index(name)
    dressed = bytearray(WITH_ALPHA)
    dressed[place + 7] = 0x5A
    assert heifs.cleaned(tmp_path, bytes(dressed)) == heifs.cleaned(tmp_path, WITH_ALPHA)


def test_the_still_beside_the_sequence_stays_behind(tmp_path: Path) -> None:
    assert b"meta" in ANIMATION
    assert b"meta" not in heifs.cleaned(tmp_path, ANIMATION)


def lasting(data: bytes, ticks: int, flags: int = 1) -> bytes:
    """The same pictures, with another duration of the tracks and other flags of their edits."""
    out = bytearray(data)
    for name, at, value in (
        (b"tkhd", 4 + 4 + 16 + 8, ticks.to_bytes(8)),
        (b"elst", 4, bytes([1, 0, 0, flags])),
    ):
        place = out.find(name)
        while place >= 0:
            out[place + at : place + at + len(value)] = value
            place = out.find(name, place + 4)
    return bytes(out)


def repetitions(data: bytes) -> object:
    found = read(Memory(data), Policy()).essence  # type: ignore[arg-type]
    return found.repetitions  # type: ignore[union-attr]


@EVERY
@pytest.mark.parametrize(
    ("ticks", "flags", "expected"),
    [
        (1000, 1, 0),
        (2000, 1, 1),
        (2001, 1, 2),
        (1000 * 1001, 1, 1000),
        (1000 * 1002, 1, None),
        (2**64 - 1, 1, None),
        (9999, 0, 0),
    ],
)
def test_a_sequence_is_repeated_as_often_as_before(
    data: bytes, ticks: int, flags: int, expected: int | None, tmp_path: Path
) -> None:
    changed = lasting(data, ticks, flags)
    assert repetitions(changed) == expected
    assert repetitions(heifs.cleaned(tmp_path, changed)) == expected


def test_a_sequence_without_an_edit_list_is_repeated_for_ever(tmp_path: Path) -> None:
    changed = ANIMATION.replace(b"edts", b"skip")
    assert repetitions(heifs.cleaned(tmp_path, changed)) is None


def refused(data: bytes) -> Refused:
    with pytest.raises(Refused) as caught:
        read(Memory(data), Policy())  # type: ignore[arg-type]
    return caught.value


REFUSED = {
    "sound or a movie beside it": (WITH_ALPHA.replace(b"auxv", b"vide"), "movie-in-an-image-sequence"),
    "premultiplied colours": (
        patched(WITH_ALPHA, (b"moov", b"trak"), box(b"tref", box(b"prem", u32(2)))),
        "premultiplied-alpha",
    ),
    "a description that turns the picture": (
        ANIMATION.replace(b"ccst\0\0\0\0\x7c\0\0\0", b"irot\0\0\0\0\x7c\0\0\0"),
        "turned-by-its-description",
    ),
}


@pytest.mark.parametrize(("data", "rule"), REFUSED.values(), ids=REFUSED)
def test_what_the_model_has_no_place_for_is_refused(data: bytes, rule: str) -> None:
    found = refused(data)
    assert isinstance(found, Unsupported)
    assert found.rule == rule


def test_an_alpha_plane_of_other_times_is_refused() -> None:
    at = WITH_ALPHA.rindex(b"stts")
    assert WITH_ALPHA[at + 4 : at + 12] == bytes(4) + u32(2)
    other = WITH_ALPHA[: at + 16] + u32(99) + WITH_ALPHA[at + 20 :]
    assert refused(other).rule == "alpha-plane-of-other-times"


def test_an_auxiliary_track_that_is_no_alpha_plane_stays_behind(tmp_path: Path) -> None:
    depth = WITH_ALPHA.replace(b"systems:auxiliary:alpha", b"systems:auxiliary:depth")
    assert shown(heifs.cleaned(tmp_path, depth)) == shown(heifs.cleaned(tmp_path, ANIMATION_OF_ALPHA))


ANIMATION_OF_ALPHA = WITH_ALPHA.replace(b"auxl\0\0\0\1", b"cdsc\0\0\0\1")
"""The pictures of the sequence with alpha, which has lost it."""


@pytest.mark.parametrize("size", range(0, len(ANIMATION), 7))
def test_a_sequence_that_ends_early_is_refused(size: int) -> None:
    assert refused(ANIMATION[:size]).where


def coded_pictures(data: bytes) -> list[bytes]:
    """Digests of what FFmpeg decodes."""
    av: Any = pytest.importorskip("av")
    with av.open(io.BytesIO(data), format="mov") as container:
        return [frame.to_ndarray().tobytes() for frame in container.decode(video=0)]


def test_a_sequence_of_hevc_without_a_still_keeps_its_pictures(tmp_path: Path) -> None:
    movie = next(case for case in CASES if case.name == "isobmff hevc-hlg").dirty()
    assert movie[4:8] == b"ftyp"
    data = (movie[:8] + b"msf1" + movie[12:]).replace(b"vide", b"pict")
    out = heifs.cleaned(tmp_path, data)
    assert out[:12] == b"\0\0\0\x1cftyphevc"
    assert coded_pictures(out) == coded_pictures(movie)
