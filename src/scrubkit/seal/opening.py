"""Opening a sealed report, on the machine that has a secret key."""

from __future__ import annotations

import errno
from contextlib import closing
from typing import TYPE_CHECKING, Any

from ..errors import DestinationFailed, Malformed, SourceFailed, UsageError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO


def unseal(path: Path, key_file: Path, out: BinaryIO) -> None:
    """Decrypt a sealed report into `out`.

    Raises `UsageError` for a key file that is none, `Malformed` for what doesn't open
    with it, ends early or was changed, `SourceFailed` and `DestinationFailed` where a
    file can't be read or written.  What `out` has got by then is authentic, and is the
    beginning of the report.
    """
    from pyrage import DecryptError, decrypt_io

    keys = _identities(key_file)
    try:
        sealed = _Watched(path.open("rb"))
    except OSError as error:
        raise SourceFailed("sealed", _name(error)) from None
    opened = _Watched(out)
    with closing(sealed.file):
        try:
            decrypt_io(sealed, opened, keys)
        except (DecryptError, OSError, ValueError) as error:
            if sealed.error is not None:
                raise SourceFailed("sealed", _name(sealed.error)) from None
            if opened.error is not None:
                raise DestinationFailed("output", _name(opened.error)) from None
            if isinstance(error, DecryptError):
                raise Malformed("sealed", "does-not-open-with-this-key-or-is-damaged") from None
            raise Malformed("sealed", "damaged-or-ends-early") from None


class _Watched:
    """Remembers what went wrong with a file: the decrypting library doesn't say."""

    def __init__(self, file: Any) -> None:  # noqa: ANN401 (a binary stream of any kind)
        self.file = file
        self.error: OSError | None = None

    def read(self, most: int) -> bytes:
        try:
            return bytes(self.file.read(most))
        except OSError as error:
            self.error = error
            raise

    def write(self, data: bytes) -> int:
        try:
            self.file.write(data)
        except OSError as error:
            self.error = error
            raise
        return len(data)

    def flush(self) -> None:
        try:
            self.file.flush()
        except OSError as error:
            self.error = error
            raise


def _identities(path: Path) -> list[object]:
    from pyrage import IdentityError, ssh, x25519

    try:
        text = path.read_bytes()
    except OSError:
        raise UsageError("identity", "not-readable") from None
    if text.startswith(b"age-encryption.org/") or b"BEGIN AGE ENCRYPTED" in text[:64]:
        raise UsageError("identity", "has-a-passphrase-open-it-with-age-first")
    found: list[object] = []
    try:
        if text.startswith(b"-----BEGIN"):
            found.append(ssh.Identity.from_buffer(text))
        else:
            lines = [line.strip() for line in text.decode("ascii").splitlines()]
            found += [x25519.Identity.from_str(line) for line in lines if line.startswith("AGE-SECRET-KEY-")]
    except (IdentityError, ValueError):
        raise UsageError("identity", "not-a-secret-key") from None
    if not found:
        raise UsageError("identity", "not-a-secret-key")
    return found


def _name(error: OSError) -> str:
    return errno.errorcode.get(error.errno or 0, "EUNKNOWN")
