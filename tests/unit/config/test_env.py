"""Readers of the environment: what cannot be meant is refused with a sentence that says what would be right."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from config import env

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("raw", ["1", "true", "YES", " on "])
def test_a_flag_understands_the_usual_words_for_yes(raw: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_FLAG", raw)

    assert env.flag("A_FLAG") is True


@pytest.mark.parametrize("raw", ["0", "false", "No", "off", ""])
def test_a_flag_understands_the_usual_words_for_no(raw: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_FLAG", raw)

    assert env.flag("A_FLAG", default=True) is False


def test_a_flag_refuses_what_is_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_FLAG", "maybe")

    with pytest.raises(ImproperlyConfigured, match="A_FLAG='maybe' is not a yes/no value"):
        env.flag("A_FLAG")


@given(st.integers(0, 10**9))
def test_a_number_is_read_back_as_written(value: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("A_NUMBER", str(value))

        assert env.number("A_NUMBER", 7) == value


@pytest.mark.parametrize("raw", ["x", "1.5", "", "--1", "²", "-1", "70000"])
def test_a_number_outside_its_limits_is_refused(raw: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_NUMBER", raw)

    with pytest.raises(ImproperlyConfigured, match="must be a whole number from 1 to 65535"):
        env.number("A_NUMBER", 8000, least=1, most=65_535)


def test_a_missing_number_is_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("A_NUMBER", raising=False)

    assert env.number("A_NUMBER", 8000) == 8000


def test_an_unknown_choice_is_refused_with_the_known_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXCHANGE", "mtgox")

    with pytest.raises(ImproperlyConfigured, match="use one of simulator, binance"):
        env.choice("EXCHANGE", "simulator", ["simulator", "binance"])


def test_words_are_separated_by_commas_and_blanks_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_WORDS", " a, b ,,c ")

    assert env.words("SOME_WORDS") == ["a", "b", "c"]


def test_a_secret_may_stand_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secret"
    file.write_text("from the file\n", encoding="utf-8")
    monkeypatch.setenv("A_SECRET", "from the environment")
    monkeypatch.setenv("A_SECRET_FILE", str(file))

    assert env.secret("A_SECRET") == "from the file"


def test_a_secret_file_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET_FILE", "/nowhere/secret")

    with pytest.raises(ImproperlyConfigured, match="A_SECRET_FILE='/nowhere/secret' cannot be read"):
        env.secret("A_SECRET")


def test_a_dotenv_file_gives_defaults_and_the_real_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / ".env"
    file.write_text("FROM_FILE=file\nFROM_BOTH=file\n", encoding="utf-8")
    monkeypatch.setenv("FROM_BOTH", "environment")
    monkeypatch.setenv("FROM_FILE", "cleaned up by monkeypatch")
    monkeypatch.delenv("FROM_FILE")

    env.read_dotenv(file)

    assert (env.text("FROM_FILE"), env.text("FROM_BOTH")) == ("file", "environment")


def test_a_missing_dotenv_file_is_no_mistake(tmp_path: Path) -> None:
    env.read_dotenv(tmp_path / ".env")
