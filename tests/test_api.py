from __future__ import annotations

import importlib
import subprocess
import sys
from importlib import metadata
from typing import TYPE_CHECKING

import pytest

import scrubkit
from scrubkit import demo

if TYPE_CHECKING:
    from pathlib import Path


def test_every_public_name_is_there() -> None:
    for name in scrubkit.__all__:
        assert getattr(scrubkit, name) is not None


def test_public_names_are_listed_by_dir() -> None:
    assert set(scrubkit.__all__) <= set(dir(scrubkit))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError):
        scrubkit.no_such_thing  # noqa: B018


def test_every_error_of_the_family_is_public() -> None:
    errors = importlib.import_module("scrubkit.errors")
    family = {
        name
        for name, each in vars(errors).items()
        if isinstance(each, type) and issubclass(each, errors.ScrubError)
    }
    assert family <= set(scrubkit.__all__)


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = (
        "import sys, scrubkit; print(*(m for m in sys.modules if m.startswith('scrubkit.') or m == 'blake3'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_asking_for_the_version_imports_no_format() -> None:
    code = (
        "import sys, scrubkit.cli; scrubkit.cli.main(['--version']);"
        "print(*(m for m in sys.modules if m.startswith('scrubkit')), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"scrubkit {metadata.version('scrubkit')}\n"
    assert sorted(done.stderr.split()) == ["scrubkit", "scrubkit.cli", "scrubkit.errors"]


def test_a_file_is_cleaned_and_audited_through_the_public_names(tmp_path: Path) -> None:
    original, clean = tmp_path / "IMG_0001.MOV", tmp_path / "clean.mov"
    original.write_bytes(demo.movie(model="Demophone", stale=True))
    assert scrubkit.audit_file(original).verdict is scrubkit.Verdict.IDENTIFYING
    assert scrubkit.clean_file(original, clean, scrubkit.Policy()).verdict is scrubkit.Verdict.CLEANED
    assert scrubkit.audit_file(clean).verdict is scrubkit.Verdict.CANONICAL
