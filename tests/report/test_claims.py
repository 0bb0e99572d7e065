from __future__ import annotations

import re
from collections import Counter
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from scrubkit.model import (
    Check,
    Feature,
    FileReport,
    Outcome,
    Residual,
    Verdict,
)
from scrubkit.report import claims, coded, html, words
from scrubkit.report.claims import Level, grouped, level, sentences

FORBIDDEN = (
    "anonymous",
    "anonymity",
    "anonymised",
    "anonymized",
    "untraceable",
    "cannot be recovered",
    "can't be recovered",
    "irrecoverable",
    "guarantee",
    "100 %",
    "completely",
    "fully safe",
    "is safe",
)


def texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for each in value.values() for text in texts(each)]
    if isinstance(value, (tuple, list)):
        return [text for each in value for text in texts(each)]
    if is_dataclass(value):
        return [text for each in fields(value) for text in texts(getattr(value, each.name))]
    return []


VOCABULARY = [
    text
    for module in (claims, words, coded, html)
    for name, value in vars(module).items()
    if not name.startswith("__")
    for text in texts(value)
]


@pytest.mark.parametrize("word", FORBIDDEN)
def test_no_sentence_promises_what_nobody_can_keep(word: str) -> None:
    assert not [text for text in VOCABULARY if re.search(rf"\b{re.escape(word)}\b", text.casefold())]


def report(*checks: Check, verdict: Verdict = Verdict.CLEANED) -> FileReport:
    return FileReport(verdict, checks=checks)


PASSED = Check("ledger", Outcome.PASSED)
LEFT = Check("decode", Outcome.NOT_RUN, "", "no reader")
FAILED = Check("carry-over", Outcome.FAILED)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (report(PASSED), Level.CHECKED),
        (report(PASSED, LEFT), Level.INCOMPLETE),
        (report(), Level.INCOMPLETE),
        (report(PASSED, FAILED, LEFT), Level.FAILED),
        (report(PASSED, verdict=Verdict.FAILED), Level.FAILED),
        (report(PASSED, verdict=Verdict.REFUSED), Level.REFUSED),
        (report(PASSED, verdict=Verdict.IDENTIFYING), Level.IDENTIFYING),
        (report(PASSED, verdict=Verdict.CANONICAL), Level.CHECKED),
        (report(PASSED, LEFT, verdict=Verdict.CANONICAL), Level.CHECKED),
    ],
)
def test_a_level_follows_from_verdict_and_checks(found: FileReport, expected: Level) -> None:
    assert level(found) is expected


def told(*, files: int = 3, unchecked: int = 0, **outcomes: tuple[int, int, int]) -> str:
    counts: Counter[tuple[str, Outcome]] = Counter()
    for name, numbers in outcomes.items():
        for outcome, number in zip((Outcome.PASSED, Outcome.FAILED, Outcome.NOT_RUN), numbers, strict=True):
            counts[name.replace("_", "-"), outcome] += number
    return "\n".join(sentences(counts, files, unchecked))


def test_what_passed_is_claimed_with_what_it_leaves_open() -> None:
    text = told(ledger=(3, 0, 0))
    assert "passed in 3 of 3 files" in text
    assert claims.CHECKS["ledger"].means in text
    assert claims.CHECKS["ledger"].excludes in text


def test_nothing_is_claimed_of_what_did_not_run() -> None:
    text = told(decode=(0, 0, 2))
    assert "did not run in 2 of 3 files" in text
    assert claims.CHECKS["decode"].means not in text


def test_a_check_is_counted_against_all_files_of_a_run() -> None:
    assert "passed in 2 of 9 files" in told(files=9, ledger=(2, 0, 0))


def test_files_that_no_check_was_finished_for_are_not_passed_over() -> None:
    text = told(files=9, unchecked=4, ledger=(5, 0, 0))
    assert "No check came to an end in 4 of 9 files; nothing is claimed for them." in text
    assert "came to an end" not in told(ledger=(3, 0, 0))


def test_a_failure_says_what_to_do() -> None:
    assert claims.CHECKS["carry-over"].failed in told(carry_over=(1, 1, 0))


def test_a_check_without_words_does_not_vanish() -> None:
    text = told(brand_new=(1, 1, 1))
    assert "brand-new" in text
    assert "did not run in 1 of 3 files" in text
    assert "no words" in text


def test_each_residual_risk_says_what_to_do_about_it() -> None:
    assert all(risk.title and risk.brief and risk.what and risk.advice for risk in claims.RISKS)
    titles = " ".join(risk.title for risk in claims.RISKS).casefold()
    assert all(topic in titles for topic in ("noise", "hum", "encoder", "seen and heard", "original", "tool"))
    assert len(Residual) > 0


def feature(name: str, *sizes: int) -> Feature:
    groups = tuple((f"v{i}", tuple(range(size))) for i, size in enumerate(sizes))
    return Feature(name, sum(sizes), sizes, groups)


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ((1,), "nothing to compare"),
        ((4,), "all 4 files are alike"),
        ((1, 1, 1), "each of 3 files has its own"),
        ((3, 1), "the smallest has 1, 1 alone"),
        ((3, 2), "the smallest has 2"),
    ],
)
def test_groups_are_told_by_their_sizes(sizes: tuple[int, ...], expected: str) -> None:
    assert expected in grouped(feature("clip: colour", *sizes))
