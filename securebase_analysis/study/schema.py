"""The tables that a study is made of, as data: columns, kinds, words and what they mean.

Nothing else names the columns of a file or the words in them; reading, rules, the empty study and the documents
take them from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from securebase_analysis import theory

Kind = Literal["id", "text", "number", "date", "choice"]
Words = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Column:
    """One column of a study table.

    Attributes
    ----------
    kind : {"id", "text", "number", "date", "choice"}
        How its cells are read; ids and texts stay text.
    meaning : str
        One line for people.
    required : bool
        Whether a file without the column is refused.
    aliases : tuple of str
        Other names under which the column is recognised.
    words : mapping of str to tuple of str
        Of a choice: the allowed words, each with its other spellings.
    earliest : str
        Of a date: anything before it is reported.
    """

    kind: Kind
    meaning: str
    required: bool = False
    aliases: tuple[str, ...] = ()
    words: Words = field(default_factory=dict)
    earliest: str = "1990-01-01"


@dataclass(frozen=True)
class EndReason:
    """Why a placement ended: its word, whether the child leaves care with it, other spellings."""

    name: str
    leaves_care: bool
    aliases: tuple[str, ...] = ()


END_REASONS: tuple[EndReason, ...] = (
    EndReason("planned move", False, ("planned", "move", "planned change")),
    EndReason(
        "breakdown", False, ("disruption", "disrupted", "unplanned move", "unplanned", "placement breakdown")
    ),
    EndReason("returned home", True, ("return home", "home", "reunification", "reunified", "returned to parents")),
    EndReason("special guardianship", True, ("sgo", "special guardianship order", "guardianship")),
    EndReason("adopted", True, ("adoption",)),
    EndReason("aged out", True, ("turned 18", "aged 18", "left at 18", "independence", "independent living")),
    EndReason("died", True, ("death", "deceased")),
    EndReason("other exit", True, ("other", "left care")),
)
DIED = "died"
LEAVES_CARE: frozenset[str] = frozenset(reason.name for reason in END_REASONS if reason.leaves_care)


@dataclass(frozen=True)
class WaveStatus:
    """What became of a child at a wave: its word, whether data were due, what it means, other spellings."""

    name: str
    due: bool
    meaning: str
    aliases: tuple[str, ...] = ()


WAVE_STATUSES: tuple[WaveStatus, ...] = (
    WaveStatus(
        "seen", True, "there is a date, an answer, a rating or an interview", ("done", "completed", "complete")
    ),
    WaveStatus(
        "refused", True, "asked, and the child or the carer said no", ("declined", "refusal", "no consent")
    ),
    WaveStatus("not asked", True, "due, but the study did not ask", ("not approached", "missed", "not done")),
    WaveStatus("lost", True, "due, and nothing is known", ("untraced", "lost to follow-up", "no contact")),
    WaveStatus("not yet due", False, "due after the data freeze", ("pending", "future")),
    WaveStatus("left care", False, "left care before the wave was due", ("exited", "out of care")),
    WaveStatus("died", False, "died before the wave was due", ("deceased", "death")),
)
STATUS_NAMES: tuple[str, ...] = tuple(status.name for status in WAVE_STATUSES)
DUE_STATUSES: tuple[str, ...] = tuple(status.name for status in WAVE_STATUSES if status.due)

_CONTEXT_ALIASES: dict[str, tuple[str, ...]] = {
    "foster": ("fostering", "foster family", "foster carer", "foster home"),
    "kinship": ("kin", "connected person", "family and friends", "relative", "relatives"),
    "adoption": ("adoptive", "adopted", "adoptive family", "placed for adoption"),
    "residential": ("children's home", "childrens home", "residential home", "group home"),
    "birth_family": ("parents", "birth parents", "home with parents"),
    "school": (),
    "team": (),
}
CONTEXT_WORDS: Words = {
    context.name: (context.label, *_CONTEXT_ALIASES.get(context.name, ())) for context in theory.CARE_CONTEXTS
}
DAYS_PER_MONTH = 365.25 / 12

AGE_BAND_WORDS: Words = {
    name: (name.replace("-", "\u2013"), name.replace("-", " to ")) for name, _, _ in theory.AGE_BANDS
}
"""The four forms of the checklist. A younger form may fit an older child, so a form is never corrected."""

SEX_WORDS: Words = {
    "female": ("f", "girl", "woman"),
    "male": ("m", "boy", "man"),
    "other": ("non-binary", "nonbinary", "x", "intersex"),
    "unknown": ("u", "not known", "not recorded", "not stated"),
}

SITE = Column("id", "agency, authority or country the child belongs to; empty in a study with one site", aliases=(
    "site_id", "agency", "local_authority", "authority", "la", "country",
))  # fmt: skip
CHILD = Column("id", "pseudonym of the child, the same in every file", required=True, aliases=(
    "child_id", "childid", "child_code", "id", "participant", "participant_id", "record_id", "case_id",
))  # fmt: skip
CARER = Column("id", "pseudonym of the carer or household", aliases=(
    "carer_id", "carerid", "carer_code", "caregiver", "caregiver_id", "household", "household_id",
))  # fmt: skip
WAVE = Column("text", "wave, under any name that the codebook gives it", aliases=(
    "wave_id", "visit", "timepoint", "time_point", "time", "t", "occasion", "redcap_event_name",
))  # fmt: skip
INFORMANT = Column("text", "who answered or was interviewed", aliases=("respondent", "reporter", "source_person"))
DATE = Column("date", "when it took place", aliases=(
    "visit_date", "wave_date", "interview_date", "date_completed", "assessment_date", "completed",
))  # fmt: skip
BIRTH_DATE = Column("date", "date of birth", aliases=("dob", "date_of_birth", "birthdate"), earliest="1980-01-01")
SEX = Column("choice", "sex as recorded", aliases=("gender",), words=SEX_WORDS)
AGE = Column("number", "age in years as recorded; checked against the birth date", aliases=("age_years",))

TABLES: dict[str, dict[str, Column]] = {
    "children": {
        "site": SITE,
        "child": CHILD,
        "sex": SEX,
        "birth_date": BIRTH_DATE,
        "care_context": Column(
            "choice", "kind of care at the start", aliases=("context", "care_type"), words=CONTEXT_WORDS
        ),
        "sibling_group": Column(
            "id", "the same for siblings in the study", aliases=("siblings", "sibling_id", "family_id")
        ),
    },
    "carers": {
        "site": SITE,
        "carer": Column(CARER.kind, CARER.meaning, required=True, aliases=(*CARER.aliases, "id")),
    },
    "placements": {
        "site": SITE,
        "child": CHILD,
        "carer": CARER,
        "type": Column(
            "choice", "kind of placement", aliases=("placement_type", "placement", "place"), words=CONTEXT_WORDS
        ),
        "start": Column(
            "date",
            "first day",
            required=True,
            aliases=("start_date", "date_start", "placement_start", "from", "decom"),
        ),
        "end": Column(
            "date",
            "last day; empty while it lasts",
            aliases=("end_date", "date_end", "placement_end", "to", "dec"),
        ),
        "end_reason": Column(
            "choice",
            "why it ended",
            aliases=("reason", "end_type", "reason_ended", "exit_reason"),
            words={reason.name: reason.aliases for reason in END_REASONS},
        ),
    },
    "waves": {
        "site": SITE,
        "child": CHILD,
        "wave": Column(WAVE.kind, WAVE.meaning, required=True, aliases=WAVE.aliases),
        "date": DATE,
        "status": Column(
            "choice",
            "what became of the wave, where it is known",
            aliases=("outcome", "wave_status"),
            words={status.name: status.aliases for status in WAVE_STATUSES},
        ),
        "reason": Column("text", "why, in the study's own words", aliases=("status_reason",)),
        "carer": CARER,
        "sex": SEX,
        "birth_date": BIRTH_DATE,
        "age": AGE,
    },
    "responses": {
        "site": SITE,
        "child": CHILD,
        "wave": WAVE,
        "informant": INFORMANT,
        "date": DATE,
        "sex": SEX,
        "birth_date": BIRTH_DATE,
        "age": AGE,
    },
    "sources": {
        "source": Column(
            "text",
            "name of the interview in the coding program",
            required=True,
            aliases=("interview", "document", "file", "transcript"),
        ),
        "site": SITE,
        "child": CHILD,
        "wave": WAVE,
        "informant": INFORMANT,
        "date": DATE,
        "sha256": Column(
            "text", "checksum of the transcript when it was coded", aliases=("checksum", "sha_256", "hash")
        ),
    },
    "ratings": {
        "site": SITE,
        "child": CHILD,
        "wave": WAVE,
        "rater": Column("text", "who rated", aliases=("coder", "rater_id", "rated_by")),
        "date": DATE,
        "construct": Column("text", "what was rated, in a file with one rating a row", aliases=("rating",)),
        "value": Column("text", "the rating, in a file with one rating a row", aliases=("score",)),
        "age_band": Column(
            "choice",
            "form of the child checklist that was used; by default the one for the child's age at the date",
            aliases=("form", "age_group"),
            words=AGE_BAND_WORDS,
        ),
        "evidence": Column("text", "what the rating rests on", aliases=("comment", "notes")),
    },
}
"""The columns of every table, in the order in which they stand in a study."""

OWN_COLUMNS: frozenset[str] = frozenset({"children", "carers", "placements", "waves"})
"""Tables that keep columns of the study's own beside these."""

REPEATED_FACTS: tuple[str, ...] = ("sex", "birth_date", "age")
"""Facts about the child that a wave file may repeat: they are checked and then left out."""

KEY: tuple[str, str] = ("site", "child")
