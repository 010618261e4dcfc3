"""Model fields that keep market data exact and compact on both databases."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.dateparse import parse_datetime

from monitor.domain.intervals import from_milliseconds, to_milliseconds

if TYPE_CHECKING:
    _BigInteger = models.BigIntegerField[datetime, datetime]
else:
    _BigInteger = models.BigIntegerField


class EpochMillisecondsField(_BigInteger):
    """An aware UTC datetime in Python, epoch milliseconds (the exchange's own unit) in the database.

    Eight bytes instead of SQLite's 26-character text: imports and scans of candles are a third faster for it.
    """

    description = "Date and time, stored as epoch milliseconds"

    def from_db_value(self, value: int | None, _expression: Any, _connection: Any) -> datetime | None:
        return None if value is None else from_milliseconds(value)

    def to_python(self, value: Any) -> datetime | None:
        if value is None or isinstance(value, datetime):
            return value
        if isinstance(value, int):
            return from_milliseconds(value)
        parsed = parse_datetime(str(value))
        if parsed is None or parsed.tzinfo is None:
            raise ValidationError(f"{value!r} is not a date and time with a zone, such as 2026-01-31T08:00:00Z.")
        return parsed

    def get_prep_value(self, value: Any) -> int | None:
        moment = self.to_python(value)
        return None if moment is None else to_milliseconds(moment)

    def value_to_string(self, obj: models.Model) -> str:
        value = self.value_from_object(obj)
        return "" if value is None else value.isoformat()

    def formfield(self, *_classes: Any, **kwargs: Any) -> forms.Field | None:
        return models.Field.formfield(self, form_class=forms.DateTimeField, **kwargs)


class ExactDecimalField(models.DecimalField):
    """A decimal that keeps every digit on SQLite too, where Django's own keeps 15.

    Stored as text there, so never compare, order or sum it in SQL.
    """

    def get_internal_type(self) -> str:
        # Not "DecimalField": SQLite's back end would pass the text through a float.
        return "ExactDecimalField"

    def db_type(self, connection: Any) -> str:
        return "text" if connection.vendor == "sqlite" else f"numeric({self.max_digits}, {self.decimal_places})"

    def from_db_value(self, value: Any, _expression: Any, _connection: Any) -> Decimal | None:
        return None if value is None else Decimal(value)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        number = self.to_python(value)
        if number is None or connection.vendor != "sqlite":
            return number
        return format(number, "f")
