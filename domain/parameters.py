"""Parameters of rules and agents: fields of a dataclass on one side, the JSON of a row on the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, TypeVar, get_type_hints

from domain.errors import RuleBroken

LARGEST = 1_000_000
T = TypeVar("T")

Number = Decimal | int | float


@cache
def parameter_types(cls: type[Any]) -> dict[str, type]:
    """Name and type (Decimal, int or float) of each field of a dataclass, in order."""
    hints = get_type_hints(cls)
    return {field.name: hints[field.name] for field in fields(cls)}


def arguments(cls: type[Any], params: Mapping[str, object]) -> dict[str, Number]:
    """What a row tells, as arguments for the class. Raises ValueError for a name it has not, or a value of another type."""
    types = parameter_types(cls)  # type: ignore[arg-type]  # a class is hashable
    unknown = sorted(set(params) - set(types))
    if unknown:
        raise ValueError(f"no parameter {', '.join(unknown)}; allowed: {', '.join(types) or 'none'}")
    return {name: number(name, params[name], types[name]) for name in params}


def built(known: Mapping[str, type[T]], name: str, params: Mapping[str, object], *, code: str, what: str) -> T:
    """An instance of what a row names, with its parameters; those left out take their defaults.

    what: the kind of thing, in the message. Raises RuleBroken with that code for a name nobody knows and for parameters
    that it does not take.
    """
    cls: Any = known.get(name)
    if cls is None:
        raise RuleBroken(code, f"no {what} is called {name!r}; there are {', '.join(sorted(known))}")
    try:
        made: T = cls(**arguments(cls, params))
    except ValueError as wrong:
        raise RuleBroken(code, f"{name}: {wrong}") from wrong
    return made


def parameters_of(instance: Any) -> dict[str, object]:
    """The row of an instance: whole numbers as they are, the rest as decimal strings."""
    return {name: as_json(getattr(instance, name)) for name in parameter_types(instance.__class__)}


def as_json(value: Number) -> object:
    return value if isinstance(value, int) else str(value)


def number(name: str, given: object, wanted: type) -> Number:
    """A JSON value as the parameter's type. Raises ValueError with the parameter's name."""
    if isinstance(given, bool) or not isinstance(given, str | int | float | Decimal):
        raise ValueError(f"{name} is {given!r}, not a number")
    try:
        read = Decimal(str(given))
    except InvalidOperation:
        raise ValueError(f"{name} is {given!r}, not a number") from None
    if not read.is_finite() or abs(read) > LARGEST:
        raise ValueError(f"{name} is {given!r}, not a number within a million of 0")
    if wanted is not int:
        return read if wanted is Decimal else float(read)
    if read != read.to_integral_value():
        raise ValueError(f"{name} is {given!r}, not a whole number")
    return int(read)


def check_range(name: str, value: Number, low: int, high: int | None) -> None:
    """For __post_init__: raises ValueError unless low < value < high; no high is no upper bound."""
    if value <= low or (high is not None and value >= high):
        bounds = f"above {low}" if high is None else f"above {low} and below {high}"
        raise ValueError(f"{name} is {value}, it must be {bounds}")
