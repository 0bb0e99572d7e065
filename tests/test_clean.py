from __future__ import annotations

import os
import stat
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import support
import toy
from scrubkit import clean, pieces, staged
from scrubkit.clean import clean_file
from scrubkit.errors import DestinationFailed, Malformed, UsageError
from scrubkit.model import Fate, FileReport, Outcome, Policy, Residual, Verdict, Verify
from scrubkit.pieces import Pieces, Span, Walked
from scrubkit.source import Source

if TYPE_CHECKING:
    from pathlib import Path

    from scrubkit.formats import Reading
    from toy import Toy

SECRET = b"Jane Q Secret"


@pytest.fixture(autouse=True)
def _toy(monkeypatch: pytest.MonkeyPatch) -> None:
    toy.install(monkeypatch)


@pytest.fixture
def src(tmp_path: Path) -> Path:
    path = tmp_path / "in" / f"{SECRET.decode()}.mp4"
    path.parent.mkdir()
    path.write_bytes(toy.dirty(SECRET))
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def nothing_in(folder: Path) -> bool:
    return not list(folder.iterdir())


def problem(report: FileReport) -> tuple[str, str]:
    assert report.problem is not None
    return report.problem.code, report.problem.rule


# What comes out


def test_the_output_is_the_essence_in_canonical_form(src: Path, out: Path) -> None:
    report = clean_file(src, out / "x")
    assert report.verdict is Verdict.CLEANED
    assert (out / "x").read_bytes() == toy.CLEAN
    assert (report.format, report.media, report.suffix) == ("toy", "clip", ".toy")
    assert (report.size, report.output_size) == (len(toy.dirty(SECRET)), len(toy.CLEAN))
    assert report.output_name == "x"


def test_every_check_is_listed_and_passed(src: Path, out: Path) -> None:
    report = clean_file(src, out / "x", support.POLICY)
    assert {check.name: check.outcome for check in report.checks} == dict.fromkeys(
        ("fixed-point", "ledger", "residue", "essence"), Outcome.PASSED
    )


def test_what_stays_behind_is_found_outside_and_inside_samples(src: Path, out: Path) -> None:
    report = clean_file(src, out / "x")
    assert [each.path for each in report.findings] == ["chunk/M", "chunk/payload/mark"]
    assert [each.what for each in report.remaining] == [Residual.CODED_PAYLOAD]


def test_what_a_filter_drops_is_residue_in_the_ledger(src: Path, out: Path) -> None:
    ledger = clean_file(src, out / "x").ledger
    assert ledger is not None
    assert ledger.complete
    assert ledger.total(Fate.RESIDUE) == len(SECRET) + 1
    assert ledger.total(Fate.ESSENCE) == len(b"picture" + b"sound")


def test_mode_and_times_are_constant(src: Path, out: Path) -> None:
    os.utime(src, (12345, 67890))
    src.chmod(0o600)
    clean_file(src, out / "x")
    state = (out / "x").stat()
    assert stat.S_IMODE(state.st_mode) == 0o644
    assert (state.st_atime, state.st_mtime) == (staged.EPOCH, staged.EPOCH)


def test_nothing_but_the_output_is_left(src: Path, out: Path) -> None:
    clean_file(src, out / "x")
    assert [each.name for each in out.iterdir()] == ["x"]


def test_the_source_is_unchanged(src: Path, out: Path) -> None:
    os.utime(src, (12345, 67890))
    before = src.read_bytes(), src.stat()
    os.utime(src, (12345, 67890))
    clean_file(src, out / "x")
    now = src.stat()
    assert src.read_bytes() == before[0]
    assert (now.st_mtime, now.st_mode, now.st_nlink) == (67890, before[1].st_mode, before[1].st_nlink)


