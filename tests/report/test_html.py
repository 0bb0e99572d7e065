"""The page: nothing loaded, nothing run, nothing from a file that isn't escaped, and easy to read."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from names import NAMES
from scrubkit.linkage import Groups
from scrubkit.model import (
    Check,
    Fate,
    FileReport,
    Finding,
    Job,
    Kind,
    Ledger,
    LedgerRow,
    Media,
    NotSearched,
    Outcome,
    Policy,
    Problem,
    Remaining,
    Residual,
    Search,
    Trait,
    Verdict,
)
from scrubkit.report import html
from scrubkit.report.claims import RISKS
from scrubkit.report.document import About
from scrubkit.report.files import PAGE, Reports
from scrubkit.report.html import percent, write_page
from scrubkit.report.totals import Totals

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=y>\u202e\x1b[2J\x00{{7*7}}</title>&lt;"

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="NOT RUN: no Chromium on this machine")


def cleaned(number: int, size: str = "1920x1080") -> FileReport:
    ledger = Ledger(
        1000,
        (
            LedgerRow("mdat", Fate.ESSENCE, 900, 3, "h264/nal/1"),
            LedgerRow("moov", Fate.STRUCTURE, 60),
            LedgerRow("udta", Fate.RESIDUE, 40),
        ),
    )
    return FileReport(
        Verdict.CLEANED,
        "isobmff",
        Media.CLIP,
        ".mp4",
        (Check("ledger", Outcome.PASSED, "every byte"), Check("decode", Outcome.NOT_RUN, "", "no reader")),
        (Finding("udta", Kind.GPS, "location", 40, 0),),
        (Remaining(Residual.CODED_PAYLOAD),),
        ledger,
        search=Search(3, 40, 1000, (), (NotSearched(Kind.TIME, "too short", 1, 0.123),)),
        traits=(Trait("frame size", size),),
        output_name=f"clip-{number:04d}.mp4",
    )


CHECKED = (Check("ledger", Outcome.PASSED, "every byte"),)

REFUSED = FileReport(Verdict.REFUSED, problem=Problem("malformed", 4, "moov/trak", "box-size", 33))


def page(folder: Path, *reports: FileReport, complete: bool = True) -> str:
    totals, groups = Totals(), Groups()
    with Reports(folder, None, "clean", Policy()) as written:
        for number, report in enumerate(reports, 1):
            totals.add(report)
            groups.add(number, report.media, report.traits)
            written.add(Job(Path("/drive/x"), "x"), report)
        written.finish(totals, complete=complete, about=About(groups.linkage(), (), written.choice))
    return (folder / PAGE).read_text("utf-8")


class Strict(HTMLParser):
    """Owns what a page is made of; every element must be closed in order."""

    VOID = frozenset({"meta", "br", "hr", "img", "input", "link"})

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_a_page_is_well_formed_and_has_no_script_and_no_address(tmp_path: Path) -> None:
    text = page(tmp_path, cleaned(1), REFUSED, cleaned(2))
    parsed = Strict(text)
    names = {name for name, _ in parsed.tags}
    assert not names & {"script", "img", "link", "iframe", "object", "embed", "form", "input", "base", "svg"}
    attributes = {key for _, each in parsed.tags for key in each}
    assert not [key for key in attributes if key.startswith("on") or key in {"src", "srcset", "action"}]
    assert all((each["href"] or "").startswith("#") for each in parsed.all("a"))
    assert "://" not in text
    assert "url(" not in text


def test_the_policy_of_the_page_forbids_everything_but_its_own_style(tmp_path: Path) -> None:
    policies = [
        each["content"]
        for each in Strict(page(tmp_path, cleaned(1))).all("meta")
        if each.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policies
    assert "default-src 'none'" in (policies[0] or "")
    assert "script-src" not in (policies[0] or "")


def test_whatever_a_report_holds_is_shown_as_text(tmp_path: Path) -> None:
    page(tmp_path, cleaned(1), REFUSED)
    path = tmp_path / "report.json"
    plain = Strict((tmp_path / PAGE).read_text("utf-8"))
    document = json.loads(path.read_text("ascii"))

    def poisoned(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: poisoned(each, name) for name, each in value.items()}
        if isinstance(value, list):
            return [poisoned(each, key) for each in value]
        kept = {"level", "kind", "schema", "verify", "command", "outcome"}
        kept |= {"picture", "sound", "structure"}
        return HOSTILE if isinstance(value, str) and key not in kept else value

    hostile = poisoned(document)
    hostile["linkage"]["features"][0]["name"] = HOSTILE
    rows = ",\n".join(json.dumps(each) for each in hostile.pop("files"))
    head = "".join(f"{json.dumps(key)}: {json.dumps(value)},\n" for key, value in hostile.items())
    path.write_text('{\n"files": [\n' + rows + "\n],\n" + head[:-2] + "\n}\n", "ascii")
    write_page(path, tmp_path / PAGE)
    text = (tmp_path / PAGE).read_text("utf-8")
    parsed = Strict(text)
    assert {name for name, _ in parsed.tags} == {name for name, _ in plain.tags}
    assert {key for _, each in parsed.tags for key in each} == {key for _, each in plain.tags for key in each}
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", text)
    assert "<script>alert(1)</script>" in "".join(parsed.text)
    assert "{{7*7}}" in "".join(parsed.text)


def test_the_worst_level_is_told_first_and_failures_come_before_successes(tmp_path: Path) -> None:
    text = "".join(Strict(page(tmp_path, cleaned(1), REFUSED)).text)
    assert text.index("could not be rebuilt faithfully") < text.index("What was not checked")
    assert text.index("File 2") < text.index("clip-0001.mp4")


def test_what_was_not_checked_and_what_remains_stand_before_what_was_checked(tmp_path: Path) -> None:
    parsed = Strict(page(tmp_path, cleaned(1)))
    assert [each["id"] for each in parsed.all("h2")][:4] == ["verdict-title", "unchecked", "risks", "claims"]
    assert "no reader" in "".join(parsed.text)


def test_what_no_check_covers_is_named_on_the_first_screen(tmp_path: Path) -> None:
    text = "".join(Strict(page(tmp_path, cleaned(1))).text)
    first = text[text.index("Verdict") : text.index("What was not checked")]
    assert all(f"{risk.title}: {risk.brief}" in first for risk in RISKS)


def test_a_run_that_was_cut_off_says_so_at_the_top(tmp_path: Path) -> None:
    text = "".join(Strict(page(tmp_path, cleaned(1), complete=False)).text)
    assert text.index("ended before every file was seen") < text.index("What was not checked")


def test_the_verdict_says_how_many_files_it_is_about(tmp_path: Path) -> None:
    told = " ".join("".join(Strict(page(tmp_path, cleaned(1), REFUSED, cleaned(2))).text).split())
    assert "refused — 1 of 3 files: could not be rebuilt faithfully" in told


def test_nothing_is_said_of_checks_where_none_came_to_an_end(tmp_path: Path) -> None:
    told = " ".join("".join(Strict(page(tmp_path, REFUSED, REFUSED)).text).split())
    assert "No check came to an end in 2 of 2 files" in told
    assert "check that was asked for ran." not in told
    assert "Nothing was found beside picture and sound" not in told


def test_what_a_file_holds_that_failed_is_not_said_to_have_crossed(tmp_path: Path) -> None:
    failed = Check("carry-over", Outcome.FAILED, "3 values", "a value is still there")
    wrong = replace(cleaned(1), verdict=Verdict.FAILED, checks=(failed,), output_name="")
    told = "".join(Strict(page(tmp_path, wrong)).text)
    assert "Coded data that crossed" not in told
    assert "of which nothing was published" in told


def test_files_that_are_not_told_in_full_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "FULL", 2)
    told = "".join(Strict(page(tmp_path, *[REFUSED] * 5)).text)
    assert "3 more that failed, identify or were refused are in the tables only" in told


def test_a_run_over_nothing_has_a_page(tmp_path: Path) -> None:
    assert "Nothing was looked at" in "".join(Strict(page(tmp_path)).text)


def test_each_file_has_a_row_with_a_map_of_its_bytes_in_words(tmp_path: Path) -> None:
    told = page(tmp_path, *map(cleaned, range(1, 4)))
    assert told.count("picture 90 %, structure 6 %; stayed behind 4 %: place 1 (4 %)") == 3
    bars = [each["style"] for each in Strict(told).all("span") if each.get("class") == "bar map"]
    assert bars == ["--p:90;--s:6"] * 3


def test_files_that_are_alike_share_one_description(tmp_path: Path) -> None:
    parsed = Strict(page(tmp_path, *map(cleaned, range(1, 40)), REFUSED))
    assert len([each for each in parsed.all("details") if (each.get("id") or "").startswith("d")]) == 2


def test_headings_are_in_order_and_tables_have_headers(tmp_path: Path) -> None:
    parsed = Strict(page(tmp_path, cleaned(1), REFUSED, cleaned(2, "1280x720")))
    levels = [int(name[1]) for name, _ in parsed.tags if re.fullmatch("h[1-6]", name)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - former <= 1 for former, later in pairwise(levels))
    assert all(each.get("scope") in {"col", "row"} for each in parsed.all("th"))
    assert parsed.all("html")[0]["lang"] == "en"
    assert parsed.all("title")
    ids = [each["id"] for _, each in parsed.tags if "id" in each]
    assert len(ids) == len(set(ids))
    assert all((each["href"] or "")[1:] in ids for each in parsed.all("a"))


def test_size_grows_with_the_number_of_files_and_no_faster(tmp_path: Path) -> None:
    sizes = []
    for count in (500, 1000, 2000):
        folder = tmp_path / str(count)
        folder.mkdir()
        sizes.append(len(page(folder, *map(cleaned, range(1, count + 1)))))
    assert sizes[2] - sizes[1] == pytest.approx(2 * (sizes[1] - sizes[0]), rel=0.1)


def test_no_more_than_one_block_of_files_is_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(html, "ROWS", 10)
    parsed = Strict(page(tmp_path, *map(cleaned, range(1, 36))))
    assert len([each for each in parsed.all("details") if "id" not in each]) == 4


@pytest.mark.parametrize(
    ("share", "number"), [("none", 0), ("all", 100), ("<1 %", 1), (">99 %", 99), ("42 %", 42)]
)
def test_a_share_in_words_has_its_place_on_a_bar(share: str, number: int) -> None:
    assert percent(share) == number


# In a real browser

PROBE = """
<script>
function channel(v){v/=255;return v<=.03928?v/12.92:Math.pow((v+.055)/1.055,2.4)}
function light(c){const m=c.match(/[\\d.]+/g).map(Number);
 return .2126*channel(m[0])+.7152*channel(m[1])+.0722*channel(m[2])}
