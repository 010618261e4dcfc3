"""How far a reader has come in each series, safe against candles that arrive while it reads."""

from collections.abc import Collection
from dataclasses import dataclass

from monitor.domain.enums import Interval
from monitor.domain.intervals import from_milliseconds, to_milliseconds
from monitor.models import SeriesCursor

BEFORE_EVERYTHING_MS = 0


@dataclass(frozen=True, slots=True)
class CursorState:
    """A cursor as it was before its series was read."""

    cursor_id: int
    position_ms: int
    generation: int


def read_cursors(reader: str, interval: Interval, instrument_ids: Collection[int]) -> dict[int, CursorState]:
    """Cursors by instrument; missing ones are made first, so that writers of candles have something to move."""
    known = _cursors(reader, interval, instrument_ids)
    missing = [instrument_id for instrument_id in instrument_ids if instrument_id not in known]
    if not missing:
        return known
    start = from_milliseconds(BEFORE_EVERYTHING_MS)
    SeriesCursor.objects.bulk_create(
        [
            SeriesCursor(reader=reader, interval=interval.value, instrument_id=instrument_id, position=start)
            for instrument_id in missing
        ],
        ignore_conflicts=True,
    )
    return known | _cursors(reader, interval, missing)


def _cursors(reader: str, interval: Interval, instrument_ids: Collection[int]) -> dict[int, CursorState]:
    rows = SeriesCursor.objects.filter(reader=reader, interval=interval.value)
    if len(instrument_ids) <= 100:
        rows = rows.filter(instrument__in=instrument_ids)
    wanted = set(instrument_ids)
    return {
        row.instrument_id: CursorState(row.pk, to_milliseconds(row.position), row.generation)
        for row in rows
        if row.instrument_id in wanted
    }


def advance_cursors(reached: Collection[tuple[CursorState, int]]) -> int:
    """Move each cursor to the open time (ms) reached, unless candles were written since it was read.

    Returns how many moved; the others are read again by the next run.
    """
    alike: dict[tuple[int, int], list[int]] = {}
    for state, position_ms in reached:
        # Series that are fetched together have the same generation: one statement moves them all.
        alike.setdefault((state.generation, position_ms), []).append(state.cursor_id)
    return sum(
        SeriesCursor.objects.filter(pk__in=ids, generation=generation).update(position=from_milliseconds(position_ms))
        for (generation, position_ms), ids in alike.items()
    )
