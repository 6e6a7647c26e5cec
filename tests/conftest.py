"""What holds for every test: drawing needs no screen, and drawn examples are the same on every run."""

import matplotlib as mpl
from hypothesis import settings

mpl.use("Agg")
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")
