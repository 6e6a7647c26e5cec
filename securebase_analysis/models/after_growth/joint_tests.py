"""Several fixed effects of a growth model tested to be zero together: an F test that holds in small samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import special

from securebase_analysis.errors import ModelError, Problem, check_option, nearest
from securebase_analysis.models.after_growth.combinations import SHARED_FACTS
from securebase_analysis.models.formulas import columns_by_term, columns_called, term_of
from securebase_analysis.models.one_or_several import listed
from securebase_analysis.results import wording
from securebase_analysis.results.families import ADJUSTMENTS, Adjustment
from securebase_analysis.results.inference import Floats, check_conf_level
from securebase_analysis.results.result import Result

if TYPE_CHECKING:
    from securebase_analysis.models.growth.answer import GrowthResult
    from securebase_analysis.models.growth.fits import Fit

SAME = 1e-8
"""Degrees of freedom that differ by less are one number."""


@dataclass(frozen=True, eq=False, kw_only=True)
class JointTest(Result):
    """F tests of several fixed effects at once.

    Attributes
    ----------
    growth : GrowthResult
        The fitted model.
    effects : tuple of tuple of str
        The fixed effects that each row tests.
    """

    growth: GrowthResult
    effects: tuple[tuple[str, ...], ...]

    @property
    def n_tested(self) -> tuple[int, ...]:
        """How many effects each row tests: the first degrees of freedom of its F."""
        return tuple(len(names) for names in self.effects)

    def tidy(self, conf_level: float | None = None) -> pd.DataFrame:
        """One row per test: F as estimate, its second degrees of freedom as df; see `Result.tidy`."""
        return super().tidy(conf_level).assign(p_value=self.estimates["p_value"].to_numpy(float))

    def augment(self) -> pd.DataFrame:
        """The rows of the model, as its own ``augment()`` gives them."""
        return self.growth.augment()

    def summary(self, conf_level: float | None = None) -> str:
        """The answer as text: each test in a sentence, then the table."""
        return f"{self.sentence()}\n\n{super().summary(conf_level)}"

    def sentence(self) -> str:
        """The tests in words, one line each."""
        shown = self.tidy()[["term", "estimate", "df", "p_value"]]
        return "\n".join(
            f"{term}: F({q}, {wording.df(df)}) = {wording.number(f)}, {wording.p_words(p)}."
            for q, (term, f, df, p) in zip(self.n_tested, shown.itertuples(index=False))
        )


def joint_test(
    growth: GrowthResult,
    terms: str | Sequence[str] | None = None,
    adjust: Adjustment = "none",
    conf_level: float | None = None,
) -> JointTest:
    """Whether several fixed effects are zero together.

    Parameters
    ----------
    growth : GrowthResult
        From `fit_growth`.
    terms : str or sequence of str, optional
        Terms of the formula (``"kinship:years"``, which stands for all of its columns) or single columns
        (``"kinship[T.yes]"``): all of them in one test. By default each term of the formula but the intercept has
        a test of its own.
    adjust : {"holm", "fdr", "none"}
        How p-values allow for the number of tests.
    conf_level : float, optional
        Level of the answer; that of the fit by default.

    Returns
    -------
    JointTest
        ``tidy()`` has effect *F test of 2 effects* with F as estimate, its second degrees of freedom as df, and
        the p-value.

    Raises
    ------
    ModelError
        When the model has no such term.

    Notes
    -----
    ``F = (L b)' (L V L')^-1 (L b) / q`` for the q effects that ``L`` picks. It is the mean of q squared t
    statistics that do not correlate; from Satterthwaite's degrees of freedom of each, ``nu``, those of F are
    ``2 E / (E - q)`` with ``E = sum(nu / (nu - 2))`` (Fai & Cornelius 1996), and 2 where one of them is 2 or less.
    Models with Kenward and Roger's degrees of freedom are tested in the same way, from the covariance that is not
    adjusted. A term that also stands in an interaction is tested where what it interacts with is zero, or the
    reference.

    References
    ----------
    Fai & Cornelius (1996), Approximate F-tests of multiple degree of freedom hypotheses in generalized least
    squares analyses of unbalanced split-plot experiments, J Stat Comput Simul 54; Kuznetsova et al. (2017), J Stat
    Softw 82(13).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from securebase_analysis.models.growth import fit_growth
    >>> child = np.repeat(np.arange(20), 3)
    >>> frame = pd.DataFrame({"child": child, "years": np.tile([0.0, 1.0, 2.0], 20), "kinship": child % 2})
    >>> frame["trust"] = 5 + 0.5 * frame["years"] * frame["kinship"] + child % 3 + np.sin(7.0 * np.arange(60))
    >>> print(joint_test(fit_growth(frame, "trust ~ years * kinship"), ["kinship", "years:kinship"]).sentence())
    kinship, years:kinship: F(2, 42.0) = 10.02, p < .001.
    """
    check_option("adjust", adjust, ADJUSTMENTS)
    check_conf_level(growth.conf_level if conf_level is None else conf_level)
    there = growth.data.fixed.terms
    tests = _each_term(there) if terms is None else [_columns(terms, there)]
    df = "satterthwaite" if growth.request.df == "kenward-roger" else growth.request.df
    found = [_f_test(growth, growth.fit, places, df) for _, places in tests]
    facts = {name: growth.facts[name] for name in SHARED_FACTS}
    if conf_level is not None:
        facts["conf_level"] = conf_level
    table = pd.DataFrame(found, columns=["estimate", "df", "p_value"]).assign(
        outcome=growth.estimates["outcome"].iloc[0],
        group="",
        effect=[f"F test of {wording.count(len(places), 'effect')}" for _, places in tests],
        term=[name for name, _ in tests],
        std_error=np.nan,
        tested=False,
    )
    note = () if df == growth.request.df else (
        "Degrees of freedom of the F are Satterthwaite's, by Fai and Cornelius, not Kenward and Roger's.",
    )  # fmt: skip
    return JointTest(
        title=f"Joint tests of the growth of {table['outcome'].iloc[0]}",
        spec={"verb": "joint_test", "terms": terms, "adjust": adjust, "conf_level": facts["conf_level"]},
        estimates=table,
        facts=facts,
        checks=growth.checks,
        notes=(*growth.notes, *note),
        simulated=growth.simulated,
        adjust=adjust,
        growth=growth,
        effects=tuple(tuple(there[place] for place in places) for _, places in tests),
    )


Test = tuple[str, list[int]]


def _f_test(growth: GrowthResult, fit: Fit, places: list[int], df: str) -> tuple[float, float, float]:
    """F, its second degrees of freedom and the p-value for the effects at these places."""
    L = np.eye(len(fit.beta))[places]
    variance, axes = np.linalg.eigh(L @ fit.vcov @ L.T)
    # Along its own axes the hypothesis is a sum of t tests that do not correlate.
    rows = axes.T @ L
    f = float(np.mean((rows @ fit.beta) ** 2 / variance))
    second = f_degrees(growth.inference(rows, df).df)
    p_value = (
        special.chdtrc(len(places), f * len(places)) if np.isinf(second) else special.fdtrc(len(places), second, f)
    )
    return f, second, float(p_value)


def f_degrees(nu: Floats) -> float:
    """Second degrees of freedom of a mean of squared t statistics, from the degrees of freedom of each.

    Parameters
    ----------
    nu : numpy.ndarray, shape (q,)
        Degrees of freedom of each t.

    Notes
    -----
    The mean of q squared t has expectation ``E / q`` with ``E = sum(nu / (nu - 2))``; the F with the same
    expectation has ``2 E / (E - q)`` (Fai & Cornelius 1996). Where a squared t has no expectation, 2.

    Examples
    --------
    >>> f_degrees(np.array([10.0, 10.0])), round(f_degrees(np.array([10.0, 20.0])), 3)
    (10.0, 13.077)
    """
    if np.isinf(nu).all() or float(nu.max() - nu.min()) < SAME:
        return float(nu.mean())
    if (nu <= 2.0).any():
        return 2.0
    excess = float(np.sum(2.0 / (nu - 2.0)))
    return 2.0 * (len(nu) + excess) / excess


# ---- which effects ---------------------------------------------------------------------------------------------


def _each_term(there: Sequence[str]) -> list[Test]:
    """Each term of the formula with its columns."""
    by_term = {name: places for name, places in columns_by_term(there).items() if name != "Intercept"}
    if not by_term:
        what = "The model has no term but the intercept."
        raise ModelError(
            _nothing_to_test(what, "fit_growth(data, 'outcome ~ years') has one; or joint_test('Intercept')")
        )
    return list(by_term.items())


def _columns(terms: str | Sequence[str], there: Sequence[str]) -> Test:
    """The columns that were named, by themselves or by their terms.

    Raises
    ------
    ModelError
        When the model has no such term.
    """
    asked = listed(terms)
    places: list[int] = []
    for name in asked:
        found = columns_called(name, there)
        if not found:
            raise ModelError(_no_term(name, there))
        places += found
    if not places:
        raise ModelError(_nothing_to_test("terms names nothing.", "Leave terms out, for a test of each term."))
    return ", ".join(map(str, asked)), list(dict.fromkeys(places))


def _nothing_to_test(what: str, fix: str) -> Problem:
    return Problem("SB-MODEL-70", "stop", what, why="A joint test is of the effects of terms.", fix=fix)


def _no_term(name: object, there: Sequence[str]) -> Problem:
    known = list(dict.fromkeys([*map(term_of, there), *there]))
    guess = nearest(name, known)
    return Problem(
        "SB-MODEL-70",
        "stop",
        f"The model has no term {name!r}.",
        column=str(name),
        why="Only what was estimated can be tested.",
        fix=f"Did you mean {guess!r}?"
        if guess
        else f"Terms are: {', '.join(dict.fromkeys(map(term_of, there)))}.",
    )
