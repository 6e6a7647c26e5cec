"""`assess_invariance`: do the items measure the same in every group, or at every wave?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from securebase_analysis.errors import ModelError, Problem, check_option
from securebase_analysis.measures.invariance.answer import answer_of
from securebase_analysis.measures.invariance.climbing import climb
from securebase_analysis.measures.invariance.door import ESTIMATORS, Estimator, Question, sample_for
from securebase_analysis.measures.invariance.ladder import Over, Step
from securebase_analysis.measures.invariance.long_answers import LongColumns
from securebase_analysis.measures.invariance.result import InvarianceResult
from securebase_analysis.measures.invariance.samples import MISSING, Missing
from securebase_analysis.measures.invariance.study_items import constructs_asked
from securebase_analysis.results.inference import check_conf_level
from securebase_analysis.study.codebook import Codebook

if TYPE_CHECKING:
    from securebase_analysis.measures.scoring import Scores
    from securebase_analysis.study.study import Study


def assess_invariance(
    data: pd.DataFrame | Study | Scores,
    model: str | Sequence[str] | Mapping[str, Sequence[str]] | Codebook | None = None,
    *,
    group: str | None = None,
    wave: str | None = None,
    steps: Sequence[Step] | None = None,
    partial: str | Sequence[str] = (),
    missing: Missing = "fiml",
    estimator: Estimator = "ml",
    child: str = "child",
    item: str = "item",
    value: str = "value",
    informant: str | None = None,
    conf_level: float = 0.95,
) -> InvarianceResult:
    """Ask step by step whether items measure the same constructs in the same way over groups or waves.

    Parameters
    ----------
    data : pandas.DataFrame, Study or Scores
        A column for each item: over groups a row per child, over waves a row per child and wave. Or a long table
        with a row per answer: *child*, *item*, *value*, and the column of groups or waves. A study, or scores that
        `score_dimensions` made of it, bring the items with them, and groups may be what ``study.children`` says of
        a child; a table of scores alone has no items, and measurement cannot be asked of it.
    model : str, mapping or Codebook
        The items of each construct: lines such as ``trust =~ t1 + t2 + t3``, a mapping such as
        ``{"trust": ["t1", "t2", "t3"]}``, or the codebook. Of a study the names of constructs are enough, or a
        side, ``"caregiving"`` or ``"benefits"``; by default those of the model's ten that have items.
    group, wave : str
        The column of groups (country, type of placement, informant), or that of waves; one of the two.
    steps : sequence of {"configural", "thresholds", "metric", "scalar", "strict"}, optional
        The same structure; equal thresholds as well (*wlsmv*); equal loadings as well; equal intercepts as well;
        equal residual variances as well. All of them by default.
    partial : str or sequence of str
        Terms that stay free: ``"trust =~ t2"``, ``"t2 | t1"``, ``"t2 ~1"``, ``"t2 ~~ t2"``.
    missing : {"fiml", "listwise"}
        Use every answer there is, or only rows without gaps. With *wlsmv* the former takes each correlation from
        the rows that have both answers.
    estimator : {"ml", "mlr", "wlsmv"}
        Maximum likelihood; that with errors, tests and indices for answers that are not normal; or thresholds and
        polychoric correlations of ordered categories by weighted least squares.
    child : str
        Who is who over waves (with ``site``, where there is such a column).
    item, value : str
        In a long table the column that names the item, and that of the answer.
    informant : str, optional
        Only the rows of this informant.
    conf_level : float
        Level of the intervals of ``tidy()``.

    Returns
    -------
    InvarianceResult
        ``.steps``, ``.verdict``, ``.verdicts``, ``.suggestions``; ``tidy()`` shows the parameters of the most
        equal model that holds: effects *loading*, *intercept*, *variance*, *covariance*, in lavaan's words, with
        means and variances of the constructs relative to the first group or wave.

    Raises
    ------
    DataError
        When items or groups cannot be used, or rows are too few.
    ModelError
        When the model cannot be understood or is not identified.

    Notes
    -----
    Each construct has variance 1 and mean 0 on the first occasion; they become free on the others when loadings,
    and intercepts, are equal, so that no item is singled out as a marker. Over waves, what is left of an item may
    covary with what is left of it at other waves, and constructs covary over waves as they will. With *partial*
    the named terms stay free in every step (Byrne, Shavelson & Muthén 1989).

    A step holds while CFI does not fall by more than .010 together with a rise of RMSEA by more than .015, or of
    SRMR by more than .030 (loadings) or .010 (others); with 300 children or fewer by more than .005, .010, .025
    and .005 (Chen 2007). Where CFI alone goes too far it is *in doubt*. The likelihood ratio
    test stands beside: with many children it rejects what does not matter. The first step is held against CFI .90
    and RMSEA .08. The cut-offs come from simulations of two groups and few constructs.

    *wlsmv* takes items as ordered categories: behind each lies a normal variable, which the thresholds cut. On the
    first occasion it has intercept 0 and residual variance 1; equal thresholds set both free on the others, where
    equal intercepts and, last, equal residual variances make them 0 and 1 again (theta; Wu & Estabrook 2016). A
    step that items of two or three answers cannot contradict is left out. The indices that are compared are the
    scaled ones: a step fails where CFI falls by more than .004 and the scaled difference test rejects at .05
    (Rutkowski & Svetina 2017; Svetina et al. 2020, found with many groups); it is in doubt where CFI falls so far
    and RMSEA rises by more than .010, and the test does not reject. Of simulated ladders of five items on which
    everything was equal, four in ten ended early with 150 children a group, one in seven with 300, none with
    1,000. Weighted least squares needs 100 rows of a group and more; gaps must not depend on the answers.

    References
    ----------
    Meredith (1993), Psychometrika 58; Byrne, Shavelson & Muthén (1989), Psychol Bull 105; Chen (2007), Sensitivity
    of goodness of fit indexes to lack of measurement invariance, Struct Equ Modeling 14; Satorra & Bentler (2001),
    Psychometrika 66; Bentler (1990), Psychol Bull 107; Browne & Cudeck (1993); Wu & Estabrook (2016),
    Psychometrika 81; Rutkowski & Svetina (2017), Appl Meas Educ 30; Svetina, Rutkowski & Rutkowski (2020), Struct
    Equ Modeling 27.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> random = np.random.default_rng(2)
    >>> trust = random.normal(size=400)
    >>> data = pd.DataFrame({f"t{i}": trust + random.normal(size=400) for i in (1, 2, 3, 4)})
    >>> data["country"] = np.repeat(["England", "Norway"], 200)
    >>> result = assess_invariance(data, "trust =~ t1 + t2 + t3 + t4", group="country")
    >>> result.held, result.steps["df"].tolist()
    ('strict', [4, 7, 10, 14])
    >>> long = data.assign(child=range(400)).melt(id_vars=["child", "country"], var_name="item")
    >>> assess_invariance(long, "trust =~ t1 + t2 + t3 + t4", group="country").held
    'strict'
    """
    over = _over(group, wave)
    check_option("missing", missing, MISSING)
    check_option("estimator", estimator, ESTIMATORS)
    check_conf_level(conf_level)
    constructs = constructs_asked(model, data)
    question = Question(
        over=over, column=str(group if over == "group" else wave), missing=missing, estimator=estimator,
        columns=LongColumns(child, item, value), informant=informant,
    )  # fmt: skip
    sample = sample_for(data, constructs, question)
    climbed = climb(constructs, sample, question, steps, partial)
    spec = {
        "verb": "assess_invariance", "model": constructs, "group": group, "wave": wave, "steps": climbed.asked,
        "partial": sorted(climbed.ladder.partial), "missing": missing, "estimator": estimator, "child": child,
        "item": item, "value": value, "informant": informant, "conf_level": conf_level,
    }  # fmt: skip
    return answer_of(climbed, spec).made_from(data)


def _over(group: str | None, wave: str | None) -> Over:
    """Whether groups or waves are compared."""
    if (group is None) == (wave is None):
        what = "Neither group= nor wave= is given." if group is None else "Both group= and wave= are given."
        raise ModelError(
            Problem(
                "SB-SEM-60",
                "stop",
                what,
                why="The ladder compares groups of children, or waves of the same children.",
                fix="group='country', or wave='wave'; for both, groups at one wave, then waves in one group",
            )
        )
    return "group" if wave is None else "wave"
