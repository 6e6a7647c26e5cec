"""Who is who: every child the same in every table, and nobody mistaken for somebody else."""

from __future__ import annotations

import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.readers.look_alikes import shape
from securebase_analysis.results import wording
from securebase_analysis.study.draft import Draft, problems_in
from securebase_analysis.study.file_rows import ENTRY, ROW
from securebase_analysis.study.schema import KEY

FACTS = ("sex", "birth_date")
FACT_WORDS = {"sex": "The sex", "birth_date": "The birth date"}
WITH_SCORES = ("waves", "ratings", "sources")


# --- ids that do not fit together -------------------------------------------------------------------------------


def ids_in_several_sites(draft: Draft) -> list[Problem]:
    """SB-ID-03 (note): the same id in two sites is two children."""
    children = draft.tables["children"]
    pairs = children[[*KEY]].dropna().drop_duplicates()
    shared = pairs.loc[pairs["child"].duplicated(keep=False), "child"].nunique()
    if not shared:
        return []
    wrong = children["child"].isin(pairs.loc[pairs["child"].duplicated(keep=False), "child"])
    return problems_in(
        draft,
        children,
        wrong,
        "child",
        "SB-ID-03",
        "note",
        f"{shared} ids occur in more than one site.",
        why="Linked by the id alone, two children would become one.",
        done="Children are told apart by site and id together, in every table.",
    )


def leading_zeros(draft: Draft) -> list[Problem]:
    """SB-ID-04: ids that fit the children only when zeros in front are left out."""
    known = pd.Index(draft.tables["children"]["child"].dropna().unique())
    problems = []
    for _, frame in draft.linked_tables():
        ids = pd.Index(frame["child"].dropna().unique())
        lost = pd.Series(ids[known.get_indexer(ids) < 0], dtype="str")
        fits = lost[lost.str.lstrip("0").isin(known.str.lstrip("0"))] if len(lost) else lost
        if not len(fits):
            continue
        problems += problems_in(
            draft,
            frame,
            frame["child"].isin(fits),
            "child",
            "SB-ID-04",
            "stop",
            f"{wording.count(len(lost), 'id of this file is', 'ids of this file are')} not among the children; "
            f"{len(fits)} of them would be without zeros in front (text in one file, numbers in the other).",
            why="As they stand, these rows belong to nobody.",
            done="Nothing was matched.",
            fix='leading_zeros = "ignore" under [study]; or store the ids as text in both files.',
        )
    return problems


def sites_that_differ(draft: Draft) -> list[Problem]:
    """SB-ID-32: ids that are among the children, under a site that is not."""
    problems = []
    for _, frame in draft.linked_tables():
        wrong = _under_another_site(draft, frame)
        n_ids = frame.loc[wrong, "child"].nunique()
        problems += problems_in(
            draft,
            frame,
            wrong,
            "site",
            "SB-ID-32",
            "stop",
            "{rows:row names|rows name} a site that the table of children does not have; "
            f"{wording.count(n_ids, 'id in them is', 'ids in them are')} there under other sites.",
            why="Children are told apart by site and id together, so these rows belong to nobody.",
            done="Nothing was matched by the id alone.",
            fix="Write the site in every file as it stands in the table of children.",
        )
    return problems


def _under_another_site(draft: Draft, frame: pd.DataFrame) -> pd.Series:
    """Rows with an id that is among the children and a site that is not."""
    children = draft.tables["children"]
    elsewhere = frame["site"].notna() & ~frame["site"].isin(children["site"])
    return elsewhere & frame["child"].isin(children["child"].dropna())


def unlinked_rows(draft: Draft) -> list[Problem]:
    """SB-ID-05: children in one table and not in another."""
    if not len(draft.study_file.of("children")) or draft.tables["children"].empty:
        return []  # a table of children that could not be read has been reported
    children = pd.MultiIndex.from_frame(draft.tables["children"][[*KEY]].dropna())
    problems = []
    for _, frame in draft.linked_tables():
        lost = frame["child"].notna() & ~pd.MultiIndex.from_frame(frame[[*KEY]]).isin(children)
        lost &= ~_under_another_site(draft, frame)
        n_children = len(frame.loc[lost, [*KEY]].drop_duplicates())
        problems += problems_in(
            draft,
            frame,
            lost,
            "child",
            "SB-ID-05",
            "warn",
            f"{wording.count(n_children, 'child of this file has', 'children of this file have')} no row in the "
            "table of children.",
            why="Their sex, age and care are not known, and they do not count among the children due.",
            done="Nobody was removed; they are listed in study.unlinked.",
            fix="Add them to the table of children, or correct their ids.",
        )
    return problems + _without_data(draft)


