"""The model as data says what the model says."""

from securebase_analysis import theory


def test_five_dimensions_and_what_each_builds():
    assert [(d.name, d.benefit) for d in theory.DIMENSIONS] == [
        ("availability", "trust"),
        ("sensitivity", "managing_feelings"),
        ("acceptance", "self_esteem"),
        ("cooperation", "effectiveness"),
        ("family_membership", "belonging"),
    ]
    assert theory.label("cooperation") == "Co-operation"


def test_claims_of_the_model():
    by_kind = {
        kind: {(p.source, p.target) for p in theory.PATHWAYS if p.kind == kind}
        for kind in ("builds", "interacts", "over time")
    }
    builds = {(d.name, d.benefit) for d in theory.DIMENSIONS}
    assert by_kind["builds"] == builds
    assert by_kind["over time"] == builds
    assert by_kind["interacts"] == {
        ("availability", "acceptance"),
        ("availability", "self_esteem"),
        ("acceptance", "cooperation"),
        ("acceptance", "belonging"),
    }
    assert all(p.claim.endswith(".") and p.reference for p in theory.PATHWAYS)


def test_membership_is_split_into_two_families_on_both_sides():
    parts = {c.name: (c.dimension, c.side) for c in theory.CONSTRUCTS if c.part}
    assert parts == {
        "family_membership_foster": ("family_membership", "caregiving"),
        "family_membership_birth": ("family_membership", "caregiving"),
        "belonging_foster": ("family_membership", "benefit"),
        "belonging_birth": ("family_membership", "benefit"),
    }


def test_care_contexts_and_the_fifth_dimension_of_a_team():
    contexts = {context.name: context for context in theory.CARE_CONTEXTS}
    assert set(contexts) == {"foster", "kinship", "adoption", "residential", "birth_family", "school", "team"}
    assert contexts["team"].fifth_dimension == "team membership"


def test_age_bands_follow_each_other_without_gap():
    ends = [last for _, _, last in theory.AGE_BANDS]
    starts = [first for _, first, _ in theory.AGE_BANDS]
    assert starts[0] == 0
    assert [start - 1 for start in starts[1:]] == ends[:-1]
