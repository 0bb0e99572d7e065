"""Second readers find what is planted, and nothing in a clean file."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

import support
from scrubkit import demo
from scrubkit.errors import NotRegular, SourceFailed
from scrubkit.model import Kind, Outcome, Profile, Verify
from scrubkit.specimens.builders import jpeg
from scrubkit.witnesses.observe import observe, present
from scrubkit.witnesses.readers import READERS, programs, readers_of

if TYPE_CHECKING:
    from pathlib import Path

    from scrubkit.model import Check
    from scrubkit.specimens.cases import Case

FORMATS = ("bmp", "gif", "heif", "isobmff", "jpeg", "png", "tiff", "webp")

CASES = tuple(case for name in FORMATS for case in import_module(f"scrubkit.specimens.cases.{name}").CASES)


def titled(title: str) -> bytes:
    """A movie of nothing but a title (QuickTime File Format, iTunes metadata)."""

    def box(name: bytes, body: bytes) -> bytes:
        return (8 + len(body)).to_bytes(4) + name + body

    data = box(b"data", bytes([0, 0, 0, 1, 0, 0, 0, 0]) + title.encode())
    meta = box(b"meta", bytes(4) + box(b"ilst", box(b"\xa9nam", data)))
    return box(b"ftyp", b"M4A \0\0\0\0isom") + box(b"moov", box(b"udta", meta))


@cache
def missing() -> frozenset[str]:
    """Programs that this machine doesn't have; libraries are always there."""
    return frozenset(name for name, reader in READERS.items() if reader.needs and reader.needs() is None)


def checks(folder: Path, data: bytes, format_name: str, *, kept: bool = False) -> dict[str, Check]:
    file = folder / "staged"
    file.write_bytes(data)
    return {check.name: check for check in observe(None, file, format_name, kept=kept).checks}


def expected(format_name: str) -> dict[str, Outcome]:
    return {
        f"reader-{reader.name}": Outcome.NOT_RUN if reader.name in missing() else Outcome.PASSED
        for reader in readers_of(format_name)
    }


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_reader_finds_anything_in_a_clean_specimen(case: Case, profile: Profile, tmp_path: Path) -> None:
    policy = replace(case.policy, profile=profile, verify=Verify.STRUCTURE)
    data = support.cleaned(tmp_path, case.dirty(), policy)
    found = checks(tmp_path, data, case.format, kept=bool(case.policy.keep))
    assert {name: check.outcome for name, check in found.items()} == expected(case.format), found


@pytest.mark.parametrize(
    ("reader", "data", "format_name"),
    [
        ("mediainfo", demo.movie("Demophone", stale=True), "isobmff"),
        ("mutagen", titled("Demophone"), "isobmff"),
        ("exiftool", demo.movie("Demophone", stale=True), "isobmff"),
        ("ffprobe", demo.movie("Demophone", stale=True), "isobmff"),
        ("exiftool", demo.photo(20, 6), "jpeg"),
        ("piexif", demo.photo(20, 6), "jpeg"),
    ],
)
def test_every_reader_finds_what_is_planted(
    reader: str, data: bytes, format_name: str, tmp_path: Path
) -> None:
    if reader in missing():
        pytest.skip(f"NOT RUN: {reader} is not installed")
    check = checks(tmp_path, data, format_name)[f"reader-{reader}"]
    assert check.outcome is Outcome.FAILED
    assert READERS[reader].title in check.reason
    for secret in (demo.SERIAL, demo.OWNER, "Demophone"):
        assert secret not in check.reason + check.scope


def test_one_tag_too_many_is_enough(tmp_path: Path) -> None:
    upright = jpeg.tiff([jpeg.short(0x0112, 6)])
    named = jpeg.tiff([jpeg.short(0x0112, 6), jpeg.text(0x0131, b"x")])
    outcomes = []
    for block in (upright, named):
        data = jpeg.join(jpeg.before(jpeg.picture(), jpeg.DQT, jpeg.exif(block)))
        outcomes.append(checks(tmp_path, data, "jpeg")["reader-piexif"].outcome)
    assert outcomes == [Outcome.PASSED, Outcome.FAILED]


def test_values_of_an_original_are_named_by_reader_and_kind(tmp_path: Path) -> None:
    file = tmp_path / "original"
    file.write_bytes(demo.photo(20, 6))
    seen = observe(file, None, "jpeg")
    assert not seen.checks
    told = {(value.origin, value.kind, value.untrusted) for value in seen.values}
    assert ("piexif", Kind.SERIAL, demo.SERIAL) in told
    assert ("piexif", Kind.PERSON, demo.OWNER) in told
    assert any(kind is Kind.GPS and origin == "piexif" for origin, kind, _ in told)


