"""Answers become pictures, tables, documents and reports.

This module is light: it knows which answer has which picture, and loads what draws only when it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from securebase_analysis.measures.agreement import AgreementResult
from securebase_analysis.measures.invariance import InvarianceResult
from securebase_analysis.measures.reliability import ReliabilityResult
from securebase_analysis.models.after_growth.comparison import GrowthComparison
from securebase_analysis.models.after_growth.joint_tests import JointTest
from securebase_analysis.models.after_growth.marginal_means import MarginalMeans
from securebase_analysis.models.disruption import DisruptionResult
from securebase_analysis.models.growth import GrowthResult
from securebase_analysis.models.incidence import IncidenceResult
from securebase_analysis.models.incidence.comparisons import IncidenceTest
from securebase_analysis.models.moderation import ModerationResult
from securebase_analysis.models.network import NetworkResult
from securebase_analysis.models.panel import GrowthCurvesResult, PanelResult
from securebase_analysis.models.power import PanelPlan
from securebase_analysis.models.relations import RelationsResult
from securebase_analysis.models.sem import SemResult
from securebase_analysis.results.plotting import draw
from securebase_analysis.results.result import Result
from securebase_analysis.show.tables.doctable import Column, DocTable
from securebase_analysis.show.tables.from_frame import make_table
from securebase_analysis.show.tables.from_result import table_of
from securebase_analysis.show.tables.to_file import write_table

DRAWN_IN = {
    "Picture": "picture",
    "picture_of": "picture",
    "write_figure": "picture",
    "plot_calendar": "placement_calendar",
    "calendar_frame": "placement_calendar_numbers",
    "occupancy_frame": "placement_calendar_shares",
    "plot_flow": "placement_flow",
    "flow_frame": "placement_flow_numbers",
    "plot_profile": "profile",
    "profile_frame": "profile_numbers",
    "plot_trajectories": "trajectory",
    "trajectory_frame": "trajectory",
    "plot_waves": "waves",
    "waves_frame": "waves",
    "agreement_frame": "agreement",
    "relations_frame": "relations",
    "path_diagram_frame": "path_diagram_numbers",
    "growth_frame": "growth",
    "diagnostics_frame": "growth_diagnostics_numbers",
    "forest_frame": "forest",
    "incidence_frame": "incidence_numbers",
    "plot_hazard_ratios": "hazard_ratios",
    "hazard_ratios_frame": "hazard_ratios_numbers",
    "over_time_frame": "hazard_ratios_over_time",
    "means_frame": "means",
    "moderation_frame": "moderation",
    "slopes_frame": "moderation_slopes",
    "regions_frame": "moderation_regions",
    "network_frame": "network_numbers",
    "invariance_frame": "invariance_numbers",
}
"""Public names whose modules load the drawing library, and the modules in `figures` that they live in."""

__all__ = [
    "Column", "DocTable", "Picture", "agreement_frame", "calendar_frame", "diagnostics_frame", "flow_frame",
    "forest_frame", "growth_frame", "hazard_ratios_frame", "incidence_frame", "invariance_frame", "make_table",
    "means_frame", "network_frame", "occupancy_frame", "over_time_frame", "path_diagram_frame", "picture_of",
    "plot_calendar", "plot_flow", "plot_hazard_ratios", "plot_profile", "plot_trajectories", "plot_waves",
    "profile_frame", "relations_frame", "table_of", "trajectory_frame", "waves_frame", "write_figure",
    "write_report", "write_table",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load a name that draws or writes when it is first asked for."""
    if name == "write_report":
        from securebase_analysis.show.report.write import write_report

        return write_report
    if name in DRAWN_IN:
        return getattr(import_module(f"securebase_analysis.show.figures.{DRAWN_IN[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@draw.register(Result)
def _(result: Result, ax: Any = None, **options: Any) -> Any:
    """A forest of estimates, for every answer without a picture of its own."""
    from securebase_analysis.show.figures.forest import draw_forest

    return draw_forest(result, ax, **options)


@draw.register(AgreementResult)
def _(result: AgreementResult, ax: Any = None, **options: Any) -> Any:
    from securebase_analysis.show.figures.agreement import draw_agreement

    return draw_agreement(result, ax, **options)


@draw.register(ReliabilityResult)
def _(result: ReliabilityResult, ax: Any = None, **options: Any) -> Any:
    """One coefficient a scale; the items have a table, which is easier to read than their picture."""
    from securebase_analysis.show.figures.forest import draw_forest

    chosen: dict[str, Any] = (
        {} if {"effect", "term"} & set(options) else {"term": ("cronbach_alpha", "spearman_brown")}
    )
    return draw_forest(result, ax, **chosen, **options)


@draw.register(SemResult)
def _(result: SemResult, ax: Any = None, **options: Any) -> Any:
    """Every row while they can be read, else what a model is drawn for; what is left of items has its table."""
    from securebase_analysis.show.figures.forest import MOST_ROWS, draw_forest

    many = result.estimates["estimate"].notna().sum() > MOST_ROWS and not {"effect", "term"} & set(options)
    chosen: dict[str, Any] = {"effect": ("loading", "regression", "defined")} if many else {}
    return draw_forest(result, ax, **chosen, **options)


@draw.register(RelationsResult)
def _(result: RelationsResult, ax: Any = None, **options: Any) -> Any:
    from securebase_analysis.show.figures.relations import draw_relations

    return draw_relations(result, ax, **options)


@draw.register(PanelResult)
def _(result: PanelResult, ax: Any = None, **options: Any) -> Any:
    from securebase_analysis.show.figures.path_diagram import draw_path_diagram

    return draw_path_diagram(result, ax, **options)


@draw.register(GrowthCurvesResult)
def _(result: GrowthCurvesResult, ax: Any = None, **options: Any) -> Any:
    from securebase_analysis.show.figures.growth_curves import draw_growth_curves

    return draw_growth_curves(result, ax, **options)


@draw.register(PanelPlan)
def _(result: PanelPlan, ax: Any = None, **options: Any) -> Any:
    from securebase_analysis.show.figures.power_curves import draw_power_curves

    return draw_power_curves(result, ax, **options)


@draw.register(ModerationResult)
def _(result: ModerationResult, ax: Any = None, **options: Any) -> Any:
    from securebase_analysis.show.figures.moderation import draw_moderation

    return draw_moderation(result, ax, **options)


@draw.register(InvarianceResult)
def _(result: InvarianceResult, ax: Any = None, **options: Any) -> Any:
    from securebase_analysis.show.figures.invariance import draw_invariance

    return draw_invariance(result, ax, **options)


@draw.register(NetworkResult)
def _(result: NetworkResult, ax: Any = None, **options: Any) -> Any:
    from securebase_analysis.show.figures.network import draw_network

    return draw_network(result, ax, **options)


@draw.register(GrowthComparison)
@draw.register(JointTest)
def _(result: GrowthComparison | JointTest, ax: Any = None, **options: Any) -> Any:
    """The fixed effects behind the test; its own numbers are on scales of their own."""
    from securebase_analysis.show.figures.effects_behind import draw_effects_behind

    return draw_effects_behind(result, ax, **options)


@draw.register(MarginalMeans)
def _(result: MarginalMeans, ax: Any = None, **options: Any) -> Any:
    from securebase_analysis.show.figures.means import draw_means

    return draw_means(result, ax, **options)


@draw.register(IncidenceResult)
@draw.register(IncidenceTest)
def _(result: IncidenceResult | IncidenceTest, ax: Any = None, **options: Any) -> Any:
    from securebase_analysis.show.figures.incidence import draw_incidence

    return draw_incidence(result, ax, **options)


@draw.register(DisruptionResult)
def _(result: DisruptionResult, ax: Any = None, **options: Any) -> Any:
    from securebase_analysis.show.figures.hazard_ratios import draw_disruption

    return draw_disruption(result, ax, **options)


@draw.register(GrowthResult)
def _(result: GrowthResult, ax: Any = None, **options: Any) -> Any:
    from securebase_analysis.show.figures.growth import draw_growth

    return draw_growth(result, ax, **options)
