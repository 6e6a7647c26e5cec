"""The answer of a structural equation model."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from securebase_analysis.models.sem.fitting import Fitted
from securebase_analysis.models.sem.lavaan_text import lavaan_text
from securebase_analysis.models.sem.model_comparison import compared
from securebase_analysis.models.sem.moments_in_words import explained_shares, implied_moments, residual_moments
from securebase_analysis.models.sem.ordinal_fitting import OrdinalFitted
from securebase_analysis.models.sem.scores_of_constructs import construct_scores
from securebase_analysis.models.sem.standard_units import Units, in_standard_units
from securebase_analysis.models.sem.told import fit_in_words
from securebase_analysis.models.sem.what_could_be_freed import freed
from securebase_analysis.results.inference import check_conf_level
from securebase_analysis.results.result import Result


@dataclass(frozen=True, eq=False, kw_only=True)
class SemResult(Result):
    """A structural equation model.

    Attributes
    ----------
    fitted : Fitted or OrdinalFitted
        The model, its rows and the fit.
    r_call : str
        How to fit it in R.
    """

    fitted: Fitted | OrdinalFitted
    r_call: str

    @property
    def syntax(self) -> str:
        """The whole model as lavaan's text, with every parameter, to be run in R as its first line says."""
        return lavaan_text(self.fitted.table, self.r_call)

    @property
    def parameters(self) -> pd.DataFrame:
        """The table of parameters, in lavaan's words; see `ParameterTable.frame`."""
        return self.fitted.table.frame

    def standardized(self, units: Units = "all", conf_level: float | None = None) -> pd.DataFrame:
        """The estimates in standard deviations, with errors by the delta method.

        Parameters
        ----------
        units : {"all", "latent"}
            *all*: constructs and columns are standardised (lavaan's ``std.all``); *latent*: constructs alone
            (``std.lv``).
        conf_level : float, optional
            Level of the intervals; that of the fit by default.

        Returns
        -------
        pandas.DataFrame
            The columns of ``tidy()``; variances are shares of the whole variance, covariances are correlations,
            and what is defined is made of these. What is taken as given has no error. Missing where a variance is
            not above 0.

        Notes
        -----
        In several groups each is standardised by its own standard deviations: equal parameters are then no longer
        equal.
        """
        return in_standard_units(self.fitted, units, self._level(conf_level))

    def modification_indices(self, minimum: float = 0.0) -> pd.DataFrame:
        """What chi-square would fall by, about, for each fixed or absent parameter that could be free.

        Parameters
        ----------
        minimum : float
            Leave out indices below this.

        Returns
        -------
        pandas.DataFrame
            ``group, effect, term, index, p_value, change, change_standardized``, the highest index first.

        Notes
        -----
        A score test with expected information (Sörbom 1989); after ``estimator="wlsmv"`` of the weighted squares,
        which are not scaled: an index then ranks, and its p-value holds only roughly. The list is long and every
        entry is a look at the data: a model that follows it fits this sample, and the p-values are of single tests
        that were planned.
        """
        return freed(self.fitted, minimum)

    def compared_with(self, other: SemResult) -> pd.DataFrame:
        """Whether a model with fewer restrictions fits better than chance would make it.

        Parameters
        ----------
        other : SemResult
            A model of the same rows and columns, of which one is a special case of the other, in either order.

        Returns
        -------
        pandas.DataFrame
            A row for each model, the restricted one first: ``model, n_parameters, df, chi2, cfi, rmsea, srmr, aic,
            bic``, and in the second ``chi2_difference, df_difference, p_value, scaling_factor, cfi_difference,
            rmsea_difference``.

        Raises
        ------
        ModelError
            When rows, columns or estimators differ, or neither model is a special case of the other.

        Notes
        -----
        Twice the difference of the log-likelihoods; after ``estimator="mlr"`` divided by the factor of Satorra and
        Bentler (2001). That one is a special case of the other is tried out: the general one must reproduce the
        moments that the other implies (Bentler & Satorra 2010, Psychol Methods 15).
        """
        return compared(self.fitted, other.fitted if isinstance(other, SemResult) else other)

    def residuals(self) -> pd.DataFrame:
        """What the model leaves of each mean, variance and covariance.

        Returns
        -------
        pandas.DataFrame
            ``group, kind, variable, other, observed, implied, residual, correlation_residual``; *observed* is the
            estimate without a model, from all that was observed. The last is the residual of the correlation, and
            of a mean the residual in standard deviations.
        """
        return residual_moments(self.fitted)

    def implied(self) -> pd.DataFrame:
        """Means and covariances that the model implies, constructs included.

        Returns
        -------
        pandas.DataFrame
            ``group, variable, mean`` and a column of covariances for each variable.
        """
        return implied_moments(self.fitted)

    def r_squared(self) -> pd.DataFrame:
        """The share of each variance that the model explains.

        Returns
        -------
        pandas.DataFrame
            ``group, variable, r_squared``; negative residual variances give shares above 1.
        """
        return explained_shares(self.fitted)

    def factor_scores(self) -> pd.DataFrame:
        """Where each row stands on each construct.

        Returns
        -------
        pandas.DataFrame
            One row per row used, with its index in the table; a column for each construct and
            ``<construct>_std_error``.

        Raises
        ------
        ModelError
            When the model has no construct, or ordered categories go together beyond the constructs.

        Notes
        -----
        Expected values given what was observed of the row (Thurstone 1935, the regression method); after
        ``estimator="wlsmv"`` the most likely values given the answers, with normal errors of the same curvature
        (Skrondal & Rabe-Hesketh 2004, empirical Bayes modes). They vary less than the construct, and
        as predictors or outcomes of another model they give biased paths: fit one model in place of two.
        """
        return construct_scores(self.fitted)

    def _facts_line(self) -> str:
        """How well the model fits, then rows and groups."""
        return f"{fit_in_words(self.facts)}\n\n{super()._facts_line()}"

    def _level(self, conf_level: float | None) -> float:
        level = self.conf_level if conf_level is None else conf_level
        check_conf_level(level)
        return level
