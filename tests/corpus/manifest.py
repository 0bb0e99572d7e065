"""The list of real files and what is known to be inside them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "corpus"

needed = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="NOT RUN: the real files of ../shared/corpus are absent"
)

KINDS = frozenset({"gps", "serial", "device", "identifier", "time", "name", "telemetry"})
"""Kinds of findings whose value must not be in a cleaned file."""


@dataclass(frozen=True)
class Entry:
    """One real file; `secrets` are the bytes of values that occur in it literally."""

    path: str
    decodes: bool
    secrets: tuple[tuple[str, bytes], ...]

    @property
    def file(self) -> Path:
        return FOLDER / self.path


def _secrets(row: dict[str, Any]) -> tuple[tuple[str, bytes], ...]:
    found = {}
    for finding in row.get("findings", ()):
        if finding["kind"] not in KINDS or "literal" not in finding:
            continue
        coding = {"utf8": "utf-8", "utf16le": "utf-16-le", "utf16be": "utf-16-be"}[finding["literal"]]
        value = str(finding.get("raw", finding["value"]))
        if len(value) >= 5:
            found[value.encode(coding)] = finding["where"]
    return tuple((where, value) for value, where in found.items())


@cache
def entries(family: str) -> tuple[Entry, ...]:
    """The files of one folder; none if the corpus is absent."""
    if not FOLDER.is_dir():
        return ()
    rows = json.loads((FOLDER / "MANIFEST.json").read_text("utf-8"))["files"]
    return tuple(
        Entry(row["path"], row.get("ffmpeg_decode") == "ok", _secrets(row))
        for row in rows
        if row["path"].startswith(f"{family}/")
    )
