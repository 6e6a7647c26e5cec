"""`mask_quotations`: words of interviews without the names, places, days and numbers that identify people."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from securebase_analysis.errors import ModelError, Problem
from securebase_analysis.results import wording

QUOTED = frozenset({"quote", "quotes", "quotation", "quotations", "excerpt", "excerpts", "text"})
"""Names of columns that hold what people said."""

MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December|Jan|Feb|Mar|Apr|Jun|Jul|"
    "Aug|Sept|Sep|Oct|Nov|Dec|Januar|Februar|März|Mai|Juni|Juli|Oktober|Dezember"
)
PLACES = (
    "School|Primary|Academy|College|Nursery|Infants|Juniors|University|Hospital|Clinic|Surgery|Church|Court|House|"
    "Hall|Street|Road|Avenue|Lane|Close|Crescent|Drive|Terrace|Square|Park|Farm|Estate|Council|Library|Centre|Center|"
    "Schule|Grundschule|Gymnasium|Kindergarten|Klinik|Krankenhaus|Jugendamt"
)
TITLES = "Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Sir|Aunt|Auntie|Uncle|Herr|Frau"
NOT_NAMES = {
    "I", "I'm", "I've", "I'll", "I'd", "Mum", "Mummy", "Mam", "Mom", "Dad", "Daddy", "Nan", "Nana", "Nanny",
    "Gran", "Grandma", "Grandad", "Granny", "Grandpa", "God", "Christmas", "Easter", "Monday", "Tuesday",
    "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "English", "British", "Internet", "Ok",
    *MONTHS.split("|"),
}  # fmt: skip
"""Words that have a capital within a sentence and name nobody."""
CAPITALISED = r"[^\W\d_a-zß-öø-ÿ][\w’'-]*[a-zß-öø-ÿ][\w’'-]*"
KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("e-mail", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    ("address", re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)),
    ("date", re.compile(
        rf"\b\d{{1,2}}(?:st|nd|rd|th|\.)?\s+(?:of\s+)?(?:{MONTHS})\b\.?(?:,?\s+\d{{4}})?"
        rf"|\b(?:{MONTHS})\.?\s+\d{{1,2}}(?:st|nd|rd|th)?\b(?:,?\s+\d{{4}})?"
        r"|\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b|\b\d{4}-\d{2}-\d{2}\b"
    )),
    ("postcode", re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b")),
    ("number", re.compile(r"(?<!\w)\+?\d(?:[\s()/-]?\d){6,}(?!\w)|\b\d{5,}\b")),
    ("place", re.compile(rf"\b(?:\d+[a-z]?\s+)?(?:{CAPITALISED}\s+)+(?:{PLACES})\b(?:\s+(?:{PLACES})\b)*")),
    ("name", re.compile(rf"\b(?:{TITLES})\.?\s+{CAPITALISED}")),
)  # fmt: skip
"""What is looked for, in the order in which it is masked."""
NAME = re.compile(rf"\b{CAPITALISED}(?:\s+{CAPITALISED})*")
BEGINS = re.compile(r"(?:^|[.!?…:;\n\"“”‘«»(\[–—-])[\s\"“”‘«»(]*$")
"""What stands before the first word of a sentence, which has its capital for no reason of its own."""


@dataclass(frozen=True, eq=False)
class MaskedQuotations:
    """Quotations after masking.

    Attributes
    ----------
    text : pandas.Series
        The quotations; ``[name]``, ``[date]`` and so on stand for what was masked. Index as given.
    found : pandas.DataFrame
        ``row, kind, n``: what was masked where, rows counted from 1; never the words themselves.
    problems : tuple of Problem
        SB-CODE-21 where anything was masked.
    """

    text: pd.Series
    found: pd.DataFrame
    problems: tuple[Problem, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """The problems as sentences, for the table that the quotations go into."""
        return tuple(problem.sentence for problem in self.problems)


def mask_quotations(quotations: Iterable[object], names: Sequence[object] = ()) -> MaskedQuotations:
    """Mask what may identify people in quotations: names, schools and streets, days, numbers, addresses.

    Parameters
    ----------
    quotations : iterable of str
        A column of quotations, or a list; empty cells stay empty.
    names : sequence of str
        Names, places and identifiers that are known to occur; masked wherever they stand, in any case of letters.

    Returns
    -------
    MaskedQuotations
        With ``.text``, ``.found`` and ``.notes``.

    Raises
    ------
    ModelError
        When one text is given in place of several.

    Notes
    -----
    Rules, no list of names: a word with a capital within a sentence is taken for a name, so that a name that
    begins a sentence is found only where it occurs elsewhere too or is given in `names`, and German nouns are
    masked too often. What somebody said can also identify without any name. Masking saves work; it does not stand
    in for reading every quotation before it is shared.

    Examples
    --------
    >>> masked = mask_quotations(["He told Oakley on 14 May that he likes it here.", "She feels safe."])
    >>> masked.text.tolist()
    ['He told [name] on [date] that he likes it here.', 'She feels safe.']
    >>> masked.found.values.tolist()
    [[1, 'date', 1], [1, 'name', 1]]
    """
    if isinstance(quotations, str):
        what = "mask_quotations takes several quotations; one text was given."
        raise ModelError(Problem("SB-MODEL-41", "stop", what, fix="mask_quotations([quotation])"))
    given = quotations if isinstance(quotations, pd.Series) else pd.Series(list(quotations), dtype=object)
    texts = [None if not isinstance(text, str) else text for text in given.astype(object)]
    known = _known(names, texts)
    masked = [(None, Counter()) if text is None else _masked(text, known) for text in texts]
    rows = [(row, kind, n) for row, (_, found) in enumerate(masked, start=1) for kind, n in sorted(found.items())]
    found = pd.DataFrame(rows, columns=["row", "kind", "n"])
    name = str(given.name) if given.name is not None else ""
    return MaskedQuotations(
        pd.Series([text for text, _ in masked], index=given.index, name=given.name, dtype=object),
        found,
        tuple(_told(found, name, "warn", "Masked; read every quotation before it is shared.")),
    )


def unmasked_quotations(frame: pd.DataFrame, columns: Iterable[str], severity: str) -> list[Problem]:
    """What the columns of quotations among `columns` still hold that may identify people."""
    problems: list[Problem] = []
    for name in columns:
        if name.casefold() in QUOTED:
            done = "The table was not made." if severity == "stop" else "Printed as it stands."
            problems += _told(mask_quotations(frame[name]).found, name, severity, done)
    return problems


def _known(names: Sequence[object], texts: Sequence[str | None]) -> re.Pattern[str] | None:
    """The names given, and those found within a sentence, to be masked wherever they stand."""
    within = {name for text in texts if text for name in _names_within(text)}
    given = [str(name).strip() for name in names]
    words = sorted({*(name for name in given if name)}, key=len, reverse=True)
    parts = [rf"(?i:{re.escape(word)})" for word in words] + [re.escape(word) for word in sorted(within)]
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)") if parts else None


def _names_within(text: str) -> list[str]:
    """Words with a capital that do not begin a sentence."""
    rest = _without_kinds(text)[0]
    return [
        word
        for found in NAME.finditer(rest)
        for place, word in enumerate(found.group().split())
        if not (place == 0 and BEGINS.search(rest[: found.start()])) and _may_be_a_name(word)
    ]


def _may_be_a_name(word: str) -> bool:
    return re.sub(r"['’]s$", "", word) not in NOT_NAMES and word not in NOT_NAMES


def _without_kinds(text: str) -> tuple[str, Counter[str]]:
    """The text with everything masked that a pattern tells."""
    counts: Counter[str] = Counter()
    for kind, pattern in KINDS:
        text, n = pattern.subn(f"[{kind}]", text)
        counts += Counter({kind: n})
    return text, counts


def _masked(text: str, known: re.Pattern[str] | None) -> tuple[str, Counter[str]]:
    """One quotation with what may identify people masked, and how much of each kind that was."""
    text, counts = _without_kinds(text)
    if known is not None:
        text, n = known.subn("[name]", text)
        counts += Counter({"name": n})
    return re.sub(r"\[name\](?:\s+\[name\])+", "[name]", text), counts


def _told(found: pd.DataFrame, column: str, severity: str, done: str) -> list[Problem]:
    """The problem of quotations that hold what may identify people."""
    if not len(found):
        return []
    rows = sorted(found["row"].unique())
    counts = found.groupby("kind")["n"].sum()
    what = ", ".join(wording.count(int(n), kind) for kind, n in counts.items())
    verb = "quotation holds" if len(rows) == 1 else "quotations hold"
    return [
        Problem(
            "SB-CODE-21",
            "stop" if severity == "stop" else "warn",
            f"{len(rows):,} {verb} what may identify people: {what}.",
            column=column,
            rows=rows,
            why="A name, a school or a day leads to the child who is spoken of.",
            done=done,
            fix=f"frame[{column or 'quote'!r}] = mask_quotations(frame[{column or 'quote'!r}], names=[...]).text",
        )
    ]
