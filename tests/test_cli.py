from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

import toy
from scrubkit.cli import main
from scrubkit.errors import DestinationFailed
from scrubkit.report.words import ALWAYS

if TYPE_CHECKING:
    from scrubkit.formats import Reading
    from scrubkit.model import Policy
    from scrubkit.pieces import Pieces
    from scrubkit.source import Source

SECRET = "Jane Q Secret"


@cache
def schema(name: str) -> Draft202012Validator:
    return Draft202012Validator(
        json.loads(files("scrubkit.report").joinpath(f"{name}.schema.json").read_text("utf-8"))
    )


@pytest.fixture
def _toy(monkeypatch: pytest.MonkeyPatch) -> None:
    toy.install(monkeypatch)


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    folder = tmp_path / "drive"
    folder.mkdir()
    (folder / "img10").write_bytes(toy.dirty(SECRET.encode()))
    (folder / "img2").write_bytes(toy.dirty(SECRET.encode()))
    return folder


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def run(*arguments: object) -> int:
    return main([str(each) for each in arguments])


def report(out: Path) -> Any:
    return json.loads(out.with_name(f"{out.name}-report").joinpath("report.json").read_text("ascii"))


def private(out: Path) -> Any:
    return json.loads(out.with_name(f"{out.name}-private").joinpath("private.json").read_text("ascii"))


pytestmark = pytest.mark.usefixtures("_toy")


# clean


def test_a_drive_is_cleaned_into_a_new_folder_with_two_reports(drive: Path, out: Path) -> None:
    assert run("clean", drive, "-o", out, "-j1") == 0
    assert sorted(each.name for each in out.iterdir()) == ["clip-0001.toy", "clip-0002.toy"]
    schema("report").validate(report(out))
    schema("private").validate(private(out))
    assert [(each["original"], each["output"]) for each in private(out)["files"]] == [
        ("img2", "clip-0001.toy"),
        ("img10", "clip-0002.toy"),
    ]


def test_the_private_report_is_for_its_owner_and_not_in_the_output(drive: Path, out: Path) -> None:
    run("clean", drive, "-o", out, "-j1")
    folder = out.with_name("out-private")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "private.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("option", [[], ["-v"], ["-q"], ["--json"], ["--jsonl"], ["--progress", "always"]])
def test_planted_values_appear_in_the_private_report_only(
    drive: Path, out: Path, capsys: pytest.CaptureFixture[str], option: list[str]
) -> None:
    (drive / "refused").write_bytes(b"TOY!?" + SECRET.encode())
    assert run("clean", drive, "-o", out, "-j1", *option) == 4
    printed = capsys.readouterr()
    assert SECRET not in printed.out + printed.err
    for each in [*out.iterdir(), out.with_name("out-report") / "report.json"]:
        assert SECRET.encode() not in each.read_bytes()
    assert SECRET in out.with_name("out-private").joinpath("private.json").read_text("ascii")


