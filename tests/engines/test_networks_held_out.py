"""Networks against qgraph on data that no other test uses: many shapes, ranks, polychoric correlations, gaps."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.engines.network_selection import select_networks
from securebase_analysis.engines.partial_correlations import partial_from_precision
from securebase_analysis.models.network import fit_network

HELD_OUT = json.loads((Path(__file__).parents[1] / "reference" / "network_held_out.json").read_text())
OPTIONS = {
    "gamma_half": {},
    "gamma_0": {"gamma": 0.0},
    "gamma_1": {"gamma": 1.0},
    "threshold": {"threshold": True},
    "refit": {"refit": True},
}


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("case", HELD_OUT["cases"])
def test_networks_have_the_edges_of_qgraph(case, options):
    known = HELD_OUT["cases"][case]
    found = select_networks(np.array(known["S"]), known["n"], **OPTIONS[options])
    edges, expected = partial_from_precision(found.precision[0]), np.array(known[options])
    np.testing.assert_array_equal(edges != 0.0, expected != 0.0)
    # qgraph's search ends at a tolerance of 1e-4 on its own scale.
    np.testing.assert_allclose(edges, expected, atol=5e-5)


def test_with_gaps_the_mean_number_of_pairs_counts():
    gaps = pd.DataFrame(HELD_OUT["gaps"]).astype(float)
    network = fit_network(gaps, list(gaps), missing="pairwise", n_resamples=20)
    assert network.children.n == pytest.approx(HELD_OUT["n_pairs"])
    np.testing.assert_allclose(network.matrix(), np.array(HELD_OUT["pairwise"]), atol=5e-5)
