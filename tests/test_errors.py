from __future__ import annotations

import inspect

import pytest

from scrubkit import errors
from scrubkit.report.words import PROBLEMS, STATUS_WORST_FIRST

FAMILY = [
    each
    for each in vars(errors).values()
    if inspect.isclass(each) and issubclass(each, errors.ScrubError) and each is not errors.ScrubError
]


@pytest.mark.parametrize("error", FAMILY)
def test_every_error_has_a_code_of_its_own_and_a_known_status(error: type[errors.ScrubError]) -> None:
    assert [each for each in FAMILY if each.code == error.code] == [error] or error is errors.Refused
    assert error.exit_status in STATUS_WORST_FIRST


@pytest.mark.parametrize("error", [each for each in FAMILY if each is not errors.Refused])
def test_every_code_is_explained(error: type[errors.ScrubError]) -> None:
    assert PROBLEMS[error.code]


def test_a_refusal_is_never_a_success() -> None:
    assert all(error.exit_status == 4 for error in FAMILY if issubclass(error, errors.Refused))


def test_the_text_names_code_place_offset_and_rule() -> None:
    assert str(errors.Malformed("moov/trak", "box-size", 42)) == "malformed: moov/trak at byte 42: box-size"


def test_offset_and_rule_may_be_missing() -> None:
    assert str(errors.Unrecognised("file")) == "unrecognised: file"
