"""The commands for a key and for a study under pseudonyms."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

import securebase_analysis as sb
from securebase_analysis.cli import app


def ran(*words: object) -> tuple[int, str]:
    """Exit code and everything that was printed."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, " ".join(result.output.split())


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("study")
    return sb.write_study(sb.simulate_study(n_children=20, n_waves=2, interviews=False, seed=5), place)


def test_from_the_key_to_the_study_under_pseudonyms(study, tmp_path):
    code, said = ran("key", tmp_path / "cohort.key")
    assert code == 0
    assert "Key written" in said
    code, said = ran("pseudonymise", study, tmp_path / "out", "--key", tmp_path / "cohort.key", "--weeks", 8)
    assert code == 0
    assert "1 to 8 weeks" in said
    assert "SB-ID-76 (note)" in said
    before, after = (sb.read_study(place, progress=False) for place in (study, tmp_path / "out"))
    assert not set(before.children["child"]) & set(after.children["child"])
    assert not [child for child in before.children["child"] if child in said]
    secret = (tmp_path / "cohort.key").read_text().split()[-1]
    assert secret not in said


def test_a_key_inside_the_study_is_refused(study, tmp_path):
    code, said = ran("key", study / "cohort.key")
    assert code == 1
    assert "SB-ID-73 (stop)" in said
    assert not (study / "cohort.key").exists()


def test_a_key_that_is_none_writes_nothing(study, tmp_path):
    code, said = ran("pseudonymise", study, tmp_path / "out", "--key", tmp_path / "nowhere.key")
    assert code == 1
    assert "SB-ID-74 (stop)" in said
    assert not (tmp_path / "out").exists()
