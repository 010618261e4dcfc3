"""What the keys and words of a transition's evidence are called when a person reads them."""

from typing import Any

from django.utils.translation import gettext_lazy as _

EVIDENCE_NAMES: dict[str, Any] = {
    "phase": _("phase"),
    "stage": _("stage"),
    "thresholds": _("thresholds"),
    "price_efficiency_multiplier": _("price efficiency multiplier"),
    "obv_lookback_periods": _("OBV lookback"),
    "atr_compression_ratio": _("ATR compression"),
    "reason": _("reason"),
    "rvol_ratio": _("relative volume"),
    "amplitude_ratio": _("amplitude ratio"),
    "upper_shadow_percent": _("upper shadow %"),
    "volume_retention_percent": _("volume retention %"),
    "key_level": _("key level"),
    "key_level_breach_percent": _("key level breach %"),
    "price_efficiency": _("price efficiency"),
    "price_efficiency_baseline": _("price efficiency baseline"),
    "ma7": _("MA 7"),
    "ma25": _("MA 25"),
    "ma25_slope_percent": _("MA 25 slope %"),
    "obv": _("OBV"),
    "obv_divergence": _("OBV divergence"),
    "atr": _("ATR"),
    "atr_baseline": _("ATR baseline"),
    "close": _("close"),
    "current_close": _("close"),
    "trigger_price": _("trigger price"),
    "trigger_close": _("trigger close"),
    "market_wide": _("market-wide"),
}
EVIDENCE_WORDS: dict[str, Any] = {
    "discovery": _("discovery"),
    "confirmation": _("confirmation"),
    "validation": _("validation"),
    "invalidation": _("invalidation"),
    "price_recovery": _("price recovery"),
}
