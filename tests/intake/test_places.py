from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from scrubkit.errors import UsageError
from scrubkit.intake.places import Places, check, check_policy_file, check_sources, held, make, places
from scrubkit.staged import staged_name


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    folder = tmp_path / "drive"
    folder.mkdir()
    (folder / "file").write_bytes(b"")
    return folder


def refused(where: Places, *sources: Path, force: bool = False) -> str:
    before = sorted(sources[0].parent.rglob("*"))
    with pytest.raises(UsageError) as error:
        check(where, sources, force=force)
    assert sorted(sources[0].parent.rglob("*")) == before
    return f"{error.value.where} {error.value.rule}"


def test_reports_lie_beside_the_output_by_default(tmp_path: Path) -> None:
    assert places(tmp_path / "out") == Places(
        tmp_path / "out", tmp_path / "out-report", tmp_path / "out-private"
    )


def test_new_folders_are_fine(drive: Path, tmp_path: Path) -> None:
    check(places(tmp_path / "out"), [drive])


def test_empty_folders_are_fine(drive: Path, tmp_path: Path) -> None:
    where = places(tmp_path / "out")
    make(where)
    check(where, [drive])


@pytest.mark.parametrize("name", ["out", "out-report", "out-private"])
def test_a_folder_with_something_in_it_needs_force(drive: Path, tmp_path: Path, name: str) -> None:
    where = places(tmp_path / "out")
    make(where)
    (tmp_path / name / "x").write_bytes(b"")
    assert refused(where, drive).endswith("folder-not-empty")
    check(where, [drive], force=True)


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("below", ["", "out", "deep/er/out"])
def test_the_output_is_never_inside_a_source(drive: Path, tmp_path: Path, below: str, force: bool) -> None:
    where = places(drive / below, tmp_path / "report", tmp_path / "private")
    assert refused(where, drive, force=force) == "output inside-the-source"


def test_a_source_is_never_inside_the_output(drive: Path, tmp_path: Path) -> None:
    where = places(tmp_path, Path(f"{tmp_path}-r"), Path(f"{tmp_path}-p"))
    assert refused(where, drive, force=True) == "source inside-the-output-folder"


def test_a_link_does_not_hide_that_the_output_is_inside(drive: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(drive)
    where = places(tmp_path / "link" / "out", tmp_path / "report", tmp_path / "private")
    assert refused(where, drive) == "output inside-the-source"


def test_an_output_that_is_a_link_is_refused(drive: Path, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "real")
    assert refused(places(tmp_path / "out"), drive) == "output is-a-link"


def test_an_output_that_is_a_file_is_refused(drive: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"")
    assert refused(places(tmp_path / "out"), drive) == "output not-a-folder"


@pytest.mark.parametrize("which", ["report", "private"])
def test_reports_are_never_inside_a_source(drive: Path, tmp_path: Path, which: str) -> None:
    where = Places(tmp_path / "out", tmp_path / "r", tmp_path / "p")
    inside = {"report": Places(where.output, drive / "r", where.private)}
    inside["private"] = Places(where.output, where.report, drive / "p")
    assert refused(inside[which], drive) == f"{which} inside-the-source"


@pytest.mark.parametrize("shared", ["out", "report"])
def test_the_private_report_is_never_inside_what_is_shared(drive: Path, tmp_path: Path, shared: str) -> None:
    where = Places(tmp_path / "out", tmp_path / "report", tmp_path / shared / "private")
    assert refused(where, drive) == "private inside-what-is-shared"


def test_what_is_shared_is_never_inside_the_private_folder(drive: Path, tmp_path: Path) -> None:
    where = Places(tmp_path / "p" / "out", tmp_path / "report", tmp_path / "p")
    assert refused(where, drive) == "private holds-what-is-shared"


def test_the_report_and_the_output_are_apart(drive: Path, tmp_path: Path) -> None:
    where = Places(tmp_path / "out", tmp_path / "out" / "report", tmp_path / "private")
    assert refused(where, drive) == "report not-apart-from-the-output"


def test_a_missing_source_is_a_usage_error(drive: Path) -> None:
    with pytest.raises(UsageError, match="not-found"):
        check_sources([drive, drive / "missing"])


def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_read(
    drive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    assert refused(places(tmp_path / "out"), drive) == "output EACCES"


def test_a_policy_is_never_taken_from_the_drive(drive: Path, tmp_path: Path) -> None:
    check_policy_file(tmp_path / "policy.toml", [drive])
    with pytest.raises(UsageError, match="inside-the-source"):
        check_policy_file(drive / "policy.toml", [drive])


def test_folders_are_made_and_the_private_one_is_its_owners(tmp_path: Path) -> None:
    where = places(tmp_path / "new" / "out")
    make(where)
    assert where.private is not None
    assert stat.S_IMODE(where.private.stat().st_mode) == 0o700
    assert where.output.is_dir()
    assert where.report.is_dir()


def test_a_private_folder_that_was_open_is_closed(tmp_path: Path) -> None:
    where = places(tmp_path / "out")
    assert where.private is not None
    where.private.mkdir(mode=0o755)
    make(where)
    assert stat.S_IMODE(where.private.stat().st_mode) == 0o700


def test_two_runs_do_not_share_a_folder(tmp_path: Path) -> None:
    where = places(tmp_path / "out")
    with held(where):
        for other in (
            where,
            places(tmp_path / "other", where.report),
            places(tmp_path / "x", private=where.private),
        ):
            with pytest.raises(UsageError, match="in-use-by-another-run"), held(other):
                pass
    with held(where):
        pass


HOLDER = """
import sys, time
from pathlib import Path
from scrubkit.intake.places import held, places
with held(places(Path(sys.argv[1]))):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_run_that_is_killed_holds_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(out)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"
        with pytest.raises(UsageError, match="in-use-by-another-run"), held(places(out)):
            pass
        child.kill()
    with held(places(out)):
        pass


def test_what_a_killed_run_left_unfinished_is_removed_and_nothing_else(tmp_path: Path) -> None:
    where = places(tmp_path / "out")
    make(where)
    kept = [".scrubkit-x.part", "clip-0001.mov", "my.part", ".scrubkit-0123456789abcdef.part.mov"]
    for name in (staged_name(), *kept):
        (where.output / name).touch()
    with held(where):
        assert sorted(each.name for each in where.output.iterdir()) == sorted(kept)


def test_a_file_system_without_locks_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(*_: object) -> None:
        raise OSError(95, "not supported")

    monkeypatch.setattr("fcntl.flock", unsupported)
    where = places(tmp_path / "out")
    make(where)
    (where.output / staged_name()).touch()
    with held(where):
        # Another run may be writing it.
        assert len(list(where.output.iterdir())) == 1
