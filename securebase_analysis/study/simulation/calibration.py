"""Every quantity the simulated cohort is built on, with its source, or with the plain word that it is assumed.

No study has published scores of the five dimensions, so all that concerns them is assumed. What is published
(placements, difficulties, missing forms) is taken from there, and the tests hold the simulated data to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from securebase_analysis.errors import ModelError, Problem, nearest

DFE = "Department for Education, England, Children looked after, 2024 release"
GUFC = "Growing Up in Foster Care (University of East Anglia)"
KONIJN = "Konijn et al. 2019, meta-analysis of placement instability"
ASSUMED = "ASSUMPTION"


@dataclass(frozen=True)
class Quantity:
    """One number of the simulation: name, value, meaning, and where it comes from.

    Attributes
    ----------
    name : str
        How the code asks for it.
    value : float
        In the unit that the meaning names; latent scores have standard deviation 1 at the first wave.
    meaning : str
        What it stands for.
    basis : str
        Its source, or the reason for the assumption.
    is_assumption : bool
        True where no source gives the number.
    """

    name: str
    value: float
    meaning: str
    basis: str
    is_assumption: bool = True


def _published(name: str, value: float, meaning: str, basis: str) -> Quantity:
    return Quantity(name, value, meaning, basis, is_assumption=False)


CHILDREN = (
    _published("age_low", 4.0, "youngest age at the first wave, years", f"{GUFC}: children of 4 to 11"),
    _published("age_high", 12.0, "age at the first wave stays under this, years", f"{GUFC}: children of 4 to 11"),
    _published("female", 0.43, "share of girls", DFE),
    _published("abuse_or_neglect", 0.66, "share whose need was abuse or neglect", DFE),
    _published(
        "kinship", 0.24, "share of foster placements with relatives or friends", f"{DFE}: 13,670 of 56,390"
    ),
    Quantity(
        "late_entry", 0.2, "share of children who joined in the second year of recruitment", "recruits go on"
    ),
    Quantity(
        "prior_placements", 1.2, "mean number of placements before this one", "no source for long-term plans"
    ),
)
CARERS = (
    Quantity(
        "one_child", 0.65, "share of carers with one child of the study", "published: 1.22 children a household"
    ),
    Quantity("two_children", 0.25, "share of carers with two; the rest have three", "published: 1.22 a household"),
    Quantity(
        "siblings_together", 0.6, "share of carers with several children whose children are siblings", "unknown"
    ),
    Quantity("trained_before", 0.3, "share of carers trained in the model before the first wave", "unknown"),
    Quantity("trained_during", 0.25, "share of carers trained during the study", "unknown"),
    Quantity("experience_years", 8.0, "mean years of experience of carers who are not kin", "unknown"),
)
PLACEMENTS = (
    _published(
        "breakdown_by_3_years",
        0.24,
        "cumulative hazard of breakdown three years into a placement",
        "0.08 a year: Vanderfaeillie et al. 2017, 169 breakdowns in 580 placements over six years",
    ),
    _published(
        "other_end_by_3_years",
        0.075,
        "cumulative hazard of any other ending at three years",
        f"what is left when 73 % last three years: {GUFC}, phase 2",
    ),
    Quantity(
        "shape", 0.85, "Weibull shape of time in placement; under 1 the risk falls", "0.8-0.9 thought likely"
    ),
    Quantity("share_planned_move", 0.2, "of the other endings: planned moves", "unknown for long-term plans"),
    Quantity("share_returned_home", 0.3, "of the other endings: returned home", "unknown for long-term plans"),
    Quantity("share_special_guardianship", 0.3, "of the other endings", "unknown for long-term plans"),
    Quantity(
        "share_adopted", 0.1, "of the other endings; the rest leave otherwise", "unknown for long-term plans"
    ),
    Quantity("death_per_year", 0.0015, "hazard of death a year", "far above life, so that the status is seen"),
    Quantity("residential_after_breakdown", 0.2, "share of breakdowns followed by a children's home", "unknown"),
    Quantity("hazard_difficulty", 0.3, "log hazard ratio of breakdown per SD of difficulties", f"sign: {KONIJN}"),
    Quantity("hazard_caregiving", -0.3, "log hazard ratio per SD of mean caregiving", f"sign: {KONIJN}"),
    Quantity("hazard_age", 0.08, "log hazard ratio per year of age", f"sign: {KONIJN}"),
    Quantity("hazard_kinship", -0.3, "log hazard ratio of kinship care", f"sign: {KONIJN}"),
)
LATENT = (
    Quantity(
        "carer_share", 0.65, "share of the variance of caregiving that lies between carers", "0.5-0.8 likely"
    ),
    Quantity("pair_share", 0.15, "share that belongs to this carer with this child", "what is left, split"),
    Quantity("occasion_carry", 0.4, "correlation from wave to wave of the share that varies over time", "unknown"),
    Quantity(
        "dimensions_r", 0.55, "correlation between dimensions before they act on one another", "0.5-0.7 likely"
    ),
    Quantity("benefit_trait_share", 0.58, "share of the variance of a benefit that is the child's own", "unknown"),
    Quantity("benefit_trait_r", 0.65, "correlation between the lasting parts of two benefits", "0.5-0.7 likely"),
    Quantity("benefit_change_r", 0.4, "correlation between the changing parts of two benefits", "unknown"),
    Quantity(
        "site_share", 0.02, "share of the variance of a benefit between local authorities", "0.01-0.05 likely"
    ),
    Quantity("carry_over", 0.5, "how much of the changing part of a benefit is left a wave later", "unknown"),
    Quantity("builds", 0.15, "PATHWAYS builds: effect of caregiving on its benefit at the same wave", "no study"),
    Quantity(
        "over_time", 0.15, "PATHWAYS over time: effect of caregiving on its benefit a wave later", "no study"
    ),
    Quantity(
        "interacts_caregiving",
        0.3,
        "PATHWAYS interacts: effect of one caregiving dimension on another",
        "no study",
    ),
    Quantity(
        "interacts_benefit", 0.1, "PATHWAYS interacts: effect of caregiving on another's benefit", "no study"
    ),
    Quantity("growth", 0.06, "mean growth of a benefit in SD a year", "small and positive by the model's claim"),
    Quantity("growth_sd", 0.1, "standard deviation of that growth between children", "unknown"),
    Quantity(
        "breakdown_loss", -0.4, "what a breakdown since the last wave takes from each benefit, in SD", "no study"
    ),
    Quantity(
        "training_gain", 0.2, "gain in caregiving after training, in SD", "trials of other courses: d 0-0.35"
    ),
    Quantity("kinship_membership", 0.2, "how much higher family membership is in kinship care, in SD", "unknown"),
    Quantity(
        "family_parts_r", 0.25, "correlation between membership of the foster and of the birth family", "unknown"
    ),
)
MEASUREMENT = (
    Quantity("loading_low", 0.62, "smallest loading of an item", "gives alpha about .75-.85 with five items"),
    Quantity("loading_high", 0.8, "largest loading of an item", "gives alpha about .75-.85 with five items"),
    Quantity("item_blank", 0.015, "share of items left blank", "unknown"),
    Quantity("item_refused", 0.003, "share of items refused (code 8)", "unknown"),
    Quantity("item_not_asked", 0.003, "share of items not asked (code 9)", "unknown"),
    Quantity("last_page_blank", 0.02, "share of forms whose last third is empty", "unknown"),
    Quantity("carer_form_missing", 0.04, "share of carer forms not returned by children seen", "unknown"),
    Quantity(
        "teacher_form_missing", 0.25, "share of teacher forms not received", "19-32 % for carers' SDQ in England"
    ),
    Quantity(
        "sdq_beta_a", 1.2, "first parameter of the SDQ propensity", "fitted to the bands 46/13/41 of England 2024"
    ),
    Quantity(
        "sdq_beta_b", 2.0, "second parameter of the SDQ propensity", "fitted to the bands 46/13/41 of England 2024"
    ),
    Quantity("sdq_scales_common", 0.6, "share of a difficulty scale that all four have in common", "unknown"),
    Quantity(
        "sdq_trait_share", 0.5, "lasting share of difficulties beside the managing of feelings", "retest .62"
    ),
    Quantity("sdq_feelings", -0.45, "effect of managing feelings on difficulties", "no study"),
    Quantity(
        "teacher_internalising",
        0.45,
        "carer-teacher r of emotional and peer propensities",
        "observed r .34 general, .23 foster",
    ),
    Quantity(
        "teacher_externalising",
        0.75,
        "carer-teacher r of conduct and hyperactivity propensities",
        "observed r .34 general, .78 foster",
    ),
    Quantity("rating_true_share", 0.6, "share of a social worker's rating that is the child", "unknown"),
    Quantity("rating_rater_share", 0.1, "share that is the rater's own leniency", "unknown"),
    Quantity("rated_twice", 0.2, "share of rated occasions with a second rater", "20-25 % is usual"),
    Quantity(
        "not_rateable", 0.05, "share of ratings given as na; three times that for the birth family", "unknown"
    ),
)
ATTENDANCE = (
    Quantity("lost", 0.045, "share lost for good at each wave", "published: 8-9 % a year all told"),
    Quantity(
        "lost_after_breakdown", 0.18, "the same when a placement broke down since the last wave", "sign only"
    ),
    Quantity("refused", 0.03, "share who refuse one wave", "published: 8-9 % a year all told"),
    Quantity("refused_after_breakdown", 0.08, "the same after a breakdown", "sign only"),
    Quantity("not_asked", 0.02, "share not asked at one wave, on the agency's advice", "unknown"),
)
INTERVIEWS = (
    Quantity(
        "interviewed",
        0.5,
        "share of children whose carers are interviewed, at waves 1 and 3",
        "keeps the project small",
    ),
    Quantity("double_coded", 0.25, "share of interviews coded by a second coder", "20-25 % is usual"),
    Quantity("strengths", 1.5, "mean strength passages per construct and interview", "unknown"),
    Quantity("concerns", 0.7, "mean concern passages per construct and interview", "unknown"),
    Quantity("strengths_slope", 0.35, "log rate of strength passages per SD of the construct", "unknown"),
    Quantity("concerns_slope", -0.45, "log rate of concern passages per SD of the construct", "unknown"),
    Quantity("noticed", 0.9, "chance that a coder marks a passage", "gives kappa about .6-.8"),
    Quantity("miscoded", 0.07, "chance that a marked passage gets a neighbouring code", "gives kappa about .6-.8"),
    Quantity("ragged", 0.15, "chance that a coder's passage is a sentence longer", "gives kappa about .6-.8"),
    Quantity(
        "overcoded",
        0.03,
        "chance that a coder marks a sentence in which nothing is said",
        "gives kappa about .6-.8",
    ),
)
QUANTITIES: tuple[Quantity, ...] = CHILDREN + CARERS + PLACEMENTS + LATENT + MEASUREMENT + ATTENDANCE + INTERVIEWS


@dataclass(frozen=True, eq=False)
class Calibration:
    """The quantities of one simulation, looked up by name.

    Attributes
    ----------
    quantities : tuple of Quantity
        Those of `QUANTITIES`, with the values that were changed.
    """

    quantities: tuple[Quantity, ...] = QUANTITIES

    def __getitem__(self, name: str) -> float:
        return self._values[name]

    @property
    def _values(self) -> dict[str, float]:
        return {quantity.name: quantity.value for quantity in self.quantities}

    @property
    def frame(self) -> pd.DataFrame:
        """The quantities as a table: name, value, meaning, basis, is_assumption."""
        return pd.DataFrame([vars(quantity) for quantity in self.quantities])

    def changed(self, changes: Mapping[str, float]) -> Calibration:
        """The same quantities with some values replaced; a changed value is an assumption.

        Raises
        ------
        ModelError
            For a name that is no quantity.
        """
        unknown = [name for name in changes if name not in self._values]
        if unknown:
            raise ModelError([_no_such_quantity(name, self._values) for name in unknown])
        return Calibration(
            tuple(
                Quantity(q.name, float(changes[q.name]), q.meaning, "changed by the user")
                if q.name in changes
                else q
                for q in self.quantities
            )
        )


def _no_such_quantity(name: str, known: Mapping[str, float]) -> Problem:
    guess = nearest(name, known)
    return Problem(
        "SB-MODEL-31",
        "stop",
        f"{name!r} is not a quantity of the simulation.",
        why="A change without effect would look as if it had been made.",
        fix=f"Write {guess!r}." if guess else "See simulate_study().calibration.frame for the names.",
    )
