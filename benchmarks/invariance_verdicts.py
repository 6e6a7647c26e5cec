"""How often the ladder of ordered categories is climbed where it holds, and where it ends where it does not.

    python benchmarks/invariance_verdicts.py [REPLICATES]

Simulated answers: one construct, five items of four answers, two groups. Writes results/invariance_verdicts.md.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from securebase_analysis.measures.invariance import assess_invariance

MODEL = {"trust": [f"t{number}" for number in range(1, 6)]}
CUTS = np.array([-1.2, 0.0, 1.1])
TRUTHS = {
    "all equal": {}, "one intercept differs by .8": {"shift": 0.8}, "one loading is .5, not 1": {"loading": 0.5}
}  # fmt: skip
SIZES = (150, 300, 1000)
STEPS = ("configural", "thresholds", "metric", "scalar", "strict")


def answered(n: int, seed: int, shift: float = 0.0, loading: float = 1.0) -> pd.DataFrame:
    """Answers of two groups of `n`; the construct is .3 higher in the second."""
    random = np.random.default_rng(seed)
    trust = random.normal(size=2 * n) + np.repeat([0.0, 0.3], n)
    behind = trust[:, None] + random.normal(size=(2 * n, 5))
    behind[n:, 1] += shift
    behind[n:, 2] += (loading - 1.0) * trust[n:]
    frame = pd.DataFrame(np.searchsorted(CUTS, behind), columns=MODEL["trust"])
    return frame.assign(group=np.repeat(["first", "second"], n))


def held(n: int, replicates: int, truth: dict[str, float]) -> Counter[str]:
    """The last step that held, in each replicate."""
    found: Counter[str] = Counter()
    for seed in range(replicates):
        found[assess_invariance(answered(n, seed, **truth), MODEL, group="group", estimator="wlsmv").held] += 1
    return found


def main(replicates: int) -> None:
    lines = [
        "# Where the ladder of ordered categories ends", "",
        f"Simulated; {replicates} replicates each; one construct, five items of four answers, two groups.", "",
        f"| truth | children a group | {' | '.join(STEPS)} |", f"| --- | --- |{' --- |' * len(STEPS)}",
    ]  # fmt: skip
    for words, truth in TRUTHS.items():
        for n in SIZES:
            found = held(n, replicates, truth)
            lines.append(f"| {words} | {n:,} | {' | '.join(str(found[step]) for step in STEPS)} |")
    text = "\n".join(lines) + "\n"
    (Path(__file__).parent / "results" / "invariance_verdicts.md").write_text(text, "utf-8")
    print(text)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