def test_the_staged_name_says_nothing_of_the_source(
    src: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []
    check = Source.check_unchanged

    def spy(source: Source) -> None:
        seen.append([each.name for each in out.iterdir()])
        check(source)

    monkeypatch.setattr(Source, "check_unchanged", spy)
    clean_file(src, out / "x")
    names = {name for names in seen for name in names}
    assert len(names) == 1
    assert all(name.startswith(".scrubkit-") and name.endswith(".part") for name in names)
    assert not any("Jane" in name for name in names)


def test_the_staged_file_is_its_owners_alone(src: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes: list[int] = []
    copy = pieces.copy

    def spy(*arguments: object) -> object:
        modes.extend(stat.S_IMODE(each.stat().st_mode) for each in out.iterdir())
        return copy(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(pieces, "copy", spy)
    clean_file(src, out / "x")
    assert modes == [0o600]


def test_equal_input_gives_equal_bytes(src: Path, out: Path) -> None:
    clean_file(src, out / "x")
    clean_file(src, out / "y")
    assert (out / "x").read_bytes() == (out / "y").read_bytes()


def test_with_structure_only_the_essence_check_is_not_run(src: Path, out: Path) -> None:
    report = clean_file(src, out / "x", Policy(verify=Verify.STRUCTURE))
    assert report.verdict is Verdict.CLEANED
    assert (out / "x").read_bytes() == toy.CLEAN
    essence = next(check for check in report.checks if check.name == "essence")
    assert essence.outcome is Outcome.NOT_RUN
    assert essence.reason


# Destinations


def test_an_existing_file_is_never_replaced(src: Path, out: Path) -> None:
    (out / "x").write_bytes(b"mine")
    report = clean_file(src, out / "x")
    assert problem(report) == ("destination-failed", "EEXIST")
    assert (out / "x").read_bytes() == b"mine"
    assert len(list(out.iterdir())) == 1


def test_a_file_that_appears_meanwhile_is_not_replaced(
    src: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = clean.stage

    def stage_and_race(*arguments: object, **named: object) -> FileReport:
        report = stage(*arguments, **named)  # type: ignore[arg-type]
        (out / "x").write_bytes(b"mine")
        return report

    monkeypatch.setattr(clean, "stage", stage_and_race)
    assert problem(clean_file(src, out / "x")) == ("destination-failed", "EEXIST")
    assert [each.read_bytes() for each in out.iterdir()] == [b"mine"]


def test_a_dangling_link_is_not_written_through(src: Path, out: Path, tmp_path: Path) -> None:
    (out / "x").symlink_to(tmp_path / "elsewhere")
    assert clean_file(src, out / "x").verdict is Verdict.FAILED
    assert not (tmp_path / "elsewhere").exists()


def test_force_replaces(src: Path, out: Path) -> None:
    (out / "x").write_bytes(b"mine")
    assert clean_file(src, out / "x", force=True).verdict is Verdict.CLEANED
    assert (out / "x").read_bytes() == toy.CLEAN


def test_force_does_not_replace_a_folder(src: Path, out: Path) -> None:
    (out / "x").mkdir()
    assert clean_file(src, out / "x", force=True).verdict is Verdict.FAILED
    assert [each.name for each in out.iterdir()] == ["x"]


def test_there_is_no_in_place_mode(src: Path) -> None:
    before = src.read_bytes()
    with pytest.raises(UsageError):
        clean_file(src, src, force=True)
    assert src.read_bytes() == before


def test_a_hard_link_to_the_source_is_the_source(src: Path, out: Path) -> None:
    os.link(src, out / "x")
    with pytest.raises(UsageError):
        clean_file(src, out / "x", force=True)


def test_a_missing_folder_is_a_typed_failure(src: Path, out: Path) -> None:
    assert problem(clean_file(src, out / "no" / "x")) == ("destination-failed", "ENOENT")


def test_a_file_system_without_links_publishes_too(
    src: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_link(*_: object, **__: object) -> None:
        raise PermissionError(1, "no links here")

    monkeypatch.setattr(os, "link", no_link)
    assert clean_file(src, out / "x").verdict is Verdict.CLEANED
    assert [each.name for each in out.iterdir()] == ["x"]
    assert problem(clean_file(src, out / "x")) == ("destination-failed", "EEXIST")


def test_a_reserved_name_is_given_back_if_the_rename_fails(
    src: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_link(*_: object) -> None:
        raise PermissionError(1, "no links here")

    def fail(*_: object) -> None:
        raise OSError(5, "I/O error")

    monkeypatch.setattr(os, "link", no_link)
    monkeypatch.setattr(type(out), "replace", fail)
    assert problem(clean_file(src, out / "x")) == ("destination-failed", "EIO")
    assert nothing_in(out)


# Failures: typed, and nothing is left


@pytest.mark.parametrize("after", range(12))
def test_a_source_that_fails_midway_leaves_nothing(
    src: Path, out: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    left = iter(range(after))
    pread = os.pread

    def failing(*arguments: int) -> bytes:
        if next(left, None) is None:
            raise OSError(5, "I/O error")
        return pread(*arguments)

    monkeypatch.setattr(os, "pread", failing)
    report = clean_file(src, out / "x")
    assert report.verdict is not Verdict.CLEANED
    assert problem(report)[1] == "EIO"
    assert nothing_in(out)


@pytest.mark.parametrize("after", range(3))
def test_a_full_disk_leaves_nothing(
    src: Path, out: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    left = iter(range(after))
    write = os.write

    def full(fd: int, data: bytes) -> int:
        if next(left, None) is None:
            raise OSError(28, "No space left on device")
        return write(fd, data)

    monkeypatch.setattr(os, "write", full)
    assert problem(clean_file(src, out / "x")) == ("destination-failed", "ENOSPC")
    assert nothing_in(out)


def test_a_short_write_is_continued(src: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, bytes(data)[:1]))
    assert clean_file(src, out / "x").verdict is Verdict.CLEANED
    assert (out / "x").read_bytes() == toy.CLEAN


def test_too_little_room_is_known_before_anything_is_written(
    src: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = os.statvfs(out)
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result((*room[:4], 0, *room[5:])))
    assert problem(clean_file(src, out / "x")) == ("destination-failed", "ENOSPC")
    assert nothing_in(out)


def test_a_failing_sync_publishes_nothing(src: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(5, "I/O error")

    monkeypatch.setattr(os, "fsync", fail)
    assert problem(clean_file(src, out / "x")) == ("destination-failed", "EIO")
    assert nothing_in(out)


def test_a_source_that_changes_meanwhile_is_refused(
    src: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_and_grow(essence: Toy, policy: Policy) -> Pieces:
        with src.open("ab") as more:
            more.write(b"x")
        return toy.write(essence, policy)

    toy.install(monkeypatch, replace(toy.TOY, write=write_and_grow))
    assert problem(clean_file(src, out / "x")) == ("source-failed", "changed-while-reading")
    assert nothing_in(out)


def test_an_interrupt_leaves_nothing(src: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pieces, "compare", interrupted)
    with pytest.raises(KeyboardInterrupt):
        clean_file(src, out / "x")
    assert nothing_in(out)


@pytest.mark.parametrize(
    ("error", "code", "rule"),
    [
        (MemoryError(), "limit", "memory"),
        (RecursionError(), "limit", "recursion"),
        (Malformed("box", "size"), "malformed", "size"),
    ],
)
def test_what_a_reader_raises_is_reported_not_raised(
    src: Path, out: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str, rule: str
) -> None:
    toy.install(monkeypatch, replace(toy.TOY, read=toy.raising(error)))
    report = clean_file(src, out / "x")
    assert report.verdict is Verdict.REFUSED
    assert problem(report) == (code, rule)
    assert nothing_in(out)


@pytest.mark.parametrize(
    ("content", "code", "rule"),
    [
        (b"", "unrecognised", "empty"),
        (b"what is this", "unrecognised", ""),
        (b"TOY!?\0", "malformed", "unknown-letter"),
    ],
)
def test_what_is_no_media_is_refused(src: Path, out: Path, content: bytes, code: str, rule: str) -> None:
    src.write_bytes(content)
    report = clean_file(src, out / "x")
    assert report.verdict is Verdict.REFUSED
    assert problem(report) == (code, rule)
    assert nothing_in(out)


@pytest.mark.parametrize("make", ["folder", "fifo", "link", "missing"])
def test_what_is_no_file_is_refused_without_opening(tmp_path: Path, out: Path, make: str) -> None:
    path = tmp_path / "x.mp4"
    if make == "folder":
        path.mkdir()
    elif make == "fifo":
        os.mkfifo(path)
    elif make == "link":
        path.symlink_to(out)
    report = clean_file(path, out / "x")
    assert report.verdict is Verdict.REFUSED
    assert report.problem is not None
    assert report.problem.code == ("source-failed" if make == "missing" else "not-a-regular-file")


# Verification: each check fails for its own reason


def test_a_writer_that_is_not_stable_fails_verification(
    src: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = iter(range(10))

    def unstable(essence: Toy, policy: Policy) -> Pieces:
        if next(calls):
            yield b"TOY!extra"
            return Walked()
        return (yield from toy.write(essence, policy))

    toy.install(monkeypatch, replace(toy.TOY, write=unstable))
    report = clean_file(src, out / "x")
    assert report.verdict is Verdict.FAILED
    assert problem(report) == ("verification-failed", "fixed-point")
    assert nothing_in(out)


def test_residue_in_the_output_fails_verification(
    src: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leaking(essence: Toy, policy: Policy) -> Pieces:
        walked = yield from toy.write(essence, policy)
        yield toy.chunk(b"M", b"left")
        return walked

    toy.install(monkeypatch, replace(toy.TOY, write=leaking))
    assert problem(clean_file(src, out / "x")) == ("verification-failed", "residue")
    assert nothing_in(out)


def test_a_ledger_with_a_gap_fails_verification(
    src: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forgetful(source: Source, policy: Policy) -> Reading:
        reading = toy.read(source, policy)
        return replace(reading, ledger=replace(reading.ledger, rows=reading.ledger.rows[1:]))

    toy.install(monkeypatch, replace(toy.TOY, read=forgetful))
    assert problem(clean_file(src, out / "x")) == ("verification-failed", "ledger-incomplete")
    assert nothing_in(out)


def test_another_payload_than_was_copied_fails_verification(
    src: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = pieces.copy

    def copy_wrongly(*arguments: object) -> pieces.Copied:
        return replace(copy(*arguments), digest="0" * 64)  # type: ignore[arg-type]

    monkeypatch.setattr(pieces, "copy", copy_wrongly)
    assert problem(clean_file(src, out / "x")) == ("verification-failed", "essence")
    assert nothing_in(out)


def test_an_output_that_does_not_read_fails_verification(
    src: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(essence: Toy, policy: Policy) -> Pieces:
        yield b"TOY!?\0"
        return Walked()

    toy.install(monkeypatch, replace(toy.TOY, write=broken))
    assert problem(clean_file(src, out / "x")) == ("verification-failed", "malformed unknown-letter")
    assert nothing_in(out)


def test_a_writer_that_asks_for_other_bytes_than_its_essence_is_refused(
    src: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reaching(essence: Toy, policy: Policy) -> Pieces:
        yield b"TOY!"
        yield Span(4, 10)
        return Walked()

    toy.install(monkeypatch, replace(toy.TOY, write=reaching))
    assert problem(clean_file(src, out / "x"))[1] == "span-outside-essence"
    assert nothing_in(out)


def test_an_existing_staged_file_of_someone_else_is_left_alone(src: Path, out: Path) -> None:
    (out / "taken").write_bytes(b"theirs")
    report = clean.stage(src, out / "taken")
    assert problem(report) == ("destination-failed", "EEXIST")
    assert (out / "taken").read_bytes() == b"theirs"


def test_folders_that_cannot_be_synced_are_no_failure(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(os, "fsync", fail)
    staged.sync_folder(out)


def test_a_folder_whose_sync_fails_is_a_failure(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(5, "I/O error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(DestinationFailed, match="EIO"):
        staged.sync_folder(out)
