"""The one action an alert names, however many fields it spreads it over."""

from __future__ import annotations

from domain.alerts.collect import Entry, Parts
from domain.alerts.fills import contradiction
from domain.alerts.names import Part
from domain.alerts.numbers import shown
from domain.alerts.words import LONG, SHORT, Holding, Verb, Word, action_word, direction_word, holding_word
from domain.errors import AlertRefused
from domain.orders import Side

_LEAVES = frozenset({Verb.EXIT, Verb.REDUCE})


def action_of(parts: Parts) -> Word | None:
    """None when no field names an action. Raises AlertRefused: unknown_action, contradictory_alert."""
    word: Word | None = None
    for entry in parts.all(Part.ACTION):
        word = _joined(word, _known(entry, action_word(entry.value)))
    for entry in parts.all(Part.DIRECTION):
        if entry.tier == 0 or direction_word(entry.value):
            word = _joined(word, _known(entry, direction_word(entry.value)))
    if word and word.verb is Verb.TRADE:
        word = _on_side(word, holding_word(parts.value(Part.POSITION_SIDE)))
    return word


def _known(entry: Entry, word: Word | None) -> Word | None:
    if word is None and entry.value != "":
        told = f"{entry.name[:40]} is {shown(entry.value)}, which is not an action known here"
        raise AlertRefused("unknown_action", told)
    return word


def _joined(first: Word | None, second: Word | None) -> Word | None:
    if first is None or second is None or first == second:
        return first or second
    return _combined(first, second)


def _combined(first: Word, second: Word) -> Word:
    """``exit`` and ``long`` together leave a long; ``buy`` and ``short`` together are refused."""
    verb = _verb(first.verb, second.verb)
    if first.holding and second.holding and first.holding is not second.holding:
        raise contradiction(f"one field says {first.holding}, another {second.holding}")
    holding = first.holding or second.holding
    sides = {word.side for word in (first, second) if word.verb is Verb.TRADE}
    if verb in (Verb.OPEN, Verb.REVERSE) and holding is None and len(sides) == 1:
        holding = LONG if sides == {Side.BUY} else SHORT
    natural = _natural_side(verb, holding)
    if len(sides | ({natural} if natural else set())) > 1:
        raise contradiction("one field says buy, another sell")
    return Word(verb, natural or next(iter(sides), None), holding, first.order_type or second.order_type)


def _verb(first: Verb, second: Verb) -> Verb:
    if first is second or second is Verb.TRADE:
        return first
    if first is Verb.TRADE:
        return second
    if Verb.CANCEL in (first, second):
        return Verb.CANCEL
    if Verb.OPEN in (first, second):  # beside another verb, long and short name the position, not the deed
        return second if first is Verb.OPEN else first
    raise contradiction(f"one field says {first}, another {second}")


def _natural_side(verb: Verb, holding: Holding | None) -> Side | None:
    if holding is None or verb is Verb.CANCEL:
        return None
    return Side.BUY if (holding is LONG) is (verb not in _LEAVES) else Side.SELL


def _on_side(word: Word, holding: Holding | None) -> Word:
    """A buy or sell on the long or the short side of an account that keeps both."""
    if holding not in (LONG, SHORT):
        return word
    opens = (word.side is Side.BUY) is (holding is LONG)
    return Word(Verb.OPEN if opens else Verb.EXIT, word.side, holding, word.order_type)
