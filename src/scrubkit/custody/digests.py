"""The hash formats of ASC MHL, over files of any size."""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..source import Readable

STEP = 1 << 20
"""Bytes read at once."""

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_C4_LENGTH = 88
"""Digits of a C4 identifier behind its prefix `c4`."""


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...


def supported(name: str) -> bool:
    """Whether a hash format of an MHL can be computed here."""
    if name in {"xxh32", "xxh64", "xxh3", "xxh128"}:
        return find_spec("xxhash") is not None
    return name in {"md5", "sha1", "c4"}


def digests(source: Readable, names: Iterable[str]) -> dict[str, str]:
    """Return digests of a source by format, read once; hex, or the C4 identifier."""
    hashes = {name: _new(name) for name in names}
    for block in _blocks(source):
        for each in hashes.values():
            each.update(block)
    return {name: _text(name, each) for name, each in hashes.items()}


def c4(data: bytes) -> str:
    """Return the C4 identifier of bytes (SMPTE ST 2114): SHA-512 in base 58."""
    return _c4(hashlib.sha512(data).digest())


def c4_digest(identifier: str) -> bytes:
    """Return the 64 bytes of a C4 identifier of ours."""
    number = 0
    for digit in identifier[2:]:
        number = number * 58 + _ALPHABET.index(digit)
    return number.to_bytes(64, "big")


def equal(name: str, one: str, other: str) -> bool:
    """Whether two digests of one format are the same; case matters in base 58 alone."""
    return one == other if name == "c4" else one.casefold() == other.casefold()


def _c4(digest: bytes) -> str:
    number = int.from_bytes(digest, "big")
    digits = []
    while number:
        number, rest = divmod(number, 58)
        digits.append(_ALPHABET[rest])
    return "c4" + "".join(reversed(digits)).rjust(_C4_LENGTH, _ALPHABET[0])


def _new(name: str) -> _Hash:
    match name:
        case "md5":
            return hashlib.md5(usedforsecurity=False)
        case "sha1":
            return hashlib.sha1(usedforsecurity=False)
        case "c4":
            return hashlib.sha512()
    import xxhash

    kinds = {
        "xxh32": xxhash.xxh32,
        "xxh64": xxhash.xxh64,
        "xxh3": xxhash.xxh3_64,
        "xxh128": xxhash.xxh3_128,
    }
    new: _Hash = kinds[name]()
    return new


def _text(name: str, done: _Hash) -> str:
    return _c4(bytes.fromhex(done.hexdigest())) if name == "c4" else done.hexdigest()


def _blocks(source: Readable) -> Iterator[bytes]:
    for at in range(0, source.size, STEP):
        yield source.read(at, min(STEP, source.size - at))
