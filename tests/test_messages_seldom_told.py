"""Messages that no other test makes the package tell: each is met once, where a user would meet it."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.measures.agreement import assess_agreement
from securebase_analysis.measures.invariance.told import no_answer as no_ladder
from securebase_analysis.models.disruption import fit_disruption
from securebase_analysis.models.growth import fit_growth
from securebase_analysis.models.incidence import cumulative_incidence
from securebase_analysis.models.relations import relate_dimensions
from securebase_analysis.models.sem import fit_sem
from securebase_analysis.models.sem.refused_models import no_answer as no_model
from securebase_analysis.readers.interviews.case_tables import _add_sets
from securebase_analysis.readers.interviews.records import Records, SourceRecord
from securebase_analysis.readers.interviews.rich_text import docx_text
from securebase_analysis.readers.interviews.taguette import _TextOfPage
from securebase_analysis.show.figures.growth import growth_frame
from securebase_analysis.show.report.growth import _not_measured
from securebase_analysis.show.report.lagged import _no_maximum
from securebase_analysis.study.simulated_returns import simulate_ssda903, write_ssda903
from securebase_analysis.study.ssda903 import read_ssda903


def stopped(error, verb, *args, **options):
    """The problems with which a verb stopped."""
    with pytest.raises(error) as caught:
        verb(*args, **options)
    return {problem.code: problem for problem in caught.value.problems}


def growing(n_children: int = 40) -> pd.DataFrame:
    """Children with four waves."""
    random = np.random.default_rng(3)
    child = np.repeat(np.arange(n_children), 4)
    years = np.tile(np.arange(4.0), n_children)
    trust = 50.0 + 2.0 * years + random.normal(0, 5, n_children)[child] + random.normal(0, 5, len(child))
    known = {"child": child, "carer": child // 2, "wave": years + 1, "kinship": child % 2}
    return pd.DataFrame(known | {"years": years, "trust": trust, "minutes": 30.0})


def at_risk() -> pd.DataFrame:
    """Placements in two regions."""
    random = np.random.default_rng(2)
    return pd.DataFrame(
        {
            "days": random.integers(10, 900, 80), "ended": random.integers(0, 2, 80),
            "stress": random.normal(size=80), "region": np.where(np.arange(80) % 2, "north", "south"),
        }
    )  # fmt: skip


def test_ratings_without_a_cluster_are_told():
    random = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "unit": np.repeat(np.arange(40), 2), "coder": np.tile(["A", "B"], 40),
            "value": random.integers(0, 2, 80).astype(str), "child": np.repeat(np.arange(10), 8).astype(float),
        }
    )  # fmt: skip
    frame.loc[frame["unit"] == 3, "child"] = np.nan
    result = assess_agreement(frame, unit="unit", coder="coder", value="value", cluster="child")
    (note,) = [note for note in result.notes if "SB-CODE-33" in note]
    assert note.startswith("2 ratings without a child.")


def test_a_curve_of_a_row_without_a_predictor_and_of_another_stratum_and_time():
    fit = fit_disruption(at_risk(), "stress", stop="days", event="ended", strata="region")
    wanted = pd.DataFrame({"stress": [0.0, np.nan], "region": ["north", "south"]})
    assert stopped(DataError, fit.curve, wanted)["SB-EVENT-17"].rows == (2,)
    elsewhere = pd.DataFrame({"stress": [0.0], "region": ["east"]})
    assert stopped(ModelError, fit.curve, elsewhere)["SB-EVENT-20"].rows == (1,)
    assert "SB-EVENT-18" in stopped(ModelError, fit.curve, elsewhere.assign(region="north"), times=[-1])


def test_rows_of_no_cluster_are_clusters_by_themselves_and_no_rows_are_refused():
    frame = at_risk().assign(carer=[None if row == 5 else f"C{row // 2}" for row in range(80)])
    frame["exit"] = np.where(frame["ended"] == 1, "breakdown", "open")
    result = cumulative_incidence(frame, stop="days", cause="exit", censored="open", cluster="carer")
    assert any("1 row names no carer" in note for note in result.notes)
    assert "SB-PLACE-89" in stopped(ModelError, cumulative_incidence, frame.head(0), stop="days", cause="exit",
                                    censored="open")  # fmt: skip


def test_three_children_are_too_few_to_relate():
    frame = pd.DataFrame(
        {"child": list("aabbcc"), "wave": [1, 2] * 3, "availability": range(6), "trust": range(6)}
    )
    assert "SB-MODEL-53" in stopped(ModelError, relate_dimensions, frame)


def test_structures_of_residuals_ask_for_one_factor_and_weights_are_positive():
    frame = growing()
    random = {"child": "1", "carer": "1"}
    assert "SB-MODEL-66" in stopped(ModelError, fit_growth, frame, "trust ~ years", random, variance_by="wave")
    frame.loc[4, "minutes"] = 0.0
    found = stopped(DataError, fit_growth, frame, "trust ~ years", "1", weights="minutes")
    assert found["SB-MODEL-96"].rows == (5,)


def test_a_permutation_test_is_for_few_units():
    fit = fit_growth(growing(2_002), "trust ~ years + kinship", "1")
    assert "SB-MODEL-79" in stopped(ModelError, fit.permutation_test, "kinship")


def test_a_growth_model_is_drawn_over_a_column_that_is_there():
    fit = fit_growth(growing(), "trust ~ years", "1")
    assert "SB-OUT-34" in stopped(ModelError, growth_frame, fit, time="months")


def test_what_a_report_has_no_model_of_is_told():
    assert _not_measured("trust").what == "Trust was not measured."
    assert _no_maximum(["availability", "trust"]).what.startswith("The panel model of Availability, Trust has no")


def test_a_return_whose_name_says_another_year_is_told(tmp_path):
    folder = write_ssda903(simulate_ssda903(n_children=30, first_year=2021, n_years=1), tmp_path / "returns")
    for file in list(folder.glob("*.csv")):
        file.rename(file.with_name(file.name.replace("2021", "1999").replace("2020", "1999")))
    told = [problem for problem in read_ssda903(folder).problems if problem.code == "SB-PLACE-48"]
    assert told
    assert told[0].what.startswith("The file name says 1999")


def test_predictors_with_a_variance_in_the_text_are_part_of_the_model():
    random = np.random.default_rng(1)
    frame = pd.DataFrame(random.normal(size=(100, 3)), columns=["trust", "stress", "age"])
    result = fit_sem(frame, "trust ~ stress + age\nstress ~~ stress")
    assert any("SB-SEM-30" in note for note in result.notes)


def test_what_the_numerics_refuse_is_said_in_words():
    assert no_ladder("the search left its bounds").what == "The ladder has no answer: the search left its bounds."
    assert no_model("the search left its bounds").code == "SB-SEM-29"
    assert no_model("a matrix is not positive definite").code == "SB-SEM-28"


def test_correlations_that_no_data_could_have_together_are_told():
    answers = contradicting()
    told = fit_sem(answers, "a ~~ b\na ~~ c\nb ~~ c\nd ~~ e", estimator="wlsmv").notes
    assert any("SB-SEM-98" in note for note in told)


def test_sets_that_contradict_one_another_are_told():
    records = Records("p.qdpx", sources=[SourceRecord("g1", "one", "text")])
    records.sets = [("gender: male", "source", "g1"), ("gender: female", "source", "g1")]
    problems = []
    _add_sets(records, [{}], problems)
    assert [problem.code for problem in problems] == ["SB-FILE-49"]


def contradicting() -> pd.DataFrame:
    """Three pairs of answers, each by other children, whose correlations no data could have together."""
    random = np.random.default_rng(4)
    parts = []
    for pair, noise in ((("a", "b"), 0.3), (("b", "c"), 0.3), (("a", "c"), 4.0)):
        one = random.normal(size=150)
        other = (one + random.normal(0, noise, size=150)) / np.hypot(1.0, noise)
        parts.append(pd.DataFrame({pair[0]: one, pair[1]: other}))
    frame = pd.concat(parts, ignore_index=True)
    frame["d"] = frame.mean(axis=1) + random.normal(size=450)
    frame["e"] = frame.drop(columns="d").mean(axis=1) + random.normal(size=450)
    return frame.apply(lambda column: pd.cut(column, [-np.inf, -0.7, 0.0, 0.7, np.inf], labels=False))


def test_a_page_that_is_no_html_is_refused():
    assert "SB-FILE-57" in stopped(DataError, _TextOfPage, "<p>one</p><![unknown words", "study.sqlite3")


def test_a_word_document_without_text_is_refused():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("word/other.xml", "<a/>")
    assert "SB-FILE-73" in stopped(DataError, docx_text, buffer.getvalue(), "one.docx")
