"""A new ASC MHL history (v2.0) for a folder of clean files: no host, no tool version, no date."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from ..errors import DestinationFailed, ScrubError
from ..source import Source
from ..staged import EPOCH, failure
from .chain import blocks
from .digests import c4, c4_identifier, digests
from .lists import CHAIN, FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LIST = "0001_media_1970-01-01_000000Z.mhl"

_DATE = "1970-01-01T00:00:00+00:00"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_ENTITIES = {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}


def check(folder: Path) -> None:
    """Raise `DestinationFailed` if a new history can't be true of a folder.

    It must hold no other folder, whose files the list would not name, and no history
    but one of ours: an older list may say who made it.
    """
    try:
        names = {each.name for each in os.scandir(folder) if each.is_dir(follow_symlinks=False)}
        ours = {LIST, CHAIN, *(f"{name}.part" for name in (LIST, CHAIN))}
        others = FOLDER in names and {each.name for each in os.scandir(folder / FOLDER)} - ours
    except OSError as error:
        raise failure(error) from None
    if others:
        raise DestinationFailed("mhl", "holds-another-history")
    if names - {FOLDER}:
        raise DestinationFailed("mhl", "holds-other-folders")


def write_history(folder: Path) -> None:
    """Write `ascmhl/` into a folder of files, with a C4 identifier for each file and for the folder.

    C4 is the one hash of the format that nobody can make collide.  Equal folders give
    equal lists.  Raises `DestinationFailed`.
    """
    check(folder)
    try:
        names = sorted(each.name for each in os.scandir(folder) if each.is_file(follow_symlinks=False))
        rows = [_row(folder, name) for name in names]
        listed = _list(rows).encode("utf-8")
        chain = _chain(c4(listed)).encode("utf-8")
        (folder / FOLDER).mkdir(exist_ok=True)
        for name, data in ((LIST, listed), (CHAIN, chain)):
            _write(folder / FOLDER / name, data)
        for path in (folder / FOLDER, folder):
            os.utime(path, (EPOCH, EPOCH))
    except OSError as error:
        raise failure(error) from None


def _row(folder: Path, name: str) -> tuple[str, int, bytes]:
    """Return name, size and SHA-512 of a file."""
    if not all(letter >= " " or letter in _ENTITIES for letter in name) or _is_no_text(name):
        raise DestinationFailed("mhl", "name-is-not-xml")
    try:
        with Source(folder / name) as source:
            return name, source.size, digests(blocks(source), ("c4",))["c4"]
    except ScrubError as error:
        raise DestinationFailed("mhl", error.rule) from None


def _is_no_text(name: str) -> bool:
    """Whether a name has what XML can't hold (XML 1.0 §2.2), beside control characters."""
    return any("\ud800" <= letter <= "\udfff" or letter in "\ufffe\uffff" for letter in name)


def _list(rows: list[tuple[str, int, bytes]]) -> str:
    content = _of_all(digest for _, _, digest in rows)
    structure = _of_all(_sha_512(name.encode("utf-8") + digest) for name, _, digest in rows)
    hashes = "".join(
        f'    <hash>\n      <path size="{size}">{escape(name, _ENTITIES)}</path>\n'
        f'      <c4 action="original" hashdate="{_DATE}">{c4_identifier(digest)}</c4>\n    </hash>\n'
        for name, size, digest in rows
    )
    return (
        f'{_HEAD}<hashlist version="2.0" xmlns="urn:ASC:MHL:v2.0">\n'
        f"  <creatorinfo>\n    <creationdate>{_DATE}</creationdate>\n    <hostname>host</hostname>\n"
        '    <tool version="1">tool</tool>\n  </creatorinfo>\n'
        "  <processinfo>\n    <process>in-place</process>\n    <roothash>\n"
        f'      <content>\n        <c4 hashdate="{_DATE}">{content}</c4>\n      </content>\n'
        f'      <structure>\n        <c4 hashdate="{_DATE}">{structure}</c4>\n      </structure>\n'
        "    </roothash>\n    <ignore>\n      <pattern>.DS_Store</pattern>\n      <pattern>ascmhl</pattern>\n"
        "      <pattern>ascmhl/</pattern>\n    </ignore>\n  </processinfo>\n"
        + (f"  <hashes>\n{hashes}  </hashes>\n" if rows else "")
        + "</hashlist>\n"
    )


def _of_all(found: Iterable[bytes]) -> str:
    """Return the hash of sorted hashes, as the format has it for folders.

    They are sorted as identifiers, which have the order of the digests: same length,
    and digits in ASCII order.
    """
    return c4(b"".join(sorted(found)))


def _sha_512(data: bytes) -> bytes:
    return digests((data,), ("c4",))["c4"]


def _chain(digest: str) -> str:
    return (
        f'{_HEAD}<ascmhldirectory xmlns="urn:ASC:MHL:DIRECTORY:v2.0">\n  <hashlist sequencenr="1">\n'
        f"    <path>{LIST}</path>\n    <c4>{digest}</c4>\n  </hashlist>\n</ascmhldirectory>\n"
    )


def _write(path: Path, data: bytes) -> None:
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(part, flags, 0o644), "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    os.utime(part, (EPOCH, EPOCH))
    part.replace(path)
