from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from scrubkit import demo
from scrubkit.cli import main

if TYPE_CHECKING:
    from pathlib import Path

SECRETS = (demo.SERIAL, demo.OWNER, "Demophone", "DemoOS", "+12.3456", "2001", "com.apple", "leftover")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("demo")
    assert main(["demo", str(place)]) == 0
    return place


def test_every_file_of_the_drive_is_cleaned(folder: Path) -> None:
    report = json.loads((folder / "clean-report" / "report.json").read_text("ascii"))
    assert report["totals"]["verdicts"] == {"cleaned": 4}
    assert sorted(each.name for each in (folder / "clean").iterdir()) == [
        "clip-0001.mov",
        "clip-0002.mov",
        "photo-0001.jpg",
        "photo-0002.jpg",
    ]


@pytest.mark.parametrize("secret", SECRETS)
def test_what_was_planted_is_on_the_drive_and_not_in_the_output(folder: Path, secret: str) -> None:
    dirty = b"".join(each.read_bytes() for each in (folder / "drive").rglob("*.*") if each.is_file())
    clean = b"".join(each.read_bytes() for each in (folder / "clean").iterdir())
    assert secret.encode() in dirty
    assert secret.encode() not in clean
    assert secret.encode() not in (folder / "clean-report" / "report.json").read_bytes()


def test_the_drive_gives_away_every_kind_that_matters(folder: Path) -> None:
    report = json.loads((folder / "clean-report" / "report.json").read_text("ascii"))
    assert {"gps", "serial", "device", "time", "person", "software", "telemetry"} <= set(
        report["totals"]["findings"]
    )


def test_two_phones_that_recorded_the_same_come_out_the_same(folder: Path) -> None:
    digests = {
        hashlib.sha256((folder / "clean" / name).read_bytes()).digest()
        for name in ("clip-0001.mov", "clip-0002.mov")
    }
    assert len(digests) == 1


def test_the_same_drive_is_made_each_time() -> None:
    assert demo.photo(20, 6) == demo.photo(20, 6)
    assert demo.movie("Demophone", stale=True) == demo.movie("Demophone", stale=True)
