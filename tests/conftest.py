"""What holds for every test: drawing needs no screen, and drawn examples are the same on every run."""

import os
import sys
from pathlib import Path

import matplotlib as mpl
from hypothesis import settings

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
