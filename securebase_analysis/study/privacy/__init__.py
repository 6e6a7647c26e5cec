"""Pseudonyms by a key that the study folder does not hold, and dates that keep their distances only."""
