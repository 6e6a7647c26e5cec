"""Numerics on arrays: they know no child, no carer, no wave and no data frame."""
