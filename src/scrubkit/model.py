"""The words that all layers share: findings, checks, ledgers, reports and the policy.

Frozen and free of behaviour that touches a file.  A field whose name begins with
`untrusted_` came from the file and must be escaped at the edge that shows it; it
belongs in memory and in the private report only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class Kind(StrEnum):
    """What a finding gives away."""

    GPS = "gps"
    SERIAL = "serial"
    DEVICE = "device"
    TIME = "time"
    PERSON = "person"
    SOFTWARE = "software"
    IDENTIFIER = "identifier"
    TELEMETRY = "telemetry"
    PICTURE = "picture"
    HIDDEN = "hidden"
    LINK = "link"
    UNKNOWN = "unknown"


class Fate(StrEnum):
    """What becomes of a byte of the source."""

    ESSENCE = "essence"
    """Coded picture or sound that crosses."""
    STRUCTURE = "structure"
    """Decoded into the model and written again in canonical form, or recomputed."""
    RESIDUE = "residue"
    """Stays behind."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that stays behind.

    `path` is structural (`moov/udta/©xyz`); box and tag names in it may come from
    the file, so it is escaped like a value.  `start` and `size` are bytes of the
    source; `start` is None for what has no single place (a decompressed movie
    header, a sum over samples).  `known` says that the catalog names it.
    """

    path: str
    kind: Kind
    label: str
    size: int = 0
    start: int | None = None
    count: int = 1
    writer: str = ""
    known: bool = True
    untrusted_value: str | None = None


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """`size` bytes in `count` places of the source that share a path and a fate."""

    path: str
    fate: Fate
    size: int
    count: int = 1
    coded: str = ""
    """The type of coded data that the bytes are (`h264/nal/5`), in words of ours; empty for all else."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Every byte of one source under a name; rows in file order of first appearance."""

    size: int
    rows: tuple[LedgerRow, ...]

    @property
    def complete(self) -> bool:
        """Whether the rows add up to the file."""
        return sum(row.size for row in self.rows) == self.size

    def total(self, fate: Fate) -> int:
        """Bytes with that fate."""
        return sum(row.size for row in self.rows if row.fate is fate)


class Outcome(StrEnum):
    """How a check ended; a check that did not run never counts as passed."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Check:
    """One named check: what it covered and, if it did not run or failed, why."""

    name: str
    outcome: Outcome
    scope: str = ""
    reason: str = ""


class Residual(StrEnum):
    """What stays in a cleaned file because removing it is out of reach or was not asked for."""

    CODED_PAYLOAD = "coded-payload"
    ENCODER_PARAMETERS = "encoder-parameters"
    UNWALKED_SAMPLES = "unwalked-samples"
    SOURCE_TIME_SCALE = "source-time-scale"
    VARIABLE_FRAME_TIMING = "variable-frame-timing"
    AUDIO_PRIMING = "audio-priming"
    EDIT_LIST = "edit-list"
    HIDDEN_LEAD_IN = "hidden-lead-in"
    DOLBY_VISION = "dolby-vision"
    HDR_METADATA = "hdr-metadata"
    CLEAN_APERTURE = "clean-aperture"
    SEVERAL_SOUND_TRACKS = "several-sound-tracks"
    BEHIND_PICTURE = "behind-picture"
    QUANTISATION_TABLES = "quantisation-tables"
    HUFFMAN_TABLES = "huffman-tables"
    COLOUR_PROFILE = "colour-profile"
    CAMERA_COLOUR = "camera-colour"
    ORIENTATION = "orientation"
    GAIN_MAP = "gain-map"
    DEPTH_MAP = "depth-map"
    STEREO_PAIR = "stereo-pair"


@dataclass(frozen=True, slots=True)
class Remaining:
    """A residual risk of one file, with a count where one makes sense (hidden frames, tracks)."""

    what: Residual
    count: int = 1


@dataclass(frozen=True, slots=True)
class Value:
    """One thing that an original says of where it comes from, whoever read it there; private.

    `origin` is a word of ours: `residue`, `file` (names, folders, times, size), or
    the name of a second reader.  `untrusted` is text as that reader shows it, or
    the bytes as they stand in the file.
    """

    origin: str
    path: str
    kind: Kind
    untrusted: str | bytes


@dataclass(frozen=True, slots=True)
class Carried:
    """A value of the original that was found in what should hold none.

    `form` is the encoding it was found in (`utf-16-le`), `place` where: `bytes`,
    `deflate`, `nal`, `name` or `report`.  `at` is a byte offset in the place, private like the value.
    """

    value: Value
    form: str
    place: str
    at: int | None = None


@dataclass(frozen=True, slots=True)
class NotSearched:
    """Values that were not searched for, because a hit would mean nothing.

    `chance` is how many hits pure chance would give in the bytes that were searched.
    """

    kind: Kind
    reason: str
    count: int
    chance: float = 0.0


@dataclass(frozen=True, slots=True)
class Search:
    """What a carry-over search covered: `values`, in `forms` encodings, over `size` bytes; and its hits."""

    values: int
    forms: int
    size: int
    carried: tuple[Carried, ...] = ()
    not_searched: tuple[NotSearched, ...] = ()


@dataclass(frozen=True, slots=True)
class Trait:
    """One feature of a clean file by which files can be grouped; `name` is ours, `value` private."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Feature:
    """How one trait splits a set: sizes of its groups, largest first, and the files that stand alone.

    `groups` are a value with the numbers of the files that share it; private.
    """

    name: str
    files: int
    sizes: tuple[int, ...]
    groups: tuple[tuple[str, tuple[int, ...]], ...] = ()

    @property
    def smallest(self) -> int:
        """Files in the smallest group; 0 if no file has the trait."""
        return self.sizes[-1] if self.sizes else 0

    @property
    def alone(self) -> int:
        """Files that share the trait with no other."""
        return sum(size == 1 for size in self.sizes)


