"""One instrument's closed candles as numpy columns, built once and shared by all detectors."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from volume_trap.domain.errors import DataInsufficient, DetectorEvaluationFailed

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class KlineSeries:
    """Columns of equal length, oldest candle first. ``open_time_ms`` is epoch milliseconds, the rest float64."""

    open_time_ms: NDArray[np.int64]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    @classmethod
    def from_table(cls, table: Floats) -> "KlineSeries":
        """From rows of (open_time_ms, open, high, low, close, volume) ordered by time; further columns are ignored.

        Raises DetectorEvaluationFailed for rows no market can produce.
        """
        columns = np.ascontiguousarray(table[:, :6].T)
        series = cls(columns[0].astype(np.int64), *columns[1:])
        series._refuse_contradictions(columns)
        return series

    def _refuse_contradictions(self, columns: Floats) -> None:
        wrong = (self.high < self.low) | (self.low <= 0) | (self.volume < 0) | ~np.isfinite(columns).all(axis=0)
        if wrong.any():
            first = int(np.argmax(wrong))
            moment = datetime.fromtimestamp(int(self.open_time_ms[first]) / 1000, tz=UTC)
            raise DetectorEvaluationFailed(
                f"the candle of {moment:%Y-%m-%d %H:%M} contradicts itself "
                f"(high {self.high[first]}, low {self.low[first]}, volume {self.volume[first]}); "
                "fetch it again with update_klines --force"
            )

    def __len__(self) -> int:
        return len(self.open_time_ms)

    def part(self, start: int, stop: int) -> "KlineSeries":
        """The candles [start, stop) as a view."""
        columns = (self.open, self.high, self.low, self.close, self.volume)
        return KlineSeries(self.open_time_ms[start:stop], *(column[start:stop] for column in columns))

    def require(self, needed: int) -> None:
        """Raise DataInsufficient when there are fewer than ``needed`` candles."""
        if len(self) < needed:
            raise DataInsufficient(needed, len(self))

    def first_index_after(self, open_time_ms: int) -> int:
        """Index of the oldest candle that opened later than ``open_time_ms``."""
        return int(np.searchsorted(self.open_time_ms, open_time_ms, side="right"))

    def index_of(self, open_time_ms: int) -> int | None:
        """Index of the candle that opened at ``open_time_ms``, or None where it is not in this series."""
        index = int(np.searchsorted(self.open_time_ms, open_time_ms))
        if index < len(self) and self.open_time_ms[index] == open_time_ms:
            return index
        return None
