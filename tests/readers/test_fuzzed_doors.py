"""Every door lets in a file or refuses it with a DataError: the committed inputs once more, and some new ones.

The inputs called fault-* once brought out another exception, a warning of a library, or no end.
"""

import random
import warnings

import pytest
from damage import damaged
from doors import DOORS, INNER_DOORS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sound_files import CORPUS, put

from securebase_analysis.errors import DataError

REFUSED_AS_THEY_ARE = ("wide.csv", "mixed.xlsx", "packed.zsav")
"""Files that ask something of the user before they are read."""

FAULTS = sorted(CORPUS.glob("*/fault-*"))
SOUND = {door: sorted((CORPUS / door).glob("sound-*")) for door in DOORS}


def named(place):
    return f"{place.parent.name}/{place.name}"


def read_or_refuse(door, place):
    """What a door gives; a warning counts as a fault, as it would reach the user."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return DOORS[door](place) if door in DOORS else INNER_DOORS[door](place)
        except DataError:
            return None


def content_of(place):
    if place.is_file():
        return place.read_bytes()
    return {str(file.relative_to(place)): file.read_bytes() for file in sorted(place.rglob("*")) if file.is_file()}


@pytest.mark.parametrize("door", DOORS)
def test_every_door_has_a_sound_file_that_it_reads(door):
    assert SOUND[door]
    for place in SOUND[door]:
        if door != "declared_text_table" and not place.name.endswith(REFUSED_AS_THEY_ARE):
            assert read_or_refuse(door, place) is not None, place.name


@pytest.mark.parametrize("place", FAULTS, ids=named)
def test_what_once_found_a_fault_finds_none(place):
    read_or_refuse(place.parent.name, place)


@pytest.mark.parametrize("way", ["bytes", "structure"])
@pytest.mark.parametrize("door", DOORS)
@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_hostile_files_are_read_or_refused(tmp_path, door, way, seed):
    dice = random.Random(seed)
    sound = dice.choice(SOUND[door])
    name = sound.name.removeprefix("sound-")
    folder = tmp_path / str(len(list(tmp_path.iterdir())))
    folder.mkdir()
    place = folder / name
    if sound.is_dir():
        place.mkdir()
    read_or_refuse(door, put(damaged(content_of(sound), name, dice, way), place))


@pytest.mark.parametrize("door", INNER_DOORS)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.binary(max_size=200), head=st.sampled_from([b"", b"PK\x03\x04", b"SQLite format 3\0", b"<a>", b"a = "])
)
def test_any_bytes_are_read_or_refused(tmp_path, door, data, head):
    place = tmp_path / "any"
    place.write_bytes(head + data)
    read_or_refuse(door, place)
