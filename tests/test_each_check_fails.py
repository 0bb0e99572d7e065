"""For every check there is a fault that fails this check and no other.

The faults are those of a cleaner that is broken, or of a disk, a drive or a format
that lies: each is made here, and nothing but the check stands in its way.
"""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from hashlib import sha1
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import scrubkit
import toy
from scrubkit import pieces
from scrubkit.audit import audit_file
from scrubkit.clean import clean_file
from scrubkit.cli import main
from scrubkit.formats import Format, Reading
from scrubkit.model import (
    Check,
    Fate,
    Finding,
    Kind,
    Ledger,
    LedgerRow,
    Media,
    Outcome,
    Policy,
    Verdict,
    Verify,
)
from scrubkit.pieces import Payload, Span, Walked, merged
from scrubkit.report.claims import CHECKS
from scrubkit.specimens.builders import jpeg
from scrubkit.specimens.builders.layout import Layout
from scrubkit.specimens.builders.movie import mux
from scrubkit.specimens.builders.recordings import tiny
from scrubkit.witnesses.readers import READERS, readers_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scrubkit.pieces import Pieces
    from scrubkit.source import Source

NEVER_FAILS = {"samples"}
"""It only says that samples were not read."""


def failed(checks: Iterable[Check]) -> set[str]:
    return {check.name for check in checks if check.outcome is Outcome.FAILED}


def audited(folder: Path, data: bytes) -> set[str]:
    path = folder / "given"
    path.write_bytes(data)
    return failed(audit_file(path).checks)


def cleaned(folder: Path, data: bytes, verify: Verify = Verify.READERS) -> set[str]:
    """Return what fails in a file that was cleaned; what fails is not published."""
    path = folder / "given"
    path.write_bytes(data)
    report = clean_file(path, folder / "copy", Policy(verify=verify))
    assert (folder / "copy").exists() == (report.verdict is Verdict.CLEANED)
    assert report.problem is not None
    assert report.problem.code == "verification-failed"
    return failed(report.checks) or {report.problem.rule}


def through(name: str, rows: Iterable[tuple[int, int]] = ()) -> Format:
    """A cleaner that takes all of a file for picture and sound, and sets a byte here and there."""
    changes = sorted(rows)

    def read(source: Source, policy: Policy) -> Reading:
        payload = Payload(source, *merged([(0, source.size)]))
        return Reading(
            essence=toy.Toy((Span(0, source.size),), (False,), payload),  # type: ignore[arg-type]
            media=Media.PHOTO,
            suffix=".bin",
            residue=(),
            remaining=(),
            ledger=Ledger(source.size, (LedgerRow("all", Fate.ESSENCE, source.size),)),
        )

    def write(essence: toy.Toy, policy: Policy) -> Pieces:
        at = 0
        for place, value in changes:
            yield Span(at, place - at)
            yield bytes([value])
            at = place + 1
        yield Span(at, essence.spans[0].size - at)
        return Walked()

    return Format(name, name, lambda _: True, read, write, write)


# What needs nothing but the file


def test_fixed_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def sorted_by_size(essence: toy.Toy, policy: Policy) -> Pieces:
        spans = tuple(sorted(essence.spans, key=lambda span: span.size))
        return (yield from toy.write(replace(essence, spans=spans), policy))

    toy.install(monkeypatch, replace(toy.TOY, write=sorted_by_size))
    assert audited(tmp_path, toy.toy(toy.chunk(b"P", b"y"), toy.chunk(b"P", b"yy"))) == set()
    assert audited(tmp_path, toy.toy(toy.chunk(b"P", b"yy"), toy.chunk(b"P", b"y"))) == {"fixed-point"}


def test_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(source: Source, policy: Policy) -> Reading:
        reading = toy.read(source, policy)
        return replace(reading, ledger=replace(reading.ledger, rows=reading.ledger.rows[1:]))

    toy.install(monkeypatch, replace(toy.TOY, read=forgetful))
    assert audited(tmp_path, toy.CLEAN) == {"ledger"}


def test_residue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lets_it_cross(essence: toy.Toy, policy: Policy) -> Pieces:
        yield from toy.write(essence, policy)
        return Walked((Finding("chunk/payload/mark", Kind.SERIAL, "a mark in a sample", 1),))

    toy.install(monkeypatch, replace(toy.TOY, write=lets_it_cross))
    assert audited(tmp_path, toy.CLEAN) == {"residue"}


# What compares original and copy


def test_essence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    toy.install(monkeypatch)
    copy = pieces.copy

    def onto_a_bad_disk(*arguments: object) -> pieces.Copied:
        copied = copy(*arguments)  # type: ignore[arg-type]
        (staged,) = tmp_path.glob(".*")
        with staged.open("r+b") as file:
            file.seek(len(toy.MAGIC) + 2)
            file.write(b"P")
        return copied

    monkeypatch.setattr(pieces, "copy", onto_a_bad_disk)
    assert cleaned(tmp_path, toy.CLEAN) == {"essence"}


