"""Everything that can go wrong, by name.

Only a `ScrubError` leaves a parser.  An error names the *place* (a path made of
the standard's own words, and a byte offset) and the *rule* that was broken.  It
never holds a value from the file: whoever reads a log must not learn what the
file said.
"""

from __future__ import annotations

from typing import ClassVar

INTERRUPTED = 130
"""Exit status of a run that a signal ended."""


class ScrubError(Exception):
    """Root of the family: a stable `code`, the exit status it leads to, and the place."""

    code: ClassVar[str] = "error"
    exit_status: ClassVar[int] = 1

    def __init__(self, where: str, rule: str = "", at: int | None = None) -> None:
        """`where` and `rule` are words of ours or of a standard, `at` a byte offset."""
        super().__init__(where, rule, at)
        self.where = where
        self.rule = rule
        self.at = at

    def __str__(self) -> str:
        text = f"{self.code}: {self.where}"
        if self.at is not None:
            text += f" at byte {self.at}"
        return f"{text}: {self.rule}" if self.rule else text


class Refused(ScrubError):
    """This file can't be modelled faithfully; the run goes on without it."""

    code = "refused"
    exit_status = 4


class Unrecognised(Refused):
    """The content is of no format that scrubkit reads."""

    code = "unrecognised"


class Unsupported(Refused):
    """The file is well formed, but holds something that the model has no place for."""

    code = "unsupported"


class Malformed(Refused):
    """The file breaks a rule of its own format."""

    code = "malformed"


class Truncated(Malformed):
    """The file ends before the structure that it announces."""

    code = "truncated"


class LimitExceeded(Refused):
    """A count, size or depth lies beyond what scrubkit is willing to spend on one file."""

    code = "limit"


class Encrypted(Refused):
    """The payload is encrypted or bound to an account."""

    code = "encrypted"


class External(Refused):
    """Coded payload lies in another file."""

    code = "external-data"


class NotRegular(Refused):
    """The path is a link, device, FIFO, socket or folder; it was not opened."""

    code = "not-a-regular-file"


class SourceFailed(Refused):
    """The source could not be read, or changed while it was read."""

    code = "source-failed"


class VerificationFailed(ScrubError):
    """The staged file did not pass a check; it was deleted, not published."""

    code = "verification-failed"
    exit_status = 3


class DestinationFailed(ScrubError):
    """The output could not be written."""

    code = "destination-failed"
    exit_status = 1


class UsageError(ScrubError):
    """The request makes no sense, whatever the files hold."""

    code = "usage"
    exit_status = 2
