"""Which rows a growth model takes for those of one child, whatever kind of column the ids and labels stand in."""

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import DataError
from securebase_analysis.models.growth import fit_growth

FORMULA = "trust ~ years * kinship"


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """24 simulated children with one to four waves, in no order."""
    rng = np.random.default_rng(21)
    rows = [(child, wave) for child in range(24) for wave in range(1 + child % 4)]
    table = pd.DataFrame(rows, columns=["child", "years"]).astype(float)
    table["child"] = table["child"].astype(int)
    table["kinship"] = np.array(["kin", "foster", "home"])[table["child"] % 3]
    table["trust"] = 3 + 0.4 * table["years"] + rng.normal(size=24)[table["child"]] + rng.normal(size=len(table))
    return table.iloc[rng.permutation(len(table))].reset_index(drop=True)


def numbers(table: pd.DataFrame) -> np.ndarray:
    """Deviance, estimates, standard errors and degrees of freedom."""
    result = fit_growth(table, FORMULA, random="years")
    fixed = result.tidy().query("effect == 'fixed'")
    return np.r_[result.fit.deviance, fixed[["estimate", "std_error", "df"]].to_numpy().ravel()]


@pytest.mark.parametrize("kind", [float, str, "Int64", "category", "uint64", "string", "string[pyarrow]", object])
def test_kind_of_id_changes_nothing(frame: pd.DataFrame, kind: object) -> None:
    changed = frame.assign(child=frame["child"].astype(kind))
    np.testing.assert_allclose(numbers(changed), numbers(frame), rtol=1e-12)


@pytest.mark.parametrize("kind", ["str", object, "category", "string", "string[pyarrow]", "unused"])
def test_kind_of_label_changes_nothing(frame: pd.DataFrame, kind: str) -> None:
    levels = ["foster", "home", "kin", "ward"]
    label = pd.Categorical(frame["kinship"], levels) if kind == "unused" else frame["kinship"].astype(kind)
    np.testing.assert_allclose(numbers(frame.assign(kinship=label)), numbers(frame), rtol=1e-12)


def test_missing_labels_leave_the_same_rows_out(frame: pd.DataFrame) -> None:
    gaps = frame["kinship"].mask(np.arange(len(frame)) == 5)
    expected = numbers(frame.drop(index=5))
    for kind in ("str", "string", "string[pyarrow]", object):
        np.testing.assert_allclose(numbers(frame.assign(kinship=gaps.astype(kind))), expected, rtol=1e-9)


def test_sb_id_04_ids_that_are_number_here_and_text_there(frame: pd.DataFrame) -> None:
    cells = [child if row % 2 else str(child) for row, child in enumerate(frame["child"])]
    with pytest.raises(DataError) as stopped:
        fit_growth(frame.assign(child=pd.Series(cells, dtype=object)), FORMULA)
    problem = stopped.value.problems[0]
    assert (problem.code, problem.column) == ("SB-ID-04", "child")
    both = frame.groupby("child")["years"].transform(lambda rows: len({row % 2 for row in rows.index}) == 2)
    assert list(problem.rows) == [row + 1 for row in np.flatnonzero(both)]
    assert "astype(str).str.strip()" in problem.fix


@pytest.mark.parametrize("kind", ["str", object, "category"])
def test_sb_id_04_ids_with_spaces_round_them(frame: pd.DataFrame, kind: str) -> None:
    cells = ("C" + frame["child"].astype(str)).where(frame["years"] > 0, " C" + frame["child"].astype(str))
    spaced = frame.assign(child=cells.astype(kind))
    with pytest.raises(DataError) as stopped:
        fit_growth(spaced, FORMULA)
    assert stopped.value.problems[0].code == "SB-ID-04"
    assert "C1" not in str(stopped.value)
    repaired = spaced.assign(child=spaced["child"].astype(str).str.strip())
    np.testing.assert_allclose(numbers(repaired), numbers(frame), rtol=1e-9)


def test_spaces_that_join_no_ids_are_let_be(frame: pd.DataFrame) -> None:
    spaced = frame.assign(child=" C" + frame["child"].astype(str))
    np.testing.assert_allclose(numbers(spaced), numbers(frame), rtol=1e-12)


@pytest.mark.parametrize("gap", [False, True])
def test_answers_that_are_numbers_have_their_order_in_a_categorical_too(frame: pd.DataFrame, gap: bool) -> None:
    places = np.digitize(frame["trust"], [2.5, 3.5, 4.5]).astype(float)
    places[3] = np.nan if gap else places[3]
    plain = fit_growth(frame.assign(answer=places), "answer ~ years", family="ordinal")
    kept = pd.Categorical(np.where(np.isnan(places), None, places), [2.0, 0.0, 3.0, 1.0, 9.0])
    labelled = fit_growth(frame.assign(answer=kept), "answer ~ years", family="ordinal")
    assert list(labelled.tidy()["term"][1:4]) == ["0|1", "1|2", "2|3"]
    assert labelled.fit.deviance == pytest.approx(plain.fit.deviance, abs=1e-9)
