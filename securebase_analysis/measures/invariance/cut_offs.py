"""By how much fit may change at a step: published cut-offs, which are printed with every verdict."""

from __future__ import annotations

from dataclasses import dataclass

from securebase_analysis.measures.invariance.ladder import Step

MANY = 300
INFINITE = float("inf")


@dataclass(frozen=True)
class Cuts:
    """By how much CFI may fall, and RMSEA and SRMR may rise.

    Attributes
    ----------
    cfi : float
        Of the CFI, which decides with one of the others.
    rmsea, srmr_loadings, srmr_others : float
        Of the RMSEA; of the SRMR when loadings become equal and at other steps. Infinite where they do not count.
    alpha : float
        The p-value below which the test of the step speaks against it; 0 where the test does not count.
    source, test_name : str
        Whose they are, and what the test is called.
    """

    cfi: float
    rmsea: float
    srmr_loadings: float
    srmr_others: float
    alpha: float
    source: str
    test_name: str

    @property
    def test_counts(self) -> bool:
        """Whether the test has a say."""
        return self.alpha > 0.0

    def srmr(self, step: Step) -> float:
        """That of the step."""
        return self.srmr_loadings if step == "metric" else self.srmr_others


def cuts_of_numbers(n_rows: int) -> Cuts:
    """The cut-offs of Chen (2007), narrower with 300 rows or fewer."""
    if n_rows > MANY:
        return Cuts(0.010, 0.015, 0.030, 0.010, 0.0, "Chen 2007", "likelihood ratio")
    return Cuts(0.005, 0.010, 0.025, 0.005, 0.0, "Chen 2007", "likelihood ratio")


def cuts_of_categories() -> Cuts:
    """CFI together with the test, of ordered categories."""
    source = "Svetina, Rutkowski & Rutkowski 2020, together with the test"
    return Cuts(0.004, 0.010, INFINITE, INFINITE, 0.05, source, "scaled difference")
