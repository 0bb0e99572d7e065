"""The Huffman tables of Layer III (ISO/IEC 11172-3 table B.7), for the size of codes alone.

A table is the lengths of its codes from code 0 upwards, in base 36, and the pairs that they
stand for, two hexadecimal digits each.  A sign bit follows for each value that is not zero.
Tables 16 to 23 are one, and so are 24 to 31: in them linbits follow each 15.
"""

from __future__ import annotations

from functools import cache

LINBITS = (0,) * 16 + (1, 2, 3, 4, 6, 8, 10, 13, 4, 5, 6, 7, 8, 9, 11, 13)
"""Bits that follow a 15, by table_select."""

RUN = 12
"""Bits that are looked up at once for several pairs."""

QUAD = 10
"""Bits that hold any code of four values, with its signs."""

_QUAD_CODES = (1, 5, 4, 5, 6, 5, 4, 4, 7, 3, 6, 0, 7, 2, 3, 1)
_QUAD_LENGTHS = (1, 4, 4, 5, 4, 6, 5, 6, 4, 5, 5, 6, 5, 6, 6, 6)
"""Table A of four values by which of them are not zero; table B is its index, complemented."""

_LONG = (16, 24)
"""Tables with linbits."""

_TABLES: dict[int, tuple[str, str]] = {
    1: ("3321", "11011000"),
    2: ("665553331", "220212212011011000"),
    3: ("665553222", "220212212010110100"),
    5: ("8876777766663331", "33233231130330221221022011011000"),
    6: ("7766655554443233", "33032332301331220212212001111000"),
    7: (
        "aaaa99998899899887778888777765664331",
        """
        55 45 54 53 35 44 25 52 15 51 05 34 50 43 33 24 42 14 41 40 04 23 32 03 13 31 30 22 12 21 02 20
        11 01 10 00
        """,
    ),
    8: (
        "bba9aa999889999888788888888666442332",
        """
        55 54 45 53 35 44 25 52 05 15 51 34 43 50 33 24 42 14 41 04 40 23 32 13 31 03 30 22 02 20 12 21
        11 01 10 00
        """,
    ),
    9: (
        "998899888877788777766665566554443333",
        """
        55 45 35 53 54 05 44 25 52 15 51 34 43 50 04 24 42 33 40 14 41 23 32 13 31 03 30 22 02 12 21 20
        11 01 10 00
        """,
    ),
    10: (
        "bbbbbbaaaaaaabba99aa99aa9aa8899aa99aa888999999888888777766664331",
        """
        77 67 76 57 75 66 47 74 56 65 37 73 46 55 54 63 27 72 64 07 70 62 45 35 06 53 44 17 71 36 26 25
        52 15 51 34 43 16 61 60 05 50 24 42 33 04 14 41 40 23 32 03 13 31 30 22 12 21 02 20 11 01 10 00
        """,
    ),
    11: (
        "aaaaaaabbaa999aaaa8899788888999987887788899888888776677654553332",
        """
        77 67 76 75 66 47 74 57 55 56 65 37 73 46 45 54 35 53 27 72 64 07 71 17 70 36 63 60 44 25 52 05
        15 62 26 06 16 61 51 34 50 43 33 24 42 14 41 04 40 23 32 13 31 03 30 22 21 12 02 20 11 01 10 00
        """,
    ),
    12: (
        "aa99999998899888888998888899777888888777788777666677655544554333",
        """
        77 67 76 57 75 66 47 74 65 56 37 73 55 27 72 46 64 17 71 07 70 36 63 45 54 44 06 05 26 62 61 16
        60 35 53 25 52 15 51 34 43 50 04 24 42 14 33 41 23 32 40 03 30 13 31 22 12 21 02 20 00 11 01 10
        """,
    ),
    13: (
        """
        jjihgggggggggghhffggffffffffffggfggeeffffeeeeeeeeeeeffedeeddeedeedeedeeddeecccddddddcddccddddddd
        dddddccddccccddddcddcbccccccccbbbbccbbccbccccbbccbccbccbccaaabbbbbbbbaaaabbabbabbbbaabbaabbbbbb9
        9aaaaabb999aa99aaaaaaaaaa8999999aa999889999998788887777766664431
        """,
        """
        fe fc fd ed ff ef df ee cf de bf fb ce dc af e9 ec dd fa cd be eb 9f f9 ea bd db 8f f8 cc ae 9e
        8e 7f 7e f7 da ad bc cb f6 6f e8 5f 9d d9 f5 e7 ac bb 4f f4 ca e6 f3 3f 8d d8 2f f2 6e 9c 0f c9
        5e ab 7d d7 4e c8 d6 3e b9 9b aa 1f f1 f0 ba e5 e4 8c 6d e3 e2 2e 0e 1e e1 e0 5d d5 7c c7 4d 8b
        b8 d4 9a a9 6c c6 3d d3 7b 2d d2 1d b7 5c c5 99 7a c3 a7 97 4b d1 0d d0 8a a8 4c c4 6b b6 3c 2c
        c2 5b b5 89 1c c1 98 0c c0 b4 6a a6 79 3b b3 88 5a 2b a5 69 a4 78 87 94 77 76 b2 1b b1 0b b0 96
        4a 3a a3 59 95 2a a2 1a a1 0a 68 a0 86 49 93 39 58 85 67 29 92 57 75 38 83 66 47 74 56 65 73 19
        91 09 90 48 84 72 46 64 28 82 18 37 27 17 71 55 07 70 36 63 45 54 26 62 35 81 08 80 16 61 06 60
        53 44 25 52 05 15 51 34 43 50 24 42 33 14 41 04 40 23 32 13 31 03 30 22 12 21 02 20 11 01 10 00
        """,
    ),
    15: (
        """
        ddddcddddddcddcccccccccccccccccccccccddbbccccbbbbbbccbbbbbbbbbccbbbbbbbbbbbbbbbbbbbbbbbbccbbbbbb
        abbbbbbaabbaaaabbaaaaaaabbaaaaabb9aaaaaaaaaaaa9aaaa9aa9aaaaaaaa9999999aa999999aa9999998999999999
        9888899999999888888998888888998788777788777776776677666555553443
        """,
        """
        ff ef fe df ee fd cf fc de ed bf fb ce ec dd af fa be eb cd dc 9f f9 ea bd db 8f f8 cc 9e e9 7f
        f7 ad da bc 6f ae 0f cb f6 8e e8 5f 9d f5 7e e7 ac ca bb d9 8d 4f f4 3f f3 d8 e6 2f f2 6e f0 1f
        f1 9c c9 5e ab ba e5 7d d7 4e e4 8c c8 3e 6d d6 e3 9b b9 2e aa e2 1e e1 0e e0 5d d5 7c c7 4d 8b
        d4 b8 9a a9 6c c6 3d d3 d2 2d 0d 1d 7b b7 d1 5c d0 c5 8a a8 4c c4 6b b6 99 0c 3c c3 7a a7 a6 c0
        0b c2 2c 5b b5 1c 89 98 c1 4b b4 6a 3b 79 b3 97 88 2b 5a b2 a5 1b b1 b0 69 96 4a a4 78 87 3a a3
        59 95 2a a2 1a a1 0a a0 68 86 49 94 39 93 77 09 58 85 29 67 76 92 91 19 90 48 84 57 75 38 83 66
        47 28 82 18 81 74 08 80 56 65 37 73 46 27 72 64 17 55 71 07 70 36 63 45 54 26 62 16 06 60 35 61
        53 44 25 52 15 51 05 50 34 43 24 42 33 41 14 04 23 32 40 03 13 31 30 22 12 21 02 20 11 01 10 00
        """,
    ),
    16: (
        """
        bbbbbbbbabbbbaaaaa8aa9999aghhffggeffeeffeeffffeffed89988deeeeeeeeeeddeeeedeedddeeeeddeedeecddddd
        dddddddddcddddddcddccddbcccccccddbccccbccccccccbccbbbbccccccccbccbccbccbccbaabbbbbbaabbaabbbbbbb
        babbaaabbaabbaabba99aaaaaa999aa9aa998999999998899887788766664431
        """,
        """
        ef fe df fd cf fc bf fb af fa 9f f9 f8 8f 7f f7 6f f6 ff 5f f5 4f f4 f3 f0 3f ce ec dd de e9 ea
        d9 ee ed eb be cd dc db ae cc ad da 7e ac ca c9 7d 5e bd f2 2f 0f 1f f1 9e bc cb 8e e8 9d e7 bb
        8d d8 6e e6 9c ab ba e5 d7 4e e4 8c c8 3e 6d d6 9b b9 aa e1 d4 b8 a9 7b b7 d0 e3 0e e0 5d d5 7c
        c7 4d 8b 9a 6c c6 3d 5c c5 0d 8a a8 99 4c b6 7a 3c 5b 89 1c c0 98 79 e2 2e 1e d3 2d d2 d1 3b 97
        88 1d c4 6b c3 a7 2c c2 b5 c1 0c 4b b4 6a a6 b3 5a a5 2b b2 1b b1 0b b0 69 96 4a a4 78 87 a3 3a
        59 2a 95 68 a1 86 77 94 49 57 67 a2 1a 0a a0 39 93 58 85 29 92 76 09 19 91 90 48 84 75 38 83 66
        28 82 47 74 18 81 80 08 56 37 73 65 46 27 72 64 55 07 17 71 70 36 63 45 54 26 62 16 61 06 60 53
        35 44 25 52 51 15 05 34 43 50 24 42 33 14 41 04 40 23 32 13 31 03 30 22 12 21 02 20 11 01 10 00
        """,
    ),
    24: (
        """
        888888887887788777777777777889bbbbbbbbbbbbbbbbbbbbbbbbbbbb4bbbbccbabbaaaabbaaaabbaaaaaaaaaaaaaaa
        aaaaaaaaaaaaaaaaaaaaaaaabbaaaaaaaaaaaaabbabba9aaaabba99aa9aaaa99aa999999999999999999999999999999
        999999aa999aa899888888888888899888888997887777788776677655664444
        """,
        """
        ef fe df fd cf fc bf fb fa af 9f f9 f8 8f 7f f7 6f f6 5f f5 4f f4 3f f3 2f f2 f1 1f f0 0f ee de
        ed ce ec dd be eb cd dc ae ea bd db cc 9e e9 ad da bc cb 8e e8 9d d9 7e e7 ac ff ca bb 8d d8 0e
        e0 0d e6 6e 9c c9 5e ba e5 ab 7d d7 e4 8c c8 4e 2e 3e 6d d6 e3 9b b9 aa e2 1e e1 5d d5 7c c7 4d
        8b b8 d4 9a a9 6c c6 3d d3 2d d2 1d 7b b7 d1 5c c5 8a a8 99 4c c4 6b b6 d0 0c 3c c3 7a a7 2c c2
        5b b5 1c 89 98 c1 4b c0 0b 3b b0 0a 1a b4 6a a6 79 97 a0 09 90 b3 88 2b 5a b2 a5 1b b1 69 96 a4
        4a 78 87 3a a3 59 95 2a a2 a1 68 86 77 49 94 39 93 58 85 29 67 76 92 19 91 48 84 57 75 38 83 66
        28 82 18 47 74 81 08 80 56 65 17 07 70 73 37 27 72 46 64 55 71 36 63 45 54 26 62 16 61 06 60 35
        53 44 25 52 15 05 50 51 34 43 24 42 33 14 41 04 40 23 32 13 31 03 30 22 12 21 02 20 11 01 10 00
        """,
    ),
}


