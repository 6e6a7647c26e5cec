"""Columns that say who somebody is are found by heading, label and cells, and their cells are never quoted."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from securebase_analysis.errors import ModelError
from securebase_analysis.readers.personal_columns import heading_kind, personal_columns, without_personal

SAMPLES = Path(__file__).parents[2].parent / "shared" / "samples"
EXPORT = pd.DataFrame(
    {
        "record_id": ["1", "2", "3"],
        "RecipientFirstName": ["Nutmeg", "Tumtum", None],
        "contact": ["a.b@example.org", "", "c@example.org"],
        "v6": ["130.92.34.66", "::1", "2001:db8::ff00:42:8329"],
        "place": ["SW1A 1AA", "m1 1ae", "N1C4AG"],
        "phone": ["0", "1", "1"],
        "remark": ["fine", "ask d@example.org first", None],
        "sdq1": ["2", "0", "1"],
        "V3": ["Anon", None, "Anon"],
    }
)


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("name_first", "name"), ("LastName", "name"), ("Child's name", "name"),
        ("Nachname des Empfängers", "name"),
        ("E-Mail des Empfängers", "e-mail"), ("EmailAddress", "e-mail"), ("IPAddress", "IP address"),
        ("IP-Adresse", "IP address"), ("ipaddr", "IP address"), ("LocationLatitude", "location"),
        ("Längengrad des Standorts", "location"), ("telephone_1", "telephone"), ("mobile number", "telephone"),
        ("home_postcode", "postcode"), ("address line 2", "address"), ("NHS number", "number of a person"),
        ("redcap_survey_identifier", "login"), ("token", "login"),
    ],
)  # fmt: skip
def test_headings_of_particulars(heading, kind):
    assert heading_kind(heading) == kind


@pytest.mark.parametrize(
    ("kind", "headings"),
    [
        ("name", "Vorname Nachname Familienname nom prénom Prénom nom_de_famille Apellidos nombre cognome nome "
                 "voornaam achternaam förnamn efternamn fornavn etternavn Vorname_des_Kindes nom_du_père"),
        ("e-mail", "courriel adresse_électronique correo_electrónico Mailadresse kontakt_email"),
        ("telephone", "tel téléphone Handynummer teléfono móvil telefoonnummer contact_number"),
        ("postcode", "code_postal código_postal Postleitzahl PLZ"),
        ("address", "Straße STRASSE rue adresse_postale Dirección indirizzo adres Wohnort"),
        ("number of a person", "nhsno BSN personnummer fødselsnummer AHV_Nummer CPR"),
        ("location", "LocationLongitude gps_lat Längengrad latitud"),
        ("IP address", "adresse_IP IPAddress"),
    ],
)  # fmt: skip
def test_headings_in_other_languages(kind, headings):
    assert {heading: heading_kind(heading) for heading in headings.split()} == dict.fromkeys(
        headings.split(), kind
    )


@pytest.mark.parametrize("heading", ["nombre_enfants", "mobility", "rueckzug", "calls", "telling", "name_calling"])
def test_headings_that_only_begin_like_these(heading):
    assert heading_kind(heading) == ""


@pytest.mark.parametrize(
    "heading",
    ["redcap_event_name", "file_name", "code name", "phone_use", "address_term", "relation", "carer", "id", "sdq1",
     "email_frequency", "first_placement", "home_visits", "accuracy", "Q2 - Topics", "", "birth_date", "site"],
)  # fmt: skip
def test_headings_of_other_things(heading):
    assert heading_kind(heading) == ""


def test_found_by_heading_label_and_cells():
    found = personal_columns(
        EXPORT, labels={"V3": "Name", "sdq1": "What is the name of the person you like most?"}
    )
    assert found[["column", "kind", "found_by"]].values.tolist() == [
        ["RecipientFirstName", "name", "heading"],
        ["contact", "e-mail", "cells"],
        ["v6", "IP address", "cells"],
        ["place", "postcode", "cells"],
        ["V3", "name", "label"],
    ]
    assert found["n_cells"].tolist() == [2, 2, 3, 3, 2]


def test_columns_that_the_dictionary_declares():
    found = personal_columns(EXPORT, declared=["sdq1"])
    assert found.query("column == 'sdq1'")["found_by"].tolist() == ["declared"]


def test_numbers_of_persons_by_their_check_digit():
    right = ["9434765919", "943 476 5870", "4010232137"]
    found = personal_columns(pd.DataFrame({"a": right, "b": [number[:-1] + "4" for number in right]}))
    assert found[["column", "kind"]].values.tolist() == [["a", "number of a person"]]


def test_numbers_of_persons_that_a_spreadsheet_holds_as_numbers():
    right = [9434765919.0, 9434765870.0, 4010232137.0, None]
    found = personal_columns(pd.DataFrame({"a": right, "b": [1.5, 2.0, 9434765919.0, None]}))
    assert found[["column", "kind"]].values.tolist() == [["a", "number of a person"]]


def test_numbers_and_answers_are_no_particulars():
    frame = pd.DataFrame(
        {"score": [1.5, 2.0], "days": [10, 20], "version": ["1.2.3", "1.2.4"], "when": ["2020-01-01"] * 2}
    )
    assert personal_columns(frame).empty


def test_columns_left_out_are_told_without_their_cells():
    left, found, problems = without_personal(EXPORT, "export.csv", keep=["record_id"])
    assert list(left) == ["record_id", "phone", "remark", "sdq1", "V3"]
    assert len(found) == 4
    told, stray = problems
    assert (told.code, told.severity, told.table) == ("SB-ID-70", "note", "export.csv")
    assert "RecipientFirstName (name)" in told.what
    assert told.done == "They were left out."
    assert (stray.code, stray.severity, stray.column, stray.rows) == ("SB-ID-71", "warn", "remark", (2,))
    said = "".join(map(str, problems))
    assert not [cell for cell in ("Nutmeg", "example.org", "130.92", "SW1A") if cell in said]


@pytest.mark.parametrize(("personal", "severity"), [("keep", "warn"), ("ask", "stop")])
def test_columns_kept_or_asked_for(personal, severity):
    left, _, problems = without_personal(EXPORT, "export.csv", personal=personal)
    assert list(left) == list(EXPORT)
    assert problems[0].severity == severity
    assert 'personal="drop"' in problems[0].fix


def test_an_id_that_is_an_address_stays_and_is_told():
    left, _, problems = without_personal(EXPORT[["contact", "sdq1"]], "export.csv", keep=["contact"])
    assert list(left) == ["contact", "sdq1"]
    assert [(problem.code, problem.column) for problem in problems] == [("SB-ID-72", "contact")]


def test_categories_of_long_files_are_searched_too():
    frame = EXPORT[["contact", "remark", "sdq1"]].astype("category")
    left, _, problems = without_personal(frame, "export.csv")
    assert list(left) == ["remark", "sdq1"]
    assert [(problem.code, problem.rows) for problem in problems] == [("SB-ID-70", ()), ("SB-ID-71", (2,))]


def test_nothing_personal_nothing_told():
    left, found, problems = without_personal(EXPORT[["record_id", "sdq1"]], "export.csv")
    assert (list(left), len(found), problems) == (["record_id", "sdq1"], 0, [])


def test_an_option_that_is_none():
    with pytest.raises(ModelError, match="SB-MODEL-30"):
        without_personal(EXPORT, "export.csv", personal="hide")  # type: ignore[arg-type]


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the folder of sample files is not here")
@pytest.mark.parametrize(
    ("file", "columns"),
    [
        ("redcap/longitudinal__data.csv", ["first_name", "last_name", "telephone_1", "email"]),
        ("redcap/survey__data.csv",
         ["redcap_survey_identifier", "email", "first_name", "last_name", "address", "telephone_1"]),
        ("qualtrics/sample.csv",
         ["IPAddress", "RecipientLastName", "RecipientFirstName", "RecipientEmail", "LocationLatitude",
          "LocationLongitude"]),
    ],
)  # fmt: skip
def test_exports_of_the_programs(file, columns):
    assert personal_columns(pd.read_csv(SAMPLES / file, dtype=str))["column"].tolist() == columns


def test_tables_of_a_study_hold_none():
    for file in sorted((Path(__file__).parents[2] / "data" / "sample").glob("*.csv")):
        assert personal_columns(pd.read_csv(file, dtype=str)).empty, file.name


def test_days_are_no_telephones():
    days = pd.Series(["01-02-2010", "09-11-2021", "03 04 2019", "07-5-2020"])
    assert personal_columns(pd.DataFrame({"seen": days})).empty
    assert list(personal_columns(pd.DataFrame({"x": ["07700 900123", "020 7946 0018"]}))["kind"]) == ["telephone"]