@pytest.mark.parametrize("option", ["--json", "--jsonl"])
def test_original_names_are_not_in_what_a_clean_prints_as_json(
    drive: Path, out: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    run("clean", drive, "-o", out, "-j1", option)
    assert "img2" not in capsys.readouterr().out
    assert "img2" not in json.dumps(report(out))


def test_json_is_the_shareable_document(drive: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("clean", drive, "-o", out, "-j1", "--json")
    printed = json.loads(capsys.readouterr().out)
    assert printed == report(out)


def test_jsonl_is_one_object_per_file_and_the_totals(
    drive: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("clean", drive, "-o", out, "-j1", "--jsonl")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line.get("number") for line in lines] == [1, 2, None]
    assert lines[-1]["totals"]["files"] == 2


def test_the_summary_is_honest(drive: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("clean", drive, "-o", out, "-j1", "--verify", "structure")
    text = capsys.readouterr().out
    assert "2 files: 2 cleaned" in text
    assert "Left behind: serial 2, person 2" in text
    assert "Not checked in 2: essence (verification was limited to structure)" in text
    assert all(sentence in text for sentence in ALWAYS)
    assert str(out.with_name("out-report") / "report.html") in text


def test_results_go_to_stdout_and_progress_to_stderr(
    drive: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("clean", drive, "-o", out, "-j1", "--progress", "always")
    printed = capsys.readouterr()
    assert "\r" not in printed.out
    assert "1 files: 1 cleaned" in printed.err


def test_without_a_terminal_there_is_no_progress(
    drive: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("clean", drive, "-o", out, "-j1")
    assert capsys.readouterr().err == ""


def test_quiet_says_nothing_when_all_is_well(
    drive: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("clean", drive, "-o", out, "-j1", "-q") == 0
    assert capsys.readouterr() == ("", "")


def test_quiet_still_names_what_was_refused(
    drive: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (drive / "notes.txt").write_bytes(b"hello")
    assert run("clean", drive, "-o", out, "-j1", "-q") == 4
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "refused      file 3  unrecognised" in printed.err
    assert "notes.txt" not in printed.err
    assert len(printed.err.splitlines()) == 1


def test_a_dry_run_writes_nothing_and_finds_the_same(
    drive: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("clean", drive, "-n", "-o", out, "-j1") == 0
    assert sorted(each.name for each in drive.parent.iterdir()) == ["drive"]
    text = capsys.readouterr().out
    assert text.count("would clean") == 2
    assert "serial 2, person 2" in text


def test_what_matches_a_pattern_is_left_out_and_counted(drive: Path, out: Path) -> None:
    run("clean", drive, "-o", out, "-j1", "--exclude", "img1*")
    assert report(out)["totals"]["files"] == 1
    assert report(out)["totals"]["excluded"] == 1


def test_a_single_file_is_cleaned(drive: Path, out: Path) -> None:
    assert run("clean", drive / "img2", "-o", out) == 0
    assert (out / "clip-0001.toy").read_bytes() == toy.CLEAN


def test_a_cleaned_folder_audits_as_canonical(drive: Path, out: Path) -> None:
    run("clean", drive, "-o", out, "-j1")
    assert run("audit", out, "-j1") == 0


def test_options_override_the_policy_file(drive: Path, out: Path, tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('profile = "strict"\nverify = "structure"\n', "utf-8")
    run("clean", drive, "-o", out, "-j1", "--policy", policy, "--verify", "payload", "--deep")
    assert report(out)["policy"] == {
        "profile": "strict",
        "verify": "payload",
        "lead_in": "keep",
        "deep": True,
        "keep": [],
    }


# Names


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"a\nb", r"a\x0ab"),
        (b"\x1b]52;c;eA==\x07", r"\x1b]52;c;eA==\x07"),
        (b"\x1b[2J", r"\x1b[2J"),
        ("a\u202eb".encode(), r"a\u202eb"),
        ("a\u0085b".encode(), r"a\u0085b"),
        (b"\xff\xfe.mp4", r"\xff\xfe.mp4"),
        (b"-rf", "-rf"),
        (b"--output=x", "--output=x"),
        (b"$(id)`id`'\"", "$(id)`id`'\""),
    ],
)
@pytest.mark.parametrize("command", ["audit", "clean"])
def test_hostile_names_are_shown_escaped_and_survive_the_run(
    tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str], command: str, name: bytes, shown: str
) -> None:
    folder = tmp_path / "d"
    folder.mkdir()
    try:
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(toy.dirty())
    except OSError:
        pytest.skip("this file system has no such names")
    run(command, folder, "-j1", *(["-o", out, "--show-names"] if command == "clean" else []))
    printed = capsys.readouterr()
    assert shown in printed.out
    assert all(char.isprintable() or char == "\n" for char in printed.out + printed.err)
    if command == "clean":
        schema("private").validate(private(out))


@pytest.mark.parametrize("argument", ["--\x1b[2J", "miss\x1b[2Jing"])
def test_hostile_arguments_are_escaped_in_complaints(
    capsys: pytest.CaptureFixture[str], argument: str
) -> None:
    assert run("audit", argument) == 2
    assert "\x1b" not in capsys.readouterr().err


@pytest.mark.parametrize("form", ["--json", "--jsonl"])
def test_an_audit_as_json_names_its_files_whatever_their_bytes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    folder = tmp_path / "d"
    folder.mkdir()
    try:
        Path(os.fsdecode(os.fsencode(folder) + b"/\xff")).write_bytes(toy.CLEAN)
    except OSError:
        pytest.skip("this file system has no such names")
    assert run("audit", folder, form) == 0
    text = capsys.readouterr().out
    first = json.loads(text)["files"][0] if form == "--json" else json.loads(text.splitlines()[0])
    assert (first["name"], first["name_b64"]) == ("\ufffd", "/w==")
    if form == "--json":
        schema("report").validate(json.loads(text))


# Bad inputs


@pytest.mark.parametrize("kind", ["empty", "folder", "fifo", "link", "unreadable", "unknown"])
def test_what_is_not_media_is_refused_and_the_rest_cleaned(drive: Path, out: Path, kind: str) -> None:
    path = drive / "x.mp4"
    match kind:
        case "folder":
            path.mkdir()
            (path / "y").write_bytes(b"")
        case "fifo":
            os.mkfifo(path)
        case "link":
            path.symlink_to(drive / "img2")
        case "unreadable":
            if os.geteuid() == 0:
                pytest.skip("root reads everything")
            path.write_bytes(toy.CLEAN)
            path.chmod(0)
        case _:
            path.write_bytes(b"" if kind == "empty" else b"what is this")
    assert run("clean", drive, "-o", out, "-j1") == 4
    assert report(out)["totals"]["verdicts"] == {"refused": 1, "cleaned": 2}
    assert len(list(out.iterdir())) == 2


def test_an_empty_drive_is_no_error(tmp_path: Path, out: Path) -> None:
    (tmp_path / "d").mkdir()
    assert run("clean", tmp_path / "d", "-o", out) == 0
    assert report(out)["verdict"] is None


# Usage


@pytest.mark.parametrize(
    "arguments",
    [
        ["clean", "{drive}"],
        ["clean", "{drive}", "-o", "{drive}"],
        ["clean", "{drive}", "-o", "{drive}/out"],
        ["clean", "{drive}", "-o", "{top}"],
        ["clean", "{drive}/missing", "-o", "{out}"],
        ["clean", "{drive}", "-o", "{out}", "--private", "{out}/private"],
        ["clean", "{drive}", "-o", "{out}", "--report", "{drive}/report"],
        ["clean", "{drive}", "-o", "{out}", "--json", "--jsonl"],
        ["clean", "{drive}", "-o", "{out}", "--names", "keep"],
        ["clean", "{drive}", "-o", "{out}", "--verify", "never"],
        ["clean", "{drive}", "-o", "{out}", "-j0"],
        ["clean", "{drive}", "-o", "{out}", "--policy", "{drive}/img2"],
        ["clean", "{drive}", "-o", "{out}", "--policy", "{top}/missing"],
        ["clean", "-o", "{out}"],
        ["audit"],
        ["audit", "{drive}/missing"],
        ["no-such-command"],
        ["--no-such-option"],
    ],
)
def test_a_request_that_makes_no_sense_ends_with_2_and_writes_nothing(
    drive: Path, out: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    before = sorted(drive.parent.rglob("*"))
    words = {"drive": drive, "out": out, "top": drive.parent}
    assert run(*(each.format_map(words) for each in arguments)) == 2
    assert capsys.readouterr().err != ""
    assert sorted(drive.parent.rglob("*")) == before


def test_a_folder_that_is_not_empty_needs_force(drive: Path, out: Path) -> None:
    out.mkdir()
    (out / "mine").write_bytes(b"mine")
    assert run("clean", drive, "-o", out, "-j1") == 2
    assert run("clean", drive, "-o", out, "-j1", "--force") == 0
    assert (out / "mine").read_bytes() == b"mine"


def test_a_report_that_is_there_already_needs_force(drive: Path, out: Path) -> None:
    run("clean", drive, "-o", out, "-j1")
    for each in out.iterdir():
        each.unlink()
    assert run("clean", drive, "-o", out, "-j1") == 2
    assert run("clean", drive, "-o", out, "-j1", "--force") == 0


# Exit statuses


def test_an_audit_that_finds_something_ends_with_3(drive: Path) -> None:
    assert run("audit", drive, "-j1") == 3


def test_an_audit_of_what_cannot_be_read_ends_with_4(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"")
    assert run("audit", tmp_path) == 4


def test_findings_are_worse_than_refusals(drive: Path) -> None:
    (drive / "x").write_bytes(b"")
    assert run("audit", drive, "-j1") == 3


def fail_as_its_name_says(source: Source, policy: Policy) -> Reading:
    if source.size < 10:
        raise KeyError(SECRET)
    return toy.read(source, policy)


def test_a_fault_of_ours_ends_with_1_without_a_traceback_or_a_value(
    drive: Path, out: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    toy.install(monkeypatch, replace(toy.TOY, read=fail_as_its_name_says))
    (drive / "x").write_bytes(b"TOY!")
    (drive / "y").write_bytes(b"")
    assert run("clean", drive, "-o", out, "-j1") == 1
    printed = capsys.readouterr()
    assert "internal: KeyError" in printed.out
    assert "Traceback" not in printed.out + printed.err
    assert SECRET not in printed.out + printed.err
    assert len(list(out.iterdir())) == 2


def test_a_failed_verification_ends_with_3(drive: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def leaking(essence: toy.Toy, policy: Policy) -> Pieces:
        walked = yield from toy.write(essence, policy)
        yield toy.chunk(b"M", b"left")
        return walked

    toy.install(monkeypatch, replace(toy.TOY, write=leaking))
    assert run("clean", drive, "-o", out, "-j1") == 3
    assert list(out.iterdir()) == []


def test_a_full_disk_ends_with_1(drive: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("scrubkit.staged.os.write", full)
    assert run("clean", drive, "-o", out, "-j1") == 1
    assert report(out)["totals"]["problems"] == {"destination-failed": 2}


def test_a_destination_that_goes_away_ends_the_run_as_incomplete(
    drive: Path, out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: Path) -> None:
        raise DestinationFailed("output", "EIO")

    monkeypatch.setattr("scrubkit.intake.run.sync_folder", fail)
    assert run("clean", drive, "-o", out, "-j1") == 1
    assert report(out)["complete"] is False
    assert "Ended before" in capsys.readouterr().err


SLOW = """
import signal, sys, time
from dataclasses import replace
import toy
from scrubkit import formats
from scrubkit.cli import main

def write(essence, policy):
    yield b"TOY!"
    open(sys.argv[1], "w").close()
    time.sleep(30)
    return (yield from toy.write(essence, policy))

# Whoever runs the tests in the background has it ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
formats.all_formats = lambda: (replace(toy.TOY, write=write),)
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("jobs", ["-j1", "-j2"])
def test_a_signal_ends_the_run_with_130_and_leaves_nothing_half_written(
    drive: Path, out: Path, tmp_path: Path, number: signal.Signals, jobs: str
) -> None:
    begun = tmp_path / "begun"
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, str(begun), "clean", str(drive), "-o", str(out), jobs],
        cwd=Path(__file__).parent,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    deadline = time.monotonic() + 20
    while not begun.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    # As a terminal does it: to the whole group.
    os.killpg(process.pid, number)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert b"Traceback" not in errors
    assert list(out.iterdir()) == []
    assert report(out)["complete"] is False


# show, formats, demo, version


def test_show_is_a_tree_of_every_byte(drive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", drive / "img2") == 0
    text = capsys.readouterr().out
    assert "residue" in text
    assert "person: a name" in text
    assert SECRET not in text


def test_show_as_json_has_every_row(drive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", drive / "img2", "--json") == 0
    tree = json.loads(capsys.readouterr().out)
    assert tree["complete"]
    assert sum(row["size"] for row in tree["rows"]) == (drive / "img2").stat().st_size


def test_show_says_why_it_cannot(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x").write_bytes(b"")
    assert run("show", tmp_path / "x") == 4
    assert "unrecognised" in capsys.readouterr().err


def test_formats_are_listed_with_the_readers(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("formats") == 0
    text = capsys.readouterr().out
    assert "toy: Toy" in text
    assert "  blake3 " in text


def test_a_refused_demo_folder_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "drive" / "DCIM" / "100APPLE").mkdir(parents=True)
    assert run("demo", tmp_path) == 2


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--help") == 0
    text = capsys.readouterr().out
    assert all(name in text for name in ("clean", "audit", "show", "formats", "demo"))


@pytest.mark.parametrize("command", ["clean", "audit", "show", "formats", "demo"])
def test_every_option_is_explained(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(command, "--help") == 0
    lines = capsys.readouterr().out.splitlines()
    options = [i for i, line in enumerate(lines) if line.startswith("  -")]
    assert all(len(lines[i].split("  ")) > 2 or lines[i + 1].startswith("     ") for i in options)


def test_python_m_works() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scrubkit", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("scrubkit ")


def test_a_reader_that_leaves_early_does_not_end_the_run(tmp_path: Path, out: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(300):
        (folder / f"{number:0200}").write_bytes(b"")
    words = [sys.executable, "-m", "scrubkit", "clean", str(folder), "-o", str(out), "-j1"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert process.wait() == 4
    assert errors == b""
    assert report(out)["totals"]["files"] == 300


def test_a_fault_outside_any_file_is_no_traceback(
    drive: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError(SECRET)

    monkeypatch.setattr("scrubkit.intake.places.check_sources", fail)
    assert run("audit", drive) == 1
    printed = capsys.readouterr()
    assert "internal: ValueError (cli.py:" in printed.err
    assert SECRET not in printed.err
