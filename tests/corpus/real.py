"""The properties that every family of real files is tested for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import support
from scrubkit.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Container
    from pathlib import Path

    from .manifest import Entry


def check_cleaned_or_refused(entry: Entry, folder: Path, refusals: Container[str]) -> None:
    """A file that decodes is cleaned unless it is a listed exception; any other may be refused."""
    result = support.clean(folder, entry.file.read_bytes())
    if result.report.verdict is Verdict.CLEANED:
        assert entry.path not in refusals, "cleaned by now: take it off the list"
        return
    assert result.report.verdict is Verdict.REFUSED, result.report.problem
    assert result.data is None
    again = support.clean(folder, entry.file.read_bytes())
    assert again.report.problem == result.report.problem
    assert not entry.decodes or entry.path in refusals, result.report.problem


def output(entry: Entry, folder: Path) -> bytes | None:
    """The cleaned file, None if it is refused."""
    return support.clean(folder, entry.file.read_bytes()).data


def check_secrets_gone(entry: Entry, folder: Path, by_chance: Container[tuple[str, str]]) -> None:
    data = output(entry, folder)
    if data is None:
        return
    found = sorted({where for where, value in entry.secrets if support.found_in(data, value)})
    assert [where for where in found if (entry.path, where) not in by_chance] == []


def check_same_to_a_decoder(entry: Entry, folder: Path, family: str) -> None:
    data = output(entry, folder)
    if data is not None:
        decode = support.decoder(family)
        assert support.differences(decode(entry.file.read_bytes()), decode(data)) == []


def check_fixed_point(entry: Entry, folder: Path) -> None:
    data = output(entry, folder)
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
