"""Hash lists for tests: made of what their elements are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrubkit.custody.digests import c4

if TYPE_CHECKING:
    from pathlib import Path

DATA = b"picture and sound"


def listed(*files: str, version: str = "2.0") -> str:
    rows = "".join(files)
    return f'<?xml version="1.0"?>\n<hashlist version="{version}"><hashes>{rows}</hashes></hashlist>'


def old(*files: str) -> str:
    return f'<?xml version="1.0"?>\n<hashlist version="1.1">{"".join(files)}</hashlist>'


def entry(path: str, *, size: int | None = None, previous: str = "", **hashes: str) -> str:
    rows = "".join(f"<{name}>{value}</{name}>" for name, value in hashes.items())
    stated = "" if size is None else f' size="{size}"'
    before = f"<previousPath>{previous}</previousPath>" if previous else ""
    return f"<hash><path{stated}>{path}</path>{rows}{before}</hash>"


def chain(*lists: Path) -> str:
    rows = "".join(
        f'<hashlist sequencenr="{number}"><path>{each.name}</path><c4>{c4(each.read_bytes())}</c4></hashlist>'
        for number, each in enumerate(lists, 1)
    )
    return f'<ascmhldirectory xmlns="urn:ASC:MHL:DIRECTORY:v2.0">{rows}</ascmhldirectory>'


def history(folder: Path, *texts: str) -> list[Path]:
    """Write generations and their chain into `folder`/ascmhl."""
    place = folder / "ascmhl"
    place.mkdir(exist_ok=True)
    paths = [place / f"{number:04}_x.mhl" for number, _ in enumerate(texts, 1)]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, "utf-8")
    (place / "ascmhl_chain.xml").write_text(chain(*paths), "utf-8")
    return paths
