from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scrubkit.errors import UsageError
from scrubkit.intake.policyfile import load_policy
from scrubkit.model import Extra, LeadIn, Limits, Policy, Profile, Verify

if TYPE_CHECKING:
    from pathlib import Path


def load(folder: Path, text: str) -> Policy:
    path = folder / "policy.toml"
    path.write_text(text, "utf-8")
    return load_policy(path)


def test_an_empty_file_is_the_default(tmp_path: Path) -> None:
    assert load(tmp_path, "") == Policy()


def test_every_field_can_be_stated(tmp_path: Path) -> None:
    text = (
        'profile = "strict"\nverify = "decode"\nlead_in = "next-sync"\ndeep = true\n'
        'keep = ["gain-map", "stereo"]\n[limits]\nsamples = 7\n'
    )
    assert load(tmp_path, text) == Policy(
        profile=Profile.STRICT,
        verify=Verify.DECODE,
        lead_in=LeadIn.NEXT_SYNC,
        deep=True,
        keep=frozenset({Extra.GAIN_MAP, Extra.STEREO}),
        limits=Limits(samples=7),
    )


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('profil = "strict"', "policy"),
        ('profile = "publish"', "policy/profile"),
        ("verify = 3", "policy/verify"),
        ("deep = 1", "policy/deep"),
        ("keep = 3", "policy/keep"),
        ('keep = ["gain map"]', "policy/keep"),
        ("limits = 3", "policy/limits"),
        ("[limits]\nsample_count = 3", "policy/limits"),
        ("[limits]\nsamples = 0", "policy/limits"),
        ("[limits]\nsamples = true", "policy/limits"),
        ("[limits]\nsamples = 1.5", "policy/limits"),
        ("not toml", "policy"),
    ],
)
def test_what_is_not_known_is_an_error_not_a_default(tmp_path: Path, text: str, where: str) -> None:
    with pytest.raises(UsageError) as error:
        load(tmp_path, text)
    assert error.value.where == where


def test_a_missing_file_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        load_policy(tmp_path / "missing")


def test_a_file_that_is_no_text_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError):
        load_policy(tmp_path / "x")
