"""Every key that `study.toml` may hold: what kind of value it takes, and what it means."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

NAME = "study.toml"
SECTIONS = ("children", "carers", "placements", "waves", "responses", "interviews", "ratings")
DATE_ORDERS = ("ymd", "dmy", "mdy")
LEADING_ZEROS = ("keep", "ignore")
LAYOUTS = ("long", "wide")
PROGRAMS = ("redcap", "qualtrics", "limesurvey", "spss", "stata", "excel", "text", "parquet")
BESIDE_RESPONSES = ("dictionary", "events")
INTERVIEW_FORMATS = ("refi-qda", "taguette", "qualcoder", "maxqda", "atlas.ti", "dedoose", "nvivo", "table")


@dataclass(frozen=True)
class Setting:
    """One key of `study.toml`: type of its value, allowed words, meaning."""

    types: tuple[type, ...]
    meaning: str
    words: tuple[str, ...] = ()
    required: bool = False

    def is_of_type(self, value: object) -> bool:
        """Whether a value is of the type; yes and no are no numbers."""
        is_bool = isinstance(value, bool) and bool not in self.types
        return isinstance(value, self.types) and not is_bool

    def takes(self, value: object) -> bool:
        """Whether a value can be used."""
        return self.is_of_type(value) and (not self.words or value in self.words)


STUDY_SETTINGS: dict[str, Setting] = {
    "name": Setting((str,), "name of the study, printed on everything made from it", required=True),
    "simulated": Setting((bool,), "true for simulated data; printed on every report"),
    "codebook": Setting((str,), "codebook.toml, codebook.xlsx or a folder of CSV files", required=True),
    "date_order": Setting((str,), "order of day, month and year in dates such as 03/04/2021", DATE_ORDERS),
    "data_freeze": Setting((dt.date, str), "last day on which the data were complete"),
    "weeks_moved": Setting((int,), "by how many weeks at most the dates of each child were moved back together"),
    "leading_zeros": Setting((str,), "whether 012 and 12 are the same child", LEADING_ZEROS),
}
READING_SETTINGS: dict[str, Setting] = {
    "sheet": Setting((str,), "sheet of a workbook"),
    "encoding": Setting((str,), "encoding of a text file"),
    "separator": Setting((str,), "what stands between the cells of a text file"),
    "decimal": Setting((str,), "decimal mark", (".", ",")),
    "header_rows": Setting((int,), "rows that hold the names"),
    "missing_ranges": Setting((str,), "ranges that SPSS declares missing", ("ask", "apply", "ignore")),
    "keep_rows": Setting((list,), "rows that are data although they look like a total"),
}
FILE_SETTINGS: dict[str, Setting] = {
    "file": Setting((str,), "the file, beside study.toml or in a folder under it", required=True),
    **READING_SETTINGS,
    "columns": Setting((dict,), "our column names = theirs, only where they differ"),
    "site": Setting((str, int), "the site, where one file holds one site"),
}
WAVE_SETTINGS = {"wave": Setting((str, int), "the wave, where one file holds one wave")}
SECTION_SETTINGS: dict[str, dict[str, Setting]] = {
    **dict.fromkeys(("children", "carers", "placements"), FILE_SETTINGS),
    "waves": {**FILE_SETTINGS, **WAVE_SETTINGS},
    "responses": {
        **FILE_SETTINGS,
        **WAVE_SETTINGS,
        "instrument": Setting((str,), "the questionnaire, as the codebook calls it", required=True),
        "informant": Setting((str,), "who answered, where it is the same in the whole file"),
        "layout": Setting((str,), "wide when each wave has columns of its own", LAYOUTS),
        "wave_suffix": Setting((str,), "how wide columns end, such as _T{wave}"),
        "program": Setting((str,), "the program that wrote the file; found out when left out", PROGRAMS),
        "dictionary": Setting((str,), "REDCap's data dictionary, or LimeSurvey's syntax file for R"),
        "events": Setting((str,), "REDCap's list of events"),
    },
    "interviews": {
        "file": FILE_SETTINGS["file"],
        "sources": Setting((str,), "table that says whose interview each source is"),
        "source_pattern": Setting((str,), "how sources are named, such as {child}_W{wave}_{informant}"),
        "columns": Setting((dict,), "our column names = theirs, in the table of sources"),
        "codebook_version": Setting((str, int), "version of the codebook that was used for coding"),
        "offsets": Setting((str,), "how the program counts positions in a text; found out when left out"),
        "format": Setting((str,), "insist on a format", INTERVIEW_FORMATS),
        "segment_columns": Setting((dict,), "which column of a table of coded segments holds what"),
        "code_separator": Setting((str,), "what stands between a code and its parent in flat names"),
        **{key: value for key, value in FILE_SETTINGS.items() if key == "site"},
        **WAVE_SETTINGS,
        "informant": Setting((str,), "who was interviewed, where it is always the same"),
    },
    "ratings": {**FILE_SETTINGS, **WAVE_SETTINGS, "rater": Setting((str,), "who rated, where it is one person")},
}
