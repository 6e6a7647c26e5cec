"""The closed list of column names that answers may use, with their meaning.

Every Result is held against this list by one test; a name that is not here does not leave the package.
"""

from __future__ import annotations

TIDY: dict[str, str] = {
    "outcome": "what is explained, scored or compared",
    "group": "the group, coder set, factor or measure the row belongs to; empty when there is one",
    "effect": "the kind of term: fixed, random, agreement, reliability, between, within, ...",
    "term": "the quantity itself",
    "estimate": "its value, never rounded",
    "std_error": "standard error of the estimate; missing where none is defined",
    "statistic": "estimate divided by its standard error, where that is a test",
    "df": "degrees of freedom of the statistic; inf means that the normal distribution was used",
    "p_value": "two-sided p-value; missing where no test is meant",
    "conf_low": "lower end of the interval at the level asked for",
    "conf_high": "upper end of the interval at the level asked for",
}
"""Columns of ``tidy()``, in this order and no others."""

ADJUSTED: dict[str, str] = {
    "p_adjusted": "p-value that allows for the number of tests asked together; missing where no test is meant",
}
"""What ``adjusted()`` shows beside the columns of ``tidy()``."""

GLANCE: dict[str, str] = {
    "n_rows": "rows used",
    "n_groups": "groups used: children, unless the spec names another factor",
    "n_excluded": "rows given and not used",
    "conf_level": "level of the intervals unless another is asked for",
    "converged": "whether the search for the optimum ended at one; True where there is no search",
    "log_likelihood": "log-likelihood (restricted for REML); missing where there is none",
}
"""Columns that every ``glance()`` begins with."""

GLANCE_MORE: dict[str, str] = {
    "deviance": "minus twice the log-likelihood (the REML criterion for REML)",
    "aic": "Akaike's criterion; missing for REML, where fits with other fixed effects do not compare",
    "bic": "Schwarz's criterion with n_rows; missing for REML",
    "sigma": "residual standard deviation",
    "r2_marginal": "share of variance explained by the fixed effects (Nakagawa & Schielzeth 2013; Johnson 2014)",
    "r2_conditional": "share of variance explained by fixed and random effects together",
    "icc": "share of the outcome's residual variance that lies between groups",
    "singular": "whether a variance or correlation lies on its boundary",
    "method": "how it was estimated",
    "chi2": "chi-square of a likelihood ratio: twice the difference of the log-likelihoods",
    "n_parameters": "free parameters; those that are equal count once",
    "cfi": "comparative fit index (Bentler 1990): share of the misfit of independence that the model removes",
    "tli": "Tucker-Lewis index: the same per degree of freedom",
    "rmsea": "root mean square error of approximation (Steiger & Lind 1980): misfit per degree of freedom",
    "rmsea_low": "lower end of its interval, at 90 %",
    "rmsea_high": "upper end of its interval, at 90 %",
    "srmr": "root mean square of the standardised residuals of covariances, and of means where they are modelled",
    "chi2_scaled": "chi-square divided by its scaling factor, for data that are not normal",
    "p_value_scaled": "p-value of the scaled chi-square",
    "scaling_factor": "mean of chi-square per degree of freedom without normality (Yuan & Bentler 2000)",
    "shift": "what is added to chi-square after scaling, so that mean and variance are those of chi-square",
    "cfi_scaled": "CFI with the scaled chi-squares in place of the others",
    "tli_scaled": "TLI with the scaled chi-squares in place of the others",
    "rmsea_scaled": "RMSEA with the scaled chi-square in place of the other",
    "rmsea_scaled_low": "lower end of its interval, at 90 %",
    "rmsea_scaled_high": "upper end of its interval, at 90 %",
    "cfi_robust": "estimate, without normality, of what the CFI of normal and complete data estimates",
    "tli_robust": "the same of the TLI",
    "rmsea_robust": "the same of the RMSEA",
    "rmsea_robust_low": "lower end of its interval, at 90 %",
    "rmsea_robust_high": "upper end of its interval, at 90 %",
    "df": "degrees of freedom of the chi-square",
    "p_value": "p-value of the chi-square",
    "n_items": "items in the scale",
    "n_units": "units that could be compared",
    "n_coders": "coders compared",
    "n_sources": "interviews or other sources compared",
    "n_children": "children in the data used",
    "n_resamples": "bootstrap resamples behind the intervals",
    "seed": "seed of the random numbers behind the intervals",
    "level": "level of measurement",
    "unit": "the unit of analysis",
    "n_exits": "placements that ended while they were observed",
    "n_tests": "tests in the planned family",
    "n_events": "rows that end with the event that is modelled",
    "n_clusters": "clusters behind the standard errors; missing where they are those of the model",
    "concordance": "share of pairs in which the one that ended first had the higher fitted hazard (Harrell's C)",
    "score_test": "score test of all log hazards being zero, a chi-square",
    "score_p_value": "its p-value",
    "wald_test": "Wald test of all log hazards being zero, with the standard errors shown, a chi-square",
    "wald_p_value": "its p-value",
    "frailty_test": "twice the gain in log-likelihood over no frailty",
    "frailty_p_value": "its p-value, which allows for the variance not being below zero",
    "adjust": "how p-values were adjusted for the number of tests",
    "n_edges": "pairs of constructs that have an edge in the network",
    "n_possible_edges": "pairs of constructs that could have one",
    "penalty": "penalty on each partial correlation, in units of a correlation",
    "gamma": "how much the number of possible edges counted in the choice of the penalty",
    "edge_stability": "share of the children without whom the edges would still correlate .7 with those of all",
    "strength_stability": "the same of the constructs' strengths",
    "step": "the step of the ladder whose model is shown",
}
"""Columns that some ``glance()`` adds."""

