"""What `clean` leaves beside the files: a private report or none, a hash list, a page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from scrubkit import demo
from scrubkit.cli import main
from scrubkit.custody import write

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    folder = tmp_path / "drive"
    folder.mkdir()
    (folder / "IMG_0001.JPG").write_bytes(demo.photo(level=20, orientation=1))
    return folder


def clean(drive: Path, out: Path, *options: str) -> int:
    return main(["clean", str(drive), "-o", str(out), "--verify", "payload", *options])


def report(out: Path) -> dict[str, object]:
    text = (out.with_name(f"{out.name}-report") / "report.json").read_text("ascii")
    found: dict[str, object] = json.loads(text)
    return found


def test_a_page_is_beside_the_report(drive: Path, tmp_path: Path) -> None:
    clean(drive, tmp_path / "out")
    assert (tmp_path / "out-report" / "report.html").read_text("utf-8").startswith("<!DOCTYPE html>")


def test_nothing_private_is_kept_if_so_asked(drive: Path, tmp_path: Path) -> None:
    assert clean(drive, tmp_path / "out", "--no-private") == 0
    assert sorted(each.name for each in tmp_path.iterdir()) == ["drive", "out", "out-report"]
    assert report(tmp_path / "out")["private"] == "none"


def test_a_sealed_private_report_opens_with_the_key_only(
    drive: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    import pyrage

    identity = pyrage.x25519.Identity.generate()
    key = tmp_path / "key"
    key.write_text(f"{identity}\n", "ascii")
    assert clean(drive, tmp_path / "out", "--seal-to", str(identity.to_public())) == 0
    folder = tmp_path / "out-private"
    assert [each.name for each in folder.iterdir()] == ["private.json.age"]
    sealed = folder / "private.json.age"
    assert b"IMG_0001" not in sealed.read_bytes()
    opened = tmp_path / "opened.json"
    assert main(["unseal", str(sealed), "-i", str(key), "-o", str(opened)]) == 0
    assert json.loads(opened.read_text("ascii"))["files"][0]["original"] == "IMG_0001.JPG"
    assert opened.stat().st_mode & 0o777 == 0o600


def test_a_report_that_does_not_open_leaves_no_file(drive: Path, tmp_path: Path) -> None:
    import pyrage

    key = tmp_path / "key"
    key.write_text(f"{pyrage.x25519.Identity.generate()}\n", "ascii")
    other = pyrage.x25519.Identity.generate().to_public()
    clean(drive, tmp_path / "out", "--seal-to", str(other))
    sealed = tmp_path / "out-private" / "private.json.age"
    assert main(["unseal", str(sealed), "-i", str(key), "-o", str(tmp_path / "opened")]) == 4
    assert not (tmp_path / "opened").exists()


@pytest.mark.parametrize("options", [("--seal-to", "age1nonsense"), ("--no-private", "--private", "x")])
def test_a_choice_that_makes_no_sense_is_a_usage_error(
    drive: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    assert clean(drive, tmp_path / "out", *options) == 2
    assert not (tmp_path / "out").exists()


def test_original_names_are_printed_only_if_so_asked(
    drive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clean(drive, tmp_path / "one")
    assert "IMG_0001" not in capsys.readouterr().out
    clean(drive, tmp_path / "two", "--show-names")
    assert "IMG_0001.JPG" in capsys.readouterr().out


def test_a_hash_list_of_the_clean_files_names_nobody(drive: Path, tmp_path: Path) -> None:
    assert clean(drive, tmp_path / "out", "--mhl") == 0
    text = (tmp_path / "out" / "ascmhl" / write.LIST).read_text("utf-8")
    assert "photo-0001.jpg" in text
    assert "1970-01-01" in text
    assert "2026" not in text


def test_equal_drives_give_equal_hash_lists(drive: Path, tmp_path: Path) -> None:
    clean(drive, tmp_path / "one", "--mhl")
    clean(drive, tmp_path / "two", "--mhl")
    lists = [(tmp_path / name / "ascmhl" / write.LIST).read_bytes() for name in ("one", "two")]
    assert lists[0] == lists[1]


def test_an_incoming_hash_list_is_verified_and_refused_as_a_sidecar(drive: Path, tmp_path: Path) -> None:
    write.write_history(drive)
    assert clean(drive, tmp_path / "out") == 4
    found = report(tmp_path / "out")
    assert found["custody"] == [
        {
            "name": "custody",
            "outcome": "passed",
            "scope": "1 hash list on the drive; files that they name: 1 unchanged",
        }
    ]
    text = json.dumps(found["files"])
    assert "hash-list" in text


def test_what_hash_lists_say_is_not_told(
    drive: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write.write_history(drive)
    listed = drive / "ascmhl" / write.LIST
    listed.write_text(listed.read_text("utf-8").replace("IMG_0001.JPG", "secret.jpg"), "utf-8")
    assert clean(drive, tmp_path / "out", "--mhl") == 3
    told = "".join(capfd.readouterr())
    for folder in ("out", "out-report"):
        for path in (tmp_path / folder).rglob("*"):
            told += path.name + (path.read_text("utf-8", "replace") if path.is_file() else "")
    assert "secret" not in told
    digest = listed.read_text("utf-8").split('">c4')[-1][:88]
    assert digest not in told


def test_a_drive_that_is_not_what_its_list_says_ends_with_3(drive: Path, tmp_path: Path) -> None:
    write.write_history(drive)
    (drive / "IMG_0001.JPG").write_bytes(demo.photo(level=24, orientation=1))
    assert clean(drive, tmp_path / "out") == 3
