"""A network and its bootstrap beside R's qgraph::EBICglasso, in one run, in seconds of processor time.

    python benchmarks/network_speed.py

Both get the same children; R selects the network of each resample in a loop, as bootnet does, here without
anything else that bootnet does. Beside it `fit_network` whole: 1,000 resamples, 1,500 subsets of children for
stability, intervals, checks and notes. Writes results/network_speed.md.
"""

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from network_recovery import IN_ORDER, true_network

from securebase_analysis.engines.network_selection import select_networks
from securebase_analysis.engines.weighted_correlations import weighted_correlations
from securebase_analysis.models.network import fit_network

RESAMPLES = 1_000


def children(n: int) -> pd.DataFrame:
    rng = np.random.default_rng(n)
    return pd.DataFrame(rng.multivariate_normal(np.zeros(10), true_network(IN_ORDER)[1], size=n), columns=IN_ORDER)


def in_r(frame: pd.DataFrame) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        data, answer = Path(folder) / "children.csv", Path(folder) / "answer.json"
        frame.to_csv(data, index=False)
        script = str(Path(__file__).with_suffix(".R"))
        subprocess.run(["Rscript", script, str(data), str(RESAMPLES), str(answer)], check=True)
        return json.loads(answer.read_text())


def seconds(call) -> tuple[float, object]:
    begin = time.process_time()
    answer = call()
    return time.process_time() - begin, answer


def resampled(frame: pd.DataFrame) -> None:
    X, n = frame.to_numpy(), len(frame)
    weights = np.random.default_rng(1).multinomial(n, np.full(n, 1 / n), size=RESAMPLES).astype(float)
    select_networks(weighted_correlations(X, weights), n, whole_path=False, tolerance=1e-5)


def main() -> None:
    lines = [
        "# Networks beside R's qgraph",
        "",
        "Ten constructs, processor seconds on one core, nothing missing unless said.",
        "",
        "| children | 1,000 networks, qgraph | ours | ratio | fit_network (2,500 networks) | with 10 % missing "
        "| largest difference of an edge |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for n in (100, 300, 2_000):
        frame = children(n)
        theirs = in_r(frame)
        ours, _ = seconds(lambda frame=frame: resampled(frame))
        whole, result = seconds(lambda frame=frame: fit_network(frame, IN_ORDER))
        holes = frame.mask(np.random.default_rng(2).random(frame.shape) < 0.1)
        missing, _ = seconds(lambda holes=holes: fit_network(holes, IN_ORDER))
        apart = np.abs(result.matrix().to_numpy() - np.array(theirs["net"])).max()
        lines.append(
            f"| {n:,} | {theirs['many']:.1f} | {ours:.2f} | {theirs['many'] / ours:.0f} | {whole:.1f} | "
            f"{missing:.1f} | {apart:.0e} |"
        )
    text = "\n".join(lines) + "\n"
    Path(__file__).with_name("results").joinpath("network_speed.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