def _without_data(draft: Draft) -> list[Problem]:
    """Children with a record and nothing else."""
    children = draft.tables["children"]
    alone = ~pd.MultiIndex.from_frame(children[[*KEY]]).isin(_seen_anywhere(draft)) & children["child"].notna()
    if not alone.any() or not (draft.answers or len(draft.tables["sources"]) or len(draft.tables["ratings"])):
        return []
    return problems_in(
        draft,
        children,
        alone,
        "child",
        "SB-ID-05",
        "warn",
        "{n:child has|children have} a record and no answers, ratings, interviews or rows of waves.",
        why="They count among the children of the study and never among those seen.",
        done="Nobody was removed; they are listed in study.unlinked.",
        fix="Check their ids; leave out children who never entered the study.",
    )


def _seen_anywhere(draft: Draft) -> pd.MultiIndex:
    """The children about whom there is anything but a record and placements."""
    frames = [draft.tables[name][[*KEY]] for name in WITH_SCORES] + [
        frame[[*KEY]] for frame in draft.answers.values()
    ]
    return pd.MultiIndex.from_frame(pd.concat(frames, ignore_index=True).dropna().drop_duplicates())


def unlinked_children(draft: Draft) -> pd.DataFrame:
    """Children that stand in one table and not in another; for the researcher's eyes only.

    Returns
    -------
    pandas.DataFrame
        ``site, child, found_in, missing_from, rows``.
    """
    children = draft.tables["children"][[*KEY]].dropna().drop_duplicates()
    known = pd.MultiIndex.from_frame(children)
    parts = []
    for name, frame in draft.linked_tables():
        pairs = frame[[*KEY]].dropna()
        lost = pairs[~pd.MultiIndex.from_frame(pairs).isin(known)]
        counts = lost.groupby([*KEY]).size().rename("rows").reset_index()
        parts.append(counts.assign(found_in=name, missing_from="children"))
    alone = children[~known.isin(_seen_anywhere(draft))]
    parts.append(alone.assign(found_in="children", missing_from="answers, ratings and interviews", rows=1))
    columns = [*KEY, "found_in", "missing_from", "rows"]
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True)[columns] if filled else pd.DataFrame(columns=columns)


def look_alike_ids(draft: Draft) -> list[Problem]:
    """SB-ID-06: ids that differ only by letters that look the same."""
    tables = [(name, frame) for name, frame in draft.all_tables() if "child" in frame]
    ids = pd.concat([frame[[*KEY]] for _, frame in tables], ignore_index=True).dropna().drop_duplicates()
    shapes = ids["child"].map({child: shape(str(child)) for child in ids["child"].unique()})
    alike = ids[ids.assign(child=shapes).duplicated(keep=False)]
    if alike.empty:
        return []
    foreign = {child for child in alike["child"] if not str(child).isascii()}
    known = set(draft.tables["children"]["child"])
    suspect = foreign or {child for child in alike["child"] if child not in known} or set(alike["child"])
    other = f"; {len(foreign)} of them have letters of another alphabet" if foreign else ""
    problems = []
    for _, frame in tables:
        problems += problems_in(
            draft,
            frame,
            frame["child"].isin(suspect),
            "child",
            "SB-ID-06",
            "warn",
            f"{len(alike)} ids of the study differ from one another only by signs that look alike (O and 0, I and "
            f"1, case, other alphabets){other}.",
            why="One child under two ids looks like two children, each lost at some waves.",
            done="They were kept apart.",
            fix="If they are the same child, correct the ids in these rows.",
        )
    return problems


# --- facts that cannot change -----------------------------------------------------------------------------------


def facts_that_change(draft: Draft) -> list[Problem]:
    """SB-ID-07: a sex or birth date that is not the same everywhere."""
    problems = []
    for fact in FACTS:
        tables = [frame for frame in draft.tables_with(fact) if frame[fact].notna().any()]
        if len(tables) == 0:
            continue
        stated = pd.concat([frame[[*KEY, fact]] for frame in tables], ignore_index=True).dropna()
        values = stated.drop_duplicates().groupby([*KEY]).size()
        changing = (
            pd.MultiIndex.from_tuples(values.index[values > 1], names=[*KEY]) if (values > 1).any() else None
        )
        if changing is None:
            continue
        for frame in tables:
            wrong = pd.MultiIndex.from_frame(frame[[*KEY]]).isin(changing) & frame[fact].notna()
            problems += problems_in(
                draft,
                frame,
                wrong,
                fact,
                "SB-ID-07",
                "stop",
                f"{FACT_WORDS[fact]} of {len(changing)} children is not the same in all rows.",
                why="Ages, or comparisons of girls and boys, would depend on the row that is read first.",
                done="No value was chosen.",
                fix="Find out which is right, and keep the fact in the table of children alone.",
            )
    return problems


