"""ExifTool, when installed: its Perl library, held loaded by `exiftool.pl`."""

from __future__ import annotations

import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from .. import landlock, seccomp
from .programs import find_program
from .seen import BROKEN, CUT, NOTHING, Observations, Seen, Unread

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPT = str(Path(__file__).with_name("exiftool.pl"))

_SETRLIMIT = {"x86_64": 160, "aarch64": 164}

_HEADER = 8192
"""Bytes of the program in which it says where its library lies."""

_FOLDER = re.compile(rb"""unshift\s+@INC,\s*["'](/[^"'$@]+)["']""")


def find() -> tuple[str, ...] | None:
    """Return the command line of Perl up to the script, if Perl and ExifTool are there."""
    perl, program = find_program("perl"), find_program("exiftool")
    if perl is None or program is None:
        return None
    folders = [str(Path(program).with_name("lib"))]
    with suppress(OSError), open(program, "rb") as file:  # noqa: PTH123 (a part of it)
        folders += [found.decode("utf-8", "replace") for found in _FOLDER.findall(file.read(_HEADER))]
    # Homebrew puts a wrapper into bin; the library lies beside it.
    folders.append(str(Path(program).parents[1] / "libexec" / "lib"))
    folders = [folder for folder in folders if Path(folder, "Image", "ExifTool.pm").is_file()]
    return (perl, "-f", *(f"-I{folder}" for folder in folders))


def command(found: tuple[str, ...], memory: int) -> list[str]:
    """Return the whole command line, with what the script needs to confine its leaves."""
    import os

    machine = os.uname().machine if sys.platform == "linux" else ""
    code = seccomp.program(alone=True)
    rules = landlock.attributes() if landlock.version() else b""
    prctl = seccomp.PRCTL.get(machine, 0)
    numbers = [str(prctl), str(_SETRLIMIT.get(machine, 0)), str(memory)]
    return [*found, SCRIPT, *numbers, (code or b"").hex(), rules.hex()]


def parse(said: bytes) -> Observations:
    """Return `group/tag` (family 1) and the value, converted but not printed for people."""
    lines = said.decode("ascii", "replace").split("\n")
    if lines[-2:] != [".", ""]:
        raise Unread(CUT)
    whole = "more" not in lines[-3:-2]
    seen = tuple(_seen(lines[: -2 if whole else -3]))
    if any(each.path == "ExifTool/Error" for each in seen):
        raise Unread(NOTHING)
    return Observations(seen, whole)


def _seen(lines: list[str]) -> Iterator[Seen]:
    for line in lines:
        try:
            path, kind, digits = line.split("\t")
            where = bytes.fromhex(path).decode("utf-8", "replace")
            data = bytes.fromhex(digits)
        except ValueError:
            raise Unread(BROKEN) from None
        if kind == "t":
            yield Seen(where, data.decode("utf-8", "replace"))
        else:
            yield Seen(where, data if kind == "b" else None)
