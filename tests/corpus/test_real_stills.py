"""Real stills: cleaned without a trace or refused, never damaged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import support

from . import manifest, real

if TYPE_CHECKING:
    from pathlib import Path

    from .manifest import Entry

pytestmark = [pytest.mark.corpus, manifest.needed]

MIXED = "png-webp-gif-tiff-raw"

ENTRIES = tuple(entry for family in ("jpeg", "heif", MIXED) for entry in manifest.entries(family))

each_file = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.path)

REFUSALS = {
    f"{MIXED}/DNG.dng": "its raw data were cut out; Pillow shows the preview",
    f"{MIXED}/Photoshop.psd": "a document of layers",
    f"{MIXED}/Nikon.nef": "a raw photo of a maker's own kind",
}
"""Files that Pillow or libheif shows and that are refused all the same, with the reason."""

BY_CHANCE: dict[tuple[str, str], str] = {}
"""Values that coded payload happens to hold, by file and place, with the evidence."""


@each_file
def test_a_real_file_is_cleaned_or_refused(entry: Entry, tmp_path: Path) -> None:
    real.check_cleaned_or_refused(entry, tmp_path, REFUSALS, decodes=support.shows(entry.file))


@each_file
def test_no_known_value_is_left_in_a_real_file(entry: Entry) -> None:
    real.check_secrets_gone(entry, BY_CHANCE)


@each_file
def test_a_decoder_sees_the_same_in_a_real_file(entry: Entry) -> None:
    if not support.shows(entry.file):
        pytest.skip("the original itself doesn't decode")
    real.check_same_to_a_decoder(entry, "still")


@each_file
def test_a_cleaned_real_file_is_canonical(entry: Entry, tmp_path: Path) -> None:
    real.check_fixed_point(entry, tmp_path)


@each_file
def test_the_ledger_names_every_byte_of_a_real_file(entry: Entry, tmp_path: Path) -> None:
    real.check_ledger(entry, tmp_path)