def one_child_twice(draft: Draft) -> list[Problem]:
    """SB-ID-08: two ids with the same birth date, carer and start of placement."""
    placements = draft.tables["placements"].dropna(subset=[*KEY, "start"]).sort_values("start", kind="stable")
    first = placements.drop_duplicates([*KEY])[[*KEY, "start", "carer"]]
    children = draft.tables["children"].dropna(subset="child")
    children = children[[*KEY, "birth_date", "sibling_group", ENTRY, ROW]]
    both = children.merge(first, on=[*KEY], how="inner", sort=False)
    both = both[both["birth_date"].notna()]
    twins = both["sibling_group"].notna()
    same = both.duplicated(["site", "birth_date", "start", "carer"], keep=False) & ~twins
    return problems_in(
        draft,
        both,
        same,
        "child",
        "SB-ID-08",
        "warn",
        "{n:child has|children have} the same birth date, carer and start of placement as another.",
        why="One child under two ids would count twice.",
        done="They were kept apart.",
        fix="Twins or siblings: give them one sibling_group. The same child: use one id.",
    )


def rows_without_child(draft: Draft) -> list[Problem]:
    """SB-ID-09: rows that say nothing about whom they are."""
    problems = []
    for name, frame in draft.all_tables():
        if "child" not in frame:
            continue
        problems += problems_in(
            draft,
            frame,
            frame["child"].isna(),
            "child",
            "SB-ID-09",
            "stop",
            "{rows:interview has|interviews have} no child."
            if name == "sources"
            else "{rows:row has|rows have} no child id.",
            why="They cannot be followed over waves, and left out unseen they would bias every count.",
            done="They were not dropped.",
            fix="Fill in the id, or delete the rows if they are not about a child of the study.",
        )
    return problems


def siblings_apart(draft: Draft) -> list[Problem]:
    """SB-ID-10: a sibling group whose children began with different carers."""
    placements = draft.tables["placements"].dropna(subset=[*KEY, "start", "carer"])
    first = placements.sort_values("start", kind="stable").drop_duplicates([*KEY])[[*KEY, "carer"]]
    children = draft.tables["children"].dropna(subset=["child", "sibling_group"])
    children = children[[*KEY, "sibling_group", ENTRY, ROW]]
    both = children.merge(first, on=[*KEY], how="inner", sort=False)
    n_carers = both.groupby(["site", "sibling_group"])["carer"].transform("nunique")
    apart = both[n_carers > 1]
    n_groups = len(apart[["site", "sibling_group"]].drop_duplicates())
    return problems_in(
        draft,
        both,
        n_carers > 1,
        "sibling_group",
        "SB-ID-10",
        "warn",
        f"{wording.count(n_groups, 'sibling group has', 'sibling groups have')} children who began with different "
        "carers.",
        why="Siblings placed apart, or children of different families under one group.",
        done="Children are nested in carers, not in sibling groups.",
        fix="Check the groups; children who are not siblings need groups of their own.",
    )


def unknown_carers(draft: Draft) -> list[Problem]:
    """SB-ID-31: carers in placements or waves without a row of their own."""
    carers = draft.tables["carers"]
    if carers.empty:
        return []
    known = set(carers["carer"].dropna())
    problems = []
    for name in ("placements", "waves"):
        frame = draft.tables[name]
        lost = frame["carer"].notna() & ~frame["carer"].isin(known)
        n_lost = int(frame.loc[lost, "carer"].nunique())
        problems += problems_in(
            draft,
            frame,
            lost,
            "carer",
            "SB-ID-31",
            "warn",
            wording.in_number("{n:carer has|carers have} no row in the table of carers.", n=n_lost),
            why="What is known about carers is missing for their children.",
            done="Nobody was removed.",
            fix="Add them to the table of carers, or correct the ids.",
        )
    return problems


RULES = (
    rows_without_child,
    ids_in_several_sites,
    leading_zeros,
    look_alike_ids,
    sites_that_differ,
    unlinked_rows,
    facts_that_change,
    one_child_twice,
    siblings_apart,
    unknown_carers,
)
