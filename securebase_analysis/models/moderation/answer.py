"""The answer of a moderation model: a planned family of interactions, and what each of them looks like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from securebase_analysis.errors import ModelError, Problem, check_option, nearest
from securebase_analysis.models.growth import GrowthResult
from securebase_analysis.models.moderation.detectable import POWER, check_power, detectable
from securebase_analysis.models.moderation.regions import Control, johnson_neyman_regions
from securebase_analysis.models.moderation.sides import Interaction, Side
from securebase_analysis.models.moderation.slopes import At, expected_lines, slopes_at
from securebase_analysis.models.moderation.told import family_sentence, passing_sentence, written_family
from securebase_analysis.results import wording
from securebase_analysis.results.inference import check_conf_level
from securebase_analysis.results.result import Result

Pair = tuple[str, str] | str
LINE_POINTS = 41


@dataclass(frozen=True, eq=False, kw_only=True)
class ModerationResult(Result):
    """Interactions of dimensions on one outcome, tested as one planned family.

    Attributes
    ----------
    models : mapping
        The growth model behind each pair of columns; numbers are centred there (``availability_centred``), and
        coefficients are per point.
    interactions : tuple of Interaction
        What was multiplied with what.
    """

    models: Mapping[tuple[str, str], GrowthResult]
    interactions: tuple[Interaction, ...]

    @property
    def alpha(self) -> float:
        """The level of the tests: one minus that of the intervals."""
        return 1.0 - self.conf_level

    def family(self, conf_level: float | None = None, power: float = POWER) -> pd.DataFrame:
        """The planned family: each interaction with raw and adjusted p, and what this sample could have found.

        Parameters
        ----------
        conf_level : float, optional
            Level of the intervals; that of the request by default.
        power : float, default 0.8
            Power of the smallest detectable effect.

        Returns
        -------
        pandas.DataFrame
            ``first, second, effect, term, estimate, std_error, statistic, df, p_value, p_adjusted, conf_low,
            conf_high`` as in ``tidy()``; ``detectable``, the smallest true effect that a test of this interaction
            alone finds with this power, and ``detectable_in_family``, the same at the level that the smallest p of
            the family must pass; ``per_point`` and ``per_sd``, the estimate in both units; ``n_rows, n_children``,
            and ``fewest_children``, how many children there are in the emptiest corner of the two.

        Notes
        -----
        The smallest detectable effect takes the standard error as it was found; it plans the next sample, and does
        not say how likely the present estimate is to be right.
        """
        check_power(power)
        tidy, kept = self.adjusted(conf_level), self.estimates.reset_index(drop=True)
        std_error, df = tidy["std_error"].to_numpy(), tidy["df"].to_numpy()
        n_tests = int(tidy["p_value"].notna().sum())
        table = tidy.drop(columns=["outcome", "group"])
        table.insert(0, "first", kept["first"])
        table.insert(1, "second", kept["second"])
        p_adjusted = table.pop("p_adjusted")
        table.insert(table.columns.get_loc("p_value") + 1, "p_adjusted", p_adjusted)
        table["detectable"] = detectable(std_error, df, self.alpha, power)
        table["detectable_in_family"] = detectable(std_error, df, self.alpha / max(n_tests, 1), power)
        more = ["per_point", "per_sd", "n_rows", "n_children", "fewest_children"]
        return table.assign(**{name: kept[name] for name in more})

    def slopes(
        self,
        pair: Pair | None = None,
        at: At | None = None,
        of: str | None = None,
        conf_level: float | None = None,
    ) -> pd.DataFrame:
        """Simple slopes: how the outcome changes with one of a pair where the other has chosen values.

        Parameters
        ----------
        pair : tuple of str, optional
            The two, in any order; needed where there are several interactions.
        at : sequence of str or float, optional
            Values of the moderator: numbers in its own unit, ``"mean"``, ``"+1 SD"``, or labels. By default one
            standard deviation below the mean, the mean, and one above; for groups each of them.
        of : str, optional
            Whose slope; by default the first of the pair. The other one is the moderator.
        conf_level : float, optional
            Level of the intervals; that of the request by default.

        Returns
        -------
        pandas.DataFrame
            ``of, moderator, at, value, estimate, std_error, statistic, df, p_value, conf_low, conf_high`` per
            point of `of`; ``n_children``, those with a row within half a standard deviation of the value (with the
            label); ``within_data``, False where the value lies beyond every child.

        Notes
        -----
        The slope of x at z is b_x + b_xz (z - mean of z), its variance comes from their covariances, and its
        degrees of freedom are found for this very sum. Other predictors that x is multiplied with are at their
        means.
        """
        interaction, side, moderator = self._chosen(pair, of)
        return slopes_at(interaction, side, moderator, at, self._level(conf_level))

    def johnson_neyman(
        self,
        pair: Pair | None = None,
        of: str | None = None,
        control: Control = "pointwise",
        conf_level: float | None = None,
    ) -> pd.DataFrame:
        """Where on the moderator the interval of the slope leaves out zero, within the data.

        Parameters
        ----------
        pair : tuple of str, optional
            The two, in any order; needed where there are several interactions.
        of : str, optional
            Whose slope; by default the first of the pair. The other one is the moderator.
        control : {"pointwise", "fdr"}
            Intervals that hold at each value by itself; or wider ones, by which the share of false discoveries is
            held over the different values of the moderator that were observed.
        conf_level : float, optional
            Level of the intervals; that of the request by default.

        Returns
        -------
        pandas.DataFrame
            The observed range of the moderator in stretches: ``of, moderator, low, high``, ``interval`` (*above
            zero*, *below zero* or *holds zero*), ``slope_low, slope_high`` at the two ends, ``share_rows`` and
            ``share_children`` with a row in it, and the ``level`` of the intervals that was used.

        Notes
        -----
        The ends are where ``|b_x + b_xz z| = t(df(z)) se(z)``; degrees of freedom change along the moderator, so
        they are found by halving, not from the quadratic. *pointwise* regions are read as one claim too easily:
        over many values some interval leaves out zero by chance (Esarey & Sumner 2018). Nothing is said beyond the
        values that children have.

        References
        ----------
        Johnson & Fay (1950), Psychometrika 15; Bauer & Curran (2005), Multivariate Behavioral Research 40;
        Esarey & Sumner (2018), Comparative Political Studies 51.
        """
        check_option("control", control, ("pointwise", "fdr"))
        interaction, side, moderator = self._chosen(pair, of)
        return johnson_neyman_regions(interaction, side, moderator, control, self._level(conf_level))

    def lines(
        self,
        pair: Pair | None = None,
        at: At | None = None,
        of: str | None = None,
        conf_level: float | None = None,
    ) -> pd.DataFrame:
        """The expected outcome along one of a pair, at chosen values of the other, only where children are.

        Parameters
        ----------
        pair, at, of, conf_level
            As in `slopes`.

        Returns
        -------
        pandas.DataFrame
            ``at, value, x, estimate, conf_low, conf_high``. Each line runs over the values of `of` in the rows
            whose moderator is nearest to its value; other predictors are at their means.
        """
        interaction, side, moderator = self._chosen(pair, of)
        return expected_lines(interaction, side, moderator, at, LINE_POINTS, self._level(conf_level))

    def sentences(self, conf_level: float | None = None) -> list[str]:
        """The family in words, then each interaction that passes."""
        family = self.family(conf_level)
        passing = family[family["p_adjusted"] <= self.alpha]
        outcome, adjust = str(self.spec["outcome"]), self.adjust
        head = family_sentence(family, outcome, adjust, self.alpha, str(self.spec["scale"]))
        level = self._level(conf_level)
        each = [
            passing_sentence(row, outcome, adjust, level, str(self.spec["scale"]), len(family) > 1)
            for row in passing.itertuples()
        ]
        return [head, *each]

    def summary(self, conf_level: float | None = None) -> str:
        """The answer as text: in words, the family, checks that failed, notes."""
        level = self._level(conf_level)
        table = written_family(self.family(level), level, self.adjust)
        parts = [self.title, "\n".join(self.sentences(level)), table.to_string(index=False), self._facts_line()]
        failed = self.checks[~self.checks["ok"].astype(bool)]
        parts += [f"! {row.check}: {row.advice}" for row in failed.itertuples()]
        parts += [f"Note. {note}" for note in self.notes]
        return "\n\n".join(parts)

    def _facts_line(self) -> str:
        facts = self.facts
        group = wording.count(int(facts["n_groups"]), str(self.spec["group"]))
        excluded = int(facts["n_excluded"])
        left_out = f"{wording.count(excluded, 'row')} not used" if excluded else "none left out"
        return f"{wording.count(int(facts['n_rows']), 'row')} of {group}; {left_out}."

    # ---- which one ---------------------------------------------------------------------------------------------

    def _level(self, conf_level: float | None) -> float:
        level = self.conf_level if conf_level is None else conf_level
        check_conf_level(level)
        return level

    def _chosen(self, pair: Pair | None, of: str | None) -> tuple[Interaction, Side, Side]:
        """The interaction that is meant, the side whose slope is asked for, and its moderator."""
        interaction = self.interaction(pair)
        sides = interaction.sides(of)
        if sides is None:
            raise ModelError(_not_here(of, list(interaction.key), f"of={interaction.key[0]!r}"))
        return interaction, *sides

    def interaction(self, pair: Pair | None = None) -> Interaction:
        """One of the interactions, by the names of its two sides in any order.

        Raises
        ------
        ModelError
            When there is none of these two, or several and none was named.
        """
        if pair is None and len(self.interactions) == 1:
            return self.interactions[0]
        named = tuple(pair) if isinstance(pair, list | tuple) else (pair,)
        names = [str(name) for name in named if name is not None]
        for one in self.interactions:
            if (
                sorted(names) == sorted(one.key)
                or names == [":".join(one.key)]
                or names == [":".join(one.key[::-1])]
            ):
                return one
        keys = [":".join(one.key) for one in self.interactions]
        guess = nearest(":".join(names), keys) or keys[0]
        raise ModelError(_not_here(pair, keys, f"pair={tuple(guess.split(':'))!r}"))


def _not_here(given: object, there: list[str], fix: str) -> Problem:
    return Problem(
        "SB-MODEL-81",
        "stop",
        f"{given!r} is not part of this answer." if given is not None else "It is not said which pair is meant.",
        why=f"There are {', '.join(there)}.",
        fix=fix,
    )


def least_children(interaction: Interaction) -> tuple[int, str]:
    """How many children the emptiest corner of the two sides has, and which corner it is, in words."""
    growth = interaction.growth
    code, n_levels = growth.level_of(str(growth.spec["group"]))
    corners = []
    for of_first, first in _halves(interaction, interaction.first):
        for of_second, second in _halves(interaction, interaction.second):
            n = int(np.count_nonzero(np.bincount(code[first & second], minlength=n_levels)))
            corners.append((n, f"{of_first} and {of_second}"))
    return min(corners)


def _halves(interaction: Interaction, side: Side) -> list[tuple[str, np.ndarray]]:
    """Rows below and above the mean of a number, or of each group, in words."""
    values = interaction.values(side)
    if not side.is_number:
        return [(f"{side.name} {label}", values == place) for place, label in enumerate(side.labels)]
    return [
        (f"{side.name} above its mean", values > side.centre),
        (f"{side.name} below its mean", values < side.centre),
    ]
