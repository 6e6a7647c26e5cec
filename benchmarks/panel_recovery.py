"""Whether fit_panel finds the lagged effects that made a panel, and none where children only differ for good.

    python benchmarks/panel_recovery.py

300 or 500 simulated panels of each kind: two constructs, four waves, a fifth of the cells missing. *acting*:
availability raises trust at the next wave and not the other way round. *stable*: children differ for good,
availability and trust go together in that and within each wave, and nothing acts on anything else. Writes
results/panel_recovery.md. About four minutes on one core; a number such as 0.1 makes that share of the panels.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pandas as pd
from simulated_panels import ACTING, STABLE, Columns, by_effect, lagged_effects, written

SEED = 41001
COLUMNS: Columns = {
    "mean": lambda own: own["estimate"].mean(),
    "sd": lambda own: own["estimate"].std(),
    "mean std_error": lambda own: own["std_error"].mean(),
    "median df": lambda own: own["df"].median(),
}
KINDS = (
    ("acting", ACTING, "ri-clpm", 500, 300),
    ("stable", STABLE, "ri-clpm", 500, 300),
    ("stable", STABLE, "clpm", 500, 500),
    ("acting", ACTING, "ri-clpm", 200, 500),
    ("stable", STABLE, "ri-clpm", 200, 300),
    ("acting", ACTING, "ri-clpm", 100, 300),
    ("acting", ACTING, "ri-clpm", 52, 300),
)
"""What made the panels, what they are fitted by, children in each, and how many panels."""
READING = """# Recovery of lagged effects

Simulated panels of two constructs and four waves, a fifth of the cells missing; lagged effects equal over waves,
intervals at 95 %. With 500 panels a true coverage of .95 is found between .93 and .97 in 95 of 100 runs, with 300
between .925 and .975; and a rate of .05 between .03 and .07, or .025 and .075. Of the panels of 52 and 100
children a few have no maximum, or data that do not identify the model, and are left out. What the clpm says of
*stable* panels is held against the effects within children, which it does not estimate: its rate of p < .05 is
that of effects reported where nothing acts on anything.

Intervals and p-values are those of t with Satterthwaite's degrees of freedom; normal ones would have held, of all
four effects together, {normal}.
"""


def normal_coverage(found: pd.DataFrame) -> float:
    """Coverage of the intervals had they been normal."""
    own = found[found["converged"]]
    return float(((own["estimate"] - own["truth"]).abs() <= 1.959964 * own["std_error"]).mean())


def main(share: float = 1.0) -> None:
    """Run every kind, or a share of its panels, and write what was found."""
    began, text, normal = time.perf_counter(), [], {}
    for kind, lags, model, n, panels in KINDS:
        found = lagged_effects(lags, {"model": model}, int(share * panels), n, SEED)
        table = by_effect(found, COLUMNS)
        if kind == "acting":
            normal[n] = normal_coverage(found)
        text += [f"## {kind}, {model}, {n} children\n", written(table), ""]
        print(f"{kind} {model} {n}\n{table.round(3)}\n{time.perf_counter() - began:.0f} s", flush=True)
    beside = ", ".join(f"{share:.3f} of {n} children" for n, share in sorted(normal.items()))
    path = Path(__file__).parent / "results" / "panel_recovery.md"
    made = f"\nMade by panel_recovery.py with seed {SEED}.\n"
    path.write_text("\n".join([READING.format(normal=beside), *text]) + made, "utf-8")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
