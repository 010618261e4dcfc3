"""Writes archive files as the exchange publishes them."""

import gzip
import lzma
import os
import zipfile
from pathlib import Path

from monitor.domain.enums import Interval

START_MS = 1_735_689_600_000  # 2025-01-01
HEADER = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore"
)


def csv_text(
    rows: int, interval: Interval = Interval.H4, *, header: bool = False, unit: int = 1, first: int = 0
) -> str:
    """``rows`` consecutive candles; their prices differ from row to row, so that a lost one is noticed."""
    step = interval.milliseconds
    lines = [HEADER] if header else []
    for index in range(first, first + rows):
        opened, price = START_MS + index * step, 100 + index % 97
        lines.append(
            f"{opened * unit},{price}.10,{price}.90,{price}.00,{price}.50,{1000 + index}.25,"
            f"{(opened + step) * unit - 1},{index}.5,{index},{index}.125,0.5,0"
        )
    return "\n".join(lines) + "\n"


def write_archive(path: Path, text: str) -> Path:
    """Pack the text the way the file name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = text.encode()
    if path.name.endswith(".xz"):
        path.write_bytes(lzma.compress(data, preset=0))
    elif path.name.endswith(".gz"):
        path.write_bytes(gzip.compress(data, 1))
    elif path.name.endswith(".zip"):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(path.with_suffix(".csv").name, data)
    else:
        path.write_bytes(data)
    return path


def many_archives(folder: Path, files: int, rows: int) -> Path:
    """A folder with ``files`` series of the same ``rows`` candles: links, so it costs nothing to make."""
    original = write_archive(folder / "COIN0USDT.csv", csv_text(rows))
    for number in range(1, files):
        os.link(original, folder / f"COIN{number}USDT.csv")
    return folder
