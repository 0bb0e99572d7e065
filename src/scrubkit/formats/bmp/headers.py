"""Sizes of the information headers, by which the versions of the format are told apart."""

CORE = 12
"""That of OS/2, whose fields are shorter."""

HEADERS = frozenset({CORE, 16, 40, 52, 56, 64, 108, 124})
"""Those of OS/2 and Windows."""
