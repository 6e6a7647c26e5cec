"""Whether placements end differently in groups: Gray's test for each exit, the log-rank test for rates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.engines.incidence_tests import GroupTest, gray_test, log_rank
from securebase_analysis.errors import ModelError, Problem, nearest
from securebase_analysis.models.incidence.answer import IncidenceResult
from securebase_analysis.models.rows import check_columns
from securebase_analysis.results import wording
from securebase_analysis.results.result import Result

ANY_EXIT = "any exit"


@dataclass(frozen=True, eq=False, kw_only=True)
class IncidenceTest(Result):
    """Tests that groups do not differ, one row for each exit.

    Attributes
    ----------
    incidence : IncidenceResult
        The incidence that was tested.
    tests : tuple of GroupTest
        The tests, row by row: differences between events seen and expected, and their variance.
    """

    incidence: IncidenceResult
    tests: tuple[GroupTest, ...]

    def tidy(self, conf_level: float | None = None) -> pd.DataFrame:
        """One row per test: chi-square as estimate, its degrees of freedom as df; see `Result.tidy`."""
        return super().tidy(conf_level).assign(p_value=[test.p_value for test in self.tests])

    def augment(self) -> pd.DataFrame:
        """The rows of the incidence, as its own ``augment()`` gives them."""
        return self.incidence.augment()

    def observed(self) -> pd.DataFrame:
        """Exits that were seen less those expected if groups did not differ.

        Returns
        -------
        pandas.DataFrame
            ``outcome, group, n_rows, difference, std_error``.
        """
        cohort = self.incidence.cohort
        n = np.bincount(cohort.group)
        parts = [
            pd.DataFrame(
                {"outcome": outcome, "group": cohort.groups, "n_rows": n, "difference": test.difference,
                 "std_error": np.sqrt(np.maximum(np.diag(test.variance), 0.0))}
            )
            for outcome, test in zip(self.estimates["outcome"], self.tests)
        ]  # fmt: skip
        return pd.concat(parts, ignore_index=True)

    def sentence(self) -> str:
        """The tests in words, one line each."""
        rows = zip(self.estimates["outcome"], self.tests)
        return "\n".join(f"{outcome}: {_in_words(test)}." for outcome, test in rows)


def _in_words(test: GroupTest) -> str:
    if not test.df:
        return "the groups cannot be compared"
    return f"chi-square({test.df}) = {wording.number(test.statistic)}, {wording.p_words(test.p_value)}"


def gray_of(
    incidence: IncidenceResult, cause: str | None = None, strata: str | None = None, rho: float = 0.0
) -> IncidenceTest:
    """Gray's test that the incidence of each exit is the same in all groups.

    Parameters
    ----------
    incidence : IncidenceResult
        From ``cumulative_incidence(..., by=...)``.
    cause : str, optional
        One exit; all by default.
    strata : str, optional
        Column within whose values groups are compared.
    rho : float
        Weight of early days: the share without this exit to the power rho.

    Returns
    -------
    IncidenceTest
        ``tidy()`` has outcome = exit, effect *Gray's test*, term = the column of the groups, and chi-square as
        estimate.

    Raises
    ------
    ModelError
        When there are no groups, or no such exit.

    Notes
    -----
    See `engines.incidence_tests.gray_test`. It compares shares: what a group loses to other exits counts. Rows are
    taken as independent also where the incidence has clusters.

    Examples
    --------
    >>> from securebase_analysis.models.incidence import cumulative_incidence
    >>> frame = pd.DataFrame({
    ...     "days": [30, 60, 90, 120, 150, 180, 210, 240],
    ...     "exit": ["home", "open"] * 4, "care": ["kin", "foster"] * 4})
    >>> frame.loc[[1, 5], "exit"] = "home"
    >>> print(gray_of(cumulative_incidence(frame, "days", "exit", "open", by="care")).sentence())
    home: chi-square(1) = 1.05, p = .305.
    """
    _must_be_a_weight(rho)
    causes = _chosen(incidence, cause)
    tests = [
        gray_test(of_cause=incidence.causes.index(name) + 1, rho=rho, cause=incidence.cohort.cause,
                  **_arrays(incidence, strata))
        for name in causes
    ]  # fmt: skip
    return _answer(incidence, "gray", "Gray's test", causes, tests, cause=cause, strata=strata, rho=rho)


def log_rank_of(
    incidence: IncidenceResult, cause: str | None = None, strata: str | None = None, rho: float = 0.0
) -> IncidenceTest:
    """Log-rank test that placements of all groups end at the same rate.

    Parameters
    ----------
    incidence, strata, rho
        As for `gray_of`; rho weighs by the share still in placement (1: Peto and Peto's test).
    cause : str, optional
        The rate of one exit among those still there; of any exit by default.

    Returns
    -------
    IncidenceTest
        As `gray_of`, with effect *log-rank test*.
    """
    _must_be_a_weight(rho)
    name = ANY_EXIT if cause is None else _chosen(incidence, cause)[0]
    code = incidence.cohort.cause
    event = code > 0 if cause is None else code == incidence.causes.index(name) + 1
    test = log_rank(event=event, rho=rho, **_arrays(incidence, strata))
    return _answer(incidence, "log_rank", "log-rank test", [name], [test], cause=cause, strata=strata, rho=rho)


def _must_be_a_weight(rho: Any) -> None:
    """The power of the share is a number.

    Raises
    ------
    ModelError
        When it is not one.
    """
    if isinstance(rho, bool) or not isinstance(rho, int | float | np.number) or not np.isfinite(rho):
        raise ModelError(
            Problem(
                "SB-EVENT-34",
                "stop",
                f"rho={rho!r} is not a number.",
                why="It says how much more early days count: 0 for all alike, 1 by the share not yet left.",
                fix="rho=1.0",
            )
        )


def _arrays(incidence: IncidenceResult, strata: str | None) -> dict[str, Any]:
    """Times, groups and strata of the rows.

    Raises
    ------
    ModelError
        When there are no groups to compare.
    """
    cohort = incidence.cohort
    if len(cohort.groups) < 2:
        raise ModelError(
            Problem(
                "SB-PLACE-93",
                "stop",
                "There is one group; nothing can be compared.",
                why="The tests compare groups.",
                fix="cumulative_incidence(..., by='...') with a column of groups",
            )
        )
    stratum: NDArray[np.int64] | None = None
    if strata is not None:
        check_columns(cohort.frame, [strata])
        stratum = pd.factorize(cohort.frame[strata], use_na_sentinel=False)[0].astype(np.int64)
    return {
        "stop": cohort.stop,
        "group": cohort.group,
        "n_groups": len(cohort.groups),
        "start": cohort.start,
        "stratum": stratum,
    }


def _chosen(incidence: IncidenceResult, cause: str | None) -> list[str]:
    """The exits to test."""
    if cause is None:
        return list(incidence.causes)
    if str(cause) not in incidence.causes:
        guess = nearest(cause, incidence.causes)
        raise ModelError(
            Problem(
                "SB-PLACE-94",
                "stop",
                f"There is no exit {cause!r}.",
                why=f"Exits are: {', '.join(incidence.causes)}.",
                fix=f"cause={guess or incidence.causes[0]!r}",
            )
        )
    return [str(cause)]


def _answer(
    incidence: IncidenceResult,
    verb: str,
    effect: str,
    outcomes: list[str],
    tests: Iterable[GroupTest],
    **spec: Any,
) -> IncidenceTest:
    tests = tuple(tests)
    by, strata = incidence.spec["by"], spec["strata"]
    table = pd.DataFrame(
        {
            "outcome": outcomes,
            "group": "",
            "effect": effect,
            "term": by if strata is None else f"{by} within {strata}",
            "estimate": [test.statistic for test in tests],
            "std_error": np.nan,
            "df": [float(test.df) if test.df else np.nan for test in tests],
            "tested": False,
        }
    )
    independent = (
        (f"{effect[0].upper()}{effect[1:]} takes rows as independent; it does not allow for clusters.",)
        if incidence.cohort.cluster is not None
        else ()
    )
    return IncidenceTest(
        title=f"Whether placements end differently by {by}",
        spec={"verb": verb, **spec},
        estimates=table,
        facts=incidence.facts,
        checks=incidence.checks,
        notes=(*incidence.notes, *independent),
        simulated=incidence.simulated,
        incidence=incidence,
        tests=tests,
    )
