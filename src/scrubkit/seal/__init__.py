"""The private report, encrypted with age while it is written: plain text never reaches the disk.

Only public keys are needed to write; whoever has a secret key opens it elsewhere.
"""

from __future__ import annotations

from .opening import unseal
from .sealed import SMALLEST, Sealed, failure, padded, recipients

__all__ = ["SMALLEST", "Sealed", "failure", "padded", "recipients", "unseal"]
