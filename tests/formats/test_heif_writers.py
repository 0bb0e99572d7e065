"""Stills by other writers: shown the same by other readers, whatever was said beside the picture."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pillow_heif
import pytest
from PIL import Image

from scrubkit.specimens.builders.recordings import _picture
from scrubkit.specimens.cases.heif import CASES

from . import heifs

if TYPE_CHECKING:
    from pathlib import Path

    from scrubkit.specimens.cases import Case

SIZE = (160, 96)


def picture(mode: str) -> Any:
    image: Any = Image.fromarray(_picture(3, *SIZE)).convert(mode)
    if mode == "RGBA":
        image.putalpha(Image.fromarray(_picture(5, *SIZE)).convert("L"))
    return image


def saved(kind: str, mode: str, **options: object) -> bytes:
    target = io.BytesIO()
    if kind == "HEIF":
        pillow_heif.from_pillow(picture(mode)).save(target, quality=60, **options)
    else:
        picture(mode).save(target, "AVIF", quality=60, speed=10, max_threads=1, **options)
    return target.getvalue()


def decoded(data: bytes) -> tuple[str, tuple[int, int], bytes]:
    """What libavif shows of an AVIF, and libheif of others."""
    if data[8:12] == b"avif":
        with Image.open(io.BytesIO(data)) as image:
            return image.mode, image.size, image.tobytes()
    shown = pillow_heif.open_heif(io.BytesIO(data))
    return shown.mode, shown.size, bytes(shown.data)


EXIF = Image.Exif()
EXIF[0x010F] = "a maker"
EXIF[0x0110] = "a model"


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
def test_what_a_writer_adds_leaves_no_trace(kind: str, mode: str, tmp_path: Path) -> None:
    plain = saved(kind, mode)
    dressed = saved(kind, mode, exif=EXIF.tobytes(), xmp=b"<x:xmpmeta>a place</x:xmpmeta>")
    assert heifs.cleaned(tmp_path, dressed) == heifs.cleaned(tmp_path, plain)


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
def test_a_writers_picture_is_shown_the_same(kind: str, mode: str, tmp_path: Path) -> None:
    data = saved(kind, mode)
    assert decoded(heifs.cleaned(tmp_path, data)) == decoded(data)


STILLS = [case for case in CASES if case.name != "heif, a sequence"]
"""Cases with a still: libheif shows no sequences."""


@pytest.mark.parametrize("case", STILLS, ids=lambda case: case.name)
def test_libheif_and_libavif_see_the_same_in_every_case(case: Case, tmp_path: Path) -> None:
    data = case.dirty()
    assert decoded(heifs.cleaned(tmp_path, data)) == decoded(data)


def test_of_several_pictures_the_primary_one_is_kept(tmp_path: Path) -> None:
    both = pillow_heif.from_pillow(picture("RGB"))
    both.add_from_pillow(picture("RGB").rotate(180))
    for primary in (0, 1):
        target = io.BytesIO()
        both.save(target, quality=60, primary_index=primary)
        data = target.getvalue()
        assert decoded(heifs.cleaned(tmp_path, data)) == decoded(data)


@pytest.mark.parametrize("size", [(1, 1), (7, 9), (16, 16), (17, 33), (64, 64), (8, 200), (65, 20)], ids=str)
@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
def test_small_pictures_are_shown_the_same(kind: str, size: tuple[int, int], tmp_path: Path) -> None:
    """HEVC encoders code 64 rows and columns at least, and say by an aperture which are the picture."""
    target = io.BytesIO()
    small = picture("RGB").resize(size)
    if kind == "HEIF":
        pillow_heif.from_pillow(small).save(target, quality=60)
    else:
        small.save(target, "AVIF", quality=60, speed=10, max_threads=1)
    data = target.getvalue()
    out = heifs.cleaned(tmp_path, data)
    assert decoded(out) == decoded(data)
    assert decoded(out)[1] == size


def test_a_grey_picture_and_its_alpha_plane_may_have_the_same_configuration(tmp_path: Path) -> None:
    """`av1C` doesn't say all that a sequence header does."""
    grey = picture("RGBA").convert("LA")
    target = io.BytesIO()
    grey.save(target, "AVIF", quality=60, speed=10, max_threads=1, subsampling="4:0:0", range="limited")
    data = target.getvalue()
    assert decoded(heifs.cleaned(tmp_path, data)) == decoded(data)
