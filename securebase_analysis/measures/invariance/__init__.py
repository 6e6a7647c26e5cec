"""Whether items measure the same in every group or at every wave: models with more and more in common."""

from securebase_analysis.measures.invariance.assess import assess_invariance
from securebase_analysis.measures.invariance.result import InvarianceResult

__all__ = ["InvarianceResult", "assess_invariance"]