def test_what_the_clean_file_rightly_says_is_no_value_of_the_original(tmp_path: Path) -> None:
    movie = demo.movie("VideoHandler", stale=False)
    data = support.cleaned(tmp_path, movie)
    original, staged = tmp_path / "original", tmp_path / "staged"
    original.write_bytes(movie)
    staged.write_bytes(data)
    alone = {value.untrusted for value in observe(original, None, "isobmff").values}
    beside = {value.untrusted for value in observe(original, staged, "isobmff").values}
    assert "VideoHandler" in alone
    assert "VideoHandler" not in beside
    assert beside


@pytest.mark.parametrize(
    "original", [b"", b"\0" * 100, b"\xff\xd8\xff\xe1\xff\xff", b"nothing that anyone reads"]
)
def test_an_original_that_nobody_reads_fails_no_check(original: bytes, tmp_path: Path) -> None:
    one, other = tmp_path / "original", tmp_path / "staged"
    one.write_bytes(original)
    other.write_bytes(demo.grey(20))
    seen = observe(one, other, "jpeg")
    assert {check.name: check.outcome for check in seen.checks} == expected("jpeg")
    assert any("the original was not read by it" in check.scope for check in seen.checks)


def test_a_staged_file_that_nobody_reads_is_not_passed(tmp_path: Path) -> None:
    outcomes = {check.outcome for check in checks(tmp_path, b"nothing that anyone reads", "jpeg").values()}
    assert Outcome.PASSED not in outcomes


def test_a_program_that_is_missing_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "FOLDERS", ())
    found = checks(tmp_path, demo.movie("x", stale=False), "isobmff")
    for name, title in (("reader-exiftool", "ExifTool"), ("reader-ffprobe", "ffprobe")):
        assert (found[name].outcome, found[name].reason) == (Outcome.NOT_RUN, f"{title}: not installed")


def test_a_program_that_others_may_write_to_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "exiftool"
    program.write_bytes(b"#!/bin/sh\n")
    monkeypatch.setattr(programs, "FOLDERS", (str(tmp_path),))
    program.chmod(0o755)
    assert programs.find_program("exiftool") == str(program)
    program.chmod(0o757)
    assert programs.find_program("exiftool") is None
    assert programs.find_program("ffprobe") is None


@pytest.mark.parametrize(
    "name",
    [
        "-rf",
        "--out=x",
        "a\nb",
        "$(id)",
        "\x1b[2J",
        "\u202egpj.exe",
        "a|",
        "%s",
        "pipe:0",
        "concat:a|b",
        "é" * 100,
    ],
)
def test_no_name_is_taken_for_anything_else(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_bytes(demo.grey(20))
    seen = observe(file, file, "jpeg")
    assert {check.name: check.outcome for check in seen.checks} == expected("jpeg")
    assert not any(name in str(value.untrusted) for value in seen.values)


def test_a_name_that_is_no_text_is_read(tmp_path: Path) -> None:
    file = tmp_path / os.fsdecode(b"\xff\xfe")
    file.write_bytes(demo.grey(20))
    found = observe(None, file, "jpeg").checks
    assert {check.name: check.outcome for check in found} == expected("jpeg")


def test_links_folders_and_pipes_are_not_opened(tmp_path: Path) -> None:
    link, pipe = tmp_path / "link", tmp_path / "pipe"
    link.symlink_to(tmp_path / "target")
    (tmp_path / "target").write_bytes(demo.grey(20))
    os.mkfifo(pipe)
    for path in (link, pipe, tmp_path):
        with pytest.raises(NotRegular):
            observe(path, None, "jpeg")
    with pytest.raises(SourceFailed, match="ENOENT"):
        observe(tmp_path / "absent", None, "jpeg")


def test_who_is_present_is_said_with_versions() -> None:
    found = present()
    assert set(found) == {reader.title for reader in READERS.values()}
    for name, reader in READERS.items():
        assert bool(found[reader.title]) is (name not in missing())


def test_what_was_in_force_is_said(tmp_path: Path) -> None:
    for check in checks(tmp_path, demo.grey(20), "jpeg").values():
        assert check.outcome is Outcome.NOT_RUN or "confined by" in check.scope
