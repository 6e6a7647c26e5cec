"""Terms of models as they are written for people."""

from __future__ import annotations

from securebase_analysis import theory

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


def written_term(term: str) -> str:
    """A term in the model's words; interactions keep their sign, anything with its own notation stays as it is.

    Examples
    --------
    >>> written_term("years:cooperation"), written_term("trust ~ availability"), written_term("cohen_kappa")
    ('Years × Co-operation', 'Trust ~ Availability', 'Cohen’s kappa')
    """
    if term in COEFFICIENTS:
        return COEFFICIENTS[term]
    if "(" in term or "[" in term:
        return term
    if "~" in term:
        return " ~ ".join(theory.label(part.strip()) for part in term.split("~"))
    return " × ".join(theory.label(part) for part in term.split(":"))
