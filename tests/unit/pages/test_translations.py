"""Every text has a Chinese counterpart, and the compiled catalogue says what the readable one says."""

import ast
import gettext
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[3]
CATALOGUE = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES"
PLACEHOLDER = re.compile(r"%\(\w+\)s")
TEMPLATE_TEXT = re.compile(r"""\{%\s*translate\s+("[^"]*"|'[^']*')""")
BLOCK_TEXT = re.compile(
    r"\{%\s*blocktranslate[^%]*%\}(.*?)(?:\{%\s*plural\s*%\}(.*?))?\{%\s*endblocktranslate\s*%\}", re.S
)
PYTHON_CALLS = {"_", "gettext", "gettext_lazy", "pgettext", "pgettext_lazy"}


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of the catalogue; ``key`` is the text, preceded by its context where it has one."""

    key: str
    translation: str
    fuzzy: bool


def read_catalogue() -> list[Message]:
    entries = (CATALOGUE / "django.po").read_text(encoding="utf-8").strip().split("\n\n")[1:]
    return [_message(entry) for entry in entries]


def _message(entry: str) -> Message:
    fields: dict[str, str] = {}
    name = ""
    for line in entry.splitlines():
        if line.startswith("#"):
            continue
        word, quote, rest = line.partition('"')
        name = word.strip() or name  # a line that starts with a quote goes on with the field before it
        fields[name] = fields.get(name, "") + ast.literal_eval(quote + rest)
    context = f"{fields['msgctxt']}\x04" if "msgctxt" in fields else ""
    translation = fields.get("msgstr", fields.get("msgstr[0]", ""))
    return Message(context + fields["msgid"], translation, "#, fuzzy" in entry)


def texts_in_templates() -> Iterator[str]:
    for path in (ROOT / "templates").rglob("*.html"):
        source = path.read_text(encoding="utf-8")
        for quoted in TEMPLATE_TEXT.findall(source):
            yield quoted[1:-1]
        for text, _plural in BLOCK_TEXT.findall(source):
            yield re.sub(r"\{\{\s*(\w+)\s*\}\}", r"%(\1)s", text)


def texts_in_python() -> Iterator[str]:
    for app in ("monitor", "volume_trap", "config"):
        for path in (ROOT / app).rglob("*.py"):
            yield from _texts_in_module(ast.parse(path.read_text(encoding="utf-8")))


def _texts_in_module(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in PYTHON_CALLS):
            continue
        words = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        if words:
            yield "\x04".join(words)


def test_every_text_of_templates_and_python_is_in_the_catalogue() -> None:
    known = {message.key for message in read_catalogue()}
    wanted = {*texts_in_templates(), *texts_in_python()}

    assert len(wanted) > 200
    assert sorted(wanted - known) == [], "run makemessages, translate, compilemessages"


def test_the_catalogue_holds_no_text_that_is_gone() -> None:
    known = {message.key for message in read_catalogue()}

    assert sorted(known - {*texts_in_templates(), *texts_in_python()}) == []


def test_nothing_is_untranslated_or_fuzzy() -> None:
    unfinished = [message.key for message in read_catalogue() if message.fuzzy or not message.translation]

    assert unfinished == []


def test_translations_keep_their_placeholders() -> None:
    broken = [
        message.key
        for message in read_catalogue()
        if sorted(PLACEHOLDER.findall(message.key)) != sorted(PLACEHOLDER.findall(message.translation))
    ]

    assert broken == []


def test_the_compiled_catalogue_equals_the_readable_one() -> None:
    with (CATALOGUE / "django.mo").open("rb") as stream:
        compiled = gettext.GNUTranslations(stream)
    pairs = {(key[0] if isinstance(key, tuple) else key): text for key, text in compiled._catalog.items() if key}

    assert pairs == {message.key: message.translation for message in read_catalogue()}
