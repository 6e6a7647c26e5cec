"""One package, one model, one fresh process: seconds of a processor, memory, and the answer, as a line of JSON.

    python one_fit.py PACKAGE DATA.csv FORMULA RANDOM GROUP REPEATS

Run by `peers.fit_of`, with the interpreter that has the package. RANDOM is ``1``, or the column of a random slope.
Memory is what the resident set grew to above what it was before the first fit, where the system tells it (Linux).
"""

import json
import os
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

Answer = tuple[float, list[float]]
"""Deviance and fixed effects."""


def fit_growth(frame: pd.DataFrame, formula: str, random: str, group: str) -> Answer:
    """Ours, with the table of terms: standard errors, Satterthwaite degrees of freedom, intervals, tests."""
    from securebase_analysis.models.growth import fit_growth

    result = fit_growth(frame, formula, random, group)
    table = result.tidy()
    return result.facts["deviance"], table.loc[table["effect"] == "fixed", "estimate"].tolist()


def fit_growth_effects(frame: pd.DataFrame, formula: str, random: str, group: str) -> Answer:
    """Ours, with the table of terms and the random effects of every child."""
    from securebase_analysis.models.growth import fit_growth

    result = fit_growth(frame, formula, random, group)
    table = result.tidy()
    result.random_effects()
    return result.facts["deviance"], table.loc[table["effect"] == "fixed", "estimate"].tolist()


def glmm(frame: pd.DataFrame, formula: str, random: str, group: str) -> Answer:
    """PyPI's glmm, fit alone."""
    import glmm

    fit = glmm.fit(frame, f"{formula} + {_bars(random, group)}", satterthwaite=False)
    return -2.0 * fit.loglik, list(fit.beta)


def glmm_df(frame: pd.DataFrame, formula: str, random: str, group: str) -> Answer:
    """PyPI's glmm with Satterthwaite degrees of freedom, and its terms as a table."""
    import glmm

    fit = glmm.fit(frame, f"{formula} + {_bars(random, group)}")
    pd.DataFrame(
        {"term": fit.names, "estimate": fit.beta, "std_error": fit.se, "df": fit.coef_df, "p_value": fit.coef_p}
    )
    return -2.0 * fit.loglik, list(fit.beta)


def mixedlm_rs(frame: pd.DataFrame, formula: str, random: str, group: str) -> Answer:
    """PyPI's mixedlm-rs, fit alone."""
    import mixedlm_rs

    fit = mixedlm_rs.mixedlm(formula, frame, groups=group, re_formula=f"~{random}").fit(reml=True)
    return -2.0 * fit.llf, list(fit.fe_params)


def _bars(random: str, group: str) -> str:
    return f"(1 | {group})" if random == "1" else f"(1 + {random} | {group})"


PACKAGES: dict[str, Callable[[pd.DataFrame, str, str, str], Answer]] = {
    "fit_growth": fit_growth,
    "fit_growth with random effects": fit_growth_effects,
    "glmm": glmm,
    "glmm with df": glmm_df,
    "mixedlm_rs": mixedlm_rs,
}


def megabytes(name: str) -> float:
    """A line of the process's status, VmRSS or VmHWM; missing where the system has none."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024.0 for line in lines if line.startswith(name)), float("nan"))


def forget_peak() -> None:
    """Let the highest resident set begin anew, where the system can."""
    if Path("/proc/self/clear_refs").exists():
        Path("/proc/self/clear_refs").write_text("5")


def read(file: str) -> pd.DataFrame:
    """The data, from CSV or from a pickle of this interpreter."""
    return pd.read_pickle(file) if file.endswith(".pkl") else pd.read_csv(file)


def main(package: str, file: str, formula: str, random: str, group: str, repeats: int) -> dict[str, Any]:
    warnings.simplefilter("ignore")
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    frame, fit = read(file), PACKAGES[package]
    numbers = [name for name in frame if pd.api.types.is_numeric_dtype(frame[name])]
    named = [name for name in {*numbers, group} if name == group or name in formula]
    data = sum(int(frame[name].memory_usage(index=False, deep=True)) for name in named)
    fit(frame.head(200).copy(), formula, random, group)
    forget_peak()
    before, seconds = megabytes("VmRSS"), []
    for _ in range(repeats):
        begin = time.process_time()
        deviance, fixed = fit(frame, formula, random, group)
        seconds.append(time.process_time() - begin)
        if len(seconds) == 1:
            memory = megabytes("VmHWM") - before
    return {"seconds": seconds, "deviance": deviance, "fixed": fixed, "memory": memory, "data": data / 2**20}


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:6], repeats=int(sys.argv[6])), default=float))
