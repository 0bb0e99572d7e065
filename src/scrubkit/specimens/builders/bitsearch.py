"""Whether bytes survive in other bytes at any bit position, with or without emulation prevention."""

from __future__ import annotations


def _text(data: bytes) -> str:
    return f"{int.from_bytes(data, 'big'):0{len(data) * 8}b}" if data else ""


def holds(haystack: bytes, needle: bytes) -> bool:
    pattern = _text(needle)
    return pattern in _text(haystack) or pattern in _text(haystack.replace(b"\0\0\x03", b"\0\0"))
