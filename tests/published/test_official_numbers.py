"""The English statistics and the Stability Index: every cell is that of the file it was read from.

The files lie outside the repository; where they are absent the comparison is skipped and says so. They are
read here as text, so that a number that was rounded, moved to another row or of another release is seen.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path

import artists
import pytest

import securebase_analysis.published as published

SOURCE = Path(__file__).parents[3] / "shared" / "published"
FOLDER = Path(published.__file__).parent / "figures"
ABSENT = "the official files (../shared/published) are not on this machine"
needs_files = pytest.mark.skipif(not SOURCE.is_dir(), reason=ABSENT)


def source_rows(name, **where):
    with (SOURCE / name).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row for row in rows if all(row[column] == value for column, value in where.items())]


def our_rows(figure):
    return artists.cells(artists.spec_of(FOLDER / f"{figure}.toml"))


# --- files that we carry as they are ------------------------------------------------------------------------


@needs_files
@pytest.mark.parametrize(
    ("figure", "file", "renamed"),
    [
        ("england_sdq", "england_sdq_2011_2025.csv", {}),
        ("england_placement_stability", "england_placement_stability.csv", {}),
        ("stability_index_overlaps", "stability_index_2019_venn.csv", {"figure": "period", "pct": "percent"}),
    ],
)
def test_every_cell_of_the_extract(figure, file, renamed):
    theirs, ours = source_rows(file), our_rows(figure)
    assert len(ours) == len(theirs)
    for our, their in zip(ours, theirs):
        assert {renamed.get(name, name): cell for name, cell in their.items()}.items() <= our.items()


@needs_files
def test_every_row_names_the_release_it_was_read_from():
    for figure in ("england_sdq", "england_placement_stability"):
        assert all(row["release"] for row in our_rows(figure))
    runs = {(row["run"], row["release"]) for row in our_rows("england_placement_stability")}
    named = {run: {release for other, release in runs if other == run} for run, _ in runs}
    assert named["Release of 2022"] == {"2022 release"}
    assert named["Release of 2024"] == {"2024 release"}
    assert named["Release of 2025"] == {"2025 release (revised)", "2025 release"}


@needs_files
def test_what_overlaps_is_read_from_the_pattern():
    for row in our_rows("stability_index_overlaps"):
        for name in ("placement", "school", "social_worker"):
            has = row["pattern"] == "all_three" or name in row["pattern"].removesuffix("_only").split("+")
            assert (row[name] == "yes") is has


# --- files of which we carry some rows ------------------------------------------------------------------------


@dataclass(frozen=True)
class Taken:
    """Which rows of a file are in a figure: `key` and `cells` ours to theirs, `left_out` their keys."""

    figure: str
    file: str
    where: dict
    key: dict
    cells: dict
    left_out: set = field(default_factory=set)
    only_named: bool = False


YEAR = {"time_period": "2024"}
LABEL = {"label_in_source": "characteristic"}
TAKEN = [
    *(
        Taken(
            "england_looked_after",
            "cla_time_series_1994_2024.csv",
            {"population_count": f"Children {label}"},
            {"year": "time_period"},
            {column: "number"},
        )
        for column, label in {
            "children": "looked after at 31 March",
            "started": "starting to be looked after during the year",
            "ceased": "ceasing to be looked after during the year",
            "adopted": "looked after who were adopted during the year",
        }.items()
    ),
    Taken(
        "england_exits",
        "national_children_who_ceased_to_be_looked_after_during_the_year.csv",
        YEAR | {"cla_group": "Reason episode ceased"},
        LABEL,
        {"children": "number", "percent": "percentage"},
        {("Total",)},
    ),
    Taken(
        "england_reasons_for_change",
        "national_reason_for_placement_change_during_year.csv",
        YEAR | {"cla_group": "Age", "characteristic": "Total"},
        {"label_in_source": "reason_for_change"},
        {"changes": "number", "percent": "percent"},
        {("All Placements",)},
    ),
    Taken(
        "england_placement_types",
        "national_cla_on_31_march_by_characteristics.csv",
        YEAR | {"cla_group": "Placement"},
        LABEL,
        {"children": "number", "percent": "percentage"},
        only_named=True,
    ),
    Taken(
        "england_placements_before_leaving",
        "national_cla_ceased_during_year_placements_care_periods.csv",
        YEAR | {"cla_group": "Number of placements", "age_on_ceasing": "Total"},
        {"placements": "periods_or_placements"},
        {"children": "number", "percent": "percentage"},
        {("Total",)},
    ),
    Taken(
        "england_placement_durations",
        "national_duration_of_placements_by_type_ceasing_during_the_year.csv",
        YEAR,
        {"label_in_source": "placement_group", "duration_in_source": "placement_duration"},
        {"placements": "number", "percent": "percentage"},
        only_named=True,
    ),
]


@needs_files
@pytest.mark.parametrize("taken", TAKEN, ids=lambda taken: taken.figure)
def test_every_cell_is_that_of_the_official_file(taken):
    theirs = {
        tuple(row[name] for name in taken.key.values()): row
        for row in source_rows(f"dfe/{taken.file}", **taken.where)
    }
    ours = {tuple(row[name] for name in taken.key): row for row in our_rows(taken.figure)}
    for key, row in ours.items():
        for our, their in taken.cells.items():
            assert row[our] == theirs[key][their], (key, our)
    missing = set(theirs) - set(ours)
    assert taken.only_named or missing == taken.left_out


@needs_files
def test_parts_of_the_types_of_placement_are_all_there():
    """No child is in two rows and none is left out: the parts add up to the total but for rounding."""
    total = source_rows(
        "dfe/national_cla_on_31_march_by_characteristics.csv",
        **YEAR, cla_group="Placement", characteristic="Total children",
    )  # fmt: skip
    parts = sum(int(row["children"]) for row in our_rows("england_placement_types"))
    assert abs(parts - int(total[0]["number"])) <= 5 * len(our_rows("england_placement_types"))


@needs_files
def test_durations_hold_every_type_and_every_band():
    file = "dfe/national_duration_of_placements_by_type_ceasing_during_the_year.csv"
    not_bands = {"All placements", "Average duration (days)", "Median duration (days)"}
    theirs = {
        (row["placement_group"], row["placement_duration"])
        for row in source_rows(file, **YEAR)
        if row["placement_duration"] not in not_bands
    }
    ours = [(row["label_in_source"], row["duration_in_source"]) for row in our_rows("england_placement_durations")]
    assert len(ours) == len(theirs)
    assert set(ours) == theirs


@needs_files
def test_mean_and_median_durations():
    file = "dfe/national_duration_of_placements_by_type_ceasing_during_the_year.csv"
    for row in our_rows("england_placement_duration_averages"):
        theirs = {
            one["placement_duration"]: one["number"]
            for one in source_rows(file, **YEAR, placement_group=row["label_in_source"])
        }
        assert row["mean_days"] == theirs["Average duration (days)"]
        assert row["median_days"] == theirs["Median duration (days)"]
        assert row["placements"] == theirs["All placements"]


@needs_files
def test_the_same_carer_by_placement():
    for row in our_rows("england_same_carer_by_placement"):
        theirs = {
            one["placement_stability"]: (one["number"], one["percentage"])
            for one in source_rows(
                "dfe/national_cla_2_and_half_years_by_characteristics.csv",
                **YEAR, population_group="Placement", characteristic=row["label_in_source"],
            )
        }  # fmt: skip
        with_carer, without = "Living with the same carer for at least 2 years", "Not living with the same carer"
        assert (row["same_carer_n"], row["same_carer_pct"]) == theirs[with_carer]
        assert (row["not_same_carer_n"], row["not_same_carer_pct"]) == theirs[f"{without} for at least 2 years"]
        assert row["children"] == theirs["Total children"][0]


@needs_files
def test_strengths_and_difficulties_by_age():
    names = {
        "sdq_received": "4.1 SDQ score was received",
        "normal": "4.1.1 SDQ score is normal",
        "borderline": "4.1.2 SDQ score is borderline",
        "concern": "4.1.3 SDQ score is a cause for concern",
    }
    for row in our_rows("england_sdq_by_age"):
        theirs = {
            one["characteristic"]: one
            for one in source_rows(
                "dfe/national_conviction_health_outcomes_for_cla.csv",
                **YEAR, gender="Total", age_group=f"{row['age']} years",
            )
        }  # fmt: skip
        assert row["mean_sdq"] == theirs["4.2 SDQ average score"]["number"]
        for ours, characteristic in names.items():
            count = "sdq_received" if ours == "sdq_received" else f"{ours}_n"
            assert row[count] == theirs[characteristic]["number"]
            assert row[f"{ours}_pct"] == theirs[characteristic]["percentage"]


@needs_files
def test_the_three_indicators_of_one_release():
    full = {
        "three_plus_in_year": "With 3 or more placements during the year",
        "same_carer_two_years": "Living with the same carer for at least 2 years",
        "three_plus_in_two_years": "With 3 or more placements during the previous 2 years",
    }
    rows = source_rows("dfe/la_cla_placement_stability_2025.csv", geographic_level="National")
    assert {row["time_period"] for row in rows} == {
        row["year"] for row in our_rows("england_placement_stability_one_release")
    }
    for ours in our_rows("england_placement_stability_one_release"):
        year = [row for row in rows if row["time_period"] == ours["year"]]
        for name, label in full.items():
            (counted,) = [row for row in year if row["placement_stability"] == label]
            (all_of,) = [
                row
                for row in year
                if row["cla_group"] == counted["cla_group"] and row["placement_stability"] == "Total children"
            ]
            assert ours[f"{name}_n"] == counted["children_count"]
            assert ours[f"{name}_pct"] == counted["children_percent"]
            assert ours[f"{name}_of"] == all_of["children_count"]


def test_2024_stands_in_both_releases_and_they_differ():
    rows = [row for row in our_rows("england_placement_stability") if row["year"] == "2024"]
    assert [(row["three_plus_placements_n"], row["cla_31_march"]) for row in rows] == [
        ("8690", "83630"),
        ("8860", "83530"),
    ]


@needs_files
def test_every_local_authority():
    full = {
        "three_plus_in_year": "With 3 or more placements during the year",
        "same_carer_two_years": "Living with the same carer for at least 2 years",
        "three_plus_in_two_years": "With 3 or more placements during the previous 2 years",
    }
    rows = source_rows("dfe/la_cla_placement_stability_2025.csv", time_period="2025")
    ours = {row["authority"]: row for row in our_rows("england_authorities_stability")}
    places = {row["la_name"] for row in rows if row["geographic_level"] == "Local authority"}
    assert set(ours) == places | {"England"}
    for name, row in ours.items():
        level = "National" if name == "England" else "Local authority"
        here = [one for one in rows if one["geographic_level"] == level and one["la_name"] in (name, "")]
        for column, label in full.items():
            (counted,) = [one for one in here if one["placement_stability"] == label]
            (all_of,) = [
                one
                for one in here
                if one["cla_group"] == counted["cla_group"] and one["placement_stability"] == "Total children"
            ]
            assert row[f"{column}_n"] == counted["children_count"]
            assert row[f"{column}_pct"] == counted["children_percent"]
            assert row[f"{column}_of"] == all_of["children_count"]
