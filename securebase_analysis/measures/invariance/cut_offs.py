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
    rmsea_first, rmsea_later : float
        Of the RMSEA, of the first step after the same structure and of the others.
    srmr_loadings, srmr_others : float
        Of the SRMR; infinite where none is published.
    alpha : float or None
        The p-value below which the test of the step speaks against it, where the test counts.
    first : str
        The step of the first RMSEA and SRMR.
    source, test_name : str
        Whose they are, and what the test is called.
    """

    cfi: float
    rmsea_first: float
    rmsea_later: float
    srmr_loadings: float
    srmr_others: float
    alpha: float | None
    first: Step
    source: str
    test_name: str

    def rmsea(self, step: Step) -> float:
        """That of the step."""
        return self.rmsea_first if step == self.first else self.rmsea_later

    def srmr(self, step: Step) -> float:
        """That of the step."""
        return self.srmr_loadings if step == self.first else self.srmr_others


def cuts_of_numbers(n_rows: int) -> Cuts:
    """The cut-offs of Chen (2007), narrower with 300 rows or fewer."""
    wide = n_rows > MANY
    cfi, rmsea = (0.010, 0.015) if wide else (0.005, 0.010)
    loadings, others = (0.030, 0.010) if wide else (0.025, 0.005)
    return Cuts(cfi, rmsea, rmsea, loadings, others, None, "metric", "Chen 2007", "likelihood ratio")


def cuts_of_categories() -> Cuts:
    """The cut-offs of Rutkowski & Svetina (2017), with the test beside them (Svetina et al. 2020)."""
    source, test = "Svetina, Rutkowski & Rutkowski 2020", "scaled difference"
    return Cuts(0.004, 0.050, 0.010, INFINITE, INFINITE, 0.05, "thresholds", source, test)
