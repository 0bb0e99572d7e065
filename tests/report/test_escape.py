from __future__ import annotations

import os
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrubkit.report.escape import escaped


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("IMG_0001.MOV", "IMG_0001.MOV"),
        ("été 夏 лето", "été 夏 лето"),
        ("a\nb\r\tc", r"a\x0ab\x0d\x09c"),
        ("\x1b]52;c;x\x07", r"\x1b]52;c;x\x07"),
        ("\x7f\x9b2J", r"\x7f\u009b2J"),
        ("gpj.\u202eexe", r"gpj.\u202eexe"),
        ("\u2066\u200f\u061c\u200b", r"\u2066\u200f\u061c\u200b"),
        ("\u2028\u2029", r"\u2028\u2029"),
        ("\u00a0", r"\u00a0"),
        ("\ue000\U000f0000", r"\ue000\U000f0000"),
        ("a\\x0a", r"a\\x0a"),
        (os.fsdecode(b"\xff\xfe.mp4"), r"\xff\xfe.mp4"),
        ("\ud800", r"\ud800"),
        ("-rf", "-rf"),
        ("", ""),
    ],
)
def test_what_is_not_plainly_visible_is_an_escape(text: str, shown: str) -> None:
    assert escaped(text) == shown


@given(st.text(st.characters(codec=None)))
def test_no_control_or_format_character_gets_through(text: str) -> None:
    hidden = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert not {unicodedata.category(char) for char in escaped(text)} & hidden


@given(st.text(st.characters(codec=None)), st.text(st.characters(codec=None)))
def test_different_texts_stay_different(one: str, other: str) -> None:
    assert (escaped(one) == escaped(other)) is (one == other)
