"""What a tag of a second reader gives away, told from the words in its name."""

from __future__ import annotations

import re
from functools import lru_cache

from ..model import Kind

_WORDS = (
    (Kind.GPS, "gps location latitude longitude altitude coordinate geo xyz loci city country place"),
    (Kind.SERIAL, "serial imei deviceid cameraid bodyid lensid macaddress"),
    (
        Kind.PERSON,
        "artist author owner creator byline credit copyright rights person name email phone",
    ),
    (Kind.DEVICE, "make model manufacturer lens camera device firmware hostcomputer vendor"),
    (
        Kind.TIME,
        "date timestamp datetime subsec offsettime created modified timecode timezone clock year",
    ),
    (Kind.SOFTWARE, "software encoder encoded application library writing tool handler compressor version"),
    (Kind.IDENTIFIER, "uuid uniqueid identifier documentid instanceid guid umid digest hash burst md5 _id"),
    (Kind.TELEMETRY, "accelerat gyro speed heading direction pitch roll yaw temperature face motion gimbal"),
    (Kind.PICTURE, "thumbnail preview cover apic covr picture"),
    (Kind.LINK, "filename path url source reference parent related ingredient"),
)
"""The first row with a word that is in the name (in lower case) decides."""

_SEARCHES = tuple((kind, re.compile(words.replace(" ", "|"))) for kind, words in _WORDS)

_DULL = re.compile(
    r"(header|codec|brand|major|minor|profile|configuration|media|movie)\w*version|colou?rspace",
    re.IGNORECASE,
)
"""Names that hold such a word and tell nothing."""


@lru_cache(maxsize=8192)
def kind_of(path: str) -> Kind:
    """Return what a path of a second reader gives away; `UNKNOWN` if no word in it tells."""
    name = _DULL.sub("", path).rpartition("/")[2].lower()
    if path.lower().startswith("gps/"):
        return Kind.GPS
    return next((kind for kind, words in _SEARCHES if words.search(name)), Kind.UNKNOWN)
