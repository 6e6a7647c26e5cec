"""The Secure Base model as data: five dimensions, the benefit each builds, and the claims about how they act.

The model is Gillian Schofield's and Mary Beek's (University of East Anglia). Words here are the model's own terms;
the sentences are ours. Everything else in the package takes its vocabulary from this module.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Side = Literal["caregiving", "benefit"]

MODEL_PAGE = (
    "Schofield & Beek, The Secure Base Model "
    "(University of East Anglia, Centre for Research on Children and Families)"
)
IMPACT_PAGE = (
    "University of East Anglia, Transforming the lives of children in state care (impact page on the model)"
)


@dataclass(frozen=True)
class Dimension:
    """One of the five dimensions of secure base caregiving.

    Attributes
    ----------
    name : str
        Column name of the caregiving side, e.g. ``"availability"``.
    benefit : str
        Column name of what it builds in the child, e.g. ``"trust"``.
    label, benefit_label : str
        The model's own spelling, for figures and tables.
    parts : tuple of str
        Sub-scores that the model's authors suggest, e.g. foster or adoptive family and birth family.
    """

    name: str
    benefit: str
    label: str
    benefit_label: str
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Construct:
    """One column of scores: a dimension seen on its caregiving or on its benefit side.

    Attributes
    ----------
    name : str
        Column name, e.g. ``"trust"`` or ``"family_membership_birth"``.
    dimension : str
        The dimension it belongs to.
    side : {"caregiving", "benefit"}
        Whether it describes the caregiver or the child.
    label : str
        For figures and tables.
    part : str
        The sub-score, empty for the whole.
    """

    name: str
    dimension: str
    side: Side
    label: str
    part: str = ""


@dataclass(frozen=True)
class Pathway:
    """One claim of the model: that `source` raises `target`.

    Attributes
    ----------
    source, target : str
        Construct names.
    kind : {"builds", "interacts", "over time"}
        A dimension builds its benefit; one side's growth feeds another dimension; caregiving at one wave
        precedes change in the child at the next.
    claim : str
        The claim in one sentence.
    reference : str
        Where the model's authors make it.
    """

    source: str
    target: str
    kind: Literal["builds", "interacts", "over time"]
    claim: str
    reference: str


@dataclass(frozen=True)
class CareContext:
    """A setting in which the model is used.

    Attributes
    ----------
    name, label : str
        Value in data tables, and wording for people.
    fifth_dimension : str
        What membership means there: family, or the team.
    caregiver : str
        Who gives the care.
    """

    name: str
    label: str
    fifth_dimension: str
    caregiver: str


FAMILY_PARTS = ("foster", "birth")
PART_LABELS = {"foster": "foster or adoptive family", "birth": "birth family"}

DIMENSIONS: tuple[Dimension, ...] = (
    Dimension("availability", "trust", "Availability", "Trust"),
    Dimension("sensitivity", "managing_feelings", "Sensitivity", "Managing feelings"),
    Dimension("acceptance", "self_esteem", "Acceptance", "Self-esteem"),
    Dimension("cooperation", "effectiveness", "Co-operation", "Feeling effective"),
    Dimension("family_membership", "belonging", "Family membership", "Belonging", FAMILY_PARTS),
)
CAREGIVING: tuple[str, ...] = tuple(dimension.name for dimension in DIMENSIONS)
BENEFITS: tuple[str, ...] = tuple(dimension.benefit for dimension in DIMENSIONS)


def _constructs() -> tuple[Construct, ...]:
    """The ten columns in the model's order, caregiving first, then the sub-scores of membership."""
    wholes = [Construct(d.name, d.name, "caregiving", d.label) for d in DIMENSIONS]
    wholes += [Construct(d.benefit, d.name, "benefit", d.benefit_label) for d in DIMENSIONS]
    parts = [
        Construct(f"{whole.name}_{part}", whole.dimension, whole.side, f"{whole.label}: {PART_LABELS[part]}", part)
        for dimension in DIMENSIONS
        for whole in wholes
        if whole.dimension == dimension.name
        for part in dimension.parts
    ]
    return tuple(wholes + parts)


