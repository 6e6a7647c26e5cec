"""Agreement between coders: of ratings and of coded text, by coefficient, pair, category and disagreement."""

from securebase_analysis.measures.agreement.assess import assess_agreement
from securebase_analysis.measures.agreement.result import AgreementResult

__all__ = ["AgreementResult", "assess_agreement"]
