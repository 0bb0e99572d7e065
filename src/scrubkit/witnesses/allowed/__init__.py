"""What each second reader may still say of a clean file, as data: one table for each, kept apart from ours.

A table is a TOML file beside this module.  `[shapes]` are regular expressions for a whole value,
`[sets]` lists of values, `[allow]` paths with the names of the shapes and sets that a value there may
have.  In a path `*` stands for anything but a slash, `?` for one character; of several paths that fit,
the one with the most characters of its own holds.  Two names are built in:
`data` for bytes, `any` for bytes and text.  `warnings` are paths at which the reader says that it
could not read everything.  `[kept]` is more of `[allow]`, for a still with pictures beside it that the
policy keeps (gain map, depth map, the other eye's picture).  The shape `small` never holds where the
name tells of a person or a place.

What is allowed is structure: on an original too it is no finding.  Everything else fails the check.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from ...model import Kind
from ..kinds import kind_of

if TYPE_CHECKING:
    from ..readers import Seen

ANY, DATA, SMALL = "any", "data", "small"


@dataclass(frozen=True, slots=True)
class _Rule:
    """What a value at some paths may be: text of a pattern or in a set, and bytes or not."""

    pattern: str
    paths: re.Pattern[str]
    text: tuple[re.Pattern[str], ...]
    words: frozenset[str]
    small: re.Pattern[str] | None
    data: bool
    any: bool


@dataclass(frozen=True, slots=True)
class _Table:
    rules: tuple[_Rule, ...]
    kept: tuple[_Rule, ...]
    warnings: tuple[re.Pattern[str], ...]


def allows(reader: str, seen: Seen, *, kept: bool = False) -> bool:
    """Whether a reader may say that of a clean file; `kept` says that it has pictures beside its picture."""
    rule = _rule(reader, seen.path, kept=False)
    more = _rule(reader, seen.path, kept=True) if kept else None
    return any(each is not None and _fits(each, seen) for each in (rule, more)) or warns(reader, seen)


def warns(reader: str, seen: Seen) -> bool:
    """Whether that is no observation, but says that the reader could not read everything."""
    return any(path.fullmatch(seen.path) for path in _table(reader).warnings)


def known_path(reader: str, path: str) -> str | None:
    """Return a path as the table has it, so that it may be shown; None if the table has none so plain."""
    rule = _rule(reader, path, kept=False)
    return None if rule is None or rule.pattern.endswith("/*") else rule.pattern


def _fits(rule: _Rule, seen: Seen) -> bool:
    value = seen.value
    if not isinstance(value, str):
        return rule.data or rule.any
    if rule.any or value in rule.words or any(each.fullmatch(value) for each in rule.text):
        return True
    return rule.small is not None and bool(rule.small.fullmatch(value)) and _dull(seen.path)


def _dull(path: str) -> bool:
    return kind_of(path) is Kind.UNKNOWN


@lru_cache(maxsize=8192)
def _rule(reader: str, path: str, *, kept: bool) -> _Rule | None:
    table = _table(reader)
    rules = table.kept if kept else table.rules
    return next((rule for rule in rules if rule.paths.fullmatch(path)), None)


@cache
def _table(reader: str) -> _Table:
    data = tomllib.loads(files(__package__).joinpath(f"{reader}.toml").read_text("utf-8"))
    shapes = {name: re.compile(pattern) for name, pattern in data["shapes"].items()}
    allowed, kept = (_rules(reader, data, each, shapes) for each in ("allow", "kept"))
    return _Table(allowed, kept, tuple(_path(path) for path in data["warnings"]))


def _rules(
    reader: str, data: dict[str, Any], section: str, shapes: dict[str, re.Pattern[str]]
) -> tuple[_Rule, ...]:
    rules = []
    for path, names in data.get(section, {}).items():
        wanted = names.split()
        unknown = set(wanted) - shapes.keys() - data["sets"].keys() - {ANY, DATA}
        if unknown:
            raise ValueError(f"{reader}.toml: {path} names {unknown}, which is nowhere")
        rules.append(
            _Rule(
                path,
                _path(path),
                tuple(shapes[name] for name in wanted if name in shapes and name != SMALL),
                frozenset(word for name in wanted for word in data["sets"].get(name, ())),
                shapes.get(SMALL) if SMALL in wanted else None,
                DATA in wanted,
                ANY in wanted,
            )
        )
    rules.sort(key=lambda rule: -len(rule.pattern.replace("*", "").replace("?", "")))
    return tuple(rules)


def _path(pattern: str) -> re.Pattern[str]:
    parts = {"*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(parts.get(each, re.escape(each)) for each in pattern))
