"""Figures of papers: every number stands here a second time, typed from the source and not from our files.

Of *Herts and Minds* a checked extract lies outside the repository; where it is absent that comparison is skipped,
and says so.
"""

from __future__ import annotations

import csv
import math
from pathlib import Path

import artists
import pytest

import securebase_analysis.published as published
from securebase_analysis.published import published_figure

FOLDER = Path(published.__file__).parent / "figures"
EXTRACT = Path(__file__).parents[3] / "shared" / "published" / "herts_minds_table5_sdq.csv"
needs_extract = pytest.mark.skipif(not EXTRACT.is_file(), reason="the checked extract of Table 5 is not here")

PAPERS = {
    "bach_mortensen_2023",
    "breakdown_studies",
    "chimes_2024",
    "herts_minds_differences",
    "herts_minds_sdq",
    "herts_minds_subscales",
    "hu_2023",
    "joseph_2014",
    "konijn_2019",
    "lehmann_2013",
    "minnis_2001",
    "rubin_2007",
    "tarren_sweeney_2004",
    "texas_disruption",
    "van_den_dries_2009",
    "vanderfaeillie_2017",
    "wijedasa_2017",
}

# --- the numbers, typed again from abstracts and tables -------------------------------------------

MINNIS_TABLE_3 = [
    ("SDQ total, foster carer", 18, 8, 16, 8, -0.8, -3.1, 1.4, 0.4),
    ("SDQ total, teacher", 16, 8, 10, 7, 2, -3.0, 7.0, 0.4),
    ("SDQ total, young person", 15, 8, 12, 7, -2.1, -5.0, 0.8, 0.2),
    ("Attachment disorder, foster carer", 21, 9, 18, 9, -1.2, -3.5, 1.1, 0.3),
    ("Self-esteem, young person", 31, 5, 32, 6, 0.7, -2.3, 3.7, 0.6),
]
CHIMES_ABSTRACT = [
    (-0.15, -0.28, -0.02),
    (-0.18, -0.31, -0.05),
    (-0.30, -0.53, -0.08),
    (-0.35, -0.61, -0.08),
    (-0.26, -0.40, -0.13),
]
KONIJN_ABSTRACT = {
    "Behaviour problems": 0.35,
    "Not kinship care": 0.31,
    "Low quality of parenting": 0.29,
    "Older age": 0.25,
    "Placed without siblings": 0.16,
    "History of maltreatment": 0.14,
}
TEXAS_TABLE_3 = {
    # factor: (hazard ratio, standard error) for child-initiated, mismatch, substandard care
    "Aged 13 and over": [(7.64, 1.01), (7.23, 0.84), (1.45, 0.22)],
    "Boys": [(0.73, 0.05), (1.08, 0.04), (0.94, 0.04)],
    "Behaviour problem or delinquency": [(1.72, 0.12), (1.35, 0.06), (1.07, 0.07)],
    "Cognitive or learning disability": [(0.80, 0.06), (1.35, 0.06), (1.34, 0.08)],
    "Removed from home before": [(1.33, 0.15), (1.56, 0.11), (1.38, 0.12)],
    "More than two years in care": [(1.65, 0.13), (1.17, 0.07), (0.71, 0.04)],
}


def rows(name, *columns):
    """The columns of a file, numbers as numbers, as the standard library reads them."""
    cells = artists.cells(artists.spec_of(FOLDER / f"{name}.toml"))
    return [tuple(as_typed(row[column]) for column in columns) for row in cells]


def as_typed(cell):
    return float(cell) if artists.is_number(cell) else cell


def drawn(name, panel=1):
    """What a panel draws, with what rules added."""
    figure = published_figure(name)
    return figure.panels[panel - 1].rows(figure.table)


def test_minnis_2001_is_its_table_3():
    columns = [
        "measure",
        "trained_mean",
        "trained_sd",
        "usual_mean",
        "usual_sd",
        "difference",
        "low95",
        "high95",
        "p",
    ]
    assert rows("minnis_2001", *columns) == MINNIS_TABLE_3
    # the sign is what training does: it helps where less is better and the difference is negative
    assert rows("minnis_2001", "better") == [("low",), ("low",), ("low",), ("low",), ("high",)]


def test_chimes_is_the_abstract():
    assert rows("chimes_2024", "d", "low95", "high95") == CHIMES_ABSTRACT


