"""The models of hazards.R, fitted here."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np

from securebase_analysis.engines.partial_likelihood import CoxFit, fit_cox
from securebase_analysis.engines.subdistribution import SubdistributionFit, fit_subdistribution

COHORTS = runpy.run_path(str(Path(__file__).with_name("hazards_cohorts.py")))["cohorts"]()


def columns(name: str, words: str) -> np.ndarray:
    """Columns of a cohort as an array (p, rows)."""
    return COHORTS[name][words.split()].to_numpy(float).T


def cox_fits() -> dict[str, CoxFit]:
    """Every proportional hazards model of the reference, by its name there."""
    lung, cgd, mgus2 = COHORTS["lung"], COHORTS["cgd"], COHORTS["mgus2"]
    of_lung = columns("lung", "age sex ph.ecog")
    entry = {"start": cgd["tstart"], "cluster": cgd["id"]}
    return {
        "lung": fit_cox(lung["time"], lung["event"], of_lung),
        "lung_breslow": fit_cox(lung["time"], lung["event"], of_lung, ties="breslow"),
        "lung_strata": fit_cox(
            lung["time"], lung["event"], columns("lung", "age ph.ecog"), strata=lung["sex"], cluster=lung["inst"]
        ),
        "cgd": fit_cox(cgd["tstop"], cgd["status"], columns("cgd", "treated age linked steroids"), **entry),
        "cgd_total": fit_cox(
            cgd["tstop"], cgd["status"], columns("cgd", "treated age"), strata=cgd["enum"].clip(upper=3), **entry
        ),
        "mgus2": fit_cox(mgus2["months"], mgus2["cause"] == 1, columns("mgus2", "age male mspike")),
        "mgus2_age_scale": fit_cox(
            mgus2["age"] + mgus2["months"] / 12,
            mgus2["cause"] == 2,
            columns("mgus2", "male mspike"),
            start=mgus2["age"],
        ),
        **recurrent_fits(),
        **fits_of_moves(),
    }


def recurrent_fits() -> dict[str, CoxFit]:
    """Andersen and Gill's layout, and Prentice, Williams and Peterson's in total and in gap time."""
    frame = COHORTS["bladder"]
    X, by_child = columns("bladder", "rx size number"), {"cluster": frame["id"]}
    total = {"start": frame["start"], **by_child}
    return {
        "bladder_ag": fit_cox(frame["stop"], frame["event"], X, **total),
        "bladder_pwp_total": fit_cox(frame["stop"], frame["event"], X, strata=frame["enum"], **total),
        "bladder_pwp_gap": fit_cox(frame["gap"], frame["event"], X, strata=frame["enum"], **by_child),
    }


def fits_of_moves() -> dict[str, CoxFit]:
    """Delayed entries tied with events, clusters, strata, weights and an offset."""
    frame = COHORTS["moves"]
    what = (frame["stop"], frame["event"], columns("moves", "difficulty kinship"), frame["start"])
    by = {"cluster": frame["carer"]}
    weighted, stratified = {"weight": frame["weight"]}, {"strata": frame["site"]}
    return {
        "moves": fit_cox(*what, **by),
        "moves_breslow": fit_cox(*what, ties="breslow", **by),
        "moves_strata": fit_cox(*what, **stratified, **by),
        "moves_weighted": fit_cox(*what, **weighted, **by),
        "moves_all": fit_cox(*what, **weighted, **stratified, offset=frame["known"], **by),
    }


def subdistribution_fits() -> dict[str, SubdistributionFit]:
    """Every model of a subdistribution hazard of the reference, by its name there."""
    mgus2, exits = COHORTS["mgus2"], COHORTS["exits"]
    of_mgus2 = (mgus2["months"], mgus2["cause"], columns("mgus2", "age male mspike"))
    X = columns("exits", "difficulty kinship")
    of_exits = (exits["months"], exits["cause"], X)
    after = {"tied_censoring": "after"}
    delayed = {"start": exits["entry"], **after}
    return {
        "mgus2": fit_subdistribution(*of_mgus2),
        "mgus2_death": fit_subdistribution(*of_mgus2, of_interest=2),
        "exits": fit_subdistribution(*of_exits),
        "exits_exact": fit_subdistribution(exits["exact"], exits["cause"], X),
        "exits_grouped": fit_subdistribution(*of_exits, censoring_group=exits["site"]),
        "wide": fit_subdistribution(*of_exits, **after),
        "wide_efron": fit_subdistribution(*of_exits, ties="efron", **after),
        "wide_carer": fit_subdistribution(*of_exits, cluster=exits["carer"], **after),
        "wide_strata": fit_subdistribution(
            *of_exits, strata=exits["site"], censoring_group=exits["site"], **after
        ),
        "delayed": fit_subdistribution(*of_exits, **delayed),
        "delayed_efron": fit_subdistribution(*of_exits, ties="efron", cluster=exits["carer"], **delayed),
        "delayed_home": fit_subdistribution(*of_exits, of_interest=2, cluster=exits["carer"], **delayed),
    }
