"""Every catalog table is sound, and the movie table names what it must."""

from __future__ import annotations

import html
import tomllib
from importlib.resources import files

import pytest

from scrubkit.catalog import find
from scrubkit.model import Kind

TABLES = sorted(
    entry.name.removesuffix(".toml")
    for entry in files("scrubkit.catalog").iterdir()
    if entry.name.endswith(".toml")
)

LONGEST_LABEL = 60

NEEDED = {"key", "kind", "label"}
ALLOWED = NEEDED | {"writer"}


def rows(table: str) -> list[dict[str, str]]:
    text = files("scrubkit.catalog").joinpath(f"{table}.toml").read_text("utf-8")
    places: list[dict[str, str]] = tomllib.loads(text)["place"]
    return places


def test_the_movie_table_is_there() -> None:
    assert "isobmff" in TABLES


@pytest.mark.parametrize("table", TABLES)
def test_rows_have_the_four_fields_and_no_other(table: str) -> None:
    assert [row for row in rows(table) if not NEEDED <= row.keys() <= ALLOWED] == []


@pytest.mark.parametrize("table", TABLES)
def test_kinds_are_words_of_the_model(table: str) -> None:
    assert {row["kind"] for row in rows(table)} <= set(Kind)


@pytest.mark.parametrize("table", TABLES)
def test_no_key_stands_twice(table: str) -> None:
    keys = [row["key"] for row in rows(table)]
    assert sorted(keys) == sorted(set(keys))


@pytest.mark.parametrize("table", TABLES)
def test_a_star_stands_at_the_end_of_a_key_or_nowhere(table: str) -> None:
    assert [row["key"] for row in rows(table) if "*" in row["key"][:-1]] == []


@pytest.mark.parametrize("table", TABLES)
def test_labels_and_writers_need_no_escaping_anywhere(table: str) -> None:
    texts = [row[field] for row in rows(table) for field in ("label", "writer") if field in row]
    assert [text for text in texts if not _plain(text)] == []


def _plain(text: str) -> bool:
    """Whether a terminal, HTML text, a CSV cell and a Markdown table show it as it is."""
    return (
        text.isascii()
        and text.isprintable()
        and html.escape(text, quote=False) == text
        and not set(text) & set('"\\|`')
        and text[:1] not in {"=", "+", "-", "@", "", " "}
        and text == text.strip()
    )


@pytest.mark.parametrize("table", TABLES)
def test_labels_fit_a_column(table: str) -> None:
    assert [row["label"] for row in rows(table) if len(row["label"]) > LONGEST_LABEL] == []


@pytest.mark.parametrize("table", TABLES)
def test_every_row_is_found_under_its_own_key(table: str) -> None:
    lost = [row["key"] for row in rows(table) if not _finds_itself(table, row)]
    assert lost == []


def _finds_itself(table: str, row: dict[str, str]) -> bool:
    key = row["key"]
    place = find(table, key[:-1] + "\x01" if key.endswith("*") else key)
    return place is not None and (place.kind, place.label) == (row["kind"], row["label"])