def test_konijn_and_the_caution_beside_it():
    found = {}
    for factor, source, r in rows("konijn_2019", "factor", "source", "r"):
        found.setdefault(source, {})[factor] = r
    assert found == {
        "Konijn and others 2019": KONIJN_ABSTRACT,
        "Baart and Admiraal 2016": {"Behaviour problems": 0.33, "Low quality of parenting": 0.24},
        "Baart and Admiraal 2016, corrected for publication bias": {"Behaviour problems": 0.09},
    }


def test_konijn_has_no_intervals_and_says_so():
    figure = published_figure("konijn_2019")
    assert not {"low", "high", "derive"} & set(figure.panels[0].options)
    assert figure.panels[0].derive == ()
    ax = figure.plot()
    assert artists.segments(ax) == []
    assert "no intervals" in figure.assumed


def test_texas_is_its_table_3_and_the_intervals_are_the_delta_method():
    found = {}
    for factor, kind, ratio, error in rows("texas_disruption", "factor", "disruption", "ratio", "std_error"):
        found.setdefault(factor.split(" (")[0], []).append((ratio, error))
        assert kind == ["child-initiated", "mismatch", "substandard care"][len(found[factor.split(" (")[0]]) - 1]
    assert found == TEXAS_TABLE_3
    for row in drawn("texas_disruption").itertuples():
        spread = math.exp(1.959963984540054 * row.std_error / row.ratio)
        assert row.low == pytest.approx(row.ratio / spread, rel=1e-12)
        assert row.high == pytest.approx(row.ratio * spread, rel=1e-12)
        # on the log scale the interval is symmetric, and its half is z times the error of the logarithm
        assert math.log(row.high / row.ratio) == pytest.approx(math.log(row.ratio / row.low))


def test_texas_first_row_by_hand():
    """7.64 (1.01): error of the logarithm 0.1322, 1.96 of them 0.2591, so 7.64 / 1.2958 and 7.64 × 1.2958."""
    first = drawn("texas_disruption").iloc[0]
    assert (round(first["low"], 2), round(first["high"], 2)) == (5.90, 9.90)


def test_vanderfaeillie_counts_and_the_end_of_the_curve():
    assert rows("vanderfaeillie_2017", "outcome", "placements", "years") == [
        ("Broke down", 169, 6),
        ("Ended positively", 229, 6),
        ("Continuing", 271 + 309 - 398, 6),
    ]
    assert 169 + 229 == 398
    curve = drawn("vanderfaeillie_2017", 2)
    ends = curve[curve["years"] == 6.0].set_index("outcome")["percent"]
    assert ends["Broke down"] == pytest.approx(100 * 169 / 580, rel=1e-12)
    assert ends["Ended positively"] == pytest.approx(100 * 229 / 580, rel=1e-12)
    # the hazards behind it: 0.19 a year in all, 0.08 of them breakdown, 0.11 positive endings
    hazard = -math.log(182 / 580) / 6
    assert (round(hazard, 2), round(hazard * 169 / 398, 2), round(hazard * 229 / 398, 2)) == (0.19, 0.08, 0.11)
    halfway = curve[(curve["years"] == 3.0) & (curve["outcome"] == "Broke down")]["percent"].iloc[0]
    assert halfway == pytest.approx(100 * 169 / 398 * (1 - math.exp(-3 * hazard)), rel=1e-12)


def test_the_curve_of_vanderfaeillie_is_called_an_assumption_on_the_picture():
    figure = published_figure("vanderfaeillie_2017")
    assert figure.panels[1].title.startswith("Assumed")
    assert "hazards that do not change" in figure.assumed


def test_rubin_sums_to_99_and_says_so():
    found = rows("rubin_2007", "measure", "stability", "percent")
    shares = [percent for measure, _, percent in found if measure == "Share of children"]
    assert shares == [52, 19, 28]
    assert sum(shares) == 99
    assert "99 %" in published_figure("rubin_2007").assumed
    low_risk = {who: percent for measure, who, percent in found if measure != "Share of children"}
    assert low_risk == {"Stable early": 22, "Unstable": 36}


def test_wijedasa_counts_and_the_plain_share():
    assert rows("wijedasa_2017", "adoptions", "disrupted", "years", "kaplan_meier_percent") == [
        (36749, 565, 12, 3.2),
        (2317, 35, 11, 2.6),
    ]
    plain = drawn("wijedasa_2017")["plain_percent"].tolist()
    assert plain == pytest.approx([100 * 565 / 36749, 100 * 35 / 2317], rel=1e-12)
    assert "37,335" in published_figure("wijedasa_2017").assumed


