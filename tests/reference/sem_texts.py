"""Write the texts of the models in ``sem.R`` as this package writes them, for R to fit them again.

    python tests/reference/sem_texts.py

Run after a first run of ``sem.R``, which it reads, and before the second. Writes
sem_texts.json beside this script.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "models"))
from sem_cases import case_names, fitted_case  # noqa: E402

texts = {name: fitted_case(name).syntax for name in case_names()}
(HERE / "sem_texts.json").write_text(json.dumps(texts, indent=1), "utf-8")
