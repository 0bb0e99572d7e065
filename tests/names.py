"""Names that were chosen to harm; those of commands would make a file `taken`."""

from __future__ import annotations

NAMES = (
    # Bytes that terminals and pagers act on
    *("a\nb", "a\n\ncleaned      file 9 → clip-0009.mp4", "a\rcleaned", "a\tb", "a\x08\x08b", "a\x07b"),
    *("\x1b]52;c;c2VjcmV0\x07", "\x1b[2J", "\x1b[8mhidden\x1b[0m", "\x1b]0;title\x07", "\x1bPq\x1b\\"),
    *("\x1b]8;;file:a\x07link\x1b]8;;\x07", "\x7f", "\x9b2J", "\x85next", "\x00"),
    # Characters that hide or reorder others
    *("a\u202egpj.exe", "\u2066a\u2069", "\u202dabc\u202c", "\u200fa", "a\u061cb", "a\u200bb", "\ufeffa"),
    *(
        "a\u2028b\u2029c",
        "a\u00adb",
        "\U000e0041\U000e0042",
        "\ue000",
        "\uffff",
        "a\u00a0b",
        "a\u0300\u0301b",
    ),
    # Options, paths, commands
    *("-rf", "--output=x", "--", "-", "@file", "a|touch taken", "$(touch taken)", "`touch taken`"),
    *("; touch taken", "a && touch taken", "a\ntouch taken\n", "%s%n%d", "{0.__class__}", "{{7*7}}{% raw %}"),
    *("../../taken", "..\\..\\taken", "~", "*", "CON", "a.", "a ", " a", "file:a", "pipe:1", "concat:a|b"),
    # Markup, scripts, spreadsheets
    *("'\";<script>alert(1)</script>", "</script><script>x</script>", "</title></style><h1>x", "<!--", "]]>"),
    *(
        "<img src=x onerror=y>",
        '" onmouseover="x',
        "' style='x",
        "&lt;b&gt;&amp;",
        "&#x3c;b>",
        "javascript:x",
    ),
    *("=1+1", "+1", "@SUM(1)", "\t=1", '=HYPERLINK("x")', "a,b;c", '"a","b"'),
    # Names that are no text, or that look like another
    *("\udcff\udcfe.mp4", "\udc9b2J", "a\udcc3", "e\u0301.jpg", "\u00e9.jpg", "CASE.jpg", "case.jpg"),
    *("x" * 255, "夏" * 85, "\u0438\u0306", "[object Object]", "null", "__proto__"),
)

ON_A_DRIVE = tuple(name for name in NAMES if "/" not in name and "\x00" not in name)
