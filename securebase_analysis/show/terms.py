"""Terms of models as they are written for people."""

from __future__ import annotations

from securebase_analysis import theory


def written_term(term: str) -> str:
    """A term in the model's words; interactions keep their sign, anything with its own notation stays as it is.

    Examples
    --------
    >>> written_term("years:cooperation"), written_term("trust ~ availability"), written_term("var(Intercept)")
    ('Years × Co-operation', 'Trust ~ Availability', 'var(Intercept)')
    """
    if "(" in term or "[" in term:
        return term
    if "~" in term:
        return " ~ ".join(theory.label(part.strip()) for part in term.split("~"))
    return " × ".join(theory.label(part) for part in term.split(":"))
