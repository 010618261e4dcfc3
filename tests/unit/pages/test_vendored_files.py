"""What is served from static/vendor is what VENDORED.md says, with its licences."""

import hashlib
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

STATIC = Path(__file__).resolve().parents[3] / "static"
VENDOR = STATIC / "vendor"
ROW = re.compile(r"\| `([^`]+)` \| ([\d.]+) \| ([\w.-]+) \| `([0-9a-f]{64})` \|")
OTHER_HOST = re.compile(r"""(?:url\(|src=|import\s.*?from\s|@import\s|fetch\()\s*["']?(?:https?:)?//""")


def listed() -> dict[str, str]:
    return {path: digest for path, _version, _licence, digest in ROW.findall((VENDOR / "VENDORED.md").read_text())}


def shipped() -> list[Path]:
    return [path for path in VENDOR.glob("*/*") if path.name != "LICENSE"]


def test_every_vendored_file_is_listed_with_its_hash() -> None:
    actual = {path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in shipped()}

    assert listed() == actual


def test_every_vendored_package_carries_its_licence() -> None:
    assert all((path.parent / "LICENSE").is_file() for path in shipped())


def test_no_static_file_of_ours_loads_from_another_host() -> None:
    ours = [path for kind in ("js", "css") for path in (STATIC / kind).rglob("*.*")]
    assert ours

    assert [path.name for path in ours if OTHER_HOST.search(path.read_text(encoding="utf-8"))] == []


def test_templates_hold_no_inline_script_or_style() -> None:
    inline = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)
    templates = STATIC.parent / "templates"

    assert [path.name for path in templates.rglob("*.html") if inline.search(path.read_text(encoding="utf-8"))] == []
