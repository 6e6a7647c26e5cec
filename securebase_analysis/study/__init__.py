"""The data of a cohort, checked once at the door."""
