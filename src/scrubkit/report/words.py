"""Sentences for codes.  They promise nothing that a check did not show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model import Outcome, Residual, Verdict

if TYPE_CHECKING:
    from ..model import Check, Problem, Remaining

WORST_FIRST = (
    Verdict.FAILED,
    Verdict.IDENTIFYING,
    Verdict.REFUSED,
    Verdict.CLEANED,
    Verdict.CANONICAL,
)

STATUS_WORST_FIRST = (130, 3, 1, 5, 4, 2)
"""Exit statuses, worst first; 0 is better than all of them."""

RESIDUALS = {
    Residual.CODED_PAYLOAD: (
        "the coded picture or sound is unchanged: sensor noise, microphone response and mains hum are in it"
    ),
    Residual.ENCODER_PARAMETERS: (
        "how the encoder was set (parameter sets, frame pattern, rate control) is unchanged; "
        "it narrows the phone model"
    ),
    Residual.UNWALKED_SAMPLES: "coded samples of a kind that scrubkit doesn't look into crossed as they were",
    Residual.SOURCE_TIME_SCALE: "a time scale of the source was kept, because times do not convert exactly",
    Residual.VARIABLE_FRAME_TIMING: "frame times vary as recorded; their jitter can link files of one phone",
    Residual.AUDIO_PRIMING: "the encoder delay of the sound was kept, so that sound and picture stay in step",
    Residual.EDIT_LIST: "pauses, offsets and cuts were kept to the tick, so that all stays in step",
    Residual.HIDDEN_LEAD_IN: "samples before the visible start were kept, because decoding needs them",
    Residual.DOLBY_VISION: "Dolby Vision data was kept; it narrows the phone family",
    Residual.HDR_METADATA: "HDR or film grain metadata was kept; it narrows the phone family",
    Residual.CLEAN_APERTURE: "a clean aperture was kept: coded picture lies outside what is shown",
    Residual.SEVERAL_SOUND_TRACKS: "more than one sound track was kept",
    Residual.BEHIND_PICTURE: (
        "bytes or padding behind the last coded block of a picture can't be told from it without decoding; "
        "they crossed"
    ),
    Residual.QUANTISATION_TABLES: "JPEG quantisation tables are unchanged and narrow the maker or program",
    Residual.HUFFMAN_TABLES: "JPEG Huffman tables are not the standard ones and narrow the maker or program",
    Residual.CAMERA_COLOUR: (
        "raw colour numbers and lens corrections were kept; they identify the model, "
        "and a list of bad pixels the camera"
    ),
    Residual.COLOUR_PROFILE: "a colour profile was kept or rebuilt; it narrows the phone family",
    Residual.ORIENTATION: "the orientation flag was kept, so that the picture is shown upright",
    Residual.GAIN_MAP: "the gain map was kept as asked, with its numbers; it narrows the phone family",
    Residual.DEPTH_MAP: "the depth map was kept as asked; it shows distances and narrows the phone family",
    Residual.STEREO_PAIR: "the other eye's picture was kept as asked; few devices record one",
}

ALWAYS = (
    (
        "Sensor noise, lens traits, microphone response and mains hum stay in picture and sound; "
        "whoever holds the phone or other recordings of it can compare them."
    ),
    "What the picture shows and the sound says (faces, voices, places, screens, clocks) is untouched.",
    (
        "Encoder parameters and the exact coded data stay; they narrow the phone model, and "
        "whoever has the original, for instance on a seized phone, can match it with the copy."
    ),
    "Only the files were rebuilt. Originals, backups, messages and the drive itself were not touched.",
)
"""What no check can rule out; part of every report."""

PROBLEMS = {
    "unrecognised": "the content is of no format that scrubkit reads",
    "unsupported": "well formed, but holds something that scrubkit can't rebuild faithfully",
    "malformed": "breaks a rule of its own format",
    "truncated": "ends before the structure it announces",
    "limit": "beyond what scrubkit is willing to spend on one file",
    "encrypted": "the coded data is encrypted or bound to an account",
    "external-data": "the coded data lies in another file",
    "not-a-regular-file": "a link, device, pipe, socket or folder; it was not opened",
    "source-failed": "could not be read, or changed while it was read",
    "verification-failed": "the new file did not pass a check; it was deleted",
    "destination-failed": "the output could not be written",
    "usage": "the request makes no sense",
    "internal": "a fault of scrubkit; please report it with the place named here",
}


def residual(remaining: Remaining) -> str:
    """Return the sentence for one residual risk."""
    return RESIDUALS[remaining.what]


def explained(problem: Problem) -> str:
    """Return a line for a problem: code, place, rule, and what the code means."""
    at = "" if problem.at is None else f" at byte {problem.at}"
    rule = f" ({problem.rule})" if problem.rule else ""
    return f"{problem.code}: {problem.where}{rule}{at}: {PROBLEMS.get(problem.code, 'unknown code')}"


def checked(check: Check) -> str:
    """Return a line for a check."""
    if check.outcome is Outcome.PASSED:
        return f"{check.name}: passed ({check.scope})" if check.scope else f"{check.name}: passed"
    return f"{check.name}: {check.outcome} ({check.reason})"


KINDS = {
    "gps": "place",
    "serial": "serial numbers",
    "device": "device",
    "time": "time",
    "person": "people",
    "software": "software",
    "identifier": "identifiers",
    "telemetry": "sensor data",
    "picture": "other pictures",
    "hidden": "hidden data",
    "link": "links to other files",
    "unknown": "unknown",
}
"""Kinds of findings for people."""