MOVIE = {
    # where it was filmed
    "box/udta/©xyz": Kind.GPS,
    "box/udta/loci": Kind.GPS,
    "ilst/©xyz": Kind.GPS,
    "key/com.apple.quicktime.location.ISO6709": Kind.GPS,
    "key/com.apple.quicktime.location.accuracy.horizontal": Kind.GPS,
    "track/meta/gpmd": Kind.GPS,
    "track/meta/camm": Kind.GPS,
    "track/meta/rtmd": Kind.GPS,
    "gap/freeGPS": Kind.GPS,
    "trailer/insta360": Kind.GPS,
    "uuid/9b630f8d-6374-40ec-8204-bc5ff5091728": Kind.GPS,
    # serial numbers
    "box/udta/CAME": Kind.SERIAL,
    "box/udta/LENS": Kind.SERIAL,
    "box/udta/MUID": Kind.SERIAL,
    "box/udta/maca": Kind.SERIAL,
    "track/meta/fdsc": Kind.SERIAL,
    "uuid/4ab03b0f-618d-4075-82b2-d9faced35ff5": Kind.SERIAL,
    # device
    "box/udta/©mod": Kind.DEVICE,
    "box/udta/smta": Kind.DEVICE,
    "box/udta/FOV\0": Kind.DEVICE,
    "box/smta/mdln": Kind.DEVICE,
    "key/com.apple.quicktime.model": Kind.DEVICE,
    "key/com.apple.quicktime.camera.lens_model": Kind.DEVICE,
    "key/com.android.model": Kind.DEVICE,
    "uuid/85c0b687-820f-11e0-8111-f4ce462b6a48": Kind.DEVICE,
    # time
    "field/mvhd.creation_time": Kind.TIME,
    "field/mvhd.modification_time": Kind.TIME,
    "field/tkhd.creation_time": Kind.TIME,
    "field/tkhd.modification_time": Kind.TIME,
    "field/mdhd.creation_time": Kind.TIME,
    "field/mdhd.modification_time": Kind.TIME,
    "key/com.apple.quicktime.creationdate": Kind.TIME,
    "key/samsung.android.utc_offset": Kind.TIME,
    "box/udta/©day": Kind.TIME,
    "box/prft": Kind.TIME,
    "box/tfdt": Kind.TIME,
    "track/tmcd/tmcd": Kind.TIME,
    "uuid/6d1d9b05-42d5-44e6-80e2-141daff757b2": Kind.TIME,
    # person
    "box/udta/XMP_": Kind.PERSON,
    "box/elng": Kind.PERSON,
    "field/mdhd.language": Kind.PERSON,
    "key/com.apple.quicktime.detected-face.face-id": Kind.PERSON,
    "key/com.apple.quicktime.author": Kind.PERSON,
    "ilst/apID": Kind.PERSON,
    "track/soun/apac": Kind.PERSON,
    "track/soun/mp4a": Kind.PERSON,
    "track/text/text": Kind.PERSON,
    "uuid/be7acfcb-97a9-42e8-9c71-999491e3afac": Kind.PERSON,
    # software
    "box/ftyp": Kind.SOFTWARE,
    "box/iods": Kind.SOFTWARE,
    "box/tapt": Kind.SOFTWARE,
    "box/sgpd": Kind.SOFTWARE,
    "box/wide": Kind.SOFTWARE,
    "ilst/©too": Kind.SOFTWARE,
    "key/com.android.version": Kind.SOFTWARE,
    "field/hdlr.name": Kind.SOFTWARE,
    "field/hdlr.manufacturer": Kind.SOFTWARE,
    "field/stsd.vendor": Kind.SOFTWARE,
    "field/stsd.compressorname": Kind.SOFTWARE,
    "field/ftyp.brands": Kind.SOFTWARE,
    "field/damr.vendor": Kind.SOFTWARE,
    "field/mvhd.next_track_ID": Kind.SOFTWARE,
    "gap/mdat-header": Kind.SOFTWARE,
    # ids, and what ties files together
    "box/sefd": Kind.IDENTIFIER,
    "trailer/SEFT": Kind.IDENTIFIER,
    "box/udta/Xtra": Kind.IDENTIFIER,
    "box/tref": Kind.LINK,
    "box/pssh": Kind.LINK,
    "key/com.apple.quicktime.content.identifier": Kind.LINK,
    "key/com.apple.photos.originating.signature": Kind.LINK,
    "track/hint/rtp ": Kind.LINK,
    "uuid/d8fec3d6-1b0e-483c-9297-5828877ec481": Kind.LINK,
    # telemetry
    "track/meta/mebx": Kind.TELEMETRY,
    "track/meta/mett": Kind.TELEMETRY,
    "track/meta/dbgi": Kind.TELEMETRY,
    "box/udta/GPMF": Kind.TELEMETRY,
    "gap/GP": Kind.TELEMETRY,
    # pictures
    "box/pnot": Kind.PICTURE,
    "box/udta/mcvr": Kind.PICTURE,
    "ilst/covr": Kind.PICTURE,
    "gap/jpeg": Kind.PICTURE,
    # what a viewer never sees
    "box/free": Kind.HIDDEN,
    "box/skip": Kind.HIDDEN,
    "box/mpvd": Kind.HIDDEN,
    "box/axte": Kind.HIDDEN,
    "box/cmov": Kind.HIDDEN,
    "track/auxv/hvc1": Kind.HIDDEN,
    "track/vide/hvc1": Kind.HIDDEN,
    "gap/moov": Kind.HIDDEN,
    "hidden/lead-in": Kind.HIDDEN,
    "hidden/outside-edit": Kind.HIDDEN,
    "box/uuid": Kind.UNKNOWN,
    "box/meta": Kind.UNKNOWN,
    "ilst/----": Kind.UNKNOWN,
}


@pytest.mark.parametrize("key", MOVIE)
def test_a_known_place_of_a_movie_has_its_kind(key: str) -> None:
    place = find("isobmff", key)
    assert place is not None
    assert place.kind is MOVIE[key]


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("box/udta/Zz9!", Kind.UNKNOWN),
        ("box/udta/©zz9", Kind.PERSON),
        ("ilst/Zz9!", Kind.UNKNOWN),
        ("key/com.example.nothing", Kind.UNKNOWN),
        ("key/com.samsung.nothing", Kind.DEVICE),
        ("key/com.apple.quicktime.detected-moose", Kind.PERSON),
        ("uuid/01234567-89ab-cdef-0123-456789abcdef", Kind.UNKNOWN),
        ("track/meta/Zz9!", Kind.TELEMETRY),
        ("track/Zz9!/Zz9!", Kind.HIDDEN),
        ("gap/Zz9!", Kind.HIDDEN),
        ("trailer/Zz9!", Kind.HIDDEN),
    ],
)
def test_an_unlisted_name_falls_back_on_its_family(key: str, kind: Kind) -> None:
    place = find("isobmff", key)
    assert place is not None
    assert place.kind is kind


def test_an_unlisted_box_is_not_in_the_catalog() -> None:
    assert find("isobmff", "box/Zz9!") is None


def test_the_writer_of_a_place_is_named_where_one_is_known() -> None:
    place = find("isobmff", "box/udta/CAME")
    assert place is not None
    assert place.writer == "GoPro"
