"""Terms of models and names of groups as they are written for people."""

from __future__ import annotations

import re
from typing import Any

from securebase_analysis import theory
from securebase_analysis.models.formulas import parts_of_term

COEFFICIENTS = {
    "percent_agreement": "Agreement (share)",
    "krippendorff_alpha": "Krippendorff’s alpha",
    "cohen_kappa": "Cohen’s kappa",
    "weighted_kappa": "Weighted kappa",
    "fleiss_kappa": "Fleiss’ kappa",
    "gwet_ac1": "Gwet’s AC1",
    "cronbach_alpha": "Cronbach’s alpha",
    "standardised_alpha": "Standardised alpha",
    "mcdonald_omega": "McDonald’s omega",
    "spearman_brown": "Spearman–Brown",
    "mean_correlation": "Mean correlation of items",
}

RELATION = re.compile(r"\s*(=~|~~|~)\s*")
"""What stands between the two sides of a term of a structural equation model."""


def written_term(term: str) -> str:
    """A term in the model's words; interactions keep their sign, anything with its own notation stays as it is.

    Examples
    --------
    >>> written_term("years:cooperation"), written_term("trust ~ availability"), written_term("cohen_kappa")
    ('Years × Co-operation', 'Trust ~ Availability', 'Cohen’s kappa')
    >>> written_term("slope_trust ~~ level_trust"), written_term("slope_trust ~1")
    ('Slope trust ~~ Level trust', 'Slope trust ~ 1')
    """
    if term in COEFFICIENTS:
        return COEFFICIENTS[term]
    if "(" in term or "[" in term:
        return term
    if "~" in term:
        parts = enumerate(RELATION.split(term))
        return " ".join(part if number % 2 else theory.label(part) for number, part in parts)
    return " × ".join(theory.label(part) for part in term.split(":"))


def written_group(by: str, value: Any) -> str:
    """A value of the column that makes groups: waves, care contexts and constructs in words, others as they are.

    Examples
    --------
    >>> written_group("wave", 2), written_group("dimension", "self_esteem"), written_group("site", "north")
    ('Wave 2', 'Self-esteem', 'north')
    """
    if by == "wave":
        return f"Wave {value}"
    if by in ("dimension", "construct") and theory.is_construct(str(value)):
        return theory.label(str(value))
    contexts = {context.name: context.label for context in theory.CARE_CONTEXTS}
    return contexts.get(value, str(value)) if by == "care_context" else str(value)


def written_ratio_term(term: str) -> str:
    """A term in words: labels after the name of their column, a cross between what is multiplied.

    Examples
    --------
    >>> written_ratio_term("kind[T.kinship]:cooperation"), written_ratio_term("C(move)[T.2.0]")
    ('Kind: kinship × Co-operation', 'Move: 2')
    """
    return " × ".join(_written_part(part) for part in parts_of_term(term))


def _written_part(part: str) -> str:
    found = re.fullmatch(r"(?:C\()?`?([^`(),\[]+)`?[^\[]*\[(?:T\.)?(.*)\]", part)
    if found is None:
        return theory.label(part) if re.fullmatch(r"[\w .\-`]+", part) else part
    name, label = found.group(1).strip(), re.sub(r"^(-?\d+)\.0$", r"\1", found.group(2))
    return f"{theory.label(name)}: {written_group(name, label)}"