def test_joseph_shares_and_wilson_intervals():
    assert rows("joseph_2014", "parent", "printed", "printed_percent", "adolescents") == [
        ("Birth mother", "insecure", 90, 62),
        ("Birth father", "insecure", 100, 62),
        ("Foster mother", "secure", 46, 62),
        ("Foster father", "secure", 49, 62),
    ]
    table = drawn("joseph_2014")
    assert table["secure_percent"].tolist() == [10, 0, 46, 49]
    z, n = 1.959963984540054, 62
    for row in table.itertuples():
        for end in (row.low / 100, row.high / 100):  # both ends solve (p − share)² = z² p (1 − p) / n
            assert (end - row.secure_percent / 100) ** 2 == pytest.approx(z**2 * end * (1 - end) / n, abs=1e-15)


def test_bach_mortensen_is_the_abstract():
    assert rows("bach_mortensen_2023", "effect", "low95", "high95", "p") == [
        (0.10, 0.02, 0.17, 0.01),
        (0.23, 0.15, 0.30, "<0.001"),
    ]


def test_breakdown_studies_are_the_abstracts():
    columns = ["years", "printed", "printed_percent", "broke_down", "placements"]
    assert rows("breakdown_studies", *columns) == [
        (3, "stable", 73, "", 53),
        (6, "broke down", "", 169, 580),
        ("6 to 7", "broke down", 57, "", 100),
        ("3 to 5", "broke down", 20, "", 234),
        ("3 to 5", "broke down", 51, "", ""),
        ("3 to 5", "broke down", 2, "", ""),
        ("not given", "broke down", 26.1, "", 318),
        ("not given", "broke down", 31.2, "", ""),
        ("not given", "broke down", 19.7, "", ""),
    ]
    table = drawn("breakdown_studies")
    assert table["percent"].round(4).tolist() == [27, 29.1379, 57, 20, 51, 2, 26.1, 31.2, 19.7]
    assert table["low"].notna().tolist() == table["placements"].notna().tolist()


def test_van_den_dries_is_the_abstract():
    assert rows("van_den_dries_2009", "d", "low", "high", "trimmed") == [
        (0.80, 0.49, 1.12, "no"),
        (0.36, 0.04, 0.68, "yes"),
        (0.35, 0.02, 0.67, "yes"),
        (0.12, -0.02, 0.26, "yes"),
    ]


def test_hu_2023_is_the_abstract():
    found = {group: [] for group, *_ in rows("hu_2023", "group", "wave", "t_score")}
    for group, _, score in rows("hu_2023", "group", "wave", "t_score"):
        found[group].append(score)
    assert found == {"Persistently low": [40, 38], "Normal": [52, 55], "Clinical": [68, 68]}


def test_tarren_sweeney_is_the_abstract():
    found = dict(rows("tarren_sweeney_2004", "scale", "r"))
    assert found == {"Total problems": 0.71, "Externalising problems": 0.78, "Internalising problems": 0.23}
    assert {n for (n,) in rows("tarren_sweeney_2004", "children")} == {47}
    # by hand for .71: z = 0.8872, 1.96 / √44 = 0.2955, so tanh(0.5917) and tanh(1.1827)
    first = drawn("tarren_sweeney_2004").iloc[0]
    assert (round(first["low"], 2), round(first["high"], 2)) == (0.53, 0.83)


def test_lehmann_2013_is_the_abstract():
    assert rows("lehmann_2013", "disorder", "percent", "children") == [
        ("Any disorder", 50.9, 279),
        ("Emotional disorders", 24.0, 279),
        ("Behavioural disorders", 21.5, 279),
        ("Reactive attachment disorder", 19.4, 279),
        ("ADHD", 19.0, 279),
    ]


# --- Herts and Minds ------------------------------------------------------------------------------


def extract():
    with EXTRACT.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@needs_extract
def test_every_mean_of_herts_and_minds_is_that_of_table_5():
    expected = []
    for row in extract():
        for short, arm in (("ucc", "usual care"), ("mbt", "mentalization-based")):
            numbers = (row[f"{short}_{part}"] for part in ("n", "mean", "sd"))
            expected.append((row["informant"].replace("_", " "), row["scale"], row["wave_weeks"], arm, *numbers))
    ours = [
        tuple(row.values())
        for name in ("herts_minds_sdq", "herts_minds_subscales")
        for row in artists.cells(artists.spec_of(FOLDER / f"{name}.toml"))
    ]
    totals = [row for row in expected if row[1] == "total"]
    assert ours == totals + [row for row in expected if row[1] != "total"]


