"""Serializer fields that print numbers the way people and exchanges write them."""

import math
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from monitor.domain.money import plain_decimal


@extend_schema_field({"type": "string", "format": "decimal", "example": "0.00001234"})
class PlainDecimalField(serializers.Field[Any, Any, Any, Any]):
    """A decimal as a plain string."""

    def to_representation(self, value: Decimal) -> str:
        return plain_decimal(value)


class FiniteFloatField(serializers.FloatField):
    """A float that JSON can carry: an infinite ratio or an undefined one is null."""

    def to_representation(self, value: float) -> float | None:  # type: ignore[override]
        return float(value) if math.isfinite(value) else None
