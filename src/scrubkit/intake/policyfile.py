"""A policy as TOML: `profile`, `verify`, `lead_in`, `deep`, a list `keep`, and a table `[limits]`."""

from __future__ import annotations

import tomllib
from dataclasses import fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from ..errors import UsageError
from ..model import Extra, LeadIn, Limits, Policy, Profile, Verify

if TYPE_CHECKING:
    from pathlib import Path

Word = TypeVar("Word", bound=StrEnum)

_LARGEST = 1 << 20
"""Bytes of a policy file."""


def load_policy(path: Path) -> Policy:
    """Return the policy that a TOML file states, defaults where it is silent.

    Raises `UsageError` for a file that can't be read, and for any key or value
    that is not known: a misspelt wish must not be taken for none.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST).decode("utf-8")
        table = tomllib.loads(text)
    except (OSError, ValueError, RecursionError):
        raise UsageError("policy", "not-readable-as-toml") from None
    unknown = set(table) - {field.name for field in fields(Policy)}
    if unknown:
        raise UsageError("policy", "unknown-key")
    policy = Policy()
    return Policy(
        profile=_word(table, "profile", Profile, policy.profile),
        verify=_word(table, "verify", Verify, policy.verify),
        lead_in=_word(table, "lead_in", LeadIn, policy.lead_in),
        deep=_flag(table, "deep", otherwise=policy.deep),
        keep=_extras(table.get("keep", [])),
        limits=_limits(table.get("limits", {}), policy.limits),
    )


def _word(table: dict[str, object], key: str, words: type[Word], otherwise: Word) -> Word:
    if key not in table:
        return otherwise
    try:
        return words(str(table[key]))
    except ValueError:
        raise UsageError(f"policy/{key}", "unknown-word") from None


def _flag(table: dict[str, object], key: str, *, otherwise: bool) -> bool:
    value = table.get(key, otherwise)
    if not isinstance(value, bool):
        raise UsageError(f"policy/{key}", "neither-true-nor-false")
    return value


def _extras(value: object) -> frozenset[Extra]:
    if not isinstance(value, list):
        raise UsageError("policy/keep", "not-a-list")
    try:
        return frozenset(Extra(str(each)) for each in value)
    except ValueError:
        raise UsageError("policy/keep", "unknown-word") from None


def _limits(table: object, limits: Limits) -> Limits:
    if not isinstance(table, dict):
        raise UsageError("policy/limits", "not-a-table")
    if set(table) - {field.name for field in fields(limits)}:
        raise UsageError("policy/limits", "unknown-key")
    if not all(type(value) is int and value > 0 for value in table.values()):
        raise UsageError("policy/limits", "not-a-positive-integer")
    return replace(limits, **table)
