"""MPEG-1 and MPEG-2 audio layers (ISO/IEC 11172-3, 13818-3) in `esds`: no configuration.

The frame header says everything.
"""

from __future__ import annotations

OBJECT_TYPES = (0x69, 0x6B)
"""objectTypeIndication of MPEG-2 and MPEG-1 audio (14496-1 table 5)."""


def object_type(rate: int) -> int:
    """Return the objectTypeIndication for a rate in samples per second: half rates are MPEG-2's."""
    return 0x69 if rate < 32000 else 0x6B