DIAGNOSTICS: dict[str, str] = {
    "check": "what was looked at",
    "value": "what was found",
    "threshold": "where concern begins",
    "ok": "True when there is no concern",
    "advice": "the next step, in a sentence",
}
"""Columns of ``diagnostics()``."""

AUGMENT: dict[str, str] = {
    "fitted": "prediction from the fixed and the random effects",
    "fitted_fixed": "prediction from the fixed effects alone",
    "residual": "observed minus fitted",
    "outcome": "the scale that an answer belongs to",
    "group": "the instrument, informant or level that an answer belongs to",
    "n_coders": "coders who read the source",
    "agreement": "share of the pairs of coders, or of the other coders, who agree here",
    "n_present": "coders who saw the code there",
    "days_counted": "days of the placement, from its start to its end or to the day it was last seen",
    "days_unseen": "days of the placement that had passed when it came under observation",
    "linear_predictor": "log hazard relative to a row whose predictors are all zero",
    "martingale": "events observed less expected in the row",
    "distance": "squared distance of the row from what the model implies, in its covariances (Mahalanobis)",
    "deviance_residual": "the martingale residual made more symmetric about zero",
}
"""Columns that ``augment()`` may add to the rows that went in."""

VERDICTS: dict[str, str] = {
    "claim": "the claim of the model in one sentence",
    "kind": "builds, interacts or over time",
    "source": "the construct that is said to come first",
    "target": "the construct that is said to follow",
    "effect": "the level of the answer: between children, within them, over time, or over time within them",
    "own_level": "whether this is the level that the claim speaks of",
    "verdict": "supported, not supported, contrary or not testable",
    "estimate": "the correlation; over time within children the lagged effect in standard deviations",
    "conf_low": "lower end of its interval",
    "conf_high": "upper end of its interval",
    "p_value": "two-sided p-value of the estimate",
    "p_adjusted": "Holm's p-value over all verdicts that could be given",
    "holds_adjusted": "whether supported or contrary stands with the adjusted p-value",
    "smallest_found": "the correlation or effect that this sample would have found in four of five tries",
    "n_children": "children the estimate rests on; within children those with two waves or more",
    "reason": "the verdict in words",
    "reference": "where the model's authors make the claim",
}
"""Columns of ``verdicts()`` of relations."""
