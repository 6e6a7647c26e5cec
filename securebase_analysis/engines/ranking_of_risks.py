"""How well risks rank who has the event first: Harrell's concordance, with delayed entry, strata and weights.

For every event each row that is then at risk and has not the event at that time makes a pair; the pair is
concordant when the row with the event has the higher risk. All counts are of the form "how many rows of a
stretch have a risk below this one", which are answered for all events at once, one bit of the rank of the risk
after the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from securebase_analysis.engines.risk_sets import RiskSets

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
DIGITS = 12
"""Risks that agree in so many digits of the largest are the same: they differ by rounding."""


@dataclass(frozen=True)
class Concordance:
    """Weights of pairs: with the higher risk at the event, with the lower, and with the same.

    Attributes
    ----------
    concordant, discordant, tied : float
        Sums of the products of both weights.
    """

    concordant: float
    discordant: float
    tied: float

    @property
    def value(self) -> float:
        """Share of pairs that are concordant, pairs of the same risk counting half; missing without a pair."""
        pairs = self.concordant + self.discordant + self.tied
        return (self.concordant + self.tied / 2.0) / pairs if pairs > 0.0 else np.nan


def concordance(sets: RiskSets, risk: ArrayLike, weight: ArrayLike | None = None) -> Concordance:
    """Concordance of risks with the order of events.

    Parameters
    ----------
    sets : RiskSets
        Who is at risk when.
    risk : array, shape (rows,)
        Log hazards; only their order counts.
    weight : array, shape (rows,), optional
        Weights.

    Notes
    -----
    Two rows that have the event at one time make no pair. Within strata only.

    References
    ----------
    Harrell, Lee & Mark (1996), Multivariable prognostic models, Stat Med 15; Therneau & Atkinson (2020),
    Concordance, vignette of the R package survival, for rows that start and stop.
    """
    weights = np.ones(sets.n_rows) if weight is None else np.asarray(weight, dtype=float)
    ranks, n_ranks = _ranked(np.asarray(risk, dtype=float))
    row, when = sets.event_row, sets.event_time
    of_event = weights[row]
    below, same = np.zeros(len(row)), np.zeros(len(row))
    seen = np.flatnonzero(sets.ever_at_risk)
    end_of_stratum = np.searchsorted(sets.stratum, sets.stratum, side="right")[when]
    # Rows whose range of event times ends after this one, less those whose range begins after it.
    for ends, limit, sign in (
        (sets.at_risk.after[seen], end_of_stratum, 1.0),
        (sets.at_risk.first[seen], end_of_stratum - 1, -1.0),
    ):
        order = np.argsort(ends, kind="stable")
        line = _SortedLine(ranks[seen][order], weights[seen][order], n_ranks)
        after_this = np.searchsorted(ends[order], when, side="right")
        in_stratum = np.searchsorted(ends[order], limit, side="right")
        under = line.below(after_this, in_stratum, ranks[row])
        below += sign * under
        same += sign * (line.below(after_this, in_stratum, ranks[row] + 1) - under)
    total = sets.onto_times(weights)[when]
    above = total - below - same
    own_below, own_same, own_above = _among_tied_events(sets, ranks, weights)
    return Concordance(
        concordant=float(of_event @ (below - own_below)),
        discordant=float(of_event @ (above - own_above)),
        tied=float(of_event @ (same - own_same)),
    )


def _ranked(risk: Floats) -> tuple[Ints, int]:
    """Rank of each risk from 0, the same for those that differ by rounding only."""
    size = float(np.abs(risk).max(initial=0.0)) or 1.0
    rounded = np.round(risk / size, DIGITS)
    values, rank = np.unique(rounded, return_inverse=True)
    return rank.astype(np.intp), len(values)


def _among_tied_events(sets: RiskSets, ranks: Ints, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """For each event the weights of those with the event at the same time and a lower, the same, a higher rank."""
    row, when = sets.event_row, sets.event_time
    order = np.lexsort((ranks[row], when))
    time, rank, weight = when[order], ranks[row][order], weights[row][order]
    running = np.concatenate([[0.0], np.cumsum(weight)])
    key = time * (int(ranks.max(initial=0)) + 1) + rank
    low, high = np.searchsorted(key, key, side="left"), np.searchsorted(key, key, side="right")
    first, last = np.searchsorted(time, time, side="left"), np.searchsorted(time, time, side="right")
    found = np.empty((3, len(row)))
    found[:, order] = running[low] - running[first], running[high] - running[low], running[last] - running[high]
    return found[0], found[1], found[2]


class _SortedLine:
    """Ranks of rows in a line, sorted bit by bit so that sums over stretches need a step for each bit."""

    def __init__(self, ranks: Ints, weights: Floats, n_ranks: int) -> None:
        self.levels: list[tuple[int, Ints, Floats]] = []
        self.bits = max(n_ranks, 1).bit_length()
        for bit in range(self.bits - 1, -1, -1):
            one = (ranks >> bit & 1).astype(bool)
            zeros = np.concatenate([[0], np.cumsum(~one)])
            of_zeros = np.concatenate([[0.0], np.cumsum(np.where(one, 0.0, weights))])
            self.levels.append((bit, zeros, of_zeros))
            order = np.argsort(one, kind="stable")
            ranks, weights = ranks[order], weights[order]

    def below(self, first: Ints, after: Ints, limit: Ints) -> Floats:
        """Sums of the weights in each stretch ``first, ..., after - 1`` of ranks below its limit."""
        first, after, total = first.copy(), after.copy(), np.zeros(len(first))
        for bit, zeros, of_zeros in self.levels:
            one = (limit >> bit & 1).astype(bool)
            # Whose limit has a one here: all with a zero are below it; the others are looked at more closely.
            total += np.where(one, of_zeros[after] - of_zeros[first], 0.0)
            n_zeros = int(zeros[-1])
            first = np.where(one, n_zeros + first - zeros[first], zeros[first])
            after = np.where(one, n_zeros + after - zeros[after], zeros[after])
        return total
