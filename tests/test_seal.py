from __future__ import annotations

import errno
import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrubkit.errors import DestinationFailed, Malformed, SourceFailed, UsageError
from scrubkit.seal import SMALLEST, Sealed, padded, recipients, unseal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

TEXT = '{"original": "IMG_0042.MOV"}\n'


@pytest.fixture
def key(tmp_path: Path) -> Key:
    return Key(tmp_path / "key.txt")


class Key:
    """A fresh key pair, its secret half in a file."""

    def __init__(self, path: Path) -> None:
        identity = pyrage.x25519.Identity.generate()
        self.public = str(identity.to_public())
        self.path = path
        path.write_text(f"# public key: {self.public}\n{identity}\n", "ascii")


def seal(path: Path, text: str, keys: Sequence[str]) -> bytes:
    with path.open("wb") as file:
        sealed = Sealed(file.fileno(), keys)
        sealed.write(text)
        sealed.finish()
    return path.read_bytes()


def opened(path: Path, key: Path) -> str:
    out = io.BytesIO()
    unseal(path, key, out)
    return out.getvalue().decode("ascii")


# Round trip


def test_what_is_sealed_opens_with_the_secret_key(tmp_path: Path, key: Key) -> None:
    path = tmp_path / "sealed"
    data = seal(path, TEXT, recipients([key.public]))
    assert b"IMG_0042" not in data
    assert opened(path, key.path).rstrip("\n") == TEXT.rstrip("\n")


def test_every_recipient_can_open_it_alone(tmp_path: Path, key: Key) -> None:
    other = Key(tmp_path / "other.txt")
    path = tmp_path / "sealed"
    seal(path, TEXT, recipients([key.public, other.public]))
    assert opened(path, key.path) == opened(path, other.path)


def test_an_ssh_key_is_a_recipient_too(tmp_path: Path) -> None:
    secret = tmp_path / "id"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(secret)],
        check=True,
        stdin=subprocess.DEVNULL,
    )
    path = tmp_path / "sealed"
    seal(path, TEXT, recipients([secret.with_suffix(".pub").read_text("utf-8")]))
    assert opened(path, secret).startswith(TEXT)


def test_long_texts_are_taken_in_any_pieces(tmp_path: Path, key: Key) -> None:
    path, whole = tmp_path / "sealed", []
    with path.open("wb") as file:
        sealed = Sealed(file.fileno(), [key.public])
        for number in range(40):
            whole.append(f"{number}:" + "x" * (number * 9973))
            sealed.write(whole[-1])
        sealed.write("y" * (5 << 20))
        sealed.finish()
    assert opened(path, key.path).rstrip("\n") == "".join(whole) + "y" * (5 << 20)


# What doesn't open


def test_another_key_opens_nothing(tmp_path: Path, key: Key) -> None:
    path, out = tmp_path / "sealed", io.BytesIO()
    seal(path, TEXT, [key.public])
    with pytest.raises(Malformed):
        unseal(path, Key(tmp_path / "other.txt").path, out)
    assert out.getvalue() == b""


@pytest.mark.parametrize("keep", [0, 1, 30, 150, 250, 70_000, -17, -1])
def test_a_cut_file_does_not_open_as_a_whole(tmp_path: Path, key: Key, keep: int) -> None:
    path, out = tmp_path / "sealed", io.BytesIO()
    text = TEXT * 5000
    path.write_bytes(seal(path, text, [key.public])[:keep])
    with pytest.raises(Malformed):
        unseal(path, key.path, out)
    # what came out is authentic, and whoever asked knows that it is not all
    assert text.startswith(out.getvalue().decode("ascii"))


@pytest.mark.parametrize("at", [3, 60, 120, 250, 70_000, -3])
def test_a_changed_byte_is_noticed(tmp_path: Path, key: Key, at: int) -> None:
    path, out = tmp_path / "sealed", io.BytesIO()
    text = TEXT * 5000
    data = bytearray(seal(path, text, [key.public]))
    data[at] ^= 1
    path.write_bytes(data)
    with pytest.raises(Malformed):
        unseal(path, key.path, out)
    assert text.startswith(out.getvalue().decode("ascii"))


def test_bytes_behind_the_end_are_noticed(tmp_path: Path, key: Key) -> None:
    path = tmp_path / "sealed"
    path.write_bytes(seal(path, TEXT, [key.public]) + b"\0")
    with pytest.raises(Malformed):
        opened(path, key.path)


def test_what_was_never_sealed_is_no_sealed_report(tmp_path: Path, key: Key) -> None:
    path = tmp_path / "sealed"
    path.write_text(TEXT, "ascii")
    with pytest.raises(Malformed):
        opened(path, key.path)


def test_a_sealed_file_that_is_not_there_is_the_sources_failure(tmp_path: Path, key: Key) -> None:
    with pytest.raises(SourceFailed):
        opened(tmp_path / "none", key.path)


def test_a_full_disk_is_not_taken_for_a_damaged_report(tmp_path: Path, key: Key) -> None:
    path = tmp_path / "sealed"
    seal(path, TEXT, [key.public])
    with Path("/dev/full").open("wb", buffering=0) as full, pytest.raises(DestinationFailed) as raised:
        unseal(path, key.path, full)
    assert raised.value.rule == "ENOSPC"


# Keys


@pytest.mark.parametrize(
    "make",
    [
        lambda key: key.public[:-1],
        lambda key: key.public[:-1] + ("q" if key.public[-1] != "q" else "p"),
        lambda _: "",
        lambda _: "age1",
        lambda _: "ssh-ed25519 AAAA",
        lambda _: "someone@example.org",
        lambda _: "\udcff\x1b[2J",
        lambda key: key.path.read_text("ascii").splitlines()[1],
        lambda _: "-----BEGIN OPENSSH PRIVATE KEY-----",
    ],
)
def test_what_is_no_public_key_is_refused_and_not_repeated(key: Key, make: Callable[[Key], str]) -> None:
    wrong = make(key)
    with pytest.raises(UsageError) as raised:
        recipients([key.public, wrong])
    assert not wrong or wrong not in str(raised.value)


