"""The properties that every family of real files is tested for."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import support
from scrubkit.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Container

    from .manifest import Entry


@cache
def result(entry: Entry) -> support.Cleaned:
    """What becomes of a file, found out once."""
    with tempfile.TemporaryDirectory() as folder:
        return support.clean(Path(folder), entry.file.read_bytes())


def check_cleaned_or_refused(entry: Entry, folder: Path, refusals: Container[str], *, decodes: bool) -> None:
    """A file that decodes is cleaned unless it is a listed exception; any other may be refused."""
    found = result(entry)
    if found.report.verdict is Verdict.CLEANED:
        assert entry.path not in refusals, "cleaned by now: take it off the list"
        return
    assert found.report.verdict is Verdict.REFUSED, found.report.problem
    assert found.data is None
    again = support.clean(folder, entry.file.read_bytes())
    assert again.report.problem == found.report.problem
    assert not decodes or entry.path in refusals, found.report.problem


def check_secrets_gone(entry: Entry, by_chance: Container[tuple[str, str]]) -> None:
    data = result(entry).data
    if data is None:
        return
    found = sorted({where for where, value in entry.secrets if support.found_in(data, value)})
    assert [where for where in found if (entry.path, where) not in by_chance] == []


def check_same_to_a_decoder(entry: Entry, family: str) -> None:
    data = result(entry).data
    if data is not None:
        decode = support.decoder(family)
        assert support.differences(decode(entry.file.read_bytes()), decode(data)) == []


def check_fixed_point(entry: Entry, folder: Path) -> None:
    data = result(entry).data
    if data is not None:
        assert support.cleaned(folder, data) == data
        assert support.audit(folder, data).verdict is Verdict.CANONICAL


def check_ledger(entry: Entry, folder: Path) -> None:
    report = support.audit(folder, entry.file.read_bytes())
    if report.verdict is not Verdict.REFUSED:
        assert report.ledger is not None
        assert report.ledger.complete
        assert report.ledger.size == entry.file.stat().st_size
        assert all(row.size >= 0 for row in report.ledger.rows)
