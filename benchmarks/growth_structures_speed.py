"""Processor seconds for carers, agencies, yes-or-no and ordered outcomes: fit_growth, glmm, lme4 and ordinal.

    PEERS_PYTHON=/path/to/python OMP_NUM_THREADS=1 python benchmarks/growth_structures_speed.py

One run, one core, the same simulated data for all. fit_growth is timed from the data frame to the table of terms:
checks, formula, fit, standard errors, degrees of freedom, diagnostics; glmm (PyPI) from the data frame to its
answer without degrees of freedom; R for the fit alone. PEERS_PYTHON is an interpreter that has glmm and pandas;
Rscript needs lme4 and ordinal. Writes results/growth_structures_speed.md. About three minutes.
"""

import os
import platform
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("RAYON_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from securebase_analysis.models.growth import fit_growth

HERE = Path(__file__).parent
GLMM = """
import sys, time, warnings
import glmm, pandas as pd
warnings.simplefilter("ignore")
data, formula, kind = pd.read_csv(sys.argv[1]), sys.argv[2], sys.argv[3]
asked = ("binomial",) if kind == "binary" else ()
options = {"nagq": 9} if kind == "binary" else {"satterthwaite": False}
seconds = []
for _ in range(5):
    begin = time.process_time()
    fit = glmm.fit(data, formula, *asked, **options)
    seconds.append(time.process_time() - begin)
print(min(seconds), -2 * fit.loglik, *fit.beta)
"""


@dataclass(frozen=True)
class Case:
    """One model: its data, how we ask for it and how the others do."""

    name: str
    frame: pd.DataFrame
    formula: str
    ours: dict
    random: str
    kind: str

    @property
    def same_as_R(self) -> dict:
        """How we ask for the very number that R computes: by Laplace where clmm does."""
        return {**self.ours, "nodes": 1} if self.kind == "ordinal" else self.ours


def placements(
    n_children: int, n_carers: int, n_agencies: int, n_waves: int, moves: float, seed: int
) -> pd.DataFrame:
    """Simulated children with carers in agencies; at each wave a share has come to another carer."""
    random = np.random.default_rng(seed)
    carer = np.empty((n_children, n_waves), int)
    carer[:, 0] = random.integers(0, n_carers, n_children)
    for wave in range(1, n_waves):
        moved = random.random(n_children) < moves
        carer[:, wave] = np.where(moved, random.integers(0, n_carers, n_children), carer[:, wave - 1])
    agency = random.integers(0, n_agencies, n_carers)
    child, carer = np.repeat(np.arange(n_children), n_waves), carer.ravel()
    years = np.tile(np.arange(n_waves, dtype=float), n_children)
    stress = np.repeat(random.normal(size=n_children), n_waves)
    level = 0.9 * random.normal(size=n_children)[child] + 0.5 * random.normal(size=n_carers)[carer]
    level += 0.3 * random.normal(size=n_agencies)[agency[carer]]
    trust = 2.0 + 0.3 * years + 0.2 * stress + level + 0.7 * random.normal(size=len(child))
    names = {"child": child, "carer": carer, "agency": agency[carer]}
    columns = {name: [f"{name[0]}{number:06d}" for number in numbers] for name, numbers in names.items()}
    return pd.DataFrame({**columns, "years": years, "stress": stress, "trust": trust})


def answers(n_children: int, n_waves: int, seed: int) -> pd.DataFrame:
    """Simulated yes-or-no and ordered answers of children."""
    random = np.random.default_rng(seed)
    child = np.repeat(np.arange(n_children), n_waves)
    years = np.tile(np.arange(n_waves, dtype=float), n_children)
    stress = np.repeat(random.normal(size=n_children), n_waves)
    eta = -0.5 + 0.15 * years + 0.5 * stress + random.normal(size=n_children)[child]
    latent = eta + random.logistic(size=len(child))
    settled = (random.random(len(child)) < 1.0 / (1.0 + np.exp(-eta))).astype(int)
    names = [f"c{number:06d}" for number in child]
    answer = np.searchsorted([-1.0, 0.3, 1.5], latent) + 1
    return pd.DataFrame({"child": names, "years": years, "stress": stress, "settled": settled, "answer": answer})


def cases() -> list[Case]:
    """The four models."""
    nested = placements(20_000, 4_000, 200, 4, 0.0, seed=5)
    crossed = placements(5_000, 1_500, 1, 6, 0.25, seed=6)
    children = answers(1_000, 5, seed=8)
    three = {"child": "1", "carer": "1", "agency": "1"}
    return [
        Case(
            "20,000 children in 4,000 carers in 200 agencies, 4 waves",
            nested,
            "trust ~ years + stress",
            {"random": three},
            "(1|child) + (1|carer) + (1|agency)",
            "linear",
        ),
        Case(
            "5,000 children crossed with 1,500 carers, 6 waves",
            crossed,
            "trust ~ years + stress",
            {"random": {"child": "1", "carer": "1"}},
            "(1|child) + (1|carer)",
            "linear",
        ),
        Case(
            "yes or no, 1,000 children x 5 waves, quadrature with 9 nodes",
            children,
            "settled ~ years + stress",
            {"family": "binomial", "nodes": 9},
            "(1|child)",
            "binary",
        ),
        Case(
            "ordered answers, 1,000 children x 5 waves (ours with 15 nodes; clmm by Laplace)",
            children,
            "answer ~ years + stress",
            {"family": "ordinal"},
            "(1|child)",
            "ordinal",
        ),
    ]


def ours(case: Case) -> tuple[float, float, np.ndarray]:
    """The median of seven fits; deviance and fixed effects of the fit that is the same as R's."""
    seconds = []
    for _ in range(7):
        begin = time.process_time()
        result = fit_growth(case.frame, case.formula, **case.ours)
        result.tidy()
        seconds.append(time.process_time() - begin)
    result = fit_growth(case.frame, case.formula, **case.same_as_R)
    table = result.tidy()
    fixed = table.loc[table["effect"] == "fixed", "estimate"].to_numpy()
    return float(np.median(seconds)), float(result.facts["deviance"]), fixed


def theirs(command: list[str], case: Case) -> tuple[float, float, np.ndarray]:
    """Seconds, deviance and fixed effects as another program prints them."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cohort.csv"
        case.frame.to_csv(file, index=False)
        asked = [str(file), f"{case.formula} + {case.random}", case.kind]
        said = subprocess.run([*command, *asked], capture_output=True, text=True, check=True).stdout.split()
    numbers = np.array(said, dtype=float)
    return numbers[0], numbers[1], numbers[2:]


def row(case: Case) -> str:
    """One line of the table."""
    seconds, deviance, fixed = ours(case)
    in_R = theirs(["Rscript", str(HERE / "growth_structures_speed.R")], case)
    cells = [case.name, f"{len(case.frame):,}", f"{seconds:.3f} s"]
    if case.kind == "ordinal":
        cells += ["has none", ""]
    else:
        in_glmm = theirs([os.environ["PEERS_PYTHON"], "-c", GLMM], case)
        cells += [f"{in_glmm[0]:.3f} s", f"{in_glmm[0] / seconds:.1f}"]
    apart = float(np.abs(fixed / in_R[2] - 1.0).max())
    cells += [f"{in_R[0]:.2f} s", f"{in_R[0] / seconds:.0f}", f"{deviance - in_R[1]:.1e}", f"{apart:.0e}"]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    fit_growth(answers(50, 4, seed=1), "settled ~ years", family="binomial")
    lines = [
        "# Processor seconds for carers, agencies, yes-or-no and ordered outcomes",
        "",
        f"One run, one thread each, user and system time; Python {platform.python_version()}, "
        f"numpy {np.__version__}, pandas {pd.__version__}. fit_growth: median of seven, with formula, checks, "
        "standard errors, degrees of freedom and diagnostics; glmm: best of five, without degrees of freedom; R: "
        "one fit by lmer, glmer (9 nodes) or clmm. Simulated data.",
        "",
        "| data (simulated) | rows | fit_growth | glmm | glmm / fit_growth | R | R / fit_growth | "
        "deviance, ours less R's | fixed effects apart from R |",
        "| --- " * 9 + "|",
        *(row(case) for case in cases()),
    ]
    text = "\n".join(lines) + "\n"
    (HERE / "results" / "growth_structures_speed.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
