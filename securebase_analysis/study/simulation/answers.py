"""From latent scores to what stands on the forms: questionnaire items, SDQ items and ratings, with their gaps."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pandas as pd
from scipy.special import betaincinv, ndtr

from securebase_analysis.study.codebook import Codebook
from securebase_analysis.study.simulation.calibration import Calibration
from securebase_analysis.study.simulation.chance import happens
from securebase_analysis.study.simulation.instruments import (
    HIGHEST,
    LOWEST,
    NOT_ASKED_CODE,
    REFUSED_CODE,
    SDQ,
    ItemGroup,
)

BLANK = -1
CUTS = np.array([-1.7, -0.9, 0.0, 1.0])
"""Where a standard normal answer passes from 1 to 2, ..., from 4 to 5: carers lean to the upper half
(ASSUMPTION)."""
ITEM_SHIFTS = np.array([-0.3, 0.15, 0.0, 0.3, -0.15])
SDQ_SHIFTS = np.array([-0.4, -0.2, 0.0, 0.2, 0.4])
"""How much oftener an item is agreed to than the others of its scale, in SD (ASSUMPTION, both)."""
SDQ_DIFFICULTY_SCALES = ("sdq_emotional", "sdq_conduct", "sdq_hyperactivity", "sdq_peer")
EXTERNALISING = ("sdq_conduct", "sdq_hyperactivity")
RATING_EVIDENCE = ("what the carer told", "seen at the visit", "what school told")


# --- our questionnaires -----------------------------------------------------------------------------------------


def questionnaire(
    quantity: Calibration, groups: list[ItemGroup], latent: dict[str, np.ndarray], chance: np.random.Generator
) -> pd.DataFrame:
    """Answers from 1 to 5, one row a form, a normal-ogive graded response to the construct of each item.

    Parameters
    ----------
    quantity : Calibration
    groups : list of ItemGroup
        Constructs and their items.
    latent : dict of str to ndarray, shape (n_forms,)
        True scores on the metric in which the first wave is standard normal.
    chance : numpy.random.Generator
    """
    answers = {}
    for group in groups:
        loadings = np.linspace(quantity["loading_low"], quantity["loading_high"], len(group.items))
        for place, (item, runs_against) in enumerate(zip(group.items, group.reversed, strict=True)):
            own = chance.standard_normal(len(latent[group.construct]))
            shown = loadings[place] * latent[group.construct] + math.sqrt(1 - loadings[place] ** 2) * own
            answer = LOWEST + np.searchsorted(CUTS + ITEM_SHIFTS[place], shown)
            answers[item] = LOWEST + HIGHEST - answer if runs_against else answer
    return with_gaps(quantity, pd.DataFrame(answers), chance)


def with_gaps(quantity: Calibration, answers: pd.DataFrame, chance: np.random.Generator) -> pd.DataFrame:
    """Items left blank, refused or not asked, and forms whose last page is empty."""
    values = answers.to_numpy(dtype=np.int64, copy=True)
    shares = np.cumsum([quantity["item_blank"], quantity["item_refused"], quantity["item_not_asked"]])
    fate = np.searchsorted(shares, chance.random(values.shape), side="right")
    last_page = np.arange(values.shape[1]) >= math.ceil(values.shape[1] * 2 / 3)
    unfinished = happens(chance, quantity["last_page_blank"], len(values))[:, None] & last_page
    values = np.select(
        [unfinished, fate == 0, fate == 1, fate == 2], [BLANK, BLANK, REFUSED_CODE, NOT_ASKED_CODE], values
    )
    columns = zip(answers.columns, values.T.copy(), strict=True)
    return pd.DataFrame({name: pd.arrays.IntegerArray(cells, cells == BLANK) for name, cells in columns})


# --- SDQ --------------------------------------------------------------------------------------------------------


def difficulty_scales(
    quantity: Calibration, difficulties: np.ndarray, chance: np.random.Generator
) -> dict[str, np.ndarray]:
    """True standing on the five scales, standard normal, from overall difficulties (n_children, n_waves).

    Half of what a scale has of its own lasts over the waves.
    """
    common = quantity["sdq_scales_common"]
    scales = {}
    for scale in (*SDQ_DIFFICULTY_SCALES, "sdq_prosocial"):
        lasting = chance.standard_normal((len(difficulties), 1))
        own = (lasting + chance.standard_normal(difficulties.shape)) / math.sqrt(2)
        sign = -1 if scale == "sdq_prosocial" else 1
        scales[scale] = sign * math.sqrt(common) * difficulties + math.sqrt(1 - common) * own
    return scales


def as_the_teacher_sees(
    quantity: Calibration, scales: dict[str, np.ndarray], chance: np.random.Generator
) -> dict[str, np.ndarray]:
    """The scales from school, where much else goes into behaviour and little of feelings is seen."""
    own_view = chance.standard_normal(next(iter(scales.values())).shape)
    seen = {}
    for scale, standing in scales.items():
        r = quantity["teacher_externalising"] if scale in EXTERNALISING else quantity["teacher_internalising"]
        own = (own_view + chance.standard_normal(standing.shape)) / math.sqrt(2)
        seen[scale] = r * standing + math.sqrt(1 - r**2) * own
    return seen


def sdq(
    quantity: Calibration, codebook: Codebook, scales: dict[str, np.ndarray], chance: np.random.Generator
) -> pd.DataFrame:
    """SDQ items 0, 1, 2: two chances an item at a propensity that is beta distributed over children."""
    answers = {}
    for scale, standing in scales.items():
        which = "prosocial" if scale == "sdq_prosocial" else "sdq"
        a, b = quantity[f"{which}_beta_a"], quantity[f"{which}_beta_b"]
        items = codebook.items_of(SDQ, scale)
        for item, shift, runs_against in zip(items["item"], SDQ_SHIFTS, items["reversed"], strict=True):
            propensity = _beta_of_normal(standing + shift, a, b)
            answer = (chance.random((2, *standing.shape)) < propensity).sum(axis=0)
            answers[item] = 2 - answer if runs_against else answer
    in_form_order = codebook.items_of(SDQ)["item"]
    return with_gaps(quantity, pd.DataFrame(answers)[list(in_form_order)], chance)


def _beta_of_normal(standing: np.ndarray, a: float, b: float) -> np.ndarray:
    """The beta quantile with as much below it as the normal score has, from a table: the exact one is slow."""
    return np.interp(standing, *_beta_table(a, b))


@cache
def _beta_table(a: float, b: float) -> tuple[np.ndarray, np.ndarray]:
    normal = np.linspace(-6, 6, 4801)
    return normal, betaincinv(a, b, ndtr(normal))


# --- ratings by social workers ----------------------------------------------------------------------------------


def ratings(
    quantity: Calibration,
    codebook: Codebook,
    latent: dict[str, np.ndarray],
    rater: np.ndarray,
    chance: np.random.Generator,
) -> pd.DataFrame:
    """Ratings as they are typed in: whole numbers, the code for not applicable, a few empty cells.

    Parameters
    ----------
    quantity : Calibration
    codebook : Codebook
    latent : dict of str to ndarray, shape (n_forms,)
    rater : ndarray of int, shape (n_forms,)
        Number of the rater; raters differ in leniency.
    chance : numpy.random.Generator
    """
    true, lenient = quantity["rating_true_share"], quantity["rating_rater_share"]
    leniency = chance.standard_normal(rater.max() + 1)[rater]
    typed = {}
    for row in codebook.ratings.itertuples():
        own = chance.standard_normal(len(rater))
        seen = math.sqrt(true) * latent[row.construct] + math.sqrt(lenient) * leniency
        seen += math.sqrt(1 - true - lenient) * own
        rating = np.rint(quantity["rating_mean"] + quantity["rating_sd"] * seen)
        value = np.clip(rating, row.low, row.high).astype(int)
        rare = quantity["not_rateable"] * (3 if str(row.construct).endswith("_birth") else 1)
        fate = np.searchsorted([rare, rare + quantity["rating_blank"]], chance.random(len(rater)), side="right")
        typed[row.rating] = np.select([fate == 0, fate == 1], [row.not_applicable, ""], value.astype(str))
    return pd.DataFrame(typed)
