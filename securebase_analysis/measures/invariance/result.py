"""The answer of `assess_invariance`."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from securebase_analysis.errors import check_option
from securebase_analysis.measures.invariance.cut_offs import Cuts, cuts_of_numbers
from securebase_analysis.measures.invariance.fitted_step import FittedStep
from securebase_analysis.measures.invariance.ladder import Ladder, Step
from securebase_analysis.measures.invariance.lavaan_text import lavaan_text
from securebase_analysis.measures.invariance.tables import errors_of, estimates_table
from securebase_analysis.results import wording
from securebase_analysis.results.result import Result, written

SHOWN = {
    "step": "Step", "chi2": "χ²", "chi2_scaled": "χ² scaled", "df": "df", "cfi": "CFI", "rmsea": "RMSEA",
    "cfi_scaled": "CFI scaled", "rmsea_scaled": "RMSEA scaled", "srmr": "SRMR", "cfi_robust": "CFI robust",
    "rmsea_robust": "RMSEA robust", "chi2_difference": "Δχ²", "df_difference": "Δdf", "p_value_difference": "p",
    "cfi_difference": "ΔCFI", "rmsea_difference": "ΔRMSEA", "srmr_difference": "ΔSRMR", "verdict": "Verdict",
}  # fmt: skip
INDICES = ("cfi", "rmsea", "srmr")


@dataclass(frozen=True, eq=False)
class InvarianceResult(Result):
    """A ladder of models with more and more in common over groups or waves.

    ``tidy()`` and ``glance()`` are those of the most equal model up to which every step holds (the first where
    none does); ``.parameters(step)`` gives the others.

    Attributes
    ----------
    steps : pandas.DataFrame
        One row per step: ``step, chi2, df, p_value, cfi, rmsea, rmsea_low, rmsea_high, srmr, aic, bic``,
        ``converged``, what it costs beside the step before (``chi2_difference, df_difference, p_value_difference,
        cfi_difference, rmsea_difference, srmr_difference``) and the ``verdict``. With *mlr* also ``chi2_scaled,
        p_value_scaled, scaling_factor, cfi_robust, rmsea_robust``; the differences are then scaled and robust.
        With *wlsmv* also ``cfi_scaled, rmsea_scaled, rmsea_scaled_low, rmsea_scaled_high``, of which the
        differences are; ``chi2`` is then the weighted squares, which have no p value, and there is no AIC.
    verdict : str
        What may be compared, in a sentence.
    verdicts : tuple of str
        A sentence for each step, with its figures and cut-offs.
    suggestions : pandas.DataFrame
        Score tests of the equalities that each step adds: ``step, group, term, index, p_value, change``, the
        highest first. A ladder that follows them fits this sample; free what can be explained.
    held : str
        The step whose model ``tidy()`` shows.
    """

    steps: pd.DataFrame = field(default_factory=pd.DataFrame)
    verdict: str = ""
    verdicts: tuple[str, ...] = ()
    suggestions: pd.DataFrame = field(default_factory=pd.DataFrame)
    held: Step = "configural"
    ladder: Ladder = field(default_factory=lambda: Ladder({}, (), "group"), repr=False)
    fitted: tuple[FittedStep, ...] = field(default=(), repr=False)
    cuts: Cuts = field(default_factory=lambda: cuts_of_numbers(0), repr=False)

    def parameters(self, step: Step) -> pd.DataFrame:
        """The parameters of one step.

        Parameters
        ----------
        step : {"configural", "thresholds", "metric", "scalar", "strict"}
            One that was fitted.

        Returns
        -------
        pandas.DataFrame
            ``outcome, group, effect, term, estimate, std_error, df``. Constructs have variance 1 and mean 0 in the
            first group or wave; so have, of ordered categories, residuals of what lies behind the items.
        """
        errors = errors_of(self.spec["missing"], self.spec["estimator"])
        return estimates_table(self.ladder, self._at(step), errors)

    def syntax(self, step: Step) -> str:
        """The model of one step as lavaan's text; its first line says how to run it in R.

        Parameters
        ----------
        step : {"configural", "thresholds", "metric", "scalar", "strict"}
            One that was fitted.
        """
        spec = self.spec
        grouped = f', group = "{spec["group"]}"' if spec["group"] else ""
        options = f'missing = "{spec["missing"]}", estimator = "{spec["estimator"].upper()}"'
        if spec["estimator"] == "wlsmv":
            missing = "pairwise" if spec["missing"] == "fiml" else "listwise"
            options = f'ordered = TRUE, parameterization = "theta", missing = "{missing}", estimator = "WLSMV"'
        return lavaan_text(self.ladder, self._at(step).model, f"lavaan(model, data{grouped}, {options})")

    def _at(self, step: Step) -> FittedStep:
        """The fit of a step."""
        check_option("step", step, [one.step for one in self.fitted])
        return next(one for one in self.fitted if one.step == step)

    def summary(self, conf_level: float | None = None) -> str:
        """The answer as text: title, a row per step, verdicts, what is comparable, checks that failed, notes."""
        level = self.conf_level if conf_level is None else conf_level
        checks = self.diagnostics()
        failed = checks[~checks["ok"].astype(bool)]
        parts = [self.title, written_steps(self.steps).to_string(index=False), self.verdict, *self.verdicts]
        parts.append(written(self._compared(level), level).to_string(index=False))
        parts += [self._facts_line(), *(f"! {row.check}: {row.advice}" for row in failed.itertuples())]
        return "\n\n".join([*parts, *(f"Note. {note}" for note in self.notes)])

    def _compared(self, conf_level: float) -> pd.DataFrame:
        """What the model that holds says of the constructs: means and variances where free, else the loadings."""
        table = self.tidy(conf_level)
        own = [f"{name} {end}" for name in self.ladder.constructs for end in ("~1", f"~~ {name}")]
        relative = table[table["term"].isin(own) & table["std_error"].notna()]
        return relative if len(relative) else table[table["effect"] == "loading"]

    def _repr_html_(self) -> str:
        from html import escape

        table = written_steps(self.steps).to_html(index=False, border=0, escape=True)
        said = "".join(f"<p>{escape(text)}</p>" for text in (self.verdict, *self.verdicts))
        notes = "".join(f"<p><em>Note.</em> {escape(note)}</p>" for note in self.notes)
        return f"<p><strong>{escape(self.title)}</strong></p>{table}{said}{notes}"


def written_steps(steps: pd.DataFrame) -> pd.DataFrame:
    """The table of steps in words for people: rounded, and without what is empty."""
    made = {}
    plain = ("chi2", "cfi", "rmsea") if "cfi_scaled" in steps else ()
    for name, head in SHOWN.items():
        if name not in steps or name in plain:
            continue
        if name in ("step", "verdict"):
            made[head] = list(steps[name])
        elif name.startswith("p_value"):
            made[head] = [wording.p_value(value) for value in steps[name]]
        elif name.startswith("df"):
            made[head] = [wording.df(value) for value in steps[name]]
        else:
            index = name.startswith(INDICES)
            made[head] = [wording.number(v, 3 if index else 2, leading_zero=not index) for v in steps[name]]
    return pd.DataFrame(made)
