"""What a run prints: text, one JSON document, or a JSON object per line; progress on stderr."""

from __future__ import annotations

import json
import os
import sys
from time import monotonic
from typing import TYPE_CHECKING, TextIO

from ..model import Verdict
from .document import ABOUT, SHAREABLE, Document, head, named, shareable, tail
from .text import file_lines, summary_lines

if TYPE_CHECKING:
    from ..model import FileReport, Policy
    from .document import About
    from .totals import Totals

_GOOD = frozenset({Verdict.CLEANED, Verdict.CANONICAL})


class Printer:
    """Owns what the terminal shows of a run."""

    def __init__(
        self,
        command: str,
        policy: Policy,
        *,
        form: str = "text",
        verbose: bool = False,
        quiet: bool = False,
        progress: bool = False,
        names: bool = True,
    ) -> None:
        """`form` is `text`, `json` or `jsonl`; `quiet` leaves only what went wrong, on stderr.

        Without `names` files are called by their numbers: a terminal's history is not private.
        """
        self._names = names
        self._command = command
        self._form = form
        self._verbose = verbose
        self._quiet = quiet
        self._progress = progress
        self._number = 0
        self._shown = False
        self._next = 0.0
        self._document = None
        if form == "json":
            self._document = Document(_written, head(SHAREABLE, command, policy))

    @property
    def talks(self) -> bool:
        """Whether text for people is printed."""
        return self._form == "text" and not self._quiet

    def file(self, report: FileReport, totals: Totals) -> None:
        """Show one file."""
        self._number += 1
        number = None if self._names else self._number
        self._clear()
        if self._form != "text":
            entry = shareable(self._number, report)
            if self._command != "clean":
                # Nothing maps numbers to names but this; a clean has its private report.
                entry |= named("name", report.untrusted_name)
            if self._document is not None:
                self._document.add(entry)
            else:
                _say(json.dumps(entry), flush=True)
        elif not self._quiet:
            planned = self._command == "dry-run"
            for line in file_lines(report, number=number, verbose=self._verbose, planned=planned):
                _say(line)
        elif report.verdict not in _GOOD and self._command != "dry-run":
            for line in file_lines(report, number=number):
                _say(line, sys.stderr)
        if self._progress and monotonic() >= self._next:
            verdicts = ", ".join(f"{count} {verdict}" for verdict, count in totals.verdicts.items())
            sys.stderr.write(f"\r{totals.files} files: {verdicts}")
            sys.stderr.flush()
            self._shown = True
            self._next = monotonic() + 0.1

    def end(self, totals: Totals, *, complete: bool, about: About = ABOUT) -> None:
        """Show the sums."""
        self._clear()
        if self._document is not None:
            self._document.close(tail(totals, complete=complete, about=about))
        elif self._form == "jsonl":
            _say(json.dumps(tail(totals, complete=complete, about=about)))
        elif not self._quiet:
            _say("")
            for line in summary_lines(totals, self._command, about):
                _say(line)
        if not complete:
            _say("Ended before every file was seen.", sys.stderr)
        _written("", flush=True)

    def _clear(self) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._shown = False


def _say(line: str, stream: TextIO | None = None, *, flush: bool = False) -> None:
    _written(f"{line}\n", stream, flush=flush)


def _written(text: str, stream: TextIO | None = None, *, flush: bool = False) -> None:
    stream = stream or sys.stdout
    try:
        stream.write(text)
        if flush:
            stream.flush()
    except BrokenPipeError:
        # Whoever read along has left; the run and its reports are worth finishing.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
