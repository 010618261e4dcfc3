"""The eight detectors.

Each is one function over a whole series that gives the values and, per candle, whether it fires; the same function
serves the newest candle, a catch-up of missed ones and a replay of years.
"""

from volume_trap.domain.detectors.amplitude import AmplitudeSignal, detect_amplitude
from volume_trap.domain.detectors.atr_compression import AtrCompressionSignal, detect_atr_compression
from volume_trap.domain.detectors.key_level import KeyLevelSignal, detect_key_level_breach
from volume_trap.domain.detectors.ma_cross import MaCrossSignal, detect_ma_cross
from volume_trap.domain.detectors.obv_divergence import ObvSignal, detect_obv_decline
from volume_trap.domain.detectors.price_efficiency import (
    PriceEfficiencySignal,
    detect_price_efficiency,
    efficiency_baseline,
)
from volume_trap.domain.detectors.rvol import RvolSignal, detect_rvol
from volume_trap.domain.detectors.volume_retention import VolumeRetentionSignal, detect_volume_retention

__all__ = [
    "AmplitudeSignal",
    "AtrCompressionSignal",
    "KeyLevelSignal",
    "MaCrossSignal",
    "ObvSignal",
    "PriceEfficiencySignal",
    "RvolSignal",
    "VolumeRetentionSignal",
    "detect_amplitude",
    "detect_atr_compression",
    "detect_key_level_breach",
    "detect_ma_cross",
    "detect_obv_decline",
    "detect_price_efficiency",
    "detect_rvol",
    "detect_volume_retention",
    "efficiency_baseline",
]
