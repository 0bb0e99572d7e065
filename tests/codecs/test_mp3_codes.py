"""The code tables of MP3: complete, and as long as what encoders write."""

from __future__ import annotations

from fractions import Fraction

import pytest

from scrubkit.codecs import mp3_huffman as huffman
from scrubkit.codecs.mp3_side import LAYOUTS, main_data, parts
from scrubkit.codecs.mp3_spectrum import codes_stop
from scrubkit.specimens.builders.encoded import sound
from scrubkit.specimens.builders.mpeg_audio import roomy, taken_apart

TABLES = (1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 24)
PADDING = bytes(16)


@pytest.mark.parametrize("table", TABLES)
class TestPairs:
    def test_codes_leave_no_room(self, table: int) -> None:
        assert sum(Fraction(1, 1 << length) for length, _ in huffman.codes(table)) == 1

    def test_every_pair_has_one_code(self, table: int) -> None:
        pairs = sorted(pair for _, pair in huffman.codes(table))
        side = round(len(pairs) ** 0.5)
        assert pairs == [high << 4 | low for high in range(side) for low in range(side)]

    def test_several_codes_at_once_are_as_long_as_one_after_the_other(self, table: int) -> None:
        sizes, runs = huffman.pair_sizes(table), huffman.run_sizes(table)
        longest = (len(sizes) - 1).bit_length()
        for head in range(0, 1 << huffman.RUN, 37):
            bits = f"{head:0{huffman.RUN}b}" + "0" * longest
            used = 0
            for _ in range(runs[head] >> 4):
                used += sizes[int(bits[used : used + longest], 2)]
            assert used == runs[head] & 15


def test_groups_of_four_have_codes_that_leave_no_room() -> None:
    for select in (0, 1):
        assert all(huffman.quad_sizes(select))


@pytest.mark.parametrize(("layout", "rate"), [
    ("stereo", 48000), ("stereo", 44100), ("mono", 32000), ("stereo", 24000), ("mono", 22050),
    ("stereo", 16000), ("mono", 12000), ("mono", 11025), ("mono", 8000),
])  # fmt: skip
def test_codes_of_an_encoder_end_with_their_part(layout: str, rate: int) -> None:
    packets = sound("libmp3lame", sample_format="fltp", layout=layout, rate=rate, seconds=0.6).packets
    read = 0
    for data in roomy(packets, b"\0"):
        frame = taken_apart(data)
        fields = LAYOUTS[rate >= 32000, 1 if layout == "mono" else 2]
        side = int.from_bytes(frame.side)
        intensity = bool(data[3] >> 4 & 1)
        assert main_data(side, fields, intensity=intensity) == (0, frame.length)
        word = int.from_bytes(frame.area + PADDING)
        width = 8 * len(frame.area + PADDING)
        at = 0
        for shift, length, scale in parts(side, fields, intensity=intensity):
            if length:
                stop = codes_stop(word, width, at + scale, at + length, side >> shift, fields, rate)
                assert stop == at + length
                read += 1
            at += length
    assert read > 10
