"""How the items of the codebook measure the constructs."""

from securebase_analysis.models.measurement.verb import fit_measurement

__all__ = ["fit_measurement"]
