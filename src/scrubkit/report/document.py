"""A run as JSON: one document that may be shared and one that may not.

The shareable one has verdicts, kinds, counts and checks.  It has no value, no
original name, no byte position, no size and no digest of an original: low-entropy
values are found again from a plain hash, and an exact size confirms a match.
`report.schema.json` and `private.schema.json` beside this module say it all.
"""

from __future__ import annotations

import base64
import json
import sys
from collections import Counter
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any

from blake3 import blake3

from ..model import Fate, Kind
from .bytemap import byte_map
from .claims import Level, level, sentences
from .coded import coded_type
from .words import ALWAYS, PROBLEMS, WORST_FIRST, residual

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..model import Check, FileReport, Finding, Job, Ledger, Linkage, Policy, Problem, Search, Value
    from ..pairs import Pairs
    from .bytemap import ByteMap
    from .totals import Totals

SHAREABLE = "scrubkit-report/1"
PRIVATE = "scrubkit-private/1"

DIGEST = "document_digest"
"""The last key of a document: BLAKE3 of every byte before the line it stands in."""

LIBRARIES = (
    "blake3",
    "click",
    "jinja2",
    "hyperscan",
    "piexif",
    "mutagen",
    "pymediainfo",
    "pyrage",
    "av",
    "numpy",
    "pillow",
    "pillow-heif",
)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a run as a whole beside its sums; `private` is what became of the private report."""

    linkage: Linkage | None = None
    custody: tuple[Check, ...] = ()
    private: str = "none"
    pairs: Pairs | None = None


ABOUT = About()


class Document:
    """Owns one JSON document that is written as the run goes: head, files, tail."""

    def __init__(self, write: Callable[[str], object], head: Json) -> None:
        """Write the head; `write` takes text."""
        self._sink = write
        self._hash = blake3()
        self._first = True
        self._write(
            "".join(f"{_text(key)}: {_text(value)},\n" for key, value in head.items()).join(
                ("{\n", '"files": [')
            )
        )

    def add(self, entry: Json) -> None:
        """Write one file's entry."""
        self._write(f"{'' if self._first else ','}\n{_text(entry)}")
        self._first = False

    def close(self, tail: Json) -> str:
        """Write what is known only at the end; returns the digest of all that stands before it."""
        self._write("\n],\n" + "".join(f"{_text(key)}: {_text(value)},\n" for key, value in tail.items()))
        digest = self._hash.hexdigest()
        self._sink(f'"{DIGEST}": {_text(digest)}\n}}\n')
        return digest

    def _write(self, text: str) -> None:
        self._hash.update(text.encode("ascii"))
        self._sink(text)


def head(schema: str, command: str, policy: Policy) -> Json:
    """Return what stands before the files."""
    return {
        "schema": schema,
        "command": command,
        "policy": {
            "profile": policy.profile.value,
            "verify": policy.verify.value,
            "lead_in": policy.lead_in.value,
            "deep": policy.deep,
            "keep": sorted(each.value for each in policy.keep),
        },
    } | ({"versions": versions()} if schema == PRIVATE else {})


def tail(totals: Totals, *, complete: bool, about: About = ABOUT) -> Json:
    """Return what stands after the files; verdicts are listed worst first."""
    return {
        "totals": {
            "files": totals.files,
            "excluded": totals.excluded,
            "verdicts": {each.value: totals.verdicts[each] for each in WORST_FIRST if totals.verdicts[each]},
            "levels": {each.value: totals.levels[each] for each in Level if totals.levels[each]},
            "problems": dict(sorted(totals.problems.items())),
            "findings": {kind.value: totals.findings[kind] for kind in Kind if totals.findings[kind]},
            "unchecked": totals.unchecked,
            "checks_not_run": [
                {"name": name, "reason": reason, "files": count}
                for (name, reason), count in sorted(totals.not_run.items())
            ],
            "residuals": {what.value: count for what, count in sorted(totals.residuals.items())},
        },
        "claims": list(sentences(totals.checks, totals.files, totals.unchecked)),
        "carry_over": {
            "values": totals.searched,
            "found": {kind.value: totals.carried[kind] for kind in Kind if totals.carried[kind]},
        },
        "linkage": _linkage(about.linkage),
        "custody": [_check(each) for each in about.custody],
        "live_photos": None
        if about.pairs is None
        else {"pairs": about.pairs.count, "halves": about.pairs.single},
        "private": about.private,
        "residual_risk": list(ALWAYS),
        "complete": complete,
        "verdict": None if totals.verdict is None else totals.verdict.value,
        "level": None if totals.level is None else totals.level.value,
        "exit_status": totals.exit_status,
    }


