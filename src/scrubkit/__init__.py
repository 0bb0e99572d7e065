"""Cleans and audits phone footage: `clean_file`, `audit_file`, and the words they use.

Nothing is imported before it is asked for, so that a command that needs little
starts quickly.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .audit import audit_file as audit_file
    from .clean import clean_file as clean_file
    from .errors import DestinationFailed as DestinationFailed
    from .errors import Encrypted as Encrypted
    from .errors import External as External
    from .errors import LimitExceeded as LimitExceeded
    from .errors import Malformed as Malformed
    from .errors import NotRegular as NotRegular
    from .errors import Refused as Refused
    from .errors import ScrubError as ScrubError
    from .errors import SourceFailed as SourceFailed
    from .errors import Truncated as Truncated
    from .errors import Unrecognised as Unrecognised
    from .errors import Unsupported as Unsupported
    from .errors import UsageError as UsageError
    from .errors import VerificationFailed as VerificationFailed
    from .model import Check as Check
    from .model import Fate as Fate
    from .model import FileReport as FileReport
    from .model import Finding as Finding
    from .model import Kind as Kind
    from .model import LeadIn as LeadIn
    from .model import Ledger as Ledger
    from .model import LedgerRow as LedgerRow
    from .model import Limits as Limits
    from .model import Media as Media
    from .model import Outcome as Outcome
    from .model import Policy as Policy
    from .model import Problem as Problem
    from .model import Profile as Profile
    from .model import Remaining as Remaining
    from .model import Residual as Residual
    from .model import Verdict as Verdict
    from .model import Verify as Verify

_HOMES = {
    "audit": ("audit_file",),
    "clean": ("clean_file",),
    "errors": (
        "DestinationFailed",
        "Encrypted",
        "External",
        "LimitExceeded",
        "Malformed",
        "NotRegular",
        "Refused",
        "ScrubError",
        "SourceFailed",
        "Truncated",
        "Unrecognised",
        "Unsupported",
        "UsageError",
        "VerificationFailed",
    ),
    "model": (
        "Check",
        "Fate",
        "FileReport",
        "Finding",
        "Kind",
        "LeadIn",
        "Ledger",
        "LedgerRow",
        "Limits",
        "Media",
        "Outcome",
        "Policy",
        "Problem",
        "Profile",
        "Remaining",
        "Residual",
        "Verdict",
        "Verify",
    ),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME)  # noqa: PLE0605 (made from the table above)


def __getattr__(name: str) -> Any:  # noqa: ANN401 (PEP 562)
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