def test_a_secret_key_given_for_a_public_one_is_called_that(key: Key) -> None:
    with pytest.raises(UsageError, match="secret-key"):
        recipients([key.path.read_text("ascii").splitlines()[1]])


def test_a_key_given_twice_counts_once(key: Key) -> None:
    assert recipients([key.public, f" {key.public}\n"]) == [key.public]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff\xfe",
        b"# nothing but a comment\n",
        b"AGE-SECRET-KEY-1WRONG\n",
        b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
        b"age-encryption.org/v1\n-> scrypt",
    ],
)
def test_a_key_file_that_is_none_is_a_usage_error(tmp_path: Path, key: Key, text: bytes) -> None:
    path = tmp_path / "sealed"
    seal(path, TEXT, [key.public])
    key.path.write_bytes(text)
    with pytest.raises(UsageError) as raised:
        opened(path, key.path)
    assert "WRONG" not in str(raised.value)


def test_a_key_file_that_is_not_there_is_a_usage_error(tmp_path: Path, key: Key) -> None:
    path = tmp_path / "sealed"
    seal(path, TEXT, [key.public])
    with pytest.raises(UsageError):
        opened(path, tmp_path / "none")


# Sizes


@given(st.integers(0, 1 << 40))
def test_padding_adds_at_most_a_quarter(size: int) -> None:
    assert max(size, SMALLEST) <= padded(size) <= max(SMALLEST, size * 5 // 4 + 1)


@given(st.integers(0, 1 << 40))
def test_a_padded_size_is_padded_no_further(size: int) -> None:
    assert padded(padded(size)) == padded(size)


def test_there_are_four_sizes_from_one_doubling_to_the_next() -> None:
    assert len({padded(size) for size in range((1 << 20) + 1, (1 << 21) + 1, 97)}) == 4


@pytest.mark.parametrize(("one", "other"), [(0, SMALLEST), (150_000, 160_000)])
def test_similar_texts_seal_to_the_same_size(tmp_path: Path, key: Key, one: int, other: int) -> None:
    path = tmp_path / "sealed"
    assert body(seal(path, "x" * one, [key.public])) == body(seal(path, "x" * other, [key.public]))


def body(sealed: bytes) -> int:
    """Bytes behind the header; that one has a stanza of random size among its stanzas."""
    return len(sealed[sealed.index(b"\n--- ") :])


# Whatever happens while it is written


def test_a_disk_that_fills_up_is_told_as_that(key: Key) -> None:
    with Path("/dev/full").open("wb") as full:
        sealed = Sealed(full.fileno(), [key.public])
        with pytest.raises(OSError, match="sealing failed") as raised:  # noqa: PT012 (whichever write meets it)
            for _ in range(200):
                sealed.write("x" * 10_000)
            sealed.finish()
        sealed.close()
    assert raised.value.errno == errno.ENOSPC


def test_what_was_written_before_an_early_end_can_be_opened(tmp_path: Path, key: Key) -> None:
    path = tmp_path / "sealed"
    with path.open("wb") as file:
        sealed = Sealed(file.fileno(), [key.public])
        sealed.write(TEXT)
        sealed.close()
    assert opened(path, key.path).startswith(TEXT)


def test_a_fork_that_still_holds_the_link_does_not_keep_the_end_waiting(tmp_path: Path, key: Key) -> None:
    path = tmp_path / "sealed"
    with path.open("wb") as file:
        sealed = Sealed(file.fileno(), [key.public])
        if (fork := os.fork()) == 0:
            time.sleep(30)
            os._exit(0)
        try:
            sealed.write(TEXT)
            sealed.finish()
        finally:
            os.kill(fork, signal.SIGKILL)
            os.waitpid(fork, 0)
    assert opened(path, key.path).startswith(TEXT)


_KILLED = """
import os, signal, sys
from scrubkit.seal import Sealed
with open(sys.argv[1], "wb") as file:
    sealed = Sealed(file.fileno(), [sys.argv[2]])
    sealed.write(sys.argv[3])
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_run_leaves_a_map_that_opens(tmp_path: Path, key: Key) -> None:
    path = tmp_path / "sealed"
    done = subprocess.run([sys.executable, "-c", _KILLED, str(path), key.public, TEXT], check=False)
    assert done.returncode == -signal.SIGKILL
    until = time.monotonic() + 20
    while path.stat().st_size <= SMALLEST and time.monotonic() < until:
        time.sleep(0.05)
    assert opened(path, key.path).startswith(TEXT)


def test_a_child_that_dies_is_noticed(tmp_path: Path, key: Key) -> None:
    with (tmp_path / "sealed").open("wb") as file:
        sealed = Sealed(file.fileno(), [key.public])
        os.kill(sealed._child.pid, signal.SIGKILL)
        sealed._child.wait()
        with pytest.raises(OSError, match=r"sealing failed|Broken pipe"):
            sealed.write(TEXT)


def test_recipients_are_not_on_the_command_line_of_the_child(tmp_path: Path, key: Key) -> None:
    if not Path("/proc/self/cmdline").exists():
        pytest.skip("no /proc here")
    with (tmp_path / "sealed").open("wb") as file:
        sealed = Sealed(file.fileno(), [key.public])
        told = Path(f"/proc/{sealed._child.pid}/cmdline").read_bytes()
        sealed.finish()
    assert key.public.encode("ascii") not in told
