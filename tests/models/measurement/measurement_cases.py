"""Answers to two constructs of four items, of children who do not exist, and the forms in which they come."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from securebase_analysis.study.codebook import make_codebook

SMALL = [f"{name}{number}" for name in ("t", "b") for number in (1, 2, 3, 4)]


def small_book(informants=("carer", "teacher")):
    items = [
        {"item": name, "instrument": "visit", "construct": "trust" if name[0] == "t" else "belonging", "low": -9,
         "high": 13, "reversed": name in ("t4", "b1")}
        for name in SMALL
    ]  # fmt: skip
    waves = [{"wave": 1, "aliases": ["T1"]}, {"wave": 2, "aliases": ["T2"]}]
    instrument = {"instrument": "visit", "informants": list(informants), "minimum_answered": 1}
    return make_codebook("Small", "1", {"instruments": [instrument], "items": items, "waves": waves})


def small_answers(n=200, seed=2, wave=1, informant="carer"):
    random = np.random.default_rng(seed)
    trust = random.normal(size=n)
    belonging = 0.5 * trust + random.normal(size=n) * np.sqrt(0.75)
    latent = np.column_stack([trust] * 4 + [belonging] * 4)
    side = np.where([name in ("t4", "b1") for name in SMALL], -1.0, 1.0)
    values = 2 + side * (np.tile([1.0, 0.8, 0.6, 0.9], 2) * latent + random.normal(size=(n, 8)) * 0.7)
    values[random.random((n, 8)) < 0.1] = np.nan
    frame = pd.DataFrame(values, columns=SMALL)
    return frame.assign(child=[f"KID{i:04d}" for i in range(n)], wave=wave, informant=informant)


def small_study(*answers, **tables):
    empty = dict.fromkeys(("segments", "sources", "ratings", "waves", "placements", "children"), pd.DataFrame())
    frame = pd.concat(answers, ignore_index=True).assign(site="s")
    return SimpleNamespace(codebook=small_book(), responses={"visit": frame}, **{**empty, **tables})
