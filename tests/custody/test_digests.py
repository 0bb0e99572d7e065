"""Hashes of MHL as text mean the digests that were taken."""

from __future__ import annotations

import hashlib

import pytest
import xxhash

from mhl import DATA
from scrubkit.custody.digests import algorithm, c4, c4_digest, digests, readings

SIX = xxhash.xxh64(DATA)
TEXTS = {
    "md5": hashlib.md5(DATA).hexdigest(),
    "sha1": hashlib.sha1(DATA).hexdigest(),
    "c4": c4(DATA),
    "xxh32": xxhash.xxh32(DATA).hexdigest(),
    "xxh64": SIX.hexdigest(),
    "xxh3": xxhash.xxh3_64(DATA).hexdigest(),
    "xxh128": xxhash.xxh3_128(DATA).hexdigest(),
    "xxhash": f"{xxhash.xxh32(DATA).intdigest():010}",
    "xxhash64": SIX.digest()[::-1].hex(),
    "xxhash64be": SIX.hexdigest(),
}


@pytest.mark.parametrize("element", TEXTS)
def test_a_digest_is_among_the_readings_of_its_text(element: str) -> None:
    name = algorithm(element)
    assert name is not None
    assert digests((DATA[:5], DATA[5:]), (name,))[name] in readings(element, TEXTS[element])


@pytest.mark.parametrize("element", [each for each in TEXTS if each not in {"c4", "xxhash"}])
def test_case_does_not_matter_in_hexadecimal(element: str) -> None:
    assert readings(element, TEXTS[element].upper()) == readings(element, TEXTS[element])


def test_case_matters_in_base_58() -> None:
    assert c4_digest(c4(DATA).swapcase()) != c4_digest(c4(DATA))


@pytest.mark.parametrize(
    ("element", "text"),
    [
        ("md5", ""),
        ("md5", "0" * 31),
        ("md5", "0" * 34),
        ("md5", "g" * 32),
        ("md5", "0 " * 16),
        ("sha1", "٠" * 40),  # noqa: RUF001 (digits of another script)
        ("c4", "c4" + "z" * 88),
        ("c4", "c4" + "0" * 88),
        ("c4", "c4"),
        ("xxhash", "4294967296"),
        ("xxhash", "9" * 5000),
        ("sha1024", "00"),
        ("null", ""),
    ],
)
def test_what_is_no_digest_has_no_reading(element: str, text: str) -> None:
    assert readings(element, text) == ()


def test_all_digests_are_taken_in_one_go() -> None:
    taken = []

    def blocks() -> object:
        taken.append(1)
        yield DATA

    assert len(digests(blocks(), ("md5", "sha1", "c4", "xxh64"))) == 4  # type: ignore[arg-type]
    assert taken == [1]


def test_c4_is_sha_512_in_base_58_of_fixed_length() -> None:
    for data in (b"", b"a", bytes(100)):
        assert len(c4(data)) == 90
        assert c4_digest(c4(data)) == hashlib.sha512(data).digest()


def test_a_known_c4_identifier() -> None:
    # of nothing, as SMPTE ST 2114 and every implementation has it
    assert c4(b"").startswith("c459dsjfscH38cYeXXYogktxf4Cd9ibshE3BHUo6a58hBXmRQdZrAkZ")
