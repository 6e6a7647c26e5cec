"""Files made to fill the memory, never to end, or to reach other files: each is answered at once."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from attacks import MEBIBYTES, SECONDS, attacks

import securebase_analysis

EXPECTED = {f"{door}: {words}": code for words, door, _, _, code in attacks()}


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """What the doors said, all in one process of their own, which may hold 4 GiB and may come to harm."""
    here = {**os.environ, "PYTHONPATH": str(Path(securebase_analysis.__file__).parents[1]), "OMP_NUM_THREADS": "1"}
    script = Path(__file__).with_name("attacks.py")
    command = [sys.executable, str(script), str(tmp_path_factory.mktemp("attacks"))]
    run = subprocess.run(command, capture_output=True, text=True, timeout=900, env=here)
    assert run.returncode == 0, run.stderr[-2000:]
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    return {line["attack"]: line for line in lines}


@pytest.mark.parametrize("attack", EXPECTED)
def test_attacks_are_answered_at_once(answers, attack):
    got = answers[attack]
    assert EXPECTED[attack] in got["answer"], got
    assert got["seconds"] < SECONDS
    assert got["mebibytes"] < MEBIBYTES
