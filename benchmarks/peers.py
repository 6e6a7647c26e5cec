"""Other packages beside ours: each in a fresh process of the interpreter that has it, one thread, one core.

``PEERS_PYTHON`` names an interpreter with pandas, glmm and mixedlm-rs; without it ours is tried. ``Rscript`` is
looked for on the path.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")
ONE_THREAD = dict.fromkeys(THREADS, "1")
OURS = ("fit_growth", "fit_growth with random effects")


@dataclass(frozen=True)
class Measured:
    """What a package took for one model.

    Attributes
    ----------
    package : str
        As in `one_fit.PACKAGES`, or lme4.
    seconds : list of float
        Processor seconds, user and system, of each repeat.
    deviance : float
        REML criterion of the fit.
    fixed : list of float
        Fixed effects.
    memory : float
        Megabytes (2**20) that the first fit added to the resident set at its highest.
    data : float
        Megabytes of the columns of the model.
    """

    package: str
    seconds: list[float]
    deviance: float
    fixed: list[float]
    memory: float
    data: float

    @property
    def middle(self) -> float:
        """Median seconds."""
        return float(np.median(self.seconds))


def peers_python() -> str:
    """The interpreter that has the peers."""
    return os.environ.get("PEERS_PYTHON", sys.executable)


def fit_of(
    package: str, file: Path, formula: str, random: str = "1", group: str = "child", repeats: int = 5
) -> Measured | None:
    """Measure one package; None, with a line on the screen, where it is not there or fails."""
    if package == "lme4":
        return _lme4(file, random, repeats)
    python = sys.executable if package in OURS else peers_python()
    command = [python, str(HERE / "one_fit.py"), package, str(file), formula, random, group, str(repeats)]
    path = os.pathsep.join(filter(None, [str(HERE.parent), os.environ.get("PYTHONPATH", "")]))
    environment = {**os.environ, **ONE_THREAD} | ({"PYTHONPATH": path} if package in OURS else {})
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        print(f"{package}: {(done.stderr.strip().splitlines() or ['no message'])[-1]}", flush=True)
        return None
    return Measured(package, **json.loads(done.stdout.splitlines()[-1]))


def _lme4(file: Path, random: str, repeats: int) -> Measured | None:
    """lmer() alone, without degrees of freedom; deviance and fixed effects from a tightened optimum."""
    if shutil.which("Rscript") is None:
        print("lme4: no Rscript on the path", flush=True)
        return None
    slope = "1" if random == "1" else f"1 + {random}"
    command = ["Rscript", str(HERE / "growth_speed.R"), str(file), slope, str(repeats)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **ONE_THREAD})
    if done.returncode:
        print(f"lme4: {(done.stderr.strip().splitlines() or ['no message'])[-1]}", flush=True)
        return None
    numbers = [float(word) for word in done.stdout.split()]
    return Measured("lme4", numbers[:repeats], numbers[repeats], numbers[repeats + 1 : -1], numbers[-1], np.nan)
