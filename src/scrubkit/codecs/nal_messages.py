"""The SEI NAL units of one H.264 or H.265 track: messages that may cross are gathered and written again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import Malformed, Unsupported
from ..pieces import Coded
from . import sei
from .nal_units import LENGTH

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..essence import Picture
    from .nal_syntax import Description, Header, Syntax
    from .tally import Tally

_HDR = frozenset({sei.T35, sei.MASTERING, sei.LIGHT, sei.FILM_GRAIN})


class Messages:
    """Owns what messages of a track have said of its light so far; `hdr` is whether they have.

    `mastering` and `light` are those of the sample description, or of the first samples that say them.
    """

    __slots__ = ("_coding", "_dynamic", "_header", "_header_size", "_tally", "hdr", "light", "mastering")

    def __init__(self, picture: Picture, syntax: Syntax, tally: Tally, *, dynamic: bool) -> None:
        """Count in `tally`; messages that change from picture to picture cross if `dynamic`."""
        self.mastering = picture.mastering
        self.light = picture.light
        self.hdr = False
        self._coding = syntax.name
        self._header = syntax.sei_header
        self._header_size = syntax.header_size
        self._tally = tally
        self._dynamic = dynamic

    def read(
        self,
        header: Header,
        nal: bytes,
        size: int,
        kept: dict[int, bytes] | None,
        about: Callable[[], Description | None],
    ) -> None:
        """Add the allowed messages of a NAL unit to `kept`, if there is one, and count the others.

        What of `size` bytes no message accounts for is added to the last dropped one.
        `about` describes the pictures; it is asked only if it matters.  Raises
        `Unsupported` for an encoder that decoders make up for.
        """
        left = size
        last = header.key
        crossed = ""
        try:
            for kind, payload in sei.messages(nal, self._header_size):
                clean = sei.rewrite(self._coding, kind, payload)
                if kind in sei.DYNAMIC and not self._dynamic:
                    clean = None
                spent = len(payload) + 2
                left -= spent
                if clean is not None and kept is not None:
                    kept[kind] = clean
                    crossed = f"{self._coding}/sei/{kind}"
                    self._tally.keep(crossed, spent)
                    continue
                if kind == sei.USER_DATA and payload.startswith(sei.X264):
                    _check_encoder(payload, about())
                last = sei.key(self._coding, kind, payload)
                self._tally.add(last, spent)
        except Malformed:
            self._tally.add(header.key, left)
            return
        if crossed:
            self._tally.counter(crossed)[1] += left
        else:
            self._tally.extend(last, left)

    def write(self, messages: dict[int, bytes]) -> Coded:
        """Return SEI NAL units behind their lengths, one message each, in type order."""
        self.mastering = self.mastering or messages.get(sei.MASTERING, b"")
        self.light = self.light or messages.get(sei.LIGHT, b"")
        self.hdr = self.hdr or not _HDR.isdisjoint(messages)
        units = (sei.write_message(self._header, kind, messages[kind]) for kind in sorted(messages))
        return Coded(b"".join(len(unit).to_bytes(LENGTH) + unit for unit in units))


def _check_encoder(payload: bytes, about: Description | None) -> None:
    if about is not None and sei.decoders_make_up_for(payload, about.chroma_format):
        raise Unsupported("sei", "encoder-that-decoders-make-up-for")
