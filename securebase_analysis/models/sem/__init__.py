"""Structural equation models: how constructs are measured, and what they do to one another."""

from securebase_analysis.models.sem.answer import SemResult
from securebase_analysis.models.sem.verb import fit_sem

__all__ = ["SemResult", "fit_sem"]
