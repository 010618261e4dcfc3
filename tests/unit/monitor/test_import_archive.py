"""One archive file decoded and checked: exact numbers, both time units, and the line that is wrong."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.enums import Interval
from monitor.domain.kline_archive import COLUMNS, BadArchive, parse_archive

pytestmark = pytest.mark.unit

START_MS = 1_735_689_600_000  # 2025-01-01
HOUR_MS = Interval.H1.milliseconds
LATER_MS = START_MS + 10_000 * HOUR_MS
HEADER = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore"
)


def line(index: int = 0, *, step: int = HOUR_MS, unit: int = 1, **cells: str) -> str:
    open_time = START_MS + index * step
    values = {
        "open_time": str(open_time * unit),
        "open": "0.00001234",
        "high": "0.00001300",
        "low": "0.00001200",
        "close": "0.00001250",
        "volume": "1000.10000000",
        "close_time": str((open_time + step) * unit - 1),
        "quote_volume": "12.50000000",
        "trade_count": "42",
        "taker_buy_volume": "500.00000000",
        "taker_buy_quote_volume": "6.20000000",
        "ignore": "0",
    } | cells
    return ",".join(values[name] for name in COLUMNS)


def content(*lines: str) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def message_of(data: bytes, interval: Interval = Interval.H1, now_ms: int = LATER_MS) -> str:
    with pytest.raises(BadArchive) as caught:
        parse_archive(data, interval, now_ms)
    return str(caught.value)


def test_a_plain_file_gives_every_number() -> None:
    archive = parse_archive(content(line(0), line(1)), Interval.H1, LATER_MS)
    assert archive.rows[0] == (
        START_MS,
        0.00001234,
        0.000013,
        0.000012,
        0.0000125,
        1000.1,
        START_MS + HOUR_MS - 1,
        12.5,
        42,
        500.0,
        6.2,
        "0",
    )
    assert [row[0] for row in archive.rows] == [START_MS, START_MS + HOUR_MS]
    assert (archive.text, archive.time_divisor, archive.unclosed) == (content(line(0), line(1)).strip(), 1, 0)


@pytest.mark.parametrize(
    "data",
    [
        content(HEADER, line(0), line(1)),
        content(line(0), line(1)).strip(),
        content(line(0), line(1)).replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + content(HEADER, line(0), line(1)) + b"\n\n",
    ],
    ids=["header", "no last newline", "windows newlines", "byte order mark and blank end"],
)
def test_the_forms_archives_come_in_mean_the_same(data: bytes) -> None:
    assert (
        parse_archive(data, Interval.H1, LATER_MS).rows
        == parse_archive(content(line(0), line(1)), Interval.H1, LATER_MS).rows
    )


def test_microseconds_are_recognised_and_become_milliseconds() -> None:
    archive = parse_archive(content(line(0, unit=1000), line(1, unit=1000)), Interval.H1, LATER_MS)
    assert archive.rows == parse_archive(content(line(0), line(1)), Interval.H1, LATER_MS).rows
    assert archive.time_divisor == 1000


def test_a_field_that_is_not_used_keeps_its_text() -> None:
    archive = parse_archive(content(line(0, ignore="17928899.62484339"), line(1)), Interval.H1, LATER_MS)
    assert [row[-1] for row in archive.rows] == ["17928899.62484339", "0"]


positive = st.decimals(min_value="0.00000001", max_value="99999999", places=8)


@given(st.lists(st.lists(positive, min_size=4, max_size=4), min_size=1, max_size=30))
def test_numbers_are_the_floats_nearest_to_their_text(prices: list[list[Decimal]]) -> None:
    lines, expected = [], []
    for index, row in enumerate(prices):
        ordered = sorted((format(price, "f") for price in row), key=float)
        cells = {"low": ordered[0], "open": ordered[1], "close": ordered[2], "high": ordered[3]}
        lines.append(line(index, **cells))
        expected.append((float(ordered[1]), float(ordered[3]), float(ordered[0]), float(ordered[2])))
    archive = parse_archive(content(*lines), Interval.H1, LATER_MS)
    assert [row[1:5] for row in archive.rows] == expected


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (line(1) + ",7", "line 2: 13 columns where 12 belong"),
        ("1,2,3", "line 2: 3 columns where 12 belong"),
        ("", "line 2: 1 columns where 12 belong"),
        (line(1, high="abc"), "line 2: high is 'abc' and not a number"),
        (line(1, close=""), "line 2: close is '' and not a number"),
        (line(1, volume="NaN"), "line 2: volume is 'NaN' and not a number"),
        (line(1, volume="1.2.3"), "line 2: volume is '1.2.3' and not a number"),
        (line(1, trade_count="4.5"), "line 2: trade_count is '4.5' and not a whole number"),
        (line(1, high="0.00001100"), "line 2: high is below low"),
        (line(1, open="0.00001400"), "line 2: high is below open or close"),
        (line(1, close="0.00001100"), "line 2: low is above open or close"),
        (line(1, low="0", open="0"), "line 2: a price is not above 0"),
        (line(1, volume="-1"), "line 2: a volume or count is below 0"),
        (line(1, high="1e13"), "line 2: a price is not below 1e+12"),
        (line(1, volume="1e999"), "too large"),
        (line(1, trade_count=str(2**63)), "line 2: trade_count is not below 1e+15"),
        (line(1, trade_count=str(2**70)), "line 2: trade_count is not below 1e+15"),
        (line(1, trade_count="9" * 400), "line 2: trade_count is '999"),
        (line(1, open_time="9" * 400), "line 2: open_time is '999"),
        (line(1, ignore="9" * 400), "line 2: ignore is '999"),
        (line(0), "line 2: open_time is not after that of the line before"),
        (line(1, open_time=str(START_MS + HOUR_MS + 60_000)), "line 2: open_time is not a multiple of 1h in UTC"),
        (line(1, close_time=str(START_MS)), "line 2: close_time is not within 1h of open_time"),
        (line(1, close_time=str(START_MS + 3 * HOUR_MS)), "line 2: close_time is not within 1h of open_time"),
        (line(1, unit=1000), "line 2: open_time 1735693200000000 is neither in milliseconds nor"),
        (line(1, open_time=str(START_MS // 1000 + 3600)), "line 2: open_time 1735693200 is neither in milliseconds"),
    ],
)
def test_a_wrong_line_is_named_with_what_would_be_right(bad: str, says: str) -> None:
    assert says in message_of(content(line(0), bad, line(2), line(3)))


def test_lines_count_from_the_header_on() -> None:
    assert message_of(content(HEADER, line(0), line(1, high="x"))).startswith("line 3: high is 'x'")
    assert message_of(content(HEADER, line(0), line(1, volume="-1"))).startswith("line 3: a volume")


def test_an_interval_other_than_the_one_asked_for_is_recognised() -> None:
    hourly = content(*(line(index) for index in range(8)))
    assert message_of(hourly, Interval.H4) == "line 1: a candle lasts 1h, but --interval says 4h"
    minutes = content(*(line(index, step=300_000) for index in range(8)))
    assert message_of(minutes) == "line 1: a candle lasts 5m, but --interval says 1h"


def test_gaps_and_a_candle_cut_short_by_an_outage_are_accepted() -> None:
    short = line(1, close_time=str(START_MS + HOUR_MS + 1_799_999))
    assert len(parse_archive(content(line(0), short, line(7), line(8)), Interval.H1, LATER_MS).rows) == 4


def test_a_last_candle_that_is_still_open_is_left_out() -> None:
    archive = parse_archive(content(line(0), line(1)), Interval.H1, START_MS + 2 * HOUR_MS - 1)
    assert (len(archive.rows), archive.unclosed, archive.text) == (1, 1, line(0).encode())
    closed = parse_archive(content(line(0), line(1)), Interval.H1, START_MS + 2 * HOUR_MS)
    assert (len(closed.rows), closed.unclosed) == (2, 0)


def test_candles_of_the_future_are_refused_with_a_word_about_the_clock() -> None:
    said = message_of(content(line(0), line(1), line(2)), now_ms=START_MS + HOUR_MS - 1)
    assert said == (
        "line 2: the candle of 2025-01-01 01:00 UTC lies in the future; this machine's clock says 2025-01-01 00:59 UTC"
    )


@pytest.mark.parametrize("data", [b"", b"\n\n", HEADER.encode()])
def test_an_empty_file_says_what_belongs_into_it(data: bytes) -> None:
    assert message_of(data) == "the file is empty: it should hold one candle of twelve columns a line"


@given(st.binary(max_size=300))
def test_noise_is_always_refused_with_a_reason(data: bytes) -> None:
    assert message_of(data)


@given(st.text(alphabet='0123456789.,\n-eE[]{}"', max_size=200))
def test_no_text_can_smuggle_brackets_through_the_decoder(text: str) -> None:
    assert message_of(content(line(0), text or ",", line(1)))