function behind(e){for(;e;e=e.parentElement){const c=getComputedStyle(e).backgroundColor;
 const m=c.match(/[\\d.]+/g).map(Number);if(m.length<4||m[3]>0)return c}return 'rgb(255,255,255)'}
addEventListener('load',()=>{
 const first=Math.max(...[...document.querySelectorAll('.verdict,.counts li,.brief li')].map(
  e=>e.getBoundingClientRect().bottom));
 if(document.querySelectorAll('tr').length<1000)document.querySelectorAll('details').forEach(e=>e.open=true);
 let worst=99,where='';
 const walk=document.createTreeWalker(document.body,NodeFilter.SHOW_TEXT);
 while(walk.nextNode()){const n=walk.currentNode;if(!n.data.trim())continue;const e=n.parentElement;
  if(e.closest('script,details:not([open])'))continue;
  const a=light(getComputedStyle(e).color),b=light(behind(e));
  const r=(Math.max(a,b)+.05)/(Math.min(a,b)+.05);if(r<worst){worst=r;where=e.tagName+' '+e.className}}
 const found={first,width:innerWidth,wide:document.documentElement.scrollWidth,contrast:worst,where,
  dark:matchMedia('(prefers-color-scheme: dark)').matches,
  focusable:[...document.querySelectorAll('a,summary')].every(e=>e.tabIndex>=0),
  flow:getComputedStyle(document.body).direction,
  order:[...document.querySelectorAll('tr')].slice(0,200).map(e=>[...e.children].filter(c=>c.offsetParent).map(
   c=>c.getBoundingClientRect().left)).every(lefts=>lefts.every((x,i)=>!i||x>lefts[i-1])),
  rows:document.querySelectorAll('tr').length,at:performance.now()};
 const out=document.createElement('pre');out.id='probe';out.textContent='PROBE'+JSON.stringify(found)+'EBORP';
 document.body.append(out)});
