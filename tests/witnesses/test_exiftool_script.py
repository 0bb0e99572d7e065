"""The Perl that holds ExifTool: what it says of a clean file is out before the original can do anything."""

from __future__ import annotations

import os
import select
import subprocess
from typing import TYPE_CHECKING

import pytest

from scrubkit.witnesses.readers.exiftool import SCRIPT, parse
from scrubkit.witnesses.readers.programs import find_program
from scrubkit.witnesses.readers.seen import Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(find_program("perl") is None, reason="NOT RUN: Perl is not installed")

MODULE = r"""
package Image::ExifTool;
our $VERSION = '0';
our $configFile;
sub new { return bless {} }
sub Options { }
sub ExtractInfo {
    my ($self, $file) = @_;
    $$self{said} = '';
    return if ref $file eq 'SCALAR';
    $$self{said} = do { local $/; <$file> };
    if ($$self{said} eq 'original') { %s }
}
sub GetFoundTags { return 'Said' }
sub GetTagName { return $_[0] }
sub GetGroup { return 'File' }
sub GetValue { return $_[0]{said} }
1;
"""
"""An ExifTool of ours, which stands for one that an original takes over."""


@pytest.fixture
def perl(tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    """Start the script with code that runs at an original, and hand it a clean file and an original."""
    running: list[subprocess.Popen[bytes]] = []

    def start(code: str) -> subprocess.Popen[bytes]:
        program = find_program("perl")
        assert program is not None
        module = tmp_path / "Image" / "ExifTool.pm"
        module.parent.mkdir()
        module.write_text(MODULE % code, "utf-8")
        command = [program, "-f", f"-I{tmp_path}", SCRIPT, "0", "0", "0", "", ""]
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,
        )
        running.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == b"0\n"
        request(process, tmp_path, ["clean", "original"])
        return process

    yield start
    for process in running:
        os.killpg(process.pid, 9)
        with process:
            pass


def request(process: subprocess.Popen[bytes], folder: Path, names: list[str]) -> None:
    assert process.stdin is not None
    paths = []
    for name in names:
        (folder / name).write_text(name, "utf-8")
        paths.append(os.fsencode(folder / name).hex())
    process.stdin.write(f"9 {' '.join(paths)}\n".encode())


def frame(process: subprocess.Popen[bytes]) -> bytes | None:
    """Return the next frame that is said, None if Perl has ended."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        return None
    said = b""
    while len(said) < int(line):
        said += process.stdout.read(int(line) - len(said))
    return said


def value(said: bytes | None) -> str | bytes | None:
    return None if said is None else parse(said).seen[0].value


def test_it_says_what_confines_it_and_then_what_is_in_each_file(
    perl: Callable[[str], subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    process = perl("")
    assert frame(process) == b"limits"
    assert [value(frame(process)) for _ in range(2)] == ["clean", "original"]
    request(process, tmp_path, ["clean"])
    assert frame(process) == b"limits"
    assert value(frame(process)) == "clean"


@pytest.mark.parametrize(
    "code", ["POSIX::_exit(0)", "kill 9, $$", "syswrite STDOUT, qq({}\\n); POSIX::_exit(0)", "close STDOUT"]
)
def test_an_original_that_ends_it_costs_no_answer_on_the_clean_file(
    code: str, perl: Callable[[str], subprocess.Popen[bytes]]
) -> None:
    process = perl(code)
    frame(process)
    assert value(frame(process)) == "clean"
    assert frame(process) is None


def test_an_original_that_hangs_costs_no_answer_on_the_clean_file(
    perl: Callable[[str], subprocess.Popen[bytes]],
) -> None:
    process = perl("sleep 60")
    frame(process)
    assert value(frame(process)) == "clean"
    assert process.stdout is not None
    assert not select.select([process.stdout], [], [], 0.5)[0]


def test_an_original_speaks_for_itself_alone(perl: Callable[[str], subprocess.Popen[bytes]]) -> None:
    forged = f"{b'File/Said'.hex()}\\tt\\t{b'forged'.hex()}\\n.\\n"
    process = perl(f'main::put("{forged}") for 1 .. 3')
    frame(process)
    assert [value(frame(process)) for _ in range(2)] == ["clean", "forged"]
    assert process.stdout is not None
    assert not select.select([process.stdout], [], [], 0.5)[0]


def test_an_original_that_it_dies_of_is_not_read_whole(
    perl: Callable[[str], subprocess.Popen[bytes]],
) -> None:
    process = perl("die")
    frame(process)
    assert value(frame(process)) == "clean"
    with pytest.raises(Unread, match="ended abnormally"):
        value(frame(process))
