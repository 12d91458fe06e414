"""A comparison as text for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from domain.stats.intervals import Interval
from domain.stats.simulation import Row
from domain.stats.trades import Performance
from tradingsite.comparison.agents import AgentFigures, Flips
from tradingsite.comparison.report import Comparison, EngineFigures, Part
from tradingsite.tables import table

NOTHING = "–"
REASONS_SHOWN = 6
ENOUGH_OBSERVATIONS = 10  # to know their spread
TOO_WIDE = 10  # standard deviations; four or five clip next to nothing
PART_HEAD = ("alerts", "A trades", "A R", "B trades", "B R", "B minus A", "for one look", "evidence", "")
AGENT_HEAD = (
    "agent", "votes", "enter", "no", "abstain", "won", "mean R", "Brier", "skill", "let in", "kept out", "adds R", "µs",
)  # fmt: skip


def as_text(found: Comparison, agents: Sequence[AgentFigures] = ()) -> str:
    """Readable from top to bottom: the verdict, what it rests on, each engine, and the parts."""
    return "\n".join(_lines(found, agents)).rstrip() + "\n"


def _lines(found: Comparison, agents: Sequence[AgentFigures]) -> Iterator[str]:
    yield f"{found.subject.title}: {found.judgement.text}"
    yield f"  {standing(found)}"
    for line in remarks(found):
        yield f"  {line}"
    yield ""
    yield table(["", "engine A", "engine B"], engine_rows(found)).rstrip()
    yield ""
    yield from _difference(found)
    for engine in (found.a, found.b):
        if engine.reasons:
            yield f"  {engine.engine} did not trade: {_reasons(engine)}"
    if found.by is not None:
        yield from ("", _parts(found))
    if agents:
        yield from ("", agent_table(agents))


def standing(found: Comparison) -> str:
    """How much there is to look at, in one line."""
    if found.first_day is None:
        return "no alert was decided on by both engines"
    counted = (
        f"{found.alerts} alerts from {found.first_day} to {found.last_day}, {found.difference.pairs} of them settled"
    )
    if not found.waiting.alerts:
        return counted
    since = found.waiting.open_since
    return f"{counted}; {found.waiting.alerts} wait" + (
        f" for trades open since {since}" if since else " for the day's end"
    )


def remarks(found: Comparison) -> Iterator[str]:
    """What has to be known to read the figures rightly."""
    if found.subject.exploratory:
        yield "exploratory: nothing was declared before these alerts came, so this proves nothing"
    for why, count in sorted(found.excluded.items()):
        yield f"left out: {count} alerts, {why.replace('_', ' ')}"
    yield from _on_the_bound(found)
    by_hand = found.a.by_hand + found.b.by_hand
    if by_hand:
        yield f"{by_hand} trades were closed by hand and count as they ended"


def _on_the_bound(found: Comparison) -> Iterator[str]:
    """Declared beforehand, it can only be chosen better the next time."""
    terms, seen = found.subject.terms, found.judgement.observations
    if found.spread and seen >= ENOUGH_OBSERVATIONS and terms.bound > TOO_WIDE * found.spread:
        wide = terms.bound / found.spread
        yield (
            f"the bound of {terms.bound:g} {terms.unit} is {wide:.0f} standard deviations of a {terms.cluster}'s mean "
            f"difference; one of {5 * found.spread:.2g}, declared for the next experiment, would decide sooner"
        )


def engine_rows(found: Comparison) -> list[tuple[str, str, str]]:
    """Each figure with its value for A and for B."""
    return [(name, said(found.a), said(found.b)) for name, said in _FIGURES]


def _around(value: str, interval: Interval | None, show: Callable[[float], str]) -> str:
    return value if interval is None else f"{value} ({show(interval.low)} to {show(interval.high)})"


_FIGURES: Sequence[tuple[str, Callable[[EngineFigures], str]]] = (
    ("entered", lambda e: f"{e.entered}" + (f", {e.open} open" if e.open else "")),
    ("skipped", lambda e: str(e.skipped)),
    ("refused later", lambda e: str(e.refused)),
    ("win rate", lambda e: _around(percent(e.performance.win_rate), e.performance.win_rate_interval, percent)),
    ("profit", lambda e: money(e.performance.pnl)),
    ("expectancy", lambda e: _around(money(e.performance.expectancy), e.intervals.expectancy, "{:+.2f}".format)),
    ("mean R", lambda e: _around(signed(e.performance.mean_r), e.intervals.mean_r, signed)),
    ("mean return", lambda e: _around(percent(e.performance.mean_return), e.intervals.mean_return, percent)),
    ("median return", lambda e: percent(e.performance.median_return)),
    ("profit factor", lambda e: _around(plain(e.performance.profit_factor), e.intervals.profit_factor, plain)),
    ("deepest drawdown", lambda e: _drawdown(e.performance)),
    ("Sharpe of a trade", lambda e: _around(plain(e.performance.sharpe), e.performance.sharpe_interval, plain)),
)


def _difference(found: Comparison) -> Iterator[str]:
    unit, difference = found.subject.terms.unit, found.difference
    if difference.mean is None:
        return
    interval = difference.interval
    around = "" if interval is None else f", by days {interval.low:+.3f} to {interval.high:+.3f} for one look"
    yield f"  B minus A on the same alert: {difference.mean:+.3f} {unit}{around}"


def _reasons(engine: EngineFigures) -> str:
    shown = [f"{code} {count}" for code, count in engine.reasons[:REASONS_SHOWN]]
    return ", ".join(shown) + (", …" if len(engine.reasons) > REASONS_SHOWN else "")


def _parts(found: Comparison) -> str:
    rows = [part_row(part) for part in found.parts]
    return (
        table([str(found.by), *PART_HEAD], rows).rstrip()
        + "\n  lines have no verdict of their own: of many, one looks better by chance"
    )


def part_row(part: Part) -> list[str]:
    interval = part.difference.interval
    return [
        part.name,
        str(part.alerts),
        str(part.a.count),
        signed(part.a.mean_r),
        str(part.b.count),
        signed(part.b.mean_r),
        signed(part.difference.mean),
        NOTHING if interval is None else f"{interval.low:+.2f} to {interval.high:+.2f}",
        f"{part.evidence:.2g}",
        "differs" if part.stands_out else "",
    ]


def agent_table(agents: Sequence[AgentFigures]) -> str:
    """One line an agent."""
    return table(AGENT_HEAD, [agent_row(one) for one in agents])


def agent_row(one: AgentFigures) -> list[str]:
    """As AGENT_HEAD names them; outcomes in R, those of entries it was for, let in and kept out."""
    return [
        one.name, str(one.votes), str(one.entered), str(one.skipped + one.rejected), str(one.abstained),
        percent(one.win_rate), signed(one.mean_r), plain(one.brier, 3), plain(one.skill), flips(one.let_in),
        flips(one.kept_out), f"{one.contribution_r:+.2f}", f"{one.mean_us:.0f}",
    ]  # fmt: skip


def flips(some: Flips) -> str:
    return f"{some.count}" + (f" at {some.mean_r:+.2f}" if some.mean_r is not None else "")


def simulation_table(rows: Sequence[Row]) -> str:
    """One line for each shape of differences and size of effect."""
    head = [
        "shape", "by", "effect", "days", "paths", "alarms", "A", "B", "no diff.", "not enough", "mean days", "t-test",
    ]  # fmt: skip
    cells = [
        [
            row.shape, row.cluster, f"{row.effect:g} R", row.days, row.paths,
            f"{row.alarms:.1%} ±{row.alarms_error:.1%}", f"{row.a_better:.1%}", f"{row.b_better:.1%}",
            f"{row.no_difference:.1%}", f"{row.not_enough_evidence:.1%}",
            NOTHING if row.mean_days is None else f"{row.mean_days:.0f}", f"{row.t_test_alarms:.1%}",
        ]
        for row in rows
    ]  # fmt: skip
    return table(head, cells)


def _drawdown(figures: Performance) -> str:
    return NOTHING if figures.max_drawdown is None else f"{figures.max_drawdown.amount:,.2f}"


def percent(share: float | None) -> str:
    return NOTHING if share is None else f"{share:.1%}"


def plain(value: float | None, digits: int = 2) -> str:
    return NOTHING if value is None else f"{value:.{digits}f}"


def signed(value: float | None) -> str:
    return NOTHING if value is None else f"{value:+.3f}"


def money(amount: Decimal | None) -> str:
    return NOTHING if amount is None else f"{amount:+,.2f}"
