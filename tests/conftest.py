"""What all tests share: hypothesis without deadlines, and what the whole suite says at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import settings

from corpus import manifest

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

# tests run side by side, on machines of any speed
settings.register_profile("scrubkit", deadline=None)
settings.load_profile("scrubkit")


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """A missing corpus is said aloud, not hidden among the skips."""
    if not manifest.FOLDER.is_dir():
        terminalreporter.section("NOT TESTED ON REAL FILES", red=True)
        terminalreporter.write_line("The folder ../shared/corpus is absent: the corpus tests did not run.")
