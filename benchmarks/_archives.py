"""Archive files for the import benchmark, made by a process of its own: ``python -m benchmarks._archives FOLDER``."""

import lzma
import sys
from pathlib import Path

import numpy as np

FILES, ROWS = 100, 4_000
STEP_MS = 14_400_000
FIRST_MS = 1_704_067_200_000  # 2024-01-01


def text(number: int) -> str:
    """A seeded random walk with eight decimals in every price, as the exchange writes them."""
    random = np.random.default_rng(number)
    close = 10 * np.exp(np.cumsum(random.normal(0, 0.01, ROWS)))
    opened = np.concatenate([[10.0], close[:-1]])
    high, low = np.maximum(opened, close) * 1.01, np.minimum(opened, close) * 0.99
    volume = random.lognormal(10, 1, ROWS)
    lines = []
    for index in range(ROWS):
        time = FIRST_MS + index * STEP_MS
        prices = ",".join(f"{column[index]:.8f}" for column in (opened, high, low, close))
        lines.append(
            f"{time},{prices},{volume[index]:.3f},{time + STEP_MS - 1},{volume[index] * close[index]:.5f},"
            f"{int(volume[index])},{volume[index] / 2:.3f},{volume[index] * close[index] / 2:.5f},0"
        )
    return "\n".join(lines) + "\n"


def main(folder: Path) -> None:
    for number in range(FILES):
        (folder / f"COIN{number:03}USDT.csv.xz").write_bytes(lzma.compress(text(number).encode()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
