"""The two reports of a run as files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Self

from ..errors import DestinationFailed
from ..staged import EPOCH
from .document import PRIVATE, SHAREABLE, Document, head, private, shareable, tail

if TYPE_CHECKING:
    from pathlib import Path

    from ..model import FileReport, Job, Policy
    from .totals import Totals

REPORT = "report.json"
PRIVATE_REPORT = "private.json"


class _Growing:
    """Owns a text file that gets its name when it is complete."""

    def __init__(self, path: Path, mode: int) -> None:
        self._path = path
        self._part = path.with_name(path.name + ".part")
        self._part.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        self._file = os.fdopen(os.open(self._part, flags, mode), "w", encoding="ascii")
        self.write = self._file.write

    def finish(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._part.replace(self._path)

    def close(self) -> None:
        self._file.close()


class Reports:
    """Owns both documents while the run goes on.

    Each file's entry is written as it comes, so that even a run that is cut off
    leaves the map of what it did, in `private.json.part`.  Raises `DestinationFailed`.
    """

    def __init__(self, report: Path, private_folder: Path, command: str, policy: Policy) -> None:
        """Begin the documents in two folders that exist."""
        self._number = 0
        self._report = report
        try:
            self._shared_file = _Growing(report / REPORT, 0o644)
            self._private_file = _Growing(private_folder / PRIVATE_REPORT, 0o600)
            self._shared = Document(self._shared_file.write, head(SHAREABLE, command, policy))
            self._private = Document(self._private_file.write, head(PRIVATE, command, policy))
        except OSError as error:
            raise _failure(error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._shared_file.close()
        self._private_file.close()

    def add(self, job: Job, report: FileReport) -> None:
        """Write one file's entries."""
        self._number += 1
        try:
            self._shared.add(shareable(self._number, report))
            self._private.add(private(self._number, job, report))
        except OSError as error:
            raise _failure(error) from None

    def finish(self, totals: Totals, *, complete: bool) -> None:
        """Write the ends and give both files their names."""
        end = tail(totals, complete=complete)
        try:
            self._shared.close(end)
            self._private.close(end)
            self._shared_file.finish()
            self._private_file.finish()
            # The time of a report that is passed on would date the run.
            for path in (self._report / REPORT, self._report):
                os.utime(path, (EPOCH, EPOCH))
        except OSError as error:
            raise _failure(error) from None


def _failure(error: OSError) -> DestinationFailed:
    import errno

    return DestinationFailed("report", errno.errorcode.get(error.errno or 0, "EUNKNOWN"))