</script>
"""


def browse(*options: str) -> subprocess.CompletedProcess[str]:
    assert CHROMIUM is not None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [
            CHROMIUM,
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            f"--user-data-dir={profile}",
            *options,
        ]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        ) as process:
            try:
                said, complained = process.communicate(timeout=90)
            finally:
                # Its renderers outlive it otherwise.
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        assert process.returncode == 0, complained[-500:]
        return subprocess.CompletedProcess(command, 0, said, complained)


def probed(folder: Path, *options: str) -> dict[str, Any]:
    text = (folder / PAGE).read_text("utf-8")
    # The page itself allows no script: a copy of it is measured.
    text = re.sub(r"<meta http-equiv=.*?>", "", text).replace("</head>", f"{PROBE}</head>")
    copy = folder / "probed.html"
    copy.write_text(text, "utf-8")
    said = browse("--dump-dom", *options, copy.as_uri()).stdout
    match = re.search(r"PROBE(\{.*\})EBORP", said)
    assert match, said[-500:]
    found: dict[str, Any] = json.loads(match.group(1).replace("&lt;", "<").replace("&gt;", ">"))
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    sizes = ["1920x1080"] * 6 + ["1280x720"]
    page(tmp_path, *(cleaned(i, size) for i, size in enumerate(sizes, 1)), REFUSED)
    return tmp_path


@pytest.mark.slow
@needs_chromium
@pytest.mark.parametrize("size", ["500,844", "1366,768", "820,1180"])
@pytest.mark.parametrize("dark", [False, True])
def test_the_page_fits_and_its_text_stands_out(folder: Path, size: str, dark: bool) -> None:
    options = ["--blink-settings=preferredColorScheme=0"] if dark else []
    found = probed(folder, f"--window-size={size}", *options)
    assert found["dark"] == dark
    assert found["wide"] <= found["width"]
    assert found["contrast"] >= 4.5, found["where"]
    assert found["focusable"]


@pytest.mark.slow
@needs_chromium
@pytest.mark.parametrize("size", ["500,844", "1366,768"])
def test_the_first_screen_has_the_verdict_the_counts_and_what_remains(folder: Path, size: str) -> None:
    found = probed(folder, f"--window-size={size}")
    assert 0 < found["first"] <= int(size.split(",")[1])


@pytest.mark.slow
@needs_chromium
def test_a_browser_that_reads_from_right_to_left_shows_the_page_as_it_is(folder: Path) -> None:
    options = ["--lang=ar", "--accept-lang=ar", "--force-ui-direction=rtl", "--force-text-direction=rtl"]
    found = probed(folder, "--window-size=500,844", *options)
    assert found["flow"] == "ltr"
    assert found["order"]
    assert found["wide"] <= found["width"]


@pytest.mark.slow
@needs_chromium
def test_the_browser_has_nothing_to_complain_of(folder: Path) -> None:
    picture = folder / "shot.png"
    done = browse("--enable-logging=stderr", f"--screenshot={picture}", (folder / PAGE).as_uri())
    assert "CONSOLE" not in done.stderr
    assert picture.stat().st_size > 10_000


@pytest.mark.slow
@needs_chromium
def test_a_browser_makes_the_same_elements_of_a_page_whatever_names_are(tmp_path: Path) -> None:
    def made(*names: str) -> list[str]:
        page(tmp_path, *(replace(REFUSED, problem=Problem("malformed", 4, name, name)) for name in names))
        said = browse("--dump-dom", (tmp_path / PAGE).as_uri()).stdout
        return [re.sub("=.*", "=", each) for each in re.findall("<[^>]*>", said)]

    assert made(*NAMES) == made(*(f"name {number}" for number in range(len(NAMES))))


@pytest.mark.slow
@needs_chromium
def test_the_page_prints(folder: Path) -> None:
    paper = folder / "page.pdf"
    browse(f"--print-to-pdf={paper}", "--no-pdf-header-footer", (folder / PAGE).as_uri())
    data = paper.read_bytes()
    assert data.startswith(b"%PDF")
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", data)) <= 12


@pytest.mark.slow
@needs_chromium
def test_paper_has_the_rows_of_blocks_that_are_closed_on_the_screen(tmp_path: Path) -> None:
    def pages(count: int) -> int:
        page(tmp_path, *[replace(cleaned(i), checks=CHECKED) for i in range(1, count)])
        assert '<details class="block"><summary>checked' in (tmp_path / PAGE).read_text("utf-8")
        paper = tmp_path / "page.pdf"
        browse(f"--print-to-pdf={paper}", "--no-pdf-header-footer", (tmp_path / PAGE).as_uri())
        return len(re.findall(rb"/Type\s*/Page\b", paper.read_bytes()))

    assert pages(200) > pages(20) + 2


@pytest.mark.slow
@needs_chromium
def test_a_page_of_a_hundred_thousand_files_opens(tmp_path: Path) -> None:
    page(tmp_path, *[cleaned(i) for i in range(1, 100_001)])
    found = probed(tmp_path)
    assert found["rows"] > 100_000
