"""Model formulas: which columns they name, whether these are there, and the matrices they make."""

from securebase_analysis.models.formulas.columns_made import columns_by_term, columns_called, term_of
from securebase_analysis.models.formulas.columns_named import (
    columns_as_labels,
    columns_of_terms,
    no_random_part,
    outcome_and_columns,
    parts_of_term,
    predictors,
)
from securebase_analysis.models.formulas.matrices import Matrix, fixed_matrices, random_matrix

__all__ = [
    "Matrix",
    "columns_as_labels",
    "columns_by_term",
    "columns_called",
    "columns_of_terms",
    "fixed_matrices",
    "no_random_part",
    "outcome_and_columns",
    "parts_of_term",
    "predictors",
    "random_matrix",
    "term_of",
]
