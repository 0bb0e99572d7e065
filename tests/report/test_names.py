"""Names that were chosen to harm: each comes out as text, whatever prints it."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import unicodedata
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from names import NAMES, ON_A_DRIVE
from scrubkit import demo
from scrubkit.cli import main
from scrubkit.model import FileReport, Job, Policy, Problem, Verdict
from scrubkit.report.files import PAGE, REPORT, Reports
from scrubkit.report.html import write_page
from scrubkit.report.totals import Totals

if TYPE_CHECKING:
    from collections.abc import Iterator

_BAD = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def unseen(text: str) -> set[str]:
    """What of a text a terminal acts on, or does not show; lines must end."""
    return {char for char in text if char != "\n" and unicodedata.category(char) in _BAD}


# The command line


class Ran:
    """Owns what a run over a drive of such names has left behind."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.drive = folder / "drive"
        self.drive.mkdir()
        (folder / "here").mkdir()
        picture = demo.photo(level=20, orientation=1)
        for number, name in enumerate(ON_A_DRIVE):
            path = os.fsencode(self.drive) + b"/" + os.fsencode(name)
            with open(path, "wb") as file:  # noqa: PTH123 (some of them are no text)
                # Every other one is refused: that is told in other places.
                file.write(picture if number % 2 else b"nothing")

    def run(self, *arguments: str) -> tuple[str, str]:
        """Return what was printed, as the bytes are, on both streams."""
        command = [sys.executable, "-m", "scrubkit", *arguments]
        done = subprocess.run(
            command, capture_output=True, check=False, cwd=self.folder / "here", timeout=300
        )
        assert done.returncode in {2, 3, 4}, done.stderr[-500:]
        return done.stdout.decode("utf-8"), done.stderr.decode("utf-8")


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return Ran(tmp_path_factory.mktemp("names"))


COMMANDS = {
    "audit": ("audit", "DRIVE", "-v"),
    "audit quietly": ("audit", "DRIVE", "-q", "--progress", "always"),
    "audit as json": ("audit", "DRIVE", "--json"),
    "audit as lines": ("audit", "DRIVE", "--jsonl"),
    "dry run": ("clean", "-n", "DRIVE", "-v"),
    "clean": ("clean", "DRIVE", "-o", "OUT", "-v", "--show-names"),
    "clean as json": ("clean", "DRIVE", "-o", "OUT", "--json"),
}


def test_there_are_sixty_kinds_of_names_at_least() -> None:
    assert len(set(NAMES)) == len(NAMES) >= 60
    assert len(ON_A_DRIVE) >= 60


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_names_do_nothing_to_a_terminal_nor_to_the_machine(
    ran: Ran, arguments: tuple[str, ...], tmp_path: Path
) -> None:
    places = {"DRIVE": str(ran.drive), "OUT": str(tmp_path / "out")}
    printed = ran.run(*(places.get(each, each) for each in arguments), "--verify", "payload")
    assert not unseen(printed[0])
    assert not unseen(re.sub(r"\r(\d+ files: [a-z0-9, ]+|\x1b\[K)", "", printed[1]))
    assert list((ran.folder / "here").iterdir()) == []
    assert sorted(each.name for each in ran.folder.iterdir()) == ["drive", "here"]
    assert {each.name for each in tmp_path.iterdir()} <= {"out", "out-report", "out-private"}
    for path in tmp_path.rglob("*"):
        assert re.fullmatch(r"[a-z0-9.-]+", path.name)
        if path.suffix in {".json", ".html"}:
            assert not unseen(path.read_text("utf-8"))


def test_each_name_is_one_line_and_no_other(ran: Ran) -> None:
    printed, _ = ran.run("audit", str(ran.drive), "--verify", "structure")
    lines = [line for line in printed.split("\n") if line.startswith(("refused ", "identifying "))]
    assert len(lines) == len(ON_A_DRIVE)


def test_each_name_can_be_had_back_from_json(ran: Ran) -> None:
    printed, _ = ran.run("audit", str(ran.drive), "--verify", "structure", "--jsonl")
    entries = [json.loads(line) for line in printed.splitlines()][:-1]
    raw = [
        base64.b64decode(each["name_b64"]) if "name_b64" in each else each["name"].encode()
        for each in entries
    ]
    assert sorted(raw) == sorted(map(os.fsencode, ON_A_DRIVE))


@pytest.mark.parametrize("name", [name for name in NAMES if "\x00" not in name])
def test_a_name_that_was_typed_does_nothing_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for arguments in (
        ["audit", "--"],
        ["show", "--"],
        ["clean", "-o", "out", "--"],
        ["clean"],
        ["verify", "--"],
    ):
        assert main([*arguments, f"absent{name}"]) != 0
        printed = capfd.readouterr()
        assert printed.out == ""
        assert not unseen(printed.err)
        assert "Traceback" not in printed.err
    assert list(tmp_path.iterdir()) == []


# The page, if such a text came into the report in spite of all


class Shape(HTMLParser):
    """Owns the elements and attributes of a page, without its text; each is closed in its turn."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(attrs)))
        if tag != "meta":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The lines of a report, and the folder that it lies in."""
    folder = tmp_path_factory.mktemp("page")
    totals = Totals()
    report = FileReport(Verdict.REFUSED, problem=Problem("malformed", 4, "WHERE", "RULE"), output_name="NAME")
    with Reports(folder, None, "clean", Policy()) as reports:
        totals.add(report)
        reports.add(Job(Path("x"), "x"), report)
        reports.finish(totals, complete=True)
    return (folder / REPORT).read_text("ascii").splitlines(keepends=True)


def poisoned(lines: list[str], text: str) -> Iterator[str]:
    for line in lines:
        yield re.sub('"(?:WHERE|RULE|NAME|none)"', lambda _: json.dumps(text), line)


def paged(folder: Path, lines: list[str], text: str) -> str:
    (folder / REPORT).write_text("".join(poisoned(lines, text)), "ascii")
    write_page(folder / REPORT, folder / PAGE)
    return (folder / PAGE).read_text("utf-8", errors="strict")


@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_the_same_elements_whatever_a_name_is(
    tmp_path: Path, document: list[str], name: str
) -> None:
    plain, other = Shape(paged(tmp_path, document, "plain")), Shape(paged(tmp_path, document, name))
    assert other.elements == plain.elements
    assert not unseen("".join(other.text))
    assert "".join(other.text) != "".join(plain.text)


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize("name", NAMES)
def test_the_shareable_report_of_a_file_has_no_place_for_its_name(tmp_path: Path, name: str) -> None:
    report = FileReport(
        Verdict.REFUSED, problem=Problem("malformed", 4, "moov", "box-size"), untrusted_name=name
    )
    with Reports(tmp_path, None, "clean", Policy()) as reports:
        reports.add(Job(Path("drive"), name), report)
        reports.finish(Totals(), complete=True)
    assert name not in set(texts(json.loads((tmp_path / REPORT).read_text("ascii"))))
