"""The answer of a growth model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from securebase_analysis.engines.contrast_inference import ContrastInference
from securebase_analysis.errors import check_option
from securebase_analysis.models.growth import prediction, shared_carers
from securebase_analysis.models.growth.average_change import average_change
from securebase_analysis.models.growth.checks import diagnostics_of
from securebase_analysis.models.growth.column_products import ColumnProducts
from securebase_analysis.models.growth.estimates import estimates_of, facts_of
from securebase_analysis.models.growth.explained import explained
from securebase_analysis.models.growth.fits import Fit
from securebase_analysis.models.growth.fitting import fitted
from securebase_analysis.models.growth.grouped_rows import GroupedRows
from securebase_analysis.models.growth.request import DF_WORDS, Request
from securebase_analysis.models.growth.shared_carers import DesignEffect
from securebase_analysis.models.growth.structure import groups_sentence
from securebase_analysis.models.growth.unanswerable import check_rows_to_refit, far_scales
from securebase_analysis.models.rows import Ints
from securebase_analysis.results import wording
from securebase_analysis.results.inference import Floats, critical_value, wald_interval
from securebase_analysis.results.result import Result

if TYPE_CHECKING:
    from securebase_analysis.models.after_growth.comparison import GrowthComparison
    from securebase_analysis.models.after_growth.influence import Influence
    from securebase_analysis.models.after_growth.intervals import GrowthIntervals, IntervalMethod
    from securebase_analysis.models.after_growth.joint_tests import JointTest
    from securebase_analysis.models.after_growth.marginal_means import MarginalMeans
    from securebase_analysis.models.after_growth.reference_grid import Weights
    from securebase_analysis.models.after_growth.resampled_test import ResampledTest
    from securebase_analysis.models.after_growth.slopes import SimpleSlopes
    from securebase_analysis.models.after_growth.wild_clusters import Multipliers
    from securebase_analysis.results.families import Adjustment


@dataclass(frozen=True, eq=False, kw_only=True)
class GrowthResult(Result):
    """A fitted growth model.

    Attributes
    ----------
    spec : Request
        What was asked, in one form.
    fit : Fit
        The fit in arrays.
    data : GroupedRows
        The rows, columns and groups it was made from.
    """

    spec: Request
    fit: Fit
    data: GroupedRows

    # ---- the contract ------------------------------------------------------------------------------------------

    def _interval(self, conf_level: float) -> tuple[Floats, Floats]:
        """Wald's interval, on the scale of the logarithm for what cannot be negative."""
        table = self._columns
        estimate, std_error = (np.asarray(table[name], dtype=float) for name in ("estimate", "std_error"))
        low, high = wald_interval(estimate, std_error, table["df"], conf_level)
        half = critical_value(conf_level, np.inf) * std_error
        scale = np.asarray(table["scale"], dtype=object)
        with np.errstate(all="ignore"):
            positive = scale == "log"
            factor = np.exp(half / estimate)
            low, high = np.where(positive, estimate / factor, low), np.where(positive, estimate * factor, high)
            if (bounded := scale == "atanh").any():
                z, half = np.arctanh(estimate), half / (1.0 - estimate**2)
                low, high = np.where(bounded, np.tanh(z - half), low), np.where(bounded, np.tanh(z + half), high)
        return low, high

    def augment(self) -> pd.DataFrame:
        """The rows used, with what the model says of each.

        Returns
        -------
        pandas.DataFrame
            The columns given and ``fitted`` (fixed and random effects), ``fitted_fixed`` (fixed effects alone) and
            ``residual`` (observed minus fitted). For outcomes that are not normal the first two are expected
            values: probabilities or counts, and the mean place of an ordinal answer. A column given that has one
            of these names is kept as ``fitted_given``.
        """
        fit, data = self.fit, self.data
        rows = data.frame[data.used] if not data.used.all() else data.frame
        whole, fixed = prediction.expected(fit, data)
        found = {"fitted": whole, "fitted_fixed": fixed, "residual": data.outcome.values[0] - whole}
        return prediction.beside(rows, found)

    def diagnostics(self) -> pd.DataFrame:
        """Rows of check, value, threshold, ok and advice; whether children share a carer is looked up here."""
        shared = shared_carers.shared_rows(self.request, self.data)
        return pd.concat([self.checks, pd.DataFrame(shared)], ignore_index=True) if shared else self.checks.copy()

    def summary(self, conf_level: float | None = None) -> str:
        """The answer as text: one plain sentence, what shared carers change, the terms, failed checks, notes."""
        level = self.conf_level if conf_level is None else conf_level
        parts = [
            self.sentence(level),
            shared_carers.shared_sentence(self.request, self.fit, self.data),
            super().summary(level),
        ]
        return "\n\n".join(part for part in parts if part)

    def sentence(self, conf_level: float | None = None) -> str:
        """Who was studied and how the outcome changes on average, in words.

        Parameters
        ----------
        conf_level : float, optional
            Level of the interval; that of the fit by default.
        """
        level = self.conf_level if conf_level is None else conf_level
        head = f"{wording.count(self.data.n_rows, 'row')} of {groups_sentence(self.data)}."
        return f"{head} {average_change(self.request, self.fit, self.data, level)}".strip()

    def _facts_line(self) -> str:
        facts, data = self.facts, self.data
        r2 = [wording.number(float(facts[name]), leading_zero=False) for name in ("r2_marginal", "r2_conditional")]
        excluded = int(facts["n_excluded"])
        left_out = f"{wording.count(excluded, 'row')} not used" if excluded else "none left out"
        how = f" by {self.fit.words}" if self.fit.words else ""
        sigma = f"residual SD {wording.number(float(facts['sigma']))}, " if np.isfinite(facts["sigma"]) else ""
        return (
            f"{wording.count(data.n_rows, 'row')} of {groups_sentence(data)}; {left_out}. "
            f"{str(facts['method']).upper()}{how}, {DF_WORDS[str(self.spec['df'])]} degrees of freedom; {sigma}"
            f"ICC {wording.number(float(facts['icc']), leading_zero=False)}, "
            f"R² {r2[0]} (fixed), {r2[1]} (fixed and random)."
        )

    # ---- after the fit -----------------------------------------------------------------------------------------

    @property
    def request(self) -> Request:
        """What was asked, in one form; another word for `spec`."""
        return self.spec

    def inference(self, rows: Floats | None = None, df: str | None = None) -> ContrastInference:
        """Standard errors and degrees of freedom of contrasts of the fixed effects.

        Parameters
        ----------
        rows : numpy.ndarray, shape (contrasts, terms), optional
            Multipliers of the fixed effects, in the order of the terms; each fixed effect by itself by default.
        df : {"satterthwaite", "kenward-roger", "normal", "residual"}, optional
            That of the fit by default.
        """
        return self.fit.inference(rows, df or self.request.df, self.data.n_rows)

    def level_of(self, factor: str) -> tuple[Ints, int]:
        """The level of a grouping factor in each row used, and how many levels there are."""
        found = self.data.factor(factor)
        return found.code, found.n_levels

    def random_effects(self, factor: str | None = None, conf_level: float | None = None) -> pd.DataFrame:
        """How far each child (carer, agency) lies from the average one: best linear unbiased predictions.

        Parameters
        ----------
        factor : str, optional
            Which grouping factor; the first by default.
        conf_level : float, optional
            Level of the intervals; that of the fit by default.

        Returns
        -------
        pandas.DataFrame
            The key of the group, ``term, estimate, std_error, conf_low, conf_high``, one row per group and term.
            ``std_error`` is the conditional standard deviation, the estimates of the model taken as known.

        Examples
        --------
        >>> import numpy as np, pandas as pd
        >>> from securebase_analysis.models.growth import fit_growth
        >>> child = np.repeat(np.arange(20), 3)
        >>> frame = pd.DataFrame({"child": child, "years": np.tile([0.0, 1.0, 2.0], 20)})
        >>> frame["trust"] = 5 + 0.5 * frame["years"] + child % 4 + np.sin(7.0 * np.arange(60))
        >>> effects = fit_growth(frame, "trust ~ years").random_effects()
        >>> effects[["child", "term", "estimate"]].round(2).head(2).values.tolist()
        [[0, 'Intercept', -0.92], [1, 'Intercept', -0.28]]
        """
        data = self.data
        place = data.factors.index(data.factor(factor or data.factors[0].name))
        chosen, (effects, covariance) = data.factors[place], self.fit.effects()[place]
        terms = chosen.random.terms
        estimate = effects.T.ravel()
        std_error = np.sqrt(np.maximum(np.einsum("aag->ga", covariance), 0.0)).ravel()
        low, high = wald_interval(estimate, std_error, np.inf, conf_level or self.conf_level)
        level, which = np.divmod(np.arange(len(estimate)), len(terms))
        keys = {name: chosen.keys[name].array.take(level) for name in chosen.keys}
        of_terms = {"term": pd.array(list(terms), dtype="str").take(which), "estimate": estimate}
        return pd.DataFrame(
            keys | of_terms | {"std_error": std_error, "conf_low": low, "conf_high": high}, copy=False
        )

    def predict(
        self,
        new_data: pd.DataFrame,
        interval: prediction.Interval | None = None,
        conf_level: float | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> pd.DataFrame:
        """What the model expects for other rows, and how far that may be off.

        Parameters
        ----------
        new_data : pandas.DataFrame
            The predictors of the formula, and the groups where they are known to the model.
        interval : {"mean", "new"}, optional
            Of the expected value of the child in that row, or of a new measurement of it; none by default.
        conf_level : float, optional
            Level of the interval; that of the fit by default.
        members : mapping, optional
            As in `fit_growth`: the days of the children in `new_data` with each carer. Without them the carers of
            a model that was fitted with `members` are taken from the column ``carer``, and for unknown where there
            is none.

        Returns
        -------
        pandas.DataFrame
            `new_data` with ``fitted`` and ``fitted_fixed``; for children that the model has not seen the two are
            the same. With an interval also ``std_error, conf_low, conf_high`` around ``fitted``. Missing where a
            predictor is missing.

        Raises
        ------
        ModelError
            When an interval is asked for that the model does not have, or for rows that belong in part to carers
            it has not seen.
        DataError
            When a predictor has a label that the model has not seen.

        Notes
        -----
        The standard error is that of ``x'beta_hat + z'b_hat`` as a prediction of ``x'beta + z'b``, from
        Henderson's mixed-model equations; *new* adds the residual variance. How far a child that the model has not
        seen lies from the average one is not known, and its interval includes that: it is the interval of one
        child, not of the mean of many. The degrees of freedom are Satterthwaite's for this variance, and what it
        lacks because the variances are estimated is added (Kackar & Harville 1984; Prasad & Rao 1990), unless the
        model was fitted with df *normal* or *residual*. An interval for rows far from those observed rests on the
        line being straight.

        References
        ----------
        Henderson (1975), Biometrics 31; Robinson (1991), That BLUP is a good thing, Stat Sci 6.

        Examples
        --------
        >>> import numpy as np, pandas as pd
        >>> from securebase_analysis.models.growth import fit_growth
        >>> child = np.repeat(np.arange(20), 3)
        >>> frame = pd.DataFrame({"child": child, "years": np.tile([0.0, 1.0, 2.0], 20)})
        >>> frame["trust"] = 5 + 0.5 * frame["years"] + child % 4 + np.sin(7.0 * np.arange(60))
        >>> new = pd.DataFrame({"child": [0, 99], "years": [3.0, 3.0]})
        >>> found = fit_growth(frame, "trust ~ years").predict(new, interval="mean")
        >>> found[["fitted", "conf_low", "conf_high"]].round(2).values.tolist()
        [[7.07, 6.44, 7.7], [7.99, 5.23, 10.76]]
        """
        return prediction.predicted(self.fit, self.data, self.request, new_data, interval, conf_level, members)

    def sentence_for(
        self, new_data: pd.DataFrame, interval: prediction.Interval = "mean", conf_level: float | None = None
    ) -> str:
        """The prediction for one child in words, without naming it.

        Parameters
        ----------
        new_data : pandas.DataFrame
            One row; the first is used where there are more.
        interval, conf_level
            As in `predict`.
        """
        level = self.conf_level if conf_level is None else conf_level
        return prediction.sentence(self.fit, self.data, self.request, new_data, interval, level)

    def explained(self) -> pd.DataFrame:
        """How much of the variance lies in the fixed effects, in each grouping factor, and in the residual.

        Returns
        -------
        pandas.DataFrame
            ``part`` (*fixed*, each factor, *residual*), ``variance``, ``share`` of the whole, and ``icc``: the
            factor's share of what the fixed effects leave. The share of *fixed* is the marginal R², that and the
            factors' together the conditional R².

        Notes
        -----
        The variance of the fixed part is taken over the rows, that of a factor as the mean over the rows (Johnson
        2014 for random slopes). For families other than *gaussian* all is on the scale of the link: the residual
        is ``pi^2 / 3`` for *binomial* and *ordinal*, and for counts with the mean m ``ln(1 + 1/m)``, or
        ``ln(1 + 1/m + 1/theta)`` for *negative-binomial*. Shares on the scale of a link are not shares of the
        counts or answers themselves. A share says how much of the differences in these data a part goes with, not
        how much it brings about.

        References
        ----------
        Nakagawa & Schielzeth (2013), Methods Ecol Evol 4; Johnson (2014), Methods Ecol Evol 5; Nakagawa, Johnson &
        Schielzeth (2017), J R Soc Interface 14.

        Examples
        --------
        >>> import numpy as np, pandas as pd
        >>> from securebase_analysis.models.growth import fit_growth
        >>> child = np.repeat(np.arange(20), 3)
        >>> frame = pd.DataFrame({"child": child, "years": np.tile([0.0, 1.0, 2.0], 20)})
        >>> frame["trust"] = 5 + 0.5 * frame["years"] + child % 4 + np.sin(7.0 * np.arange(60))
        >>> fit_growth(frame, "trust ~ years").explained()[["part", "share"]].round(2).values.tolist()
        [['fixed', 0.08], ['child', 0.8], ['residual', 0.12]]
        """
        return explained(self.request, self.fit, self.data)

    def design_effect(self, factor: str = "carer") -> DesignEffect:
        """What ignoring a shared carer does to the standard errors.

        Parameters
        ----------
        factor : str
            A grouping factor of the model, which is left out; or a column of the data, which is put in.

        Returns
        -------
        DesignEffect
            A frame with a row for each fixed effect, and a sentence.

        Raises
        ------
        ModelError
            When the factor is the only one of the model, or there is no such column.

        Notes
        -----
        Both models are fitted; ``design_effect`` is the ratio of the two variances of an estimate (Kish 1965).
        Standard errors of what differs between carers shrink when carers are ignored, those of what differs within
        them may grow: the carers' share of the variance then counts as residual.

        Examples
        --------
        >>> import numpy as np, pandas as pd
        >>> from securebase_analysis.models.growth import fit_growth
        >>> child = np.repeat(np.arange(20), 3)
        >>> frame = pd.DataFrame({"child": child, "years": np.tile([0.0, 1.0, 2.0], 20)})
        >>> frame["trust"] = 5 + 0.5 * frame["years"] + child % 4 + np.sin(7.0 * np.arange(60))
        >>> frame["carer"] = child // 2
        >>> fit_growth(frame, "trust ~ years").design_effect("carer").sentence().split(";")[0]
        '20 of 20 children share a carer'
        """
        return shared_carers.design_effect(self.request, self.fit, self.data, factor)

    def influence(self, by: str | None = None, *, show_ids: bool = False) -> Influence:
        """The model fitted again without each child, carer or wave; see `after_growth.influence.influence`."""
        from securebase_analysis.models.after_growth.influence import influence

        return influence(self, by, show_ids=show_ids)

    def intervals(
        self,
        method: IntervalMethod = "profile",
        terms: str | Sequence[str] | None = None,
        conf_level: float | None = None,
        **options: Any,
    ) -> GrowthIntervals:
        """Profile or bootstrap intervals, also for variances; see `after_growth.intervals.intervals`."""
        from securebase_analysis.models.after_growth.intervals import intervals

        return intervals(self, method, terms, conf_level, **options)

    def permutation_test(self, term: str, **options: Any) -> ResampledTest:
        """A test of a predictor by rearranging it; see `after_growth.resampling_tests.permutation_test`."""
        from securebase_analysis.models.after_growth.permutation import permutation_test

        return permutation_test(self, term, **options)

    def wild_bootstrap(
        self, term: str, by: str = "carer", weights: Multipliers | None = None, **options: Any
    ) -> ResampledTest:
        """A test for few clusters; see `after_growth.resampling_tests.wild_cluster_bootstrap`."""
        from securebase_analysis.models.after_growth.wild_clusters import wild_cluster_bootstrap

        return wild_cluster_bootstrap(self, term, by, weights, **options)

    def marginal_means(
        self,
        by: str | Sequence[str] = (),
        at: Mapping[str, Any] | None = None,
        weights: Weights = "equal",
        response: bool = False,
        conf_level: float | None = None,
    ) -> MarginalMeans:
        """The means expected at chosen values, all else held alike; see `after_growth.marginal_means`."""
        from securebase_analysis.models.after_growth.marginal_means import marginal_means

        return marginal_means(self, by, at, weights, response, conf_level)

    def simple_slopes(
        self,
        of: str,
        at: Mapping[str, Any] | None = None,
        weights: Weights = "equal",
        adjust: Adjustment = "none",
        response: bool = False,
        conf_level: float | None = None,
    ) -> SimpleSlopes:
        """The slope of a column where what it interacts with is held; see `after_growth.slopes.simple_slopes`."""
        from securebase_analysis.models.after_growth.slopes import simple_slopes

        return simple_slopes(self, of, at, weights, adjust, response, conf_level)

    def joint_test(
        self,
        terms: str | Sequence[str] | None = None,
        adjust: Adjustment = "none",
        conf_level: float | None = None,
    ) -> JointTest:
        """Whether several fixed effects are zero together: an F test; see `after_growth.joint_tests`."""
        from securebase_analysis.models.after_growth.joint_tests import joint_test

        return joint_test(self, terms, adjust, conf_level)

    def compared_with(
        self, other: GrowthResult | Mapping[str, Any], conf_level: float | None = None
    ) -> GrowthComparison:
        """A likelihood-ratio test against a smaller or larger model; see `after_growth.comparison.compared`."""
        from securebase_analysis.models.after_growth.comparison import compared

        return compared(self, other, conf_level)

    def by_ml(self) -> GrowthResult:
        """The same model by maximum likelihood, whose AIC and BIC compare models with other fixed effects.

        Degrees of freedom are Satterthwaite's where they were Kenward and Roger's, which need REML.
        """
        return self.refitted(method="ml")

    def refitted(self, outcome: Floats | None = None, keep: Any = None, method: str | None = None) -> GrowthResult:
        """The same model of another outcome, on some of the rows, or by another method.

        Parameters
        ----------
        outcome : numpy.ndarray, shape (rows used,), optional
            Values in place of those observed.
        keep : numpy.ndarray of bool, shape (rows used,), optional
            Rows to keep.
        method : {"reml", "ml"}, optional
            In place of that of the fit.

        Raises
        ------
        ModelError
            When there is not one finite number or mark for each row used, or no row is kept.
        """
        data = self.data
        if method is not None:
            check_option("method", method, ("reml", "ml"))
        check_rows_to_refit(data.n_rows, outcome, keep)
        data = data if outcome is None else data.with_outcome(outcome)
        data = data if keep is None else data.only(np.asarray(keep, dtype=bool))
        asked = self.request if method is None else self.request.but(method=method)
        if asked.method == "ml" and asked.df == "kenward-roger":
            asked = asked.but(df="satterthwaite")
        return answer(asked, fitted(data, asked), data, ColumnProducts.of_rows(data), self.notes)


OF_BOUNDARY = "A variance or correlation lies on its boundary; variances have no standard error or interval there."


def answer(
    request: Request, fit: Fit, rows: GroupedRows, products: ColumnProducts, notes: tuple[str, ...] = ()
) -> GrowthResult:
    """Wrap a fit in the contract."""
    outcome = rows.outcome.terms[0]
    said = dict.fromkeys([*notes, *(problem.sentence for problem in far_scales(rows, products))])
    said.pop(OF_BOUNDARY, None)
    said.update(dict.fromkeys(_of_residuals(request, fit)))
    return GrowthResult(
        title=f"Growth of {outcome}: {request.formula}, random {request.random_words}",
        spec=request,
        estimates=estimates_of(request, fit, rows),
        facts=facts_of(request, fit, rows),
        checks=partial(diagnostics_of, fit, rows, products),
        notes=(*said, OF_BOUNDARY) if fit.singular else tuple(said),
        fit=fit,
        data=rows,
    )


def _of_residuals(request: Request, fit: Fit) -> list[str]:
    """Whose residual variance it is, where rows differ in it."""
    first = next((term.term for term in fit.further_terms() if term.term.startswith("sd(")), "")
    whose = [f"of rows with {request.variance_by} {first.split('/ sd(')[1][:-1]!r}"] if first else []
    whose += [f"of a row with a weight ({request.weights}) of 1"] if request.weights else []
    return [f"var(residual) is the residual variance {' and '.join(whose)}."] if whose else []
