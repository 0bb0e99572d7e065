"""What all tests share: hypothesis without deadlines, and what the whole suite says at its end."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from corpus import manifest
from scrubkit.witnesses import link

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _pytest.terminal import TerminalReporter

# tests run side by side, on machines of any speed
settings.register_profile("scrubkit", deadline=None)
settings.load_profile("scrubkit")


@pytest.fixture(scope="session", autouse=True)
def second_readers_end() -> Iterator[None]:
    """The readers' server ends with the tests, not with the interpreter."""
    yield
    link.close()


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """A missing corpus, and missing programs, are said aloud, not hidden among the skips."""
    places = [each.longrepr for each in terminalreporter.stats.get("skipped", ())]
    words = [place[2].partition("NOT RUN: ")[2] for place in places if isinstance(place, tuple)]
    reasons = Counter(filter(None, words))
    if reasons:
        terminalreporter.section("NOT RUN", red=True)
        for reason, count in sorted(reasons.items()):
            terminalreporter.write_line(f"{count} tests: {reason}")
    if not manifest.FOLDER.is_dir():
        terminalreporter.section("NOT TESTED ON REAL FILES", red=True)
        terminalreporter.write_line("The folder ../shared/corpus is absent: the corpus tests did not run.")
