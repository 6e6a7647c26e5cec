"""The README of a simulated study folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from securebase_analysis.study.simulate import SimulatedStudy
    from securebase_analysis.study.simulation.calibration import Quantity

HEAD = """\
# SIMULATED DATA

**No child, carer, teacher, social worker or local authority in this folder exists.** Every date, answer, placement
and sentence was drawn by a random number generator. Nothing here is a finding about children in care, and no number
computed from it may be reported as one.

The folder is a template: a whole study as `securebase` reads it, to try things on and to replace file by file with
your own.

## How it was made

```python
import securebase_analysis as sb
sb.write_study(sb.simulate_study({arguments}), "data/sample")
```

{n_children} children in long-term foster care in four invented local authorities, {n_waves} waves {months:g} months
apart, data frozen on 31 March 2025. A year between waves is long enough for a placement, and for what it builds, to
change; four waves let growth, and caregiving at one wave before change at the next, be told apart. Some children
joined late, so that their last wave is not yet due. No child is old enough to age out of care; draw older children
(`changes={{"age_low": 12, "age_high": 17}}`) to see that ending.

## Files

| file | what it holds |
| --- | --- |
| `study.toml` | which files there are and how they are read |
| `codebook.toml`, `codebook.xlsx` | items, codes and rules of scoring; both hold the same, the first is read |
| `children.csv`, `carers.csv`, `placements.csv` | who lived with whom, and how placements ended |
| `waves.csv` | visits made, refused or not asked for; what follows from the other tables (left care, died, not yet due, lost) is worked out |
| `carer_questionnaire.csv` | caregiving: five constructs, the fifth in two parts; items have no wording |
| `child_questionnaire.csv` | benefits, answered by the carer; calls its waves T1, T2, ... |
| `sdq_carer.csv`, `sdq_teacher.sav` | the SDQ by item number; the second is an SPSS file with labels and declared missing codes |
| `ratings.csv` | ratings from 0 to 10 by social workers, `na` where not applicable, some visits rated twice |
| `interviews.qdpx`, `interviews.csv` | simulated carer interviews coded by C1, C2 and C3, a quarter of them twice; whose they are |

In the questionnaires 8 is refused, 9 not asked, an empty cell no answer.

## What is known and what is assumed

No study has published scores of the five dimensions of the Secure Base model. Everything about them here, what they
do to one another included, is assumed: the simulated world obeys the claims of the model because it was told to, so
it can show that a method finds them, never that they hold. The cohort resembles no real one beyond the rows marked
*published*. Two known departures: in England 10 % of children in care have three or more placements in a year, a
long-term cohort has fewer; and death is far commoner here than in life, so that the status can be seen.

| quantity | value | meaning | basis |
| --- | ---: | --- | --- |
"""
FOOT = """
## Licence

Made by and distributed with `securebase_analysis` under its MIT licence. The SDQ is copyright Youthinmind: only item
numbers, reversed items and scoring are used here, no wording.
"""


def readme(simulated: SimulatedStudy) -> str:
    """The README with the call that made the study and every quantity behind it."""
    head = HEAD.format(
        arguments=_arguments(simulated),
        n_children=simulated.n_children,
        n_waves=simulated.n_waves,
        months=simulated.months_between,
    )
    rows = [_row(quantity) for quantity in simulated.calibration.quantities]
    return head + "\n".join(rows) + "\n" + FOOT


def _arguments(simulated: SimulatedStudy) -> str:
    return f"n_children={simulated.n_children}, n_waves={simulated.n_waves}, seed={simulated.seed}"


def _row(quantity: Quantity) -> str:
    kind = "**ASSUMPTION**; " if quantity.is_assumption else "published: "
    return f"| `{quantity.name}` | {quantity.value:g} | {quantity.meaning} | {kind}{quantity.basis} |"