@needs_extract
def test_every_difference_of_herts_and_minds_is_that_of_table_5():
    parts = ["adj_diff", "adj_lo90", "adj_hi90", "d", "d_lo90", "d_hi90"]
    expected = [
        (row["informant"].replace("_", " "), row["scale"], row["wave_weeks"], *(row[part] for part in parts))
        for row in extract()
        if row["adj_diff"]
    ]
    ours = artists.cells(artists.spec_of(FOLDER / "herts_minds_differences.toml"))
    assert [tuple(row[name] for name in row if name != "scale_week") for row in ours] == expected
    assert all(row["scale_week"] == f"{row['scale'].capitalize()}, week {row['week']}" for row in ours)


def test_the_direction_of_herts_and_minds_is_an_assumption_that_its_own_means_bear_out():
    """Usual care less mentalization-based, in changes from week 0: the sign agrees in ten of eleven rows."""
    means = {
        row[:4]: row[4]
        for name in ("herts_minds_sdq", "herts_minds_subscales")
        for row in rows(name, "informant", "scale", "week", "arm", "mean")
    }
    agreeing, totals = 0, []
    for who, scale, week, difference in rows(
        "herts_minds_differences", "informant", "scale", "week", "difference"
    ):
        usual, other = (
            means[who, scale, week, arm] - means[who, scale, 0.0, arm]
            for arm in ("usual care", "mentalization-based")
        )
        agreeing += (usual - other) * difference > 0
        totals += [round(usual - other, 1)] if (who, scale) == ("foster carer", "total") else []
    assert (agreeing, totals) == (10, [-1.5, -3.2])
    said = published_figure("herts_minds_differences").assumed
    for words in ("does not say which arm", "ten of the eleven", "-1.5 and -3.2 against -1.7 and -3.1", "assumed"):
        assert words in said


def test_intervals_of_herts_and_minds_are_normal_ones_and_said_to_be():
    drawn_rows = 0
    for name, n_panels in (("herts_minds_sdq", 2), ("herts_minds_subscales", 4)):
        assert "1.96 SD / square root of n" in published_figure(name).assumed
        for panel in range(1, n_panels + 1):
            drawn_rows += _has_normal_intervals(drawn(name, panel))
    assert drawn_rows == 34


def _has_normal_intervals(table):
    """How many rows were looked at: each end is the mean and 1.96 standard errors."""
    assert len(set(zip(table["informant"], table["scale"]))) == 1
    for row in table.itertuples():
        half = 1.959963984540054 * row.sd / math.sqrt(row.children)
        assert (row.low, row.high) == pytest.approx((row.mean - half, row.mean + half), rel=1e-12)
    return len(table)


# --- what holds for all of them -------------------------------------------------------------------


def test_all_of_them_are_listed():
    assert set(published.published_figures()["name"]) >= PAPERS


@pytest.mark.parametrize("name", sorted(PAPERS))
def test_intervals_that_were_computed_are_said_to_be(name):
    figure = published_figure(name)
    rules = {step["rule"] for panel in figure.panels for step in panel.derive}
    says = {
        "mean_interval": "Intervals: 95 % of a normal distribution",
        "ratio_interval": "Intervals: 95 % by the delta method on the log scale",
        "share_interval": "Intervals: 95 % of Wilson (1927)",
        "correlation_interval": "Intervals: 95 % by Fisher's z transformation",
        "constant_hazards": "hazards that do not change",
        "plain_share": ("plain share", "169 of 580"),
        "remainder": "100 less",
        "share_of_all": "",
    }
    for rule in rules:
        words = says[rule] if isinstance(says[rule], tuple) else (says[rule],)
        assert any(one in figure.assumed for one in words), rule
    if not rules and name != "herts_minds_differences":
        assert figure.assumed.startswith("Nothing is added")


@pytest.mark.parametrize("name", sorted(PAPERS))
def test_every_paper_can_be_found(name):
    figure = published_figure(name)
    assert figure.url.startswith("https://")
    assert not figure.simulated
    assert len(figure.published) > 20
