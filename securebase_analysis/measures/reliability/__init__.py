"""How far the items of a scale can be trusted as one measure: alpha, omega, and what each item adds."""

from securebase_analysis.measures.reliability.assess import assess_reliability
from securebase_analysis.measures.reliability.result import ReliabilityResult

__all__ = ["ReliabilityResult", "assess_reliability"]
