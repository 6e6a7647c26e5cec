"""Files made to fill the memory, never to end, or to reach other files: each is answered at once."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from attacks import MEBIBYTES, READ, SECONDS

import securebase_analysis


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """What the doors said, all in one process of their own, which may hold 4 GiB and may come to harm."""
    here = {**os.environ, "PYTHONPATH": str(Path(securebase_analysis.__file__).parents[1]), "OMP_NUM_THREADS": "1"}
    script = Path(__file__).with_name("attacks.py")
    command = [sys.executable, str(script), str(tmp_path_factory.mktemp("attacks"))]
    run = subprocess.run(command, capture_output=True, text=True, timeout=900, env=here)
    assert run.returncode == 0, run.stderr[-2000:]
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_every_attack_is_refused_with_its_code_or_read(answers):
    assert len(answers) > 100
    assert {line["expected"] for line in answers} > {READ, "SB-FILE-31", "SB-FILE-33", "SB-FILE-35", "SB-FILE-69"}
    assert not [line for line in answers if line["expected"] not in line["answer"]]


def test_no_attack_takes_long_or_fills_the_memory(answers):
    assert not [line for line in answers if line["seconds"] >= SECONDS or line["mebibytes"] >= MEBIBYTES]
