"""Values of traits that are too long to be told."""

from __future__ import annotations

from hashlib import blake2b


def hashed(value: object) -> str:
    """Return a short digest of what a value is made of; equal values give equal digests."""
    return blake2b(repr(value).encode("utf-8"), digest_size=6).hexdigest()
