"""What holds for every test: one thread, drawing needs no screen, and drawn examples are the same on every run."""

import os
import sys
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")  # before numpy is loaded: tests side by side wait for each other's threads

import matplotlib as mpl  # noqa: E402
from hypothesis import settings  # noqa: E402

mpl.use("Agg")
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

if "SECUREBASE_MESSAGES" in os.environ:
    sys.path.insert(0, str(Path(__file__).parent))
    from messages_told import MessagesTold

    TOLD = MessagesTold()
    TOLD.listen()

    def pytest_sessionfinish():
        TOLD.write(Path(os.environ["SECUREBASE_MESSAGES"]))
