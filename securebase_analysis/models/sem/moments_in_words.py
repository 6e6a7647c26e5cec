"""Implied moments, what they leave of the observed ones, and shares of variance, as tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from securebase_analysis.models.sem.fitting import Fitted
from securebase_analysis.models.sem.ordinal_fitting import OrdinalFitted


def implied_moments(fitted: Fitted | OrdinalFitted) -> pd.DataFrame:
    """Means and covariances of all variables, group by group."""
    names = [*fitted.table.observed, *fitted.table.latent]
    parts = []
    for group, moments in zip(fitted.table.groups, fitted.implied):
        heads = {"group": group, "variable": names, "mean": moments.means}
        parts.append(pd.DataFrame({**heads, **dict(zip(names, moments.covariances))}))
    return pd.concat(parts, ignore_index=True)


def residual_moments(fitted: Fitted | OrdinalFitted) -> pd.DataFrame:
    """Observed less implied; missing where there is no estimate of the observed."""
    names, rows = fitted.sample.names, []
    for group, moments in zip(fitted.table.groups, fitted.observed_and_implied):
        mean, covariance, mean_implied, implied = moments
        sd, sd_implied = np.sqrt(covariance.diagonal()), np.sqrt(implied.diagonal())
        if fitted.table.meanstructure:
            for i, name in enumerate(names):
                if name in fitted.table.ordinal:
                    continue
                standard = (mean[i] - mean_implied[i]) / sd[i]
                rows.append((group, "mean", name, "", mean[i], mean_implied[i], standard))
        for i, name in enumerate(names):
            for j in range(i + 1):
                r = covariance[i, j] / (sd[i] * sd[j])
                r_implied = implied[i, j] / (sd_implied[i] * sd_implied[j])
                kind = "variance" if i == j else "covariance"
                both = covariance[i, j], implied[i, j]
                rows.append((group, kind, name, "" if i == j else names[j], *both, r - r_implied))
    columns = ["group", "kind", "variable", "other", "observed", "implied", "correlation_residual"]
    table = pd.DataFrame(rows, columns=columns)
    table.insert(6, "residual", table["observed"] - table["implied"])
    return table


def explained_shares(fitted: Fitted | OrdinalFitted) -> pd.DataFrame:
    """One less the residual share, of every variable that an effect points at."""
    names = [*fitted.table.observed, *fitted.table.latent]
    explained = {one.outcome for one in fitted.table if one.op in ("=~", "~")}
    rows = []
    for group, moments in zip(fitted.table.groups, fitted.implied):
        left, whole = moments.residual.diagonal(), moments.covariances.diagonal()
        rows += [
            (group, name, 1.0 - left[i] / whole[i] if whole[i] > 0.0 else np.nan)
            for i, name in enumerate(names)
            if name in explained
        ]
    return pd.DataFrame(rows, columns=["group", "variable", "r_squared"])