def versions() -> dict[str, str | None]:
    """Return the versions of all that took part; None for what is not installed."""
    found: dict[str, str | None] = {"python": ".".join(map(str, sys.version_info[:3]))}
    for name in ("scrubkit", *LIBRARIES):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return found


def shareable(number: int, report: FileReport) -> Json:
    """Return one file's entry for the document that may be shared."""
    entry: Json = {"number": number, "verdict": report.verdict.value, "level": level(report).value}
    if report.output_name:
        entry["output"] = report.output_name
    entry |= _common(report)
    if report.findings:
        entry["findings"] = _by_kind(report.findings)
    if (whole := byte_map(report)) is not None and report.ledger is not None:
        entry["shares"] = _shares(whole, report.ledger)
        if coded := coded_types(report.ledger):
            entry["coded"] = coded
    if report.search is not None:
        entry["search"] = _search(report.search)
    if report.problem is not None:
        entry["problem"] = _problem(report.problem)
    return entry


def private(number: int, job: Job, report: FileReport) -> Json:
    """Return one file's entry for the document that is kept apart: names, values, places, sizes, digest."""
    entry: Json = {"number": number, "verdict": report.verdict.value}
    entry |= named("original", job.untrusted_name) | named("path", str(job.path.absolute()))
    if report.output_name:
        entry["output"] = report.output_name
    entry |= {"size": report.size, "output_size": report.output_size, "payload_digest": report.payload_digest}
    entry |= _common(report)
    entry["findings"] = [_finding(each) for each in report.findings]
    if report.ledger is not None:
        entry["ledger"] = [
            named("path", row.path)
            | {"fate": row.fate.value, "size": row.size, "count": row.count}
            | ({"what": coded_type(row.coded)} if row.coded else {})
            for row in report.ledger.rows
        ]
    entry["values"] = [_value(each) for each in report.values]
    if report.search is not None:
        entry["carried"] = [
            _value(each.value) | {"form": each.form, "place": each.place, "at": each.at}
            for each in report.search.carried
        ]
    entry["traits"] = {each.name: each.value for each in report.traits}
    if report.problem is not None:
        entry["problem"] = _problem(report.problem) | {"at": report.problem.at}
    return entry