def test_carry_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    toy.install(monkeypatch)
    name = b"Wexford-lot-9971"
    data = toy.toy(toy.chunk(b"M", name), toy.chunk(b"P", b"by " + name + b" himself"))
    assert cleaned(tmp_path, data) == {"carry-over"}


def test_decode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("av", reason="NOT RUN: PyAV is not installed")
    data = jpeg.join(jpeg.picture())
    end = data.rindex(b"\xff\xd9")
    toy.install(monkeypatch, through("jpeg", [(end - 3, data[end - 3] ^ 0x5A)]))
    assert cleaned(tmp_path, data, Verify.DECODE) == {"decode"}


# Second readers, one at a time: a value of one letter is too short for the search


def tagged() -> bytes:
    block = jpeg.tiff([jpeg.short(0x0112, 1), jpeg.text(0x0131, b"x")])
    return jpeg.join(jpeg.before(jpeg.picture(), jpeg.DQT, jpeg.exif(block)))


def titled() -> bytes:
    def box(kind: bytes, body: bytes) -> bytes:
        return (8 + len(body)).to_bytes(4, "big") + kind + body

    item = box(b"\xa9nam", box(b"data", b"\0\0\0\1\0\0\0\0x"))
    handler = box(b"hdlr", bytes(8) + b"mdirappl" + bytes(9))
    about = box(b"udta", box(b"meta", bytes(4) + handler + box(b"ilst", item)))
    # `moov` lies behind the media: no offset changes.
    movie = mux(tiny(), Layout())
    at = movie.index(b"moov") - 4
    size = int.from_bytes(movie[at : at + 4], "big")
    whole = movie[at + 4 : at + size] + about
    return movie[:at] + (size + len(about)).to_bytes(4, "big") + whole + movie[at + size :]


@pytest.mark.parametrize("name", sorted(READERS))
def test_reader(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = READERS[name]
    if reader.needs and reader.needs() is None:
        pytest.skip(f"NOT RUN: {name} is not installed")
    format_name, data = ("jpeg", tagged()) if name == "piexif" else ("isobmff", titled())
    assert reader in readers_of(format_name)
    monkeypatch.setattr("scrubkit.witnesses.observe.readers_of", lambda _: (reader,))
    toy.install(monkeypatch, through(format_name))
    assert cleaned(tmp_path, data) == {f"reader-{name}"}


# What a whole run shows


def test_custody(tmp_path: Path) -> None:
    drive = tmp_path / "drive"
    drive.mkdir()
    (drive / "a.jpg").write_bytes(jpeg.join(jpeg.picture()))
    digest = sha1(b"another file", usedforsecurity=False).hexdigest()
    (drive / "a.mhl").write_text(
        '<?xml version="1.0" encoding="UTF-8"?><hashlist version="1.1">'
        f"<hash><file>a.jpg</file><sha1>{digest}</sha1></hash></hashlist>",
        "utf-8",
    )
    main(["clean", str(drive), "-o", str(tmp_path / "out")])
    report = json.loads((tmp_path / "out-report" / "report.json").read_text("ascii"))
    assert {(each["name"], each["outcome"]) for each in report["custody"]} == {("custody", "failed")}
    outcomes = {check["outcome"] for file in report["files"] for check in file.get("checks", [])}
    assert "failed" not in outcomes


def emitted() -> set[str]:
    """Names of all checks that are made anywhere, but for those of readers."""
    found: set[str] = set()
    for path in Path(scrubkit.__file__).parent.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        constants = {
            target.id: each.value.value
            for each in tree.body
            if isinstance(each, ast.Assign) and isinstance(each.value, ast.Constant)
            for target in each.targets
            if isinstance(target, ast.Name) and isinstance(each.value.value, str)
        }
        for each in ast.walk(tree):
            match each:
                case ast.Call(ast.Name("Check" | "_check"), [ast.Constant(str(name)), *_]):
                    found.add(name)
                case ast.Call(ast.Name("Check" | "_check"), [ast.Name(variable), *_]) if (
                    variable in constants
                ):
                    found.add(constants[variable])
    return found


def test_no_check_is_without_words() -> None:
    assert emitted() | {f"reader-{name}" for name in READERS} == set(CHECKS)


def test_no_check_is_without_a_fault_of_its_own() -> None:
    tested = {name.removeprefix("test_").replace("_", "-") for name in globals() if name.startswith("test_")}
    readers = {f"reader-{name}" for name in READERS}
    assert set(CHECKS) - NEVER_FAILS <= tested | readers
