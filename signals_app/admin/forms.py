"""A form that refuses what the row's constraints would refuse later, in words beside the field."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

Bounds = dict[str, tuple[Decimal | int, Decimal | int]]


class BoundedForm(forms.ModelForm):  # type: ignore[type-arg]  # django-stubs needs an argument, Django takes none
    """bounds: lowest and highest value of columns, as the table's constraints have them."""

    bounds: ClassVar[Bounds]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (low, high) in self.bounds.items():
            if (field := self.fields.get(name)) is not None:
                field.validators += [MinValueValidator(low), MaxValueValidator(high)]
                field.widget.attrs |= {"min": str(low), "max": f"{high:f}" if isinstance(high, Decimal) else str(high)}
