"""Which questionnaire of the codebook a file holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from securebase_analysis.errors import DataError, Problem, nearest
from securebase_analysis.study.codebook import Codebook
from securebase_analysis.study.questionnaire.item_names import listed, match_names
from securebase_analysis.study.questionnaire.waves_of_marks import wave_words


def instrument_meant(
    codebook: Codebook, given: str | None, columns: Sequence[str], waves: Mapping[str, int] | None, table: str
) -> tuple[str, list[Problem]]:
    """The questionnaire that was named, or the one most of whose items are in the file.

    Parameters
    ----------
    codebook : Codebook
        The questionnaires.
    given : str, optional
        The one that was named.
    columns : sequence of str
        The columns of the file.
    waves : mapping of str to int, optional
        Names of waves that may stand in the names of columns.
    table : str
        The file, for messages.

    Returns
    -------
    instrument : str
        Empty when the codebook has none.
    problems : list of Problem
        SB-ITEM-44 (note): the file holds items of other questionnaires too.

    Raises
    ------
    DataError
        SB-ITEM-43: the codebook has no questionnaire of the name given.
    """
    known = [str(name) for name in codebook.instruments["instrument"]]
    if given in known:
        return str(given), []
    if given is not None:
        guess = nearest(given, known)
        fix = f"instrument={guess or known[0]!r}" if known else "Leave instrument out."
        what = f"The codebook has no instrument {given!r}; it has {listed(known) if known else 'none'}."
        raise DataError(Problem("SB-ITEM-43", "stop", what, why="Its items are not known.", fix=fix))
    if len(known) < 2:
        return "".join(known), []
    found = {name: _share_found(codebook, name, columns, waves) for name in known}
    best = max(known, key=lambda name: found[name])
    others = [name for name in known if name != best and found[name] > 0]
    if not others:
        return best, []
    what = f"The file holds items of {len(others) + 1} questionnaires: {', '.join([best, *others])}."
    done = f"Those of {best} were read, which has the largest share of its items here."
    fix = f"instrument={others[0]!r} reads the other."
    return best, [Problem("SB-ITEM-44", "note", what, table=table, done=done, fix=fix)]


def _share_found(
    codebook: Codebook, instrument: str, columns: Sequence[str], waves: Mapping[str, int] | None
) -> float:
    """Which share of the items of a questionnaire the file has."""
    items = list(dict.fromkeys(codebook.items_of(instrument)["item"]))
    found = match_names(columns, items, wave_words=wave_words(waves, codebook), suggest=False)
    return found.loc[found["item"] != "", "item"].nunique() / len(items) if items else 0.0
