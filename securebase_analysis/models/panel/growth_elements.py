"""The equations of latent growth curves: a level and a slope for each child, in one construct or in several."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from securebase_analysis.models.panel.elements import Element, Panel
from securebase_analysis.models.panel.request import Shape

PARTS: dict[Shape, tuple[str, ...]] = {
    "linear": ("level", "slope"),
    "quadratic": ("level", "slope", "quadratic"),
    "latent": ("level", "slope"),
}
"""What a child's curve is made of; each part of each construct is a latent variable."""
SEVERAL = {"level": "levels", "slope": "slopes", "quadratic": "quadratic parts"}
MEANS = tuple(f"{part} {kind}" for part in PARTS["quadratic"] for kind in ("mean", "intercept"))
ON_LEVEL = ("slope on level", "quadratic on level")
HEADINGS = {
    "=~": "each score: the child's level, and the slope times when the wave was",
    "covariate": "covariates",
    "slope on level": "slopes explained by levels",
    "quadratic on level": "quadratic parts explained by levels",
    "~~": "variances and covariances: of levels and slopes, and within a wave of what they leave of the scores",
    "intercept": "means of levels and slopes",
}


@dataclass(frozen=True)
class Curves:
    """How scores grow.

    Attributes
    ----------
    times : tuple of float
        When each wave was; a level is that at time 0.
    shape : {"linear", "quadratic", "latent"}
        Along a line; along a parabola; or as the data have it, with the time of each wave but the first and the
        last estimated.
    slopes_on_levels : bool
        Whether levels explain slopes, rather than covary with them.
    """

    times: tuple[float, ...]
    shape: Shape = "linear"
    slopes_on_levels: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        """What a curve is made of."""
        return PARTS[self.shape]

    @property
    def headings(self) -> dict[str, str]:
        """What stands above each part of the text."""
        return HEADINGS

    def explained(self, part: str, panel: Panel) -> bool:
        """Whether something explains a part, of which then only what is left has a variance."""
        return bool(panel.covariates) or (self.slopes_on_levels and part != "level")

    def elements(self, panel: Panel) -> list[Element]:
        """Every element of the model, in the order in which it is read."""
        return [
            *self._measured(panel), *self._by_covariates(panel), *self._by_levels(panel),
            *self._among_children(panel), *_left_over(panel), *self._means(panel),
        ]  # fmt: skip

    def _measured(self, panel: Panel) -> Iterator[Element]:
        """Each score is the child's level, and the slope times when the wave was."""
        for name in panel.constructs:
            for power, part in enumerate(self.parts):
                for place, (wave, time) in enumerate(zip(panel.waves, self.times)):
                    latent, column = factor(part, name), f"{name}_{wave}"
                    if self.shape == "latent" and power == 1 and 0 < place < len(self.times) - 1:
                        term = f"{latent} =~ {column}"
                        yield Element(latent, "=~", column, "time score", term, column, start=_written(time))
                    else:
                        yield Element(latent, "=~", column, fixed=_written(time**power))

    def _by_covariates(self, panel: Panel) -> Iterator[Element]:
        """Covariates explain levels and slopes."""
        for name in panel.constructs:
            for part in self.parts:
                for covariate in panel.covariates:
                    latent = factor(part, name)
                    term = f"{latent} ~ {covariate}"
                    yield Element(latent, "~", covariate, "covariate", term, name, column=name)

    def _by_levels(self, panel: Panel) -> Iterator[Element]:
        """Where that was asked, all levels explain each slope."""
        for part in self.parts[1:] if self.slopes_on_levels else ():
            for name in panel.constructs:
                for source in panel.constructs:
                    latent, level = factor(part, name), factor("level", source)
                    yield Element(
                        latent, "~", level, f"{part} on level", f"{latent} ~ {level}", name, column=name
                    )  # fmt: skip

    def _among_children(self, panel: Panel) -> Iterator[Element]:
        """How children differ: variances of levels and slopes, and which go together."""
        all_parts = [(part, name) for name in panel.constructs for part in self.parts]
        for part, name in all_parts:
            latent = factor(part, name)
            left = "residual " if self.explained(part, panel) else ""
            yield Element(latent, "~~", latent, f"{part} {left}variance", f"{latent} ~~ {latent}")
        for (part, name), (other, of) in combinations(all_parts, 2):
            if self.slopes_on_levels and (part == "level") != (other == "level"):
                continue
            one, another = factor(part, name), factor(other, of)
            left = "residual " if self.explained(part, panel) or self.explained(other, panel) else ""
            first, second = sorted((part, other), key=self.parts.index)
            together = SEVERAL[part] if part == other else f"{first} and {second}"
            yield Element(one, "~~", another, f"{left}covariance of {together}", f"{one} ~~ {another}")

    def _means(self, panel: Panel) -> Iterator[Element]:
        """The mean of each part; an intercept where something explains it."""
        for name in panel.constructs:
            for part in self.parts:
                latent = factor(part, name)
                kind = "intercept" if self.explained(part, panel) else "mean"
                label = f"mean.{latent}" if panel.equal_groups else ""
                yield Element(latent, "~", "1", f"{part} {kind}", f"{latent} ~1", name, label=label)


def factor(part: str, construct: str) -> str:
    """The name of a part of a curve among the variables."""
    return f"{part}_{construct}"


def _left_over(panel: Panel) -> Iterator[Element]:
    """What the curve leaves of each score, and which of these go together within a wave."""
    for name in panel.constructs:
        for wave in panel.waves:
            column, equal = f"{name}_{wave}", f"residual.{name}" if panel.equal else ""
            named = name if panel.equal else column
            yield Element(
                column, "~~", column, "residual variance", f"{named} ~~ {named}", label=equal, apart=True
            )  # fmt: skip
    for one, other in combinations(panel.constructs, 2):
        for wave in panel.waves:
            equal = f"residual.{one}.with.{other}" if panel.equal else ""
            term = f"{one} ~~ {other}" if panel.equal else f"{one}_{wave} ~~ {other}_{wave}"
            yield Element(
                f"{one}_{wave}", "~~", f"{other}_{wave}", "residual covariance", term, label=equal, apart=True
            )  # fmt: skip


def _written(value: float) -> str:
    """A number in lavaan's text, without a loss."""
    return f"{value + 0.0:.15g}"
