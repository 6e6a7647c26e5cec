"""When each measure was taken, so that nothing is predicted from what was seen later."""

from __future__ import annotations

import pandas as pd

from securebase_analysis.measures.scoring.answers import OCCASION
from securebase_analysis.measures.scoring.blocks import INTERVIEWS, RATINGS
from securebase_analysis.measures.scoring.material import Material
from securebase_analysis.measures.scoring.raters import RATERS

MEASURE = ["instrument", "informant"]


def measured_when(material: Material) -> pd.DataFrame:
    """The last date on which each instrument and informant contributed to each occasion.

    Parameters
    ----------
    material : Material
        Tables of a study; a table without the column `date` says nothing.

    Returns
    -------
    pandas.DataFrame
        ``site, child, wave, instrument, informant, date``, one row per occasion and measure with a known date.
    """
    tables = [table.assign(instrument=name) for name, table in material.responses.items()]
    tables += [material.sources.assign(instrument=INTERVIEWS)] if len(material.sources) else []
    tables += [material.ratings.assign(instrument=RATINGS, informant=RATERS)] if len(material.ratings) else []
    wanted = [*OCCASION, *MEASURE, "date"]
    dated = [table[wanted] for table in tables if set(wanted) <= set(table.columns)]
    if not dated:
        return pd.DataFrame(columns=wanted)
    known = pd.concat(dated, ignore_index=True).dropna(subset="date")
    known["date"] = pd.to_datetime(known["date"], errors="coerce")
    return known.groupby([*OCCASION, *MEASURE], as_index=False, sort=False)["date"].max()
