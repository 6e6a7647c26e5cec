"""Small hand-made studies to score."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from securebase_analysis.study.codebook import make_codebook

FIVE = ("t1", "t2", "t3", "t4", "t5")


def items_of(construct, names, instrument="visit", low=0, high=4, turned=()):
    return [
        {
            "item": n,
            "instrument": instrument,
            "construct": construct,
            "low": low,
            "high": high,
            "reversed": n in turned,
        }
        for n in names
    ]


def one_scale(turned=(), **rule):
    """A codebook with one instrument and five items of trust."""
    instrument = {"instrument": "visit", "informants": ["carer"], "minimum_answered": 3, **rule}
    return make_codebook(
        "Pilot",
        "1",
        {
            "instruments": [instrument],
            "items": items_of("trust", FIVE, turned=turned),
            "waves": [{"wave": 1, "aliases": ["T1"], "months": 0}, {"wave": 2, "aliases": ["T2"], "months": 12}],
        },
    )


def simulated_answers(n=200, seed=1, turned=(), names=FIVE, waves=(1,)):
    """Answers 0-4 of `n` simulated children; items in `turned` run the other way."""
    random = np.random.default_rng(seed)
    tables = []
    for wave in waves:
        trait = random.normal(size=n)
        columns = {}
        for name in names:
            side = -1 if name in turned else 1
            columns[name] = np.clip(np.round(2 + side * trait + random.normal(size=n) * 0.8), 0, 4)
        tables.append(pd.DataFrame({"child": [f"KID{i:04d}" for i in range(n)], "wave": wave, **columns}))
    return pd.concat(tables, ignore_index=True)


def study_of(codebook, **tables):
    """Something with the attributes of a study."""
    empty = pd.DataFrame()
    named = dict.fromkeys(("segments", "sources", "ratings", "waves", "children"), empty)
    return SimpleNamespace(codebook=codebook, **{"responses": {}, **named, **tables})


def interview_book():
    return make_codebook(
        "Interviews",
        "3",
        {
            "codes": [
                {"code": "Available", "construct": "availability"},
                {"code": "Out of reach", "construct": "availability", "polarity": "concern", "weight": 2},
                {"code": "Trusts", "construct": "trust"},
                {"code": "Birth family held", "construct": "family_membership_birth"},
                {"code": "One of us", "construct": "family_membership_foster"},
                {"code": "Context", "construct": "none", "polarity": "none"},
            ]
        },
    )


def segments_of(*rows):
    return pd.DataFrame(rows, columns=["source", "start", "end", "code", "coder", "text"])


def sources_of(*rows):
    table = pd.DataFrame(rows, columns=["source", "child", "wave", "informant", "n_words"])
    return table.assign(site="")


def problem(error, code):
    """The one problem of that code in an error."""
    found = [one for one in error.problems if one.code == code]
    assert len(found) == 1, [one.code for one in error.problems]
    return found[0]
