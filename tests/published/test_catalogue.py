"""Finding a figure, reading its file, and laying one's own numbers over it."""

from __future__ import annotations

import dataclasses

import artists
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.published import published_figure, published_figures
from securebase_analysis.published.figure_file import read_figure
from securebase_analysis.show import picture_of, write_figure
from securebase_analysis.study.spells.history import placement_history
from securebase_analysis.study.stability import placement_stability

FILE = """title = "T"
citation = "A person (2020)."
url = "https://example.org/a"
release = "Edition of 2020."
licence = "open"
published = "All."
assumed = ""
simulated = false
[columns]
year = "year"
percent = "percentage"
[[draw]]
form = "lines"
x = "year"
y = "percent"
[data]
csv = \"\"\"
year,percent
2019,10
2020,k
2021,12
\"\"\"
"""


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def written(tmp_path, text=FILE, name="made.toml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def codes(error):
    return {problem.code for problem in error.value.problems}


# --- the verbs ------------------------------------------------------------------------------------------


def test_the_list_names_every_figure_with_its_source():
    listed = published_figures()
    assert listed.columns.tolist() == ["name", "title", "citation", "release"]
    assert listed["name"].is_unique
    assert {"england_sdq", "england_placement_stability", "stability_index_overlaps"} <= set(listed["name"])
    assert (listed != "").all(axis=None)


def test_a_misspelt_name_is_told_with_the_nearest():
    with pytest.raises(ModelError) as error:
        published_figure("englnd_sdq")
    (problem,) = error.value.problems
    assert problem.code == "SB-OUT-70"
    assert problem.fix == "published_figure('england_sdq')"


@pytest.mark.parametrize("name", ["../secrets", "figures/england_sdq", "", "england_sdq.toml"])
def test_a_name_never_leaves_the_list(name):
    with pytest.raises(ModelError):
        published_figure(name)


# --- the noun ---------------------------------------------------------------------------------------------


def test_a_figure_is_frozen_and_its_table_is_a_copy():
    figure = published_figure("england_sdq")
    table = figure.table
    table.loc[0, "mean_sdq"] = 99.0
    assert figure.table.loc[0, "mean_sdq"] == 13.9
    with pytest.raises(dataclasses.FrozenInstanceError):
        figure.title = "other"


def test_symbols_are_kept_and_explained():
    figure = published_figure("england_exits")
    died = figure.table.set_index("reason").loc["Died"]
    assert np.isnan(died["percent"])
    assert died["percent_symbol"] == "k"
    assert figure.symbols == {"k": "rounds to 0 but is not 0"}
    assert any("rounds to 0" in note for note in figure.notes)
    assert "k (60)" in [text.get_text() for text in figure.plot().texts]


def test_what_a_figure_says_of_itself():
    figure = published_figure("england_placement_stability")
    assert "Do not splice" in figure.assumed
    assert 'definition="dfe_2025"' in figure.ours
    assert "england_placement_stability" in repr(figure)
    page = figure._repr_html_()
    assert page.count("<img") == 1
    assert "Assumed: Lines join only years of one release" in page
    assert not plt.get_fignums()


def test_lines_do_not_join_two_releases():
    first = published_figure("england_placement_stability").plot(panel=1)
    joined = [(line.get_xdata()[0], line.get_xdata()[-1]) for line in artists.data_lines(first)]
    assert joined == [(2018, 2019), (2020, 2024), (2024, 2025)]


def test_the_caption_travels_with_the_file(tmp_path):
    picture, drawing = write_figure(published_figure("england_exits").plot(), tmp_path / "exits")
    assert picture.stat().st_size > 10_000
    assert "Department for Education" in drawing.read_text("utf-8")


def test_drawing_the_same_figure_twice_gives_the_same_picture(tmp_path):
    first, again = (
        write_figure(published_figure("england_exits").plot(), tmp_path / f"{name}.svg")[0].read_bytes()
        for name in ("a", "b")
    )
    assert first == again


def test_one_panel_on_axes_of_ones_own():
    _, ax = plt.subplots()
    drawn = published_figure("england_sdq").plot(ax, panel=1)
    assert drawn is ax
    assert artists.data_lines(ax)[0].get_ydata()[-1] == 14.9
    assert picture_of(ax).notes[0].startswith("Source: Department for Education")


def test_one_axes_cannot_hold_several_panels():
    _, ax = plt.subplots()
    with pytest.raises(ModelError) as error:
        published_figure("england_sdq").plot(ax)
    assert codes(error) == {"SB-OUT-79"}


@pytest.mark.parametrize("panel", [0, 3])
def test_a_panel_that_is_not_there(panel):
    with pytest.raises(ModelError) as error:
        published_figure("england_sdq").plot(panel=panel)
    assert codes(error) == {"SB-OUT-78"}


# --- numbers of one's own ---------------------------------------------------------------------------------


def own_marks(ax):
    return [
        (float(x), float(y))
        for line in artists.data_lines(ax)
        if line.get_label() == "Own data"
        for x, y in zip(line.get_xdata(), line.get_ydata())
    ]


def test_own_numbers_lie_over_the_published_ones():
    own = pd.DataFrame({"year": [2023, 2024], "three_plus_pct": [14.0, 12.5]})
    first, second, third = published_figure("england_placement_stability").plot(own=own)
    assert own_marks(first) == [(2023, 14.0), (2024, 12.5)]
    assert own_marks(second) == own_marks(third) == []
    assert "Own data" in [text.get_text() for text in first.get_legend().get_texts()]
    assert "comparable only as far as" in picture_of(first).notes[-1]


def test_own_numbers_on_the_rows_of_the_same_name():
    own = pd.DataFrame({"reason": ["Adopted", "Died", "No such reason"], "percent": [14.0, 3.0, 9.0]})
    ax = published_figure("england_exits").plot(own=own)
    rows = {artists.nearest_row(ax, y): x for x, y in own_marks(ax)}
    assert rows == {"Adopted": 14.0, "Died": 3.0}
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["Own data", "Published"]


def test_indicators_of_a_history_lie_over_the_panel_that_counts_the_same():
    """Four children, one of whom has three placements in the year that ends in 2021."""
    moves = pd.DataFrame(
        {
            "child": ["a", "a", "a", "b", "c", "d"],
            "DECOM": pd.to_datetime(["2020-05-01", "2020-07-01", "2020-09-01"] + ["2020-05-01"] * 3),
            "DEC": [pd.Timestamp("2020-07-01"), pd.Timestamp("2020-09-01")] + [pd.NaT] * 4,
            "RNE": ["S", "P", "P", "S", "S", "S"],
            "LS": ["C2"] * 6,
            "PLACE": ["U6"] * 6,
            "REC": ["X1", "X1"] + [""] * 4,
            "URN": ["1", "2", "3", "4", "5", "6"],
        }
    )
    history = placement_history(moves, freeze="2021-03-31")
    counted = placement_stability(history, "dfe_2025")
    first, *others = published_figure("england_placement_stability").plot(own=counted)
    assert own_marks(first) == [(2021, 25.0)]
    assert all(own_marks(ax) == [] for ax in others)
    assert picture_of(first).notes[-1].endswith("Definitions: dfe_2025.")
    among = published_figure("england_authorities_stability").plot(own=counted)
    assert [x for x, _ in own_marks(among[0])] == [25.0]
    assert picture_of(among).notes[-1].endswith("Definitions: dfe_2025. Own data are of 2020/21.")


def test_calendar_years_are_not_laid_over_years_that_end_in_march():
    moves = pd.DataFrame(
        {
            "child": ["a", "b"],
            "carer": ["x", "y"],
            "start": pd.to_datetime(["2019-05-01", "2019-06-01"]),
            "end": pd.to_datetime([None, None]),
        }
    )
    history = placement_history(moves, freeze="2020-12-31")
    counted = placement_stability(history, "any_change", year_starts="01-01")
    counted = dataclasses.replace(counted, frame=counted.frame.assign(definition="dfe_2025"))
    with pytest.raises(ModelError) as error:
        published_figure("england_placement_stability").plot(own=counted)
    assert codes(error) == {"SB-MODEL-41"}


def test_own_numbers_beyond_the_axis_are_not_cut_off():
    own = pd.DataFrame({"year": [2024], "three_plus_pct": [31.0]})
    first = published_figure("england_placement_stability").plot(panel=1, own=own)
    assert own_marks(first) == [(2024, 31.0)]
    assert first.get_ylim()[0] == 0
    assert first.get_ylim()[1] > 31


def test_ones_own_authority_among_all_of_england():
    own = pd.DataFrame({"three_plus_in_year_pct": [14.2]})
    first, second, _ = published_figure("england_authorities_stability").plot(own=own)
    assert [x for x, _ in own_marks(first)] == [14.2]
    assert own_marks(second) == []
    alt = picture_of(first).alt
    assert "local authorities from 0% to" in alt
    assert "England 10%" in alt


def test_own_numbers_that_no_panel_can_show():
    with pytest.raises(ModelError) as error:
        published_figure("england_sdq").plot(own=pd.DataFrame({"year": [2024], "mean": [15.0]}))
    (problem,) = error.value.problems
    assert problem.code == "SB-MODEL-41"
    assert "year, mean_sdq or year, normal_pct, borderline_pct, concern_pct" in problem.fix


def test_published_numbers_are_the_same_with_ones_own_over_them():
    figure = published_figure("england_sdq")
    own = pd.DataFrame({"year": [2024, 2030], "mean_sdq": [15.0, 16.0]})
    without, with_own = figure.plot(panel=1), figure.plot(panel=1, own=own)
    before, after = artists.data_lines(without)[0], artists.data_lines(with_own)[0]
    np.testing.assert_array_equal(before.get_xydata(), after.get_xydata())


def refused_own(name, own, **options):
    with pytest.raises(ModelError) as error:
        published_figure(name).plot(own=own, **options)
    (problem,) = error.value.problems
    return problem


def test_own_years_may_be_return_years_or_text():
    values = {"three_plus_pct": [14.0, 12.5]}
    for years in (["2022/23", "2023/24"], ["2023", "2024"], [2023, 2024], ["2022/2023", "2023/2024"]):
        own = pd.DataFrame({"year": years, **values})
        assert own_marks(published_figure("england_placement_stability").plot(panel=1, own=own)) == [
            (2023, 14.0),
            (2024, 12.5),
        ]


def test_18_own_numbers_that_are_text_are_refused_with_their_rows():
    own = pd.DataFrame({"year": [2022, 2023, 2024], "mean_sdq": ["15.1", "15,9", "n/k"]})
    problem = refused_own("england_sdq", own)
    assert (problem.code, problem.column, problem.rows) == ("SB-FILE-18", "mean_sdq", (2, 3))
    problem = refused_own("england_sdq", own.assign(mean_sdq=15.0, year=["2022", "2022/26", "later"]))
    assert (problem.code, problem.column, problem.rows) == ("SB-FILE-18", "year", (2, 3))


def test_own_shares_are_not_drawn_beside_percentages():
    own = pd.DataFrame({"year": [2024], "normal_pct": [0.4], "borderline_pct": [0.1], "concern_pct": [0.5]})
    with pytest.raises(ModelError) as error:
        published_figure("england_sdq").plot(own=own)
    assert codes(error) == {"SB-OUT-68"}
    assert error.value.problems[0].fix == "own['normal_pct'] = 100 * own['normal_pct']"


def test_two_own_numbers_for_one_place_are_refused():
    own = pd.DataFrame({"reason": ["Adopted", "Died", "Adopted"], "percent": [14.0, 3.0, 9.0]})
    problem = refused_own("england_exits", own)
    assert (problem.code, problem.rows) == ("SB-ID-02", (1, 3))


def test_published_numbers_keep_their_decimals_beside_ones_own():
    own = pd.DataFrame({"year": [2024], "normal_pct": [41.2], "borderline_pct": [11 / 3], "concern_pct": [55.13]})
    ax = published_figure("england_sdq").plot(panel=2, own=own)
    printed = [text.get_text() for text in ax.texts]
    assert {"50", "37"} <= set(printed)
    assert {"41.2", "55.1"} <= set(printed)
    assert "50.0" not in printed


def test_own_numbers_without_a_place_are_counted_in_the_notes():
    own = pd.DataFrame({"reason": ["Adopted", "No such reason"], "percent": [14.0, 9.0]})
    note = picture_of(published_figure("england_exits").plot(own=own)).notes[-1]
    assert note.endswith("Not shown: 1 row of own data has a name that the figure does not have.")
    problem = refused_own("england_exits", own[1:])
    assert problem.code == "SB-MODEL-41"


def test_a_published_figure_is_written_as_it_stands(tmp_path):
    own = pd.DataFrame({"year": [2024], "three_plus_pct": [12.5]})
    (path,) = write_figure(published_figure("england_placement_stability"), tmp_path / "figure.svg", own=own)
    assert (
        "comparable only as far as"
        in picture_of(published_figure("england_placement_stability"), own=own).notes[-1]
    )
    assert path.stat().st_size > 0
    assert not plt.get_fignums()


@pytest.mark.parametrize("panel", ["1", 1.5])
def test_a_panel_is_a_number(panel):
    with pytest.raises(ModelError) as error:
        published_figure("england_sdq").plot(panel=panel)
    assert codes(error) == {"SB-OUT-78"}


# --- the file ----------------------------------------------------------------------------------------------


def test_a_file_is_read(tmp_path):
    figure = read_figure(written(tmp_path))
    assert figure.name == "made"
    assert figure.table["percent_symbol"].tolist() == ["", "k", ""]
    assert figure.columns["percent_symbol"].startswith("why percent has no number")
    assert figure.plot().lines[0].get_ydata().tolist() == [10.0, 12.0]


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ('title = "T"', "title = T", "SB-OUT-71", "not TOML"),
        ("2019,10\n", "2019,10,11\n", "SB-OUT-72", "row 1 has 3 cells"),
        ("year,percent\n2019", "year,year\n2019", "SB-OUT-72", "name of its own"),
        ('licence = "open"\n', "", "SB-OUT-73", "licence is not said"),
        ('assumed = ""\n', "", "SB-OUT-73", "assumed is not said"),
        ("simulated = false\n", "", "SB-OUT-73", "simulated is not said"),
        ('release = "', 'relaese = "', "SB-OUT-74", "relaese has no meaning"),
        ('form = "lines"\n', "", "SB-OUT-75", "names no form"),
        ('percent = "percentage"\n', "", "SB-OUT-76", "no meaning"),
        ('year = "year"\n', 'year = "year"\nage = "age"\n', "SB-OUT-77", "no such column"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(tmp_path, old, new, code, words):
    with pytest.raises(DataError) as error:
        read_figure(written(tmp_path, FILE.replace(old, new)))
    told = [problem for problem in error.value.problems if problem.code == code]
    assert told
    assert words in told[0].what
    assert told[0].table == "made.toml"


def test_all_problems_of_a_file_are_told_at_once(tmp_path):
    broken = (
        FILE.replace('title = "T"\n', "").replace('percent = "percentage"\n', "").replace('form = "lines"\n', "")
    )
    with pytest.raises(DataError) as error:
        read_figure(written(tmp_path, broken))
    assert codes(error) == {"SB-OUT-73", "SB-OUT-75", "SB-OUT-76"}


@pytest.mark.parametrize(
    ("old", "new"), [('form = "lines"', 'form = "line"'), ('y = "percent"', 'y = "percent"\ncolour = 1')]
)
def test_a_form_or_an_option_that_is_none_is_told_when_it_is_drawn(tmp_path, old, new):
    figure = read_figure(written(tmp_path, FILE.replace(old, new)))
    with pytest.raises(ModelError) as error:
        figure.plot()
    assert codes(error) == {"SB-MODEL-30"}
