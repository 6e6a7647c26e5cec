"""The verb that asks whether the items measure the constructs that the codebook says they do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial as with_arguments
from typing import TYPE_CHECKING

import pandas as pd

from securebase_analysis.errors import check_option, raise_if_stopped
from securebase_analysis.models.measurement.answered import CHILD, Answered, answered
from securebase_analysis.models.measurement.checks import checks_of
from securebase_analysis.models.measurement.constructs import Measured, constructs_measured
from securebase_analysis.models.measurement.request import Request, checked, codebook_of
from securebase_analysis.models.measurement.size import check_size
from securebase_analysis.models.measurement.told import notes_of
from securebase_analysis.models.one_or_several import listed
from securebase_analysis.models.sem import SemResult, fit_sem
from securebase_analysis.models.sem.request import Estimator, Missing, words_given
from securebase_analysis.results import wording
from securebase_analysis.study.codebook import Codebook

if TYPE_CHECKING:
    from securebase_analysis.measures.scoring import Scores
    from securebase_analysis.study.study import Study


def fit_measurement(
    data: Study | Scores | pd.DataFrame,
    constructs: str | Sequence[str] | None = None,
    *,
    codebook: Codebook | None = None,
    wave: int | str | None = None,
    informant: str | None = None,
    instrument: str | None = None,
    without: str | Sequence[str] = (),
    force_reversed: str | Sequence[str] = (),
    group: str | None = None,
    equal: str | Sequence[str] = (),
    partial: str | Sequence[str] = (),
    missing: Missing = "fiml",
    estimator: Estimator = "mlr",
    std_lv: bool = True,
    conf_level: float = 0.95,
) -> SemResult:
    """Fit the measurement of constructs by their items, as the codebook has them, at one wave.

    Parameters
    ----------
    data : Study, Scores or pandas.DataFrame
        A study, or its scores. Or a table, with a `codebook`: a row per child (and ``wave``, and ``informant``)
        with a column per item, or a long one with a row per answer and columns ``child, item, value``.
    constructs : str or sequence of str, optional
        ``"caregiving"`` or ``"benefits"`` for the five of a side; names of constructs, of their parts or of other
        scales; by default all of the ten that are measured by items.
    codebook : Codebook, optional
        Which items measure what, and which are reversed; a study brings its own.
    wave : int or str, optional
        By default the wave at which most children have answers.
    informant : str, optional
        Who answers; by default whom the codebook names first, for each questionnaire.
    instrument : str, optional
        The questionnaire, where several measure a construct; by default the first of the codebook.
    without : str or sequence of str
        Items to leave out.
    force_reversed : str or sequence of str
        Items to reverse although they already run with their scale.
    group : str, optional
        What is known of a child under this name, such as ``"care_context"``; each group has parameters of its own.
    equal, partial : str or sequence of str
        What is equal over groups, and terms that are not; see `fit_sem`.
    missing : {"fiml", "listwise"}
        Use every answer there is, or only children without gaps.
    estimator : {"ml", "mlr", "wlsmv"}
        Maximum likelihood; that with errors, test and indices for answers that are not normal, as answers in a few
        categories never are; or, for ordered categories, weighted least squares of polychoric correlations.
    std_lv : bool
        Constructs have a variance of 1, so that their covariances are correlations and every loading has an error.
        False fixes the first loading of each at 1.
    conf_level : float
        Level of the intervals.

    Returns
    -------
    SemResult
        As of `fit_sem`: ``tidy()`` with effects *loading*, *covariance*, *variance*, *intercept* (*threshold*);
        ``glance()`` with chi-square and indices; ``diagnostics()`` with every weak loading and every pair of
        constructs that is hardly told apart; ``.standardized()``, ``.modification_indices()``,
        ``.factor_scores()``, ``.syntax`` for lavaan. ``augment()`` holds the items as they were used.

    Raises
    ------
    ModelError
        When constructs are not measured, or by too few items; when so few children cannot carry the model: with
        what they can.
    DataError
        When answers cannot be used as they are, or do not vary.

    Notes
    -----
    Each item is explained by its construct (confirmatory factor analysis, Jöreskog 1969); constructs covary as
    they will. Reversed items are turned (low + high - answer), so that all loadings should be positive. Family
    membership and belonging have the items of their parts. Five constructs of five items have 85 parameters, ten
    have 195: below as many children the model is refused. A model that fits does not show that the items measure
    what their name says.

    References
    ----------
    Jöreskog (1969), A general approach to confirmatory maximum likelihood factor analysis, Psychometrika 34; Brown
    (2015), Confirmatory Factor Analysis for Applied Research; Yuan & Bentler (2000), Sociol Methodol 30.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from securebase_analysis.study.codebook import make_codebook
    >>> book = make_codebook("Pilot", "1", {
    ...     "instruments": [{"instrument": "visit", "minimum_answered": 1}],
    ...     "items": [{"item": item, "instrument": "visit", "construct": "trust", "low": 0, "high": 8}
    ...               for item in ("t1", "t2", "t3", "t4")],
    ... })
    >>> random = np.random.default_rng(1)
    >>> trust = random.normal(4, 1, size=200)
    >>> items = pd.DataFrame({f"t{i}": (trust + random.normal(size=200)).clip(0, 8) for i in (1, 2, 3, 4)})
    >>> result = fit_measurement(items, codebook=book)
    >>> result.tidy().query("effect == 'loading'")["term"].tolist()
    ['trust =~ t1', 'trust =~ t2', 'trust =~ t3', 'trust =~ t4']
    """
    request = checked(
        Request(
            constructs=None if constructs is None else tuple(map(str, listed(constructs))), wave=wave,
            informant=informant, instrument=instrument, without=words_given(without),
            force_reversed=words_given(force_reversed), group=group,
            equal=words_given(equal), partial=words_given(partial), missing=missing, estimator=estimator,
            std_lv=std_lv, conf_level=conf_level,
        )
    )  # fmt: skip
    book = codebook_of(data, codebook)
    measured = constructs_measured(book, request.constructs, request.instrument, request.without)
    for item in request.force_reversed:
        check_option("force_reversed", item, [item for one in measured for item in one.items])
    found = answered(data, book, measured, request)
    raise_if_stopped(check_size(measured, _sizes(found.frame, group), group))
    return _fitted(found, measured, book, request).made_from(data)


def _sizes(frame: pd.DataFrame, group: str | None) -> dict[str, int]:
    """Children of each group."""
    if group is None:
        return {"": len(frame)}
    return {str(name): int(n) for name, n in frame[group].value_counts(sort=False).items()}


def _fitted(found: Answered, measured: Sequence[Measured], codebook: Codebook, request: Request) -> SemResult:
    """The model in lavaan's words, fitted, with what was chosen on the way."""
    constructs, items = _names_in_a_model(measured)
    text = "\n".join(
        f"{constructs[one.construct]} =~ {' + '.join(items[item] for item in one.items)}" for one in measured
    )
    answer = fit_sem(
        found.frame.rename(columns=items), text, request.missing, request.estimator, request.group, request.equal,
        partial=request.partial, std_lv=request.std_lv, conf_level=request.conf_level,
    )  # fmt: skip
    facts = {**answer.facts, "n_excluded": answer.facts["n_excluded"] + found.n_excluded}
    return replace(
        answer,
        title=_title(measured, request.group),
        spec=request.spec,
        facts=facts,
        checks=with_arguments(checks_of, answer),
        notes=(*notes_of(found, measured, codebook, [*constructs.items(), *items.items()]), *answer.notes),
    )


def _title(measured: Sequence[Measured], group: str | None) -> str:
    items = len({item for one in measured for item in one.items})
    constructs = measured[0].construct if len(measured) == 1 else wording.count(len(measured), "construct")
    by = f", by {group}" if group else ""
    return f"Measurement of {constructs} by {wording.count(items, 'item')}{by}"


def _names_in_a_model(measured: Sequence[Measured]) -> tuple[dict[str, str], dict[str, str]]:
    """What constructs and items are called in the model, where no two things may bear one name."""
    taken: set[str] = set()
    constructs = {one.construct: _plain(one.construct, taken) for one in measured}
    items = dict.fromkeys(item for one in measured for item in one.items)
    return constructs, {item: _plain(item, taken) for item in items}


def _plain(name: str, taken: set[str]) -> str:
    """The name, or the nearest that a model can hold and nothing else bears."""
    plain = re.sub(r"[^\w.]", "_", name)
    plain = plain if re.match(r"[^\W\d]", plain) else f"i_{plain}"
    while plain in {*taken, *CHILD}:
        plain += "_"
    taken.add(plain)
    return plain
