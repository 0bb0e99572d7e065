"""The official schema and the reference tool accept what is written.

Neither is part of the project.  `SCRUBKIT_ASCMHL` names the unpacked source package
`ascmhl` (its folder `xsd` has the schema), `ascmhl-debug` is searched for in PATH.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from scrubkit.custody.lists import CHAIN, FOLDER
from scrubkit.custody.write import LIST, write_history

SOURCES = os.environ.get("SCRUBKIT_ASCMHL", "")
TOOL = shutil.which("ascmhl-debug")

schema = pytest.mark.skipif(
    not SOURCES, reason="SCRUBKIT_ASCMHL doesn't say where the official ASC MHL schema is"
)
tool = pytest.mark.skipif(TOOL is None, reason="the reference tool ascmhl is not installed")

SETS: dict[str, dict[str, bytes]] = {
    "files": {"clip-0001.mp4": b"one", "photo-0001.jpg": b"two", "empty.jpg": b""},
    "names that XML must escape": {"a&<b> \u00fc.mp4": b"one"},
    "nothing": {},
}


@pytest.fixture(params=SETS.values(), ids=list(SETS))
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    for name, data in request.param.items():
        (tmp_path / name).write_bytes(data)
    write_history(tmp_path)
    return tmp_path


@schema
@pytest.mark.parametrize(
    ("name", "schema_file"), [(LIST, "ASCMHL.xsd"), (CHAIN, "ASCMHLDirectory__combined.xsd")]
)
def test_list_and_chain_are_valid(folder: Path, name: str, schema_file: str) -> None:
    xmlschema = pytest.importorskip("xmlschema")
    xsd = Path(SOURCES) / "xsd"
    # The schema of chains imports that of lists from the net; it is beside it as well.
    official = xmlschema.XMLSchema(
        str(xsd / schema_file), allow="local", locations={"urn:ASC:MHL:v2.0": str(xsd / "ASCMHL.xsd")}
    )
    official.validate(str(folder / FOLDER / name))


@schema
def test_the_schema_finds_what_is_not_valid(tmp_path: Path) -> None:
    xmlschema = pytest.importorskip("xmlschema")
    write_history(tmp_path)
    listed = tmp_path / FOLDER / LIST
    listed.write_text(listed.read_text("utf-8").replace("<hostname>host</hostname>", ""), "utf-8")
    assert not xmlschema.XMLSchema(str(Path(SOURCES) / "xsd" / "ASCMHL.xsd")).is_valid(str(listed))


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    assert TOOL is not None
    return subprocess.run([TOOL, *arguments], check=False, capture_output=True, encoding="utf-8", timeout=60)


@tool
def test_the_reference_tool_verifies_the_hash_of_the_folder(folder: Path) -> None:
    done = run("verify", "-dh", "-v", folder)
    assert done.returncode == 0
    assert "verification of root folder   OK" in done.stdout + done.stderr


@tool
def test_the_reference_tool_verifies_the_files(tmp_path: Path) -> None:
    # Of a folder without files it says that it found none, of its own lists too.
    (tmp_path / "clip-0001.mp4").write_bytes(b"one")
    write_history(tmp_path)
    assert run("verify", tmp_path).returncode == 0


@tool
def test_the_reference_tool_finds_a_change(tmp_path: Path) -> None:
    (tmp_path / "clip-0001.mp4").write_bytes(b"one")
    write_history(tmp_path)
    (tmp_path / "clip-0001.mp4").write_bytes(b"two")
    assert run("verify", tmp_path).returncode != 0
    # It ends with 0 if only the hash of the whole folder differs.
    done = run("verify", "-dh", "-v", tmp_path)
    assert "verification of root folder   OK" not in done.stdout + done.stderr