CONSTRUCTS: tuple[Construct, ...] = _constructs()
TEN_CONSTRUCTS: tuple[str, ...] = CAREGIVING + BENEFITS
SIDES: dict[str, tuple[str, ...]] = {"caregiving": CAREGIVING, "benefits": BENEFITS}
"""The two sides of the model, by the words that ask for all five constructs of one."""
_CONSTRUCT_BY_NAME = {construct.name: construct for construct in CONSTRUCTS}


def _builds() -> tuple[Pathway, ...]:
    claims = {
        "availability": "A caregiver's availability builds the child's trust.",
        "sensitivity": "A caregiver's sensitivity helps the child to manage feelings.",
        "acceptance": "A caregiver's acceptance builds the child's self-esteem.",
        "cooperation": "A caregiver's co-operation helps the child to feel effective.",
        "family_membership": "Being included as a family member helps the child to belong.",
    }
    return tuple(Pathway(d.name, d.benefit, "builds", claims[d.name], MODEL_PAGE) for d in DIMENSIONS)


def _interacts() -> tuple[Pathway, ...]:
    trusting = "A child who can trust in the caregiver's availability is more likely"
    accepted = "A child who feels accepted is more likely"
    return (
        Pathway("availability", "acceptance", "interacts", f"{trusting} to feel accepted.", MODEL_PAGE),
        Pathway("availability", "self_esteem", "interacts", f"{trusting} to have raised self-esteem.", MODEL_PAGE),
        Pathway("acceptance", "cooperation", "interacts", f"{accepted} to co-operate with others.", MODEL_PAGE),
        Pathway("acceptance", "belonging", "interacts", f"{accepted} to feel that they belong.", MODEL_PAGE),
    )


def _over_time() -> tuple[Pathway, ...]:
    return tuple(
        Pathway(
            d.name,
            d.benefit,
            "over time",
            f"When caregivers try approaches for {d.label.lower()}, "
            f"the child changes over time in {d.benefit_label.lower()}.",
            IMPACT_PAGE,
        )
        for d in DIMENSIONS
    )


PATHWAYS: tuple[Pathway, ...] = _builds() + _interacts() + _over_time()

CARE_CONTEXTS: tuple[CareContext, ...] = (
    CareContext("foster", "Foster care", "family membership", "foster carer"),
    CareContext("kinship", "Kinship care", "family membership", "kinship carer"),
    CareContext("adoption", "Adoption", "family membership", "adoptive parent"),
    CareContext("residential", "Residential care", "family membership", "residential worker"),
    CareContext("birth_family", "Birth family", "family membership", "birth parent"),
    CareContext("school", "School", "school membership", "school staff"),
    CareContext("team", "Team", "team membership", "supervisor and co-workers"),
)

AGE_BANDS: tuple[tuple[str, int, int], ...] = (
    ("0-18 months", 0, 18),
    ("19 months-4 years", 19, 59),
    ("5-10 years", 60, 131),
    ("11-18 years", 132, 227),
)
"""The four forms of the model's own child checklist: label, first and last month of age (inclusive)."""


def construct(name: str) -> Construct:
    """Look up one of the constructs by its column name.

    Raises
    ------
    KeyError
        When the model has no such construct.

    Examples
    --------
    >>> construct("trust").dimension, construct("trust").side
    ('availability', 'benefit')
    """
    return _CONSTRUCT_BY_NAME[name]


def age_band(months: float) -> str | None:
    """Which of the four forms of the child checklist is made for a child of this age; None outside them.

    Examples
    --------
    >>> age_band(30.5), age_band(-1)
    ('19 months-4 years', None)
    """
    return next((name for name, first, last in AGE_BANDS if first <= months < last + 1), None)


def is_construct(name: str) -> bool:
    """Whether `name` is one of the ten constructs or a sub-score of membership."""
    return name in _CONSTRUCT_BY_NAME


def label(name: str) -> str:
    """How a construct, or any other column, is written for people.

    Examples
    --------
    >>> label("cooperation"), label("sdq_total")
    ('Co-operation', 'SDQ total')
    """
    known = _CONSTRUCT_BY_NAME.get(name)
    return known.label if known else name.replace("_", " ").capitalize().replace("Sdq", "SDQ")
