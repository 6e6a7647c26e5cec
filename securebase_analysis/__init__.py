"""From coded interviews and questionnaires to the five Secure Base dimensions: scores, change, report.

In the order a study meets them:

**The model.** `DIMENSIONS` (five `Dimension`, each with the benefit it builds), `CONSTRUCTS` (each `Construct`
is a column), `PATHWAYS` (the claims about how they act) and `CARE_CONTEXTS`.

**The data.** `new_study` writes an empty study folder; `read_study` reads and checks a whole one into a `Study`;
`check_study` lists its problems and `write_problems` hands them to the data manager. The `Codebook` says what
speaks for what: `read_codebook`, `load_codebook` (those that come with the package; `scoring_keys` lists the
questionnaires), `make_codebook`, `write_codebook`. Single files: `read_table` gives a `Table`,
`read_questionnaire` gives a `Questionnaire`, `read_interviews` gives `Interviews`, `write_interviews` sends them
back. `simulate_study` draws a cohort whose truth is known, and `write_study` puts it on disk.

**Whose data.** `write_key` makes a key that is kept outside the study folder; `pseudonymise` gives the same study
under pseudonyms, with dates moved, and `write_study` puts it on disk; `pseudonyms` and `shift_dates` do it to
columns.

**The placements.** `read_ssda903` reads the English returns on children looked after (`SSDA903`);
`placement_history` turns placement rows into spells by named rules (`PlacementHistory`, `SpellRules`), and
`placement_stability` counts moves by every definition in use. `simulate_ssda903` draws returns of children
who do not exist, and `write_ssda903` puts them on disk.

**The measures.** `score_dimensions` gives `Scores`, each with its standard error; `score_sdq` scores the SDQ from
its items, `score_questionnaire` any other by its key, and `score_by_norms` makes T-scores of them;
`assess_agreement` compares coders; `assess_reliability` looks at scales, `assess_invariance` at whether they
measure the same in several groups or waves.

**Who cared.** `carer_days` counts how long each child lived with whom before each wave (`CarerDays`), for models
of children who share carers and move between them.

**Placements day by day.** `follow_placements` follows each from the day it was first seen, with the scores that
were known by then (`FollowedPlacements`).

**The answers.** `relate_dimensions`, `fit_growth` and `fit_moderation`; of placements `cumulative_incidence` (how
they end) and `fit_disruption` (which of them, and when); with latent variables `fit_sem` (lavaan's syntax),
`fit_measurement` (the constructs by the items of the codebook), `fit_panel` (cross-lagged models and growth curves
over the waves) and `fit_network` (partial correlations). `plan_panel` says beforehand which panel models the
children can carry, and which effects each would find. Every answer is a `Result` with ``tidy()``, ``glance()``,
``augment()``, ``diagnostics()``, ``summary()``, ``plot()`` and ``notes``.

**What is shown.** `plot_profile`, `plot_trajectories`, `plot_waves`, `plot_calendar` and `plot_flow` draw;
`write_figure` saves any picture; `make_table`, `table_of` and `write_table` make tables for Word, HTML, LaTeX and
Excel; `mask_quotations` takes names and places out of quotations (`MaskedQuotations`) before they are printed;
`write_report` puts the whole study on one page.

**What others published.** `published_figures` lists them and `published_figure` gives one (`PublishedFigure`),
with its source, its table and its picture.

**What can be wrong.** `SecureBaseError`, of which `DataError` (the data) and `ModelError` (the question) carry
every `Problem` at once; `explain` says what the code of a message means.
"""

from importlib import import_module
from typing import Any

from securebase_analysis.results.plotting import learn_from

__version__ = "0.1.0"

_LIVES_IN = {
    "theory": ["CARE_CONTEXTS", "CONSTRUCTS", "DIMENSIONS", "PATHWAYS", "Construct", "Dimension"],
    "errors": ["DataError", "ModelError", "Problem", "SecureBaseError", "explain"],
    "results.result": ["Result"],
    "readers.tables": ["Table", "read_table"],
    "readers.interviews": ["Interviews", "read_interviews", "write_interviews"],
    "study.questionnaire": ["Questionnaire", "read_questionnaire"],
    "study.codebook": ["Codebook", "make_codebook"],
    "study.codebook_files": ["load_codebook", "read_codebook", "write_codebook"],
    "study.shipped_keys": ["scoring_keys"],
    "study.study": ["Study", "check_study", "read_study"],
    "study.starter": ["new_study"],
    "study.problem_file": ["write_problems"],
    "study.simulate": ["simulate_study", "write_study"],
    "study.privacy.key_file": ["write_key"],
    "study.privacy.keyed_hash": ["pseudonyms", "shift_dates"],
    "study.privacy.pseudonymous_study": ["pseudonymise"],
    "study.ssda903": ["SSDA903", "read_ssda903"],
    "study.spells": ["PlacementHistory", "SpellRules", "placement_history"],
    "study.stability": ["placement_stability"],
    "study.simulated_returns": ["simulate_ssda903", "write_ssda903"],
    "measures.scoring": ["Scores", "score_dimensions"],
    "measures.strengths_difficulties": ["score_sdq"],
    "measures.questionnaires": ["score_by_norms", "score_questionnaire"],
    "measures.agreement": ["assess_agreement"],
    "measures.reliability": ["assess_reliability"],
    "measures.invariance": ["assess_invariance"],
    "models.relations": ["relate_dimensions"],
    "models.carers.days": ["CarerDays", "carer_days"],
    "models.growth": ["fit_growth"],
    "models.moderation": ["fit_moderation"],
    "models.incidence": ["cumulative_incidence"],
    "models.follow_up": ["FollowedPlacements", "follow_placements"],
    "models.disruption": ["fit_disruption"],
    "models.sem": ["fit_sem"],
    "models.measurement": ["fit_measurement"],
    "models.panel": ["fit_panel"],
    "models.power": ["plan_panel"],
    "models.network": ["fit_network"],
    "show": [
        "make_table", "plot_calendar", "plot_flow", "plot_profile", "plot_trajectories", "plot_waves", "table_of",
        "write_figure", "write_report", "write_table",
    ],
    "show.quotations": ["MaskedQuotations", "mask_quotations"],
    "published": ["PublishedFigure", "published_figure", "published_figures"],
}  # fmt: skip
"""Every public name and the module it lives in; a name is loaded when it is first asked for, so that importing the
package costs next to nothing."""

_MODULE_OF = {name: module for module, names in _LIVES_IN.items() for name in names}

__all__ = sorted(_MODULE_OF)

learn_from(lambda: import_module("securebase_analysis.show"))


def __getattr__(name: str) -> Any:
    """Load a public name."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"securebase_analysis.{_MODULE_OF[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
