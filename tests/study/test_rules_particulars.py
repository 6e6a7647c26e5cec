"""Names and addresses beside pseudonyms are told, and none of them is repeated."""

from __future__ import annotations


def test_columns_that_say_who_somebody_is(cohort):
    children = cohort.tables["children"]
    cohort.tables["children"] = children.assign(
        first_name=["Nutmeg"] * 12, contact=[f"bird{place}@example.org" for place in range(12)]
    )
    problem = cohort.one("SB-ID-79")
    assert (problem.severity, problem.table, problem.column) == ("warn", "children.csv", "first_name, contact")
    assert "2 columns say who somebody is: first_name (name), contact (e-mail)." in problem.what
    assert "pseudonymise" in problem.fix
    assert "Nutmeg" not in str(problem)
    assert "example" not in str(problem)


def test_columns_of_other_things_are_no_particulars(cohort):
    assert "SB-ID-79" not in cohort.codes()
