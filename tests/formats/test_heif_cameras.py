"""Stills in the layouts of phones and cameras: shown the same, and named for what they held."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pillow_heif
import pytest
from PIL import Image

import support
from scrubkit.errors import Unsupported
from scrubkit.formats.heif import FORMAT
from scrubkit.model import Extra, Verdict, Verify
from scrubkit.selftest import holds
from scrubkit.source import Source
from scrubkit.specimens.builders import heif
from scrubkit.specimens.builders.boxes import box
from scrubkit.specimens.builders.heif import Part
from scrubkit.specimens.builders.heif_cameras import low_overhead
from scrubkit.specimens.cases.heif import cameras
from scrubkit.specimens.cases.jpeg import SECRET, exif_block

from . import heifs

if TYPE_CHECKING:
    from pathlib import Path

each_photo = pytest.mark.parametrize("name", cameras.PHOTOS)


def decoded(data: bytes) -> tuple[str, tuple[int, int], bytes]:
    """What libavif shows of an AVIF, and libheif of others."""
    if data[8:12] == b"avif":
        with Image.open(io.BytesIO(data)) as image:
            return image.mode, image.size, image.tobytes()
    shown = pillow_heif.open_heif(io.BytesIO(data))
    return shown.mode, shown.size, bytes(shown.data)


@each_photo
def test_the_picture_is_shown_the_same(name: str, tmp_path: Path) -> None:
    data = cameras.full(name)
    assert decoded(heifs.cleaned(tmp_path, data)) == decoded(data)


@each_photo
def test_all_checks_pass_with_second_readers_and_decoders(name: str, tmp_path: Path) -> None:
    found = support.clean(tmp_path, cameras.full(name), replace(support.POLICY, verify=Verify.DECODE))
    assert found.report.verdict is Verdict.CLEANED
    assert found.data is not None
    assert not holds(found.data, SECRET)


NAMED = {
    "iPhone": {
        *("item/Exif", "item/XMP", "item/depth", "item/gain-map", "item/person-matte", "item/portrait-matte"),
        *("item/sky-matte", "item/style", "item/style-map", "item/thumbnail", "item/tone-map"),
    },
    "iPhone, spatial": {"item/Exif", "item/XMP", "item/picture"},
    "Galaxy": {"item/Exif", "item/XMP", "item/gain-map", "item/thumbnail", "item/tone-map"},
    "Android": {"item/Exif"},
    "Android AVIF": {"item/Exif"},
    "Canon": {"item/Exif", "item/XMP", "item/thumbnail"},
    "Sony": {"item/Exif", "item/XMP", "item/thumbnail"},
    "libavif": {"item/Exif", "item/XMP"},
}


@each_photo
def test_items_that_stay_behind_are_named_for_what_they_are(name: str, tmp_path: Path) -> None:
    found = heifs.read(tmp_path, cameras.full(name)).residue
    items = {each.path for each in found if each.path.startswith("item/") and each.path.count("/") == 1}
    assert items == NAMED[name]
    assert all(each.known for each in found if each.path in items)


KEPT = {"iPhone": ("gain", "depth"), "iPhone, spatial": ("stereo",), "Galaxy": ("gain",)}


@pytest.mark.parametrize("name", KEPT)
def test_what_a_policy_keeps_beside_the_picture_crosses(name: str, tmp_path: Path) -> None:
    policy = replace(support.POLICY, keep=frozenset(Extra))
    data = support.cleaned(tmp_path, cameras.full(name), policy)
    assert not holds(data, SECRET)
    path = tmp_path / "kept"
    path.write_bytes(data)
    with Source(path) as source:
        found = FORMAT.read(source, policy).essence
    assert all(getattr(found, field) is not None for field in KEPT[name])


EXIF = {
    "no offset": exif_block(SECRET, 4),
    "a marker, and no offset": bytes(4) + b"Exif\0\0" + exif_block(SECRET, 10),
    "an offset beyond the end": b"\xff\xff\xff\xff" + exif_block(SECRET, 4),
    "an offset of the other byte order": b"\6\0\0\0Exif\0\0" + exif_block(SECRET, 10),
}


@pytest.mark.parametrize("name", EXIF)
def test_an_exif_block_is_found_where_its_offset_is_wrong(name: str, tmp_path: Path) -> None:
    item = Part("exif", b"Exif", EXIF[name], references=((b"cdsc", ("picture",)),))
    found = heifs.paths(heifs.read(tmp_path, heif.build((heif.picture(), item), "picture")))
    assert "item/Exif/Exif/BodySerialNumber" in found


def test_a_file_of_the_low_overhead_kind_is_refused_for_what_it_is(tmp_path: Path) -> None:
    data = low_overhead(bytes(100))
    assert FORMAT.sniff(data)
    with pytest.raises(Unsupported) as caught:
        heifs.read(tmp_path, data)
    assert str(caught.value) == "unsupported: mini: low-overhead-picture"


CODINGS = {
    b"jpeg": "jpeg-picture",
    b"avc1": "avc-picture",
    b"vvc1": "vvc-picture",
    b"evc1": "evc-picture",
    b"j2k1": "jpeg-2000-picture",
    b"unci": "uncompressed-picture",
    b"iovl": "overlay",
    b"tmap": "tone-mapped-picture",
    b"zzzz": "coding",
}


@pytest.mark.parametrize("kind", CODINGS)
def test_a_picture_of_another_coding_is_refused_for_what_it_is(kind: bytes, tmp_path: Path) -> None:
    data = heif.build((replace(heif.picture(), kind=kind),), "picture")
    with pytest.raises(Unsupported) as caught:
        heifs.read(tmp_path, data)
    assert (caught.value.where, caught.value.rule) == ("infe", CODINGS[kind])


def test_items_in_a_box_for_item_data_are_read(tmp_path: Path) -> None:
    data = heif.build((heif.picture(),), "picture")
    other = data.replace(box(b"mdat")[4:], b"imda")
    assert heifs.cleaned(tmp_path, other) == heifs.cleaned(tmp_path, data)
