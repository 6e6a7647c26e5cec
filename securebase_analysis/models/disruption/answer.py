"""The answer of a model of disruption: log hazards or hazard ratios, curves and tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis.engines.frailty import theta_profile
from securebase_analysis.engines.profile_hazard_ratio import profile_interval
from securebase_analysis.engines.proportional_hazards import Transform
from securebase_analysis.engines.ranking_of_risks import concordance
from securebase_analysis.errors import check_option
from securebase_analysis.models.disruption.curves import expected_curves
from securebase_analysis.models.disruption.detectable import POWER, detectable_ratios
from securebase_analysis.models.disruption.door import RowsAtRisk
from securebase_analysis.models.disruption.fitting import Fitted
from securebase_analysis.models.disruption.term_tests import joint_tests, proportionality
from securebase_analysis.models.disruption.written import written_ratios
from securebase_analysis.models.moderation.detectable import check_power
from securebase_analysis.results.inference import Floats, check_conf_level, critical_value, wald_interval
from securebase_analysis.results.result import Result


@dataclass(frozen=True, eq=False, kw_only=True)
class DisruptionResult(Result):
    """Hazard ratios of disruption.

    Attributes
    ----------
    at_risk : RowsAtRisk
        The rows that were used, on the clock of the model.
    fit : Fitted
        The fit.
    """

    at_risk: RowsAtRisk
    fit: Fitted
    _kept: dict[Any, Any] = field(default_factory=dict, repr=False)

    def tidy(self, conf_level: float | None = None, exponentiate: bool = False) -> pd.DataFrame:
        """One row per term: log hazards, or hazard ratios.

        Parameters
        ----------
        conf_level : float, optional
            Level of the intervals; that of the fit by default.
        exponentiate : bool
            Give hazard ratios with the ends of their intervals; the standard error is then that of the ratio, by
            the delta method (ratio times the standard error of its logarithm). Statistic, df and p-value stay
            those of the log hazard. The variance of a frailty is never exponentiated.

        Returns
        -------
        pandas.DataFrame
            ``outcome, group, effect, term, estimate, std_error, statistic, df, p_value, conf_low, conf_high``.
        """
        check_option("exponentiate", exponentiate, (True, False))
        table = super().tidy(conf_level)
        if not exponentiate:
            return table
        hazard = (table["effect"] == "hazard").to_numpy()
        with np.errstate(over="ignore"):
            for name in ("estimate", "conf_low", "conf_high"):
                table[name] = np.where(hazard, np.exp(table[name]), table[name])
        table["std_error"] = np.where(hazard, table["std_error"] * table["estimate"], table["std_error"])
        return table

    def _interval(self, conf_level: float) -> tuple[Floats, Floats]:
        """Wald intervals; those of the profile likelihood for infinite estimates and for a frailty's variance."""
        known = self._columns
        low, high = wald_interval(known["estimate"], known["std_error"], known["df"], conf_level)
        quantile = float(critical_value(conf_level, np.inf))
        for place in np.flatnonzero(self.fit.runaway):
            low[place], high[place] = self._once(
                ("ratio", int(place), quantile), lambda j=place: profile_interval(self.fit.cox, int(j), quantile)
            )
        if (frailty := self.fit.frailty) is not None:
            low[-1], high[-1] = self._once(("theta", quantile), lambda: theta_profile(frailty).interval(quantile))
        return low, high

    def _once(self, key: Any, make: Any) -> Any:
        """What is costly to make is made when it is first asked for."""
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    def glance(self) -> pd.DataFrame:
        """One row about the whole, with the concordance of the fitted hazards with the order of events."""
        table = super().glance()
        return table if self.fit.subdistribution is not None else table.assign(concordance=self.concordance)

    @property
    def concordance(self) -> float:
        """Share of pairs in which the one that ended first had the higher fitted hazard (Harrell's C)."""
        surface = self.fit.cox.at.surface
        made = self._once(
            "concordance", lambda: concordance(surface.sets, self.linear_predictor, surface.weight).value
        )
        return float(made)

    @property
    def linear_predictor(self) -> Floats:
        """Log relative hazard of each row, with its frailty where there is one, shape (rows,)."""
        link = self.fit.finite @ self.at_risk.X.values
        if self.fit.frailty is not None and self.at_risk.frailty is not None:
            link = link + self.fit.frailty.log_frailty[self.at_risk.frailty]
        return np.asarray(link, dtype=float)

    def curve(self, rows: Any, times: Any = None, conf_level: float | None = None) -> pd.DataFrame:
        """What the model expects for children with given predictors that do not change.

        Parameters
        ----------
        rows : pandas.DataFrame
            One row for each curve, with the columns of the formula, and of the strata (with *pwp* also ``enum``,
            the number of the move).
        times : number or array_like, optional
            Days; by default every day with an event, and the last day seen.
        conf_level : float, optional
            Level of the intervals; that of the fit by default.

        Returns
        -------
        pandas.DataFrame
            ``row`` (from 1), ``stratum`` where there are some, ``time``, ``cumulative_hazard``; for *cox*
            ``remaining``, the share to which the event has not happened if nothing else ends a stay, with
            ``std_error, conf_low, conf_high``; for *fine-gray* ``incidence``, the share that has ended in this
            way. Beyond the last day seen, missing.

        Raises
        ------
        ModelError
            With frailty, or where a ratio is infinite.

        Notes
        -----
        Efron's or Breslow's baseline as in the fit; the interval of ``remaining`` is taken on the scale of its
        logarithm (Tsiatis 1981, Ann Stat 9). Of an incidence no interval is given: that of `cumulative_incidence`
        by groups is the one to show. With a `cause`, ``remaining`` is no share of children: they leave in other
        ways too.
        """
        level = self._level(conf_level)
        return expected_curves(self.at_risk, self.fit, rows, times, level)

    def proportional_hazards(self, transform: Transform = "km") -> pd.DataFrame:
        """Whether each ratio changes with time (Grambsch & Therneau 1994).

        Parameters
        ----------
        transform : {"km", "rank", "identity", "log"}
            The function of time with which it may change.

        Returns
        -------
        pandas.DataFrame
            ``term, chi2, df, p_value``, a row for each term of the formula and one for all. Missing
            where a ratio is infinite; with frailty, that of the model without it.

        Notes
        -----
        The score test of a coefficient that changes in proportion to the function of time; rows count as
        independent. For *fine-gray* the weights of those who left in another way count as known; *identity* and
        *log* are then what ``cox.zph`` gives for ``finegray`` data, *km* and *rank* are of the rows themselves.
        """
        return proportionality(self.at_risk, self.fit, transform)

    def joint_test(self, terms: str | Sequence[str] | None = None) -> pd.DataFrame:
        """Wald tests that several log hazards are zero together.

        Parameters
        ----------
        terms : str or sequence of str, optional
            Terms of the formula or single columns, all in one test; by default each term of the formula by itself.

        Returns
        -------
        pandas.DataFrame
            ``term, chi2, df, df_residual, p_value``; with few clusters the p-value is that of ``F = chi2 / df``.
        """
        return joint_tests(self.at_risk, self.fit, terms)

    def detectable(self, power: float = POWER) -> pd.DataFrame:
        """The smallest hazard ratios that so many events find; see `detectable_ratios`.

        Parameters
        ----------
        power : float
            Share of samples in which a true ratio of that size is found, by a test at one minus the level of the
            intervals.

        Returns
        -------
        pandas.DataFrame
            ``term, per, n_events, ratio_above, ratio_below``.
        """
        check_power(power)
        return detectable_ratios(self.at_risk, self.fit, 1.0 - self.conf_level, power)

    def _level(self, conf_level: float | None) -> float:
        level = self.conf_level if conf_level is None else conf_level
        check_conf_level(level)
        return level

    def _shown(self, conf_level: float) -> pd.DataFrame:
        return written_ratios(self.tidy(conf_level), self.tidy(conf_level, exponentiate=True), conf_level)
