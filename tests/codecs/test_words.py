"""XMP packets and Photoshop resources are named by what they say, within bounds."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrubkit.codecs import iptc, xmp
from scrubkit.codecs.text import shown
from scrubkit.model import Finding, Kind
from scrubkit.specimens.builders import jpeg


def properties(packet: bytes) -> dict[str, Finding]:
    return {found.path.removeprefix("x/"): found for found in xmp.findings(packet, "x")}


@pytest.mark.parametrize(
    "words",
    [
        b'<rdf:Description xmp:CreatorTool="a program"/>',
        b"<rdf:Description xmp:CreatorTool = 'a program'/>",
        b"<xmp:CreatorTool>a program</xmp:CreatorTool>",
        b"<rdf:Description\n\txmp:CreatorTool='a program'>",
    ],
)
def test_a_property_is_found_in_every_spelling(words: bytes) -> None:
    found = properties(words)["xmp:CreatorTool"]
    assert (found.kind, found.untrusted_value) == (Kind.SOFTWARE, "a program")


def test_utf_16_is_read() -> None:
    words = "\ufeff<xmp:CreatorTool>a program</xmp:CreatorTool>".encode("utf-16-le")
    assert properties(words)["xmp:CreatorTool"].untrusted_value == "a program"


def test_grammar_is_no_property() -> None:
    assert properties(b'<rdf:RDF xmlns:xmp="x" rdf:about="" xml:lang="de">') == {}


def test_entities_are_left_as_they_are() -> None:
    words = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><dc:title>&a;&a;</dc:title>'
    assert properties(words)["dc:title"].untrusted_value == "&a;&a;"


def test_repeats_are_counted() -> None:
    assert properties(b"<dc:title>one</dc:title>" * 3)["dc:title"].count == 3


def test_properties_without_end_are_summed_up() -> None:
    words = b"".join(b"<a:p%d>x</a:p%d>" % (i, i) for i in range(3000))
    assert len(properties(words)) == xmp.PROPERTIES + 1


@pytest.mark.parametrize("piece", [b"<a:b", b'<a:b="', b" a:" + b"b" * 60, b"<" * 9, b"a:b "])
def test_a_packet_without_end_is_scanned_in_time(piece: bytes) -> None:
    begun = time.perf_counter()
    properties(piece * (1_000_000 // len(piece)))
    assert time.perf_counter() - begun < 5


def resources(block: bytes) -> dict[str, Finding]:
    return {found.path.removeprefix("x/"): found for found in iptc.resources(block, "x", 0)}


def test_resources_and_datasets_are_named_with_their_places() -> None:
    found = resources(
        jpeg.resource(0x040B, b"a link", b"odd") + jpeg.resource(0x0404, jpeg.dataset(2, 80, b"me"))
    )
    assert found["8BIM/0x040b"].untrusted_value == "a link"
    assert (found["8BIM/0x0404"].start, found["8BIM/0x0404"].size) == (20, 20)
    assert (found["8BIM/0x0404/2:80"].kind, found["8BIM/0x0404/2:80"].start) == (Kind.PERSON, 32)


def test_a_dataset_may_state_the_length_of_its_length() -> None:
    block = jpeg.resource(0x0404, b"\x1c\2\x78\x80\4\0\0\0\3abc")
    assert resources(block)["8BIM/0x0404/2:120"].untrusted_value == "abc"


def test_what_is_no_resource_is_the_rest() -> None:
    assert resources(jpeg.resource(0x040B, b"x") + b"hidden")["rest"].size == 6


@given(st.binary(max_size=300))
def test_any_bytes_are_named_as_resources(data: bytes) -> None:
    list(iptc.resources(b"8BIM\4\4\0\0" + data, "x", 0))
    list(iptc.datasets(b"\x1c\2" + data, "x", 0))


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"words", "words"),
        ("Grüße".encode(), "Grüße"),
        ("Grüße".encode("latin-1"), "Grüße"),
        (b"\0\0padded\0\0", "padded"),
        (bytes(range(0x80, 0x90)), "808182838485868788898a8b8c8d8e8f"),
        (b"\1\2\3\4", "01020304"),
        (b"", ""),
    ],
)
def test_bytes_are_shown_as_words_or_digits(raw: bytes, words: str) -> None:
    assert shown(raw) == words


def test_what_is_shown_is_short() -> None:
    assert len(shown(b"a" * 10_000)) == 300