@dataclass(frozen=True, slots=True)
class Linkage:
    """How the clean files of one run can be told apart, the sharpest feature first, and what that means."""

    files: int
    features: tuple[Feature, ...]
    says: tuple[str, ...] = ()
    """Sentences that may be shared: counts, no values."""


class Verdict(StrEnum):
    """One word for one file, worst last."""

    CLEANED = "cleaned"
    """`clean`: a new file was written and passed every check that ran."""
    CANONICAL = "canonical"
    """`audit`: the file is exactly what scrubkit would write; nothing stays behind."""
    IDENTIFYING = "identifying"
    """`audit`: the file holds more than its essence."""
    REFUSED = "refused"
    """The file can't be modelled; no output."""
    FAILED = "failed"
    """A check failed or the output could not be written; no output."""


class Media(StrEnum):
    """What a file is to its user; output names are built from it."""

    CLIP = "clip"
    PHOTO = "photo"
    SOUND = "sound"


@dataclass(frozen=True, slots=True)
class Problem:
    """A `ScrubError` as data."""

    code: str
    exit_status: int
    where: str
    rule: str = ""
    at: int | None = None


@dataclass(frozen=True, slots=True)
class FileReport:
    """All that is known of one file after `clean` or `audit`.

    `payload_digest` (BLAKE3, hex) and `untrusted_name` are private: the first is
    that of the original's coded payload, the second its name.  So are `values`
    (what second readers and the file system said of the original), the hits of
    `search`, and `traits` (of the output).
    """

    verdict: Verdict
    format: str | None = None
    media: Media | None = None
    suffix: str = ""
    checks: tuple[Check, ...] = ()
    findings: tuple[Finding, ...] = ()
    remaining: tuple[Remaining, ...] = ()
    ledger: Ledger | None = None
    problem: Problem | None = None
    values: tuple[Value, ...] = ()
    search: Search | None = None
    traits: tuple[Trait, ...] = ()
    size: int = 0
    output_size: int = 0
    payload_digest: str = ""
    untrusted_name: str = ""
    output_name: str = ""


class Profile(StrEnum):
    """`lossless` keeps coded pictures and sound whole; `strict` also drops optional features."""

    LOSSLESS = "lossless"
    STRICT = "strict"


class Verify(StrEnum):
    """How deep a verification goes; each level includes the ones before it."""

    STRUCTURE = "structure"
    """Container structure only; coded payload is not read."""
    PAYLOAD = "payload"
    """Coded payload is read, walked and digested too."""
    READERS = "readers"
    """Second readers look at source and output, and the output is searched for what the source held."""
    DECODE = "decode"
    """Source and output are decoded by another program and compared, frame by frame."""

    def includes(self, level: Verify) -> bool:
        """Whether this level does what `level` does."""
        order = list(Verify)
        return order.index(self) >= order.index(level)


class LeadIn(StrEnum):
    """What to do with samples before an in-point that decoding needs."""

    KEEP = "keep"
    """Keep them from the sync sample on, and say so."""
    NEXT_SYNC = "next-sync"
    """Start at the next sync sample instead."""


class Extra(StrEnum):
    """A picture beside the picture of a still that crosses only where the policy asks for it."""

    GAIN_MAP = "gain-map"
    """How much brighter a display with headroom shows each place (ISO 21496-1)."""
    DEPTH = "depth"
    """How far away each place is."""
    STEREO = "stereo"
    """The other eye's picture."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost, in bytes and counts."""

    structure: int = 64 << 20
    """Bytes of one `moov`, `moof`, or decompressed movie header."""
    sample: int = 64 << 20
    """Bytes of one coded sample that has to be walked."""
    samples: int = 3_000_000
    """Samples of all tracks of one movie."""
    tracks: int = 64
    boxes: int = 200_000
    depth: int = 16
    """Nesting that a parser follows."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What is wanted of one run; never read from the scanned drive."""

    profile: Profile = Profile.LOSSLESS
    verify: Verify = Verify.READERS
    lead_in: LeadIn = LeadIn.KEEP
    deep: bool = False
    """Walk every coded sample to the end of its syntax, also where that takes longer than copying it."""
    keep: frozenset[Extra] = frozenset()
    """Pictures beside the picture of a still that are kept; none unless asked for, none in `strict`."""
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Job:
    """One file of a run: where it lies and what it is called below the folder that was given."""

    path: Path
    untrusted_name: str