def named(key: str, text: str) -> Json:
    """Return untrusted text under `key`, readable; `key_b64` has its bytes where that is approximate."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        try:
            raw = text.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            raw = text.encode("utf-8", "surrogatepass")
        return {
            key: raw.decode("utf-8", "replace"),
            f"{key}_b64": base64.b64encode(raw).decode("ascii"),
        }
    return {key: text}


def share(part: int, whole: int) -> str:
    """Return a share in whole percent; what is neither nothing nor everything never reads as either."""
    if not part:
        return "none"
    if part == whole:
        return "all"
    percent = round(100 * part / whole)
    if percent < 1:
        return "<1 %"
    return ">99 %" if percent > 99 else f"{percent} %"


def groups(linkage: Linkage | None) -> list[Json]:
    """Return which files share what, by number; for the document that is kept apart."""
    if linkage is None:
        return []
    return [
        {
            "feature": each.name,
            "groups": [{"value": value, "files": list(files)} for value, files in each.groups],
        }
        for each in linkage.features
    ]


def live_photos(pairs: Pairs | None) -> list[Json]:
    """Return which picture and clip were one Live Photo, by number; for the document that is kept apart."""
    return [{"photo": photo, "clip": clip} for photo, clip in (pairs.numbers if pairs else ())]


def _linkage(linkage: Linkage | None) -> Json | None:
    if linkage is None:
        return None
    return {
        "files": linkage.files,
        "sentences": list(linkage.says),
        "features": [
            {
                "name": each.name,
                "files": each.files,
                "groups": len(each.sizes),
                "smallest": each.smallest,
                "largest": each.sizes[0] if each.sizes else 0,
                "alone": each.alone,
            }
            for each in linkage.features
        ],
    }


def _search(search: Search) -> Json:
    hits = Counter((hit.value.kind.value, hit.form, hit.place) for hit in search.carried)
    return {
        "values": search.values,
        "forms": search.forms,
        "found": [
            {"kind": kind, "form": form, "place": place, "count": count}
            for (kind, form, place), count in sorted(hits.items())
        ],
        "not_searched": [
            {
                "kind": each.kind.value,
                "reason": each.reason,
                "count": each.count,
                # A figure with all its digits would tell the size that it was computed from.
                "chance": float(f"{each.chance:.0e}"),
            }
            for each in search.not_searched
        ],
    }


def _value(value: Value) -> Json:
    text = value.untrusted if isinstance(value.untrusted, str) else value.untrusted.hex()
    return (
        {"origin": value.origin, "kind": value.kind.value} | named("path", value.path) | named("value", text)
    )


def _common(report: FileReport) -> Json:
    entry: Json = {}
    if report.format is not None:
        entry["format"] = report.format
    if report.media is not None:
        entry["media"] = report.media.value
    if report.checks:
        entry["checks"] = [_check(each) for each in report.checks]
    if report.remaining:
        entry["residuals"] = [
            {"what": each.what.value, "count": each.count, "sentence": residual(each)}
            for each in report.remaining
        ]
    return entry


def _by_kind(findings: tuple[Finding, ...]) -> list[Json]:
    counts: Counter[tuple[Kind, str]] = Counter()
    for each in findings:
        # A name that the catalog doesn't know may be a value itself.
        counts[each.kind, each.label if each.known else ""] += each.count
    order = list(Kind)
    return [
        {"kind": kind.value, "label": label or "unknown", "known": bool(label), "count": count}
        for (kind, label), count in sorted(
            counts.items(), key=lambda item: (order.index(item[0][0]), item[0][1])
        )
    ]


def _shares(whole: ByteMap, ledger: Ledger) -> Json:
    entry: Json = {fate.value: share(ledger.total(fate), ledger.size) for fate in Fate}
    parts = {"picture": whole.picture, "sound": whole.sound, "coded": whole.coded}
    entry |= {what: share(size, ledger.size) for what, size in parts.items() if size}
    if whole.behind:
        entry["behind"] = {kind.value: share(size, ledger.size) for kind, size in whole.behind.items()}
    return entry


def coded_types(ledger: Ledger) -> list[Json]:
    """Return the types of coded data of a file, the largest first, with their share of it."""
    sizes: Counter[str] = Counter()
    for row in ledger.rows:
        if row.coded:
            sizes[row.coded] += row.size
    return [
        {"type": key, "what": coded_type(key), "share": share(size, ledger.size)}
        for key, size in sizes.most_common()
    ]


def _check(check: Check) -> Json:
    entry: Json = {"name": check.name, "outcome": check.outcome.value}
    if check.scope:
        entry["scope"] = check.scope
    if check.reason:
        entry["reason"] = check.reason
    return entry


def _problem(problem: Problem) -> Json:
    return {
        "code": problem.code,
        "where": problem.where,
        "rule": problem.rule,
        "sentence": PROBLEMS.get(problem.code, "unknown code"),
    }


def _finding(finding: Finding) -> Json:
    entry = named("path", finding.path) | {
        "kind": finding.kind.value,
        "label": finding.label,
        "known": finding.known,
        "count": finding.count,
        "size": finding.size,
        "start": finding.start,
    }
    if finding.writer:
        entry["writer"] = finding.writer
    if finding.untrusted_value is not None:
        entry |= named("value", finding.untrusted_value)
    return entry


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=True)
