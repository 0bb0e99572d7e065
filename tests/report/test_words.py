from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scrubkit.model import Residual, Verdict
from scrubkit.report import words

if TYPE_CHECKING:
    from collections.abc import Iterator

FORBIDDEN = ("anonym", "untraceable", "cannot be recovered", "can't be recovered", "unrecoverable", "100 %")


def sentences() -> Iterator[str]:
    yield from words.RESIDUALS.values()
    yield from words.ALWAYS
    yield from words.PROBLEMS.values()


@pytest.mark.parametrize("word", FORBIDDEN)
def test_no_sentence_promises_what_no_check_shows(word: str) -> None:
    assert not [sentence for sentence in sentences() if word in sentence.lower()]


@pytest.mark.parametrize("what", list(Residual))
def test_every_residual_risk_has_a_sentence(what: Residual) -> None:
    assert words.RESIDUALS[what]


def test_every_verdict_has_its_place() -> None:
    assert set(words.WORST_FIRST) == set(Verdict)


@pytest.mark.parametrize("topic", ["noise", "hum", "faces", "encoder", "seized"])
def test_what_no_tool_removes_is_always_named(topic: str) -> None:
    assert any(topic in sentence.lower() for sentence in words.ALWAYS)
