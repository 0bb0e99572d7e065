"""The ledger of one file as a tree: what every byte of it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..model import Fate
from .coded import coded_type
from .document import named, share
from .escape import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model import FileReport, Finding, Ledger
    from .document import Json


@dataclass(slots=True)
class _Node:
    size: int = 0
    count: int = 0
    fates: set[Fate] = field(default_factory=set)
    children: dict[str, _Node] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    coded: str = ""


def tree_lines(report: FileReport) -> Iterator[str]:
    """Yield one line per path: bytes, share of the file, fate, indented name, and what it gives away."""
    ledger = report.ledger
    if ledger is None:
        return
    root = _grown(ledger, report.findings)
    width = len(f"{ledger.size:,}")
    # A stack instead of recursion: the depth of paths is the file's choice.
    stack = [(0, name, node) for name, node in reversed(root.children.items())]
    while stack:
        depth, name, node = stack.pop()
        fate = "/".join(each.value for each in Fate if each in node.fates)
        times = f" ({node.count} places)" if node.count > 1 else ""
        part = share(node.size, ledger.size)
        line = f"{node.size:>{width},}  {part:>6}  {fate:<10} {'  ' * depth}{escaped(name)}{times}"
        found = ", ".join(dict.fromkeys(f"{each.kind.value}: {_label(each)}" for each in node.findings))
        if node.coded:
            line += f"  = {coded_type(node.coded)}"
        yield f"{line}  ← {found}" if found else line
        stack.extend((depth + 1, below, child) for below, child in reversed(node.children.items()))
    yield f"{ledger.size:>{width},}  {'all' if ledger.complete else 'INCOMPLETE':>6}"


def tree_json(report: FileReport) -> Json:
    """Return rows and findings of one file; paths may hold names from the file, values are left out."""
    ledger = report.ledger
    assert ledger is not None
    return {
        "schema": "scrubkit-ledger/1",
        "format": report.format,
        "size": ledger.size,
        "complete": ledger.complete,
        "rows": [
            named("path", row.path)
            | {
                "fate": row.fate.value,
                "size": row.size,
                "count": row.count,
                "share": share(row.size, ledger.size),
            }
            | ({"what": coded_type(row.coded)} if row.coded else {})
            for row in ledger.rows
        ],
        "findings": [
            named("path", each.path)
            | {"kind": each.kind.value, "label": _label(each), "count": each.count, "size": each.size}
            for each in report.findings
        ],
    }


def _label(finding: Finding) -> str:
    return finding.label if finding.known else "not in the catalog"


def _grown(ledger: Ledger, findings: tuple[Finding, ...]) -> _Node:
    root = _Node()
    for row in ledger.rows:
        node = root
        for name in row.path.split("/"):
            node = node.children.setdefault(name, _Node())
            node.size += row.size
            node.fates.add(row.fate)
        node.count += row.count
        node.coded = row.coded
    for finding in findings:
        node = root
        for name in finding.path.split("/"):
            node = node.children.setdefault(name, _Node())
        node.findings.append(finding)
    return root
