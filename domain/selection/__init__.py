"""Which contract: one of the listed chain, filtered, scored and explained; one that is not listed is never invented."""

from domain.selection.candidates import Activity, Candidate, Sight, VolatilityRange
from domain.selection.filters import FILTERS, Screened, Shelves, is_adjusted, screen, shelved
from domain.selection.policy import ContractPolicy, StrikeKind, Weights
from domain.selection.record import as_json
from domain.selection.score import Ranked, Terms
from domain.selection.select import Selection, select

__all__ = [
    "FILTERS",
    "Activity",
    "Candidate",
    "ContractPolicy",
    "Ranked",
    "Screened",
    "Selection",
    "Shelves",
    "Sight",
    "StrikeKind",
    "Terms",
    "VolatilityRange",
    "Weights",
    "as_json",
    "is_adjusted",
    "screen",
    "select",
    "shelved",
]
