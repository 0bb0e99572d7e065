"""The reports of a run as files: JSON and HTML to share, and one that is kept apart, plain or sealed."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Self

from ..errors import DestinationFailed, UsageError
from ..seal import Sealed, failure
from ..staged import EPOCH, discard, sync_folder
from .document import ABOUT, PRIVATE, SHAREABLE, Document, groups, head, live_photos, private, shareable, tail

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ..model import FileReport, Job, Policy
    from .document import About
    from .totals import Totals

REPORT = "report.json"
PAGE = "report.html"
PRIVATE_REPORT = "private.json"
SEALED_REPORT = "private.json.age"

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Growing:
    """Owns a text file that gets its name when it is complete; raises `DestinationFailed`."""

    def __init__(self, path: Path, mode: int, what: str, keys: Sequence[str] = ()) -> None:
        """With `keys` only encrypted text is written; `what` names the file in errors."""
        self._path = path
        self._what = what
        self.part = path.with_name(path.name + ".part")
        self._sealed: Sealed | None = None
        try:
            self.part.unlink(missing_ok=True)
            self._file = os.fdopen(os.open(self.part, _FLAGS, mode), "wb")
            if keys:
                self._sealed = Sealed(self._file.fileno(), keys)
        except OSError as error:
            raise failure(error, what) from None

    def write(self, text: str) -> None:
        """Append; once a run is cut off, all that was written is in the file."""
        try:
            if self._sealed is not None:
                self._sealed.write(text)
            else:
                self._file.write(text.encode("ascii"))
                self._file.flush()
        except OSError as error:
            raise failure(error, self._what) from None

    def settle(self) -> None:
        """Put the whole file on the disk; its time is a constant, or it would date the run."""
        try:
            if self._sealed is not None:
                self._sealed.finish()
            os.fsync(self._file.fileno())
            self._file.close()
            os.utime(self.part, (EPOCH, EPOCH))
        except OSError as error:
            raise failure(error, self._what) from None

    def publish(self) -> None:
        """Give the file its name."""
        try:
            self.part.replace(self._path)
        except OSError as error:
            raise failure(error, self._what) from None
        undated(self._path.parent, self._what)

    def close(self) -> None:
        """Let go of the file; it keeps the name of an incomplete one."""
        if self._sealed is not None:
            self._sealed.close()
        with suppress(OSError):
            self._file.close()


class Reports:
    """Owns both documents while the run goes on.

    Each file's entry is written as it comes, so that even a run that is cut off
    leaves the map of what it did, in `private.json.part` or `private.json.age.part`.
    Nothing has a final name before all of it is on the disk.  Raises `DestinationFailed`.
    """

    def __init__(
        self,
        report: Path,
        private_folder: Path | None,
        command: str,
        policy: Policy,
        keys: Sequence[str] = (),
    ) -> None:
        """Begin the documents in folders that exist; `private_folder` is None to keep nothing private.

        With `keys` (of `seal.recipients`) the private one is only ever written encrypted;
        raises `UsageError` if a plain one lies where it is to go.
        """
        self._number = 0
        self.digest = ""
        """Of the shareable document, once it is finished."""
        self._report = report
        self._broken: DestinationFailed | None = None
        self._private_file: _Growing | None = None
        self.choice = choice(private_folder, keys)
        if private_folder is not None:
            _refuse_plain(private_folder, keys)
            name = SEALED_REPORT if keys else PRIVATE_REPORT
            self._private_file = _Growing(private_folder / name, 0o600, "private", keys)
        try:
            self._shared_file = _Growing(report / REPORT, 0o644, "report")
            self._shared = Document(self._shared_file.write, head(SHAREABLE, command, policy))
            if self._private_file is not None:
                self._private = Document(self._private_file.write, head(PRIVATE, command, policy))
        except BaseException:
            if self._private_file is not None:
                self._private_file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._shared_file.close()
        if self._private_file is not None:
            self._private_file.close()

    def add(self, job: Job, report: FileReport) -> None:
        """Write one file's entries, the private one first: whatever was published is in the map."""
        self._go_on()
        with _undisturbed():
            self._number += 1
            try:
                if self._private_file is not None:
                    self._private.add(private(self._number, job, report))
                self._shared.add(shareable(self._number, report))
            except DestinationFailed as error:
                self._broken = error
                raise

    def finish(self, totals: Totals, *, complete: bool, about: About = ABOUT) -> None:
        """Write the ends, the page, and give all files their names."""
        self._go_on()
        end = tail(totals, complete=complete, about=about)
        with _undisturbed():
            self.digest = self._shared.close(end)
            self._shared_file.settle()
            if self._private_file is not None:
                self._private.close(
                    end
                    | {
                        "groups": groups(about.linkage),
                        "live_photo_files": live_photos(about.pairs),
                        "report_digest": self.digest,
                    }
                )
                self._private_file.settle()
            if self._private_file is not None:
                self._private_file.publish()
            self._shared_file.publish()
        self._write_page()

    def _write_page(self) -> None:
        from .html import write_page

        page = self._report / PAGE
        try:
            write_page(self._report / REPORT, page)
            os.utime(page, (EPOCH, EPOCH))
        except OSError as error:
            discard(page.with_name(f"{PAGE}.part"))
            raise failure(error, "report") from None
        undated(self._report, "report")

    def _go_on(self) -> None:
        # After a write that failed, what is in the files is no whole document any more.
        if self._broken is not None:
            raise DestinationFailed(self._broken.where, self._broken.rule)


def choice(private_folder: Path | None, keys: Sequence[str]) -> str:
    """Return what becomes of the private report, in the words of the shareable one."""
    if private_folder is None:
        return "none"
    return f"sealed to {len(keys)}" if keys else "kept"


def undated(folder: Path, what: str) -> None:
    """Put the names in a folder on the disk, and take the time off it; raises `DestinationFailed`."""
    try:
        sync_folder(folder)
        os.utime(folder, (EPOCH, EPOCH))
    except DestinationFailed as error:
        raise DestinationFailed(what, error.rule) from None
    except OSError as error:
        raise failure(error, what) from None


def _refuse_plain(folder: Path, keys: Sequence[str]) -> None:
    """Who asks for a sealed report must not overlook a plain one beside it."""
    names = (PRIVATE_REPORT, f"{PRIVATE_REPORT}.part")
    if keys and any(os.path.lexists(folder / name) for name in names):
        raise UsageError("private", "holds-a-report-that-is-not-sealed")


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold back signals that end a run until what is being written is whole."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # A mask of this thread would not do: the kernel gives the signal to another thread.
    held: list[int] = []
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        for number in _SIGNALS:
            signal.signal(number, lambda number, _: held.append(number))
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        for late in held:
            signal.raise_signal(late)
