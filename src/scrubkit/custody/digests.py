"""The hash formats of MHL, over files of any size."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Protocol

import xxhash

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

STEP = 1 << 20
"""Bytes read at once."""

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES = {digit: value for value, digit in enumerate(_ALPHABET)}
_C4_LENGTH = 88
"""Digits of a C4 identifier behind its prefix `c4`."""


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


_NEW: dict[str, Callable[[], _Hash]] = {
    "md5": lambda: hashlib.md5(usedforsecurity=False),
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "c4": hashlib.sha512,
    "xxh32": xxhash.xxh32,
    "xxh64": xxhash.xxh64,
    "xxh3": xxhash.xxh3_64,
    "xxh128": xxhash.xxh3_128,
}
"""Algorithms by their element names in ASC MHL 2.0."""

_SIZES = {"md5": 16, "sha1": 20, "xxh32": 4, "xxh64": 8, "xxh3": 8, "xxh128": 16}

_OLD = {"xxhash": "xxh32", "xxhash64": "xxh64", "xxhash64be": "xxh64", "xxhash128": "xxh128"}
"""Element names of MHL 1.x, where they differ."""


def algorithm(element: str) -> str | None:
    """Return the algorithm of a hash element, None if it can't be computed here."""
    name = _OLD.get(element, element)
    return name if name in _NEW else None


def readings(element: str, text: str) -> tuple[bytes, ...]:
    """Return the digests that the text of a hash element may mean; none if it is no digest.

    Digests are hexadecimal, but for C4.  MHL 1.1 has XXH32 in decimal and, in
    `xxhash64`, XXH64 with its bytes reversed; programs write both in either way.
    """
    name = algorithm(element)
    if name is None:
        return ()
    if name == "c4":
        digest = c4_digest(text)
        return () if digest is None else (digest,)
    found = []
    size = _SIZES[name]
    if len(text) == 2 * size and text.isascii() and text.isalnum():
        try:
            found.append(bytes.fromhex(text))
        except ValueError:
            return ()
        if element == "xxhash64":
            found.append(found[0][::-1])
    if element == "xxhash" and text.isascii() and text.isdecimal() and len(text) <= 10:
        number = int(text)
        if number < 1 << 32:
            found.append(number.to_bytes(4, "big"))
    return tuple(found)


def digests(blocks: Iterable[bytes], names: Iterable[str]) -> dict[str, bytes]:
    """Return digests by algorithm of data that comes in blocks and is gone through once."""
    hashes = {name: _NEW[name]() for name in names}
    updates = [each.update for each in hashes.values()]
    for block in blocks:
        for update in updates:
            update(block)
    return {name: each.digest() for name, each in hashes.items()}


def c4(data: bytes) -> str:
    """Return the C4 identifier of bytes (SMPTE ST 2114): SHA-512 in base 58."""
    return c4_identifier(hashlib.sha512(data).digest())


def c4_identifier(digest: bytes) -> str:
    """Return a SHA-512 digest as C4 identifier."""
    number = int.from_bytes(digest, "big")
    digits = []
    while number:
        number, rest = divmod(number, 58)
        digits.append(_ALPHABET[rest])
    return "c4" + "".join(reversed(digits)).rjust(_C4_LENGTH, _ALPHABET[0])


def c4_digest(identifier: str) -> bytes | None:
    """Return the 64 bytes of a C4 identifier, None if it is none."""
    digits = identifier[2:]
    if not identifier.startswith("c4") or len(digits) != _C4_LENGTH or not set(digits) <= _VALUES.keys():
        return None
    number = 0
    for digit in digits:
        number = number * 58 + _VALUES[digit]
    return number.to_bytes(64, "big") if number.bit_length() <= 512 else None