def codes(table: int) -> list[tuple[int, int]]:
    """Return (length, pair) of every code of a table, in ascending order of codes."""
    lengths, pairs = ("".join(part.split()) for part in _TABLES[table])
    values = [int(pairs[i : i + 2], 16) for i in range(0, len(pairs), 2)]
    return list(zip((int(length, 36) for length in lengths), values, strict=True))


def shared(select: int) -> int:
    """Return the table that a table_select means; 0 where no code is read."""
    return 24 if select >= 24 else 16 if select >= 16 else select if select in _TABLES else 0


@cache
def pair_sizes(table: int) -> bytes:
    """Return, for all bits as many as the longest code has, those of the code at their head with its signs.

    Each 15 that linbits follow adds 64.
    """
    parts = []
    longest = max(length for length, _ in codes(table))
    for length, pair in codes(table):
        values = pair >> 4, pair & 15
        size = length + sum(value > 0 for value in values)
        if table >= min(_LONG):
            size += 64 * values.count(15)
        parts.append(bytes((size,)) * (1 << longest - length))
    return b"".join(parts)


@cache
def run_sizes(table: int) -> bytes:
    """Return, for every `RUN` bits, sixteen times the number of whole codes in them plus their bits."""
    sizes = pair_sizes(table)
    last = len(sizes) - 1
    longest = last.bit_length()
    found = bytearray()
    for head in range(1 << RUN):
        # behind the head, zeros for the longest code
        bits = head << longest
        count = used = 0
        while (size := sizes[bits >> RUN - used & last]) <= RUN - used:
            used += size
            count += 1
        found.append(count << 4 | used)
    return bytes(found)


@cache
def quad_sizes(select: int) -> bytes:
    """Return, for every ten bits, those of the code of four values at their head with its signs."""
    if select:
        return bytes(4 + (15 - (head >> 6)).bit_count() for head in range(1 << QUAD))
    found = bytearray(1 << QUAD)
    for value, (code, length) in enumerate(zip(_QUAD_CODES, _QUAD_LENGTHS, strict=True)):
        for rest in range(1 << QUAD - length):
            found[code << QUAD - length | rest] = length + value.bit_count()
    return bytes(found)
