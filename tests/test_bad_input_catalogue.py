"""The catalogue of bad input, case by case: the code that is told, and the tests that feed the case and read it.

Cases of files and cells, identity and linkage, waves and time, questionnaires, and coded interviews. A case
without a test, a test that is gone, and a test that no longer names its code fail here.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

TESTS = Path(__file__).parent
PACKAGE = TESTS.parent / "securebase_analysis"
FAMILIES = {"FILE": range(1, 22), "ID": range(22, 32), "WAVE": range(32, 45), "ITEM": range(62, 79),
            "CODE": range(79, 100)}  # fmt: skip
"""The numbers of each family in the catalogue; the code of a case counts within its family."""
NOTHING_TO_SAY = {2: "a byte order mark is no part of a name, and no news"}
"""Cases in which all is read as it should be, so that no message is due."""

CASES: dict[int, tuple[str, ...]] = {
    # files and cells
    1: ("readers/test_tables.py::test_sb_file_01_windows_1252",
        "study/test_awkward_cells.py::test_01_another_encoding_in_a_study"),
    2: ("readers/test_tables.py::test_sb_file_02_byte_order_mark_is_no_part_of_the_name",),
    3: ("readers/test_tables.py::test_sb_file_03_utf_16",
        "study/test_awkward_cells.py::test_03_unicode_text_of_excel_in_a_study"),
    4: ("readers/test_tables.py::test_sb_file_04_semicolon_and_decimal_comma",
        "study/test_awkward_cells.py::test_04_semicolons_and_decimal_commas_in_a_study_and_in_a_questionnaire"),
    5: ("readers/test_tables.py::test_sb_file_05_leading_zeros_stay",
        "study/test_awkward_cells.py::test_05_zeros_in_front_of_ids_stay_in_a_study_and_in_a_questionnaire"),
    6: ("readers/test_tables.py::test_sb_file_06_words_that_may_mean_missing_stay_text",
        "study/test_read_study.py::test_sb_file_06_a_rater_with_the_initials_na_is_kept_and_said"),
    7: ("readers/test_tables.py::test_sb_file_07_a_name_twice",
        "models/growth/test_growth.py::test_007_a_column_that_is_there_twice",
        "study/test_awkward_cells.py::test_07_a_name_twice_in_a_study"),
    8: ("readers/test_tables.py::test_sb_file_08_merged_header",),
    9: ("readers/test_tables.py::test_sb_file_09_summary_rows_under_the_data",
        "study/test_awkward_cells.py::test_09_a_row_of_means_under_the_answers_in_a_questionnaire"),
    10: ("readers/test_dates.py::test_sb_file_10_texts_serials_and_dates_in_one_column",
         "study/test_awkward_cells.py::test_10_texts_day_numbers_and_dates_in_one_column_of_a_study"),
    11: ("readers/test_dates.py::test_sb_file_11_day_and_month_cannot_be_told_apart",
         "study/test_awkward_cells.py::test_11_days_that_could_be_months_are_asked_back_in_a_study",
         "study/test_awkward_cells.py::test_11_and_in_a_questionnaire"),
    12: ("readers/test_dates.py::test_sb_file_12_two_orders_in_one_column",
         "study/test_awkward_cells.py::test_12_two_orders_in_one_column_of_a_study"),
    13: ("readers/test_tables.py::test_sb_file_13_workbook_counting_from_1904",
         "readers/test_dates.py::test_sb_file_13_implausible_dates",
         "study/test_awkward_cells.py::test_13_a_date_before_any_study_is_told_and_kept"),
    14: ("readers/test_tables.py::test_sb_file_14_spss_file_that_is_none",
         "study/test_awkward_cells.py::test_14_a_file_of_spss_that_is_none_in_a_study"),
    15: ("readers/test_labelled.py::test_sb_file_15_declared_codes_are_missing_with_their_reason",
         "study/test_read_study.py::test_labels_and_reasons_of_an_spss_file_survive"),
    16: ("study/test_rules_answers.py::test_16_a_code_for_missing_that_nobody_declared",
         "test_codes_for_missing.py::test_every_verb_for_plain_tables_tells_a_code_for_missing"),
    17: ("readers/test_labelled.py::test_sb_file_17_labels_for_the_ends_only",),
    18: ("readers/test_cells.py::test_sb_file_18_text_in_a_number_column",
         "study/test_awkward_cells.py::test_18_words_in_a_column_of_numbers_of_a_study",
         "study/test_awkward_cells.py::test_18_words_in_ratings_of_a_study",
         "study/test_awkward_cells.py::test_18_and_in_an_item_of_a_questionnaire"),
    19: ("readers/test_cells.py::test_sb_file_19_spellings_of_one_code",
         "study/test_awkward_cells.py::test_19_spellings_of_one_site_of_a_study",
         "study/test_awkward_cells.py::test_19_spellings_of_one_code_of_an_interview"),
    20: ("readers/test_tables.py::test_sb_file_20_formula_without_a_saved_value",
         "study/test_awkward_cells.py::test_20_formulas_that_were_never_computed_in_a_study"),
    21: ("readers/test_tables.py::test_sb_file_21_nothing_in_the_file",
         "readers/test_labelled.py::test_sb_file_21_no_rows",
         "readers/test_tables.py::test_sb_file_21_password",
         "study/test_awkward_cells.py::test_21_nothing_in_a_file_of_a_study"),
    # identity and linkage
    22: ("study/test_rules_identity.py::test_22_exact_repeats_are_named_and_none_removed",),
    23: ("study/test_rules_identity.py::test_23_two_answers_to_one_question_are_not_averaged",
         "models/growth/test_growth.py::test_023_two_answers_of_a_child_at_one_wave",
         "study/test_awkward_cells.py::test_23_two_answers_of_a_child_at_one_wave_in_a_questionnaire"),
    24: ("study/test_rules_identity.py::test_24_the_same_id_in_two_sites_is_two_children",
         "study/test_rules_identity.py::test_24_ids_of_two_sites_and_a_file_without_site"),
    25: ("study/test_rules_identity.py::test_25_text_in_one_file_and_numbers_in_another",),
    26: ("study/test_rules_identity.py::test_26_children_in_one_table_and_not_in_another",),
    27: ("study/test_rules_identity.py::test_27_ids_that_look_alike",
         "study/test_awkward_cells.py::test_27_ids_that_look_alike_in_a_questionnaire"),
    28: ("study/test_rules_identity.py::test_28_facts_that_change_between_waves",),
    29: ("study/test_rules_identity.py::test_29_one_child_under_two_ids",),
    30: ("study/test_rules_identity.py::test_30_rows_without_a_child",
         "models/growth/test_growth.py::test_030_rows_without_a_child",
         "study/test_awkward_cells.py::test_30_rows_without_a_child_in_a_questionnaire"),
    31: ("study/test_rules_identity.py::test_31_siblings_with_different_carers",),
    # waves, ages, time
    32: ("study/test_rules_timing.py::test_32_names_of_waves_that_the_codebook_does_not_know",
         "study/test_awkward_cells.py::test_32_names_of_waves_that_nobody_declared_in_a_questionnaire"),
    33: ("study/test_rules_timing.py::test_33_a_wide_file_is_read_and_said",),
    34: ("models/relations/test_relations_door.py::test_sb_wave_03_words_without_an_order_are_refused",),
    35: ("study/test_rules_timing.py::test_35_a_later_wave_with_an_earlier_date",),
    36: ("study/test_rules_timing.py::test_36_waves_much_closer_or_further_apart_than_planned",),
    37: ("study/test_rules_timing.py::test_37_a_wave_held_nearer_to_another",),
    38: ("study/test_rules_timing.py::test_38_ages_that_no_child_has",
         "study/test_rules_timing.py::test_38_an_age_in_months"),
    39: ("study/test_rules_timing.py::test_39_an_age_that_does_not_fit_the_birth_date",),
    40: ("models/growth/test_growth.py::test_040_one_wave_per_child",),
    41: ("models/growth/test_growth.py::test_041_two_waves_and_a_random_slope",),
    42: ("models/test_order_in_time.py::test_42_a_predictor_dated_after_the_outcome_stops_with_its_rows",
         "models/follow_up/test_follow_up_bad_input.py::test_42_scores_later_than_the_outcome_are_counted_and_not_used"),
    43: ("models/growth/test_growth.py::test_043_waves_that_are_unevenly_spaced",
         "study/test_rules_timing.py::test_43_waves_that_are_not_evenly_spaced"),
    44: ("study/test_rules_timing.py::test_44_no_date_of_the_data_freeze",),
    # questionnaires and scales
    62: ("measures/scoring/test_bad_answers.py::test_an_item_reversed_twice_is_not_reversed_again",),
    63: ("measures/scoring/test_bad_answers.py::test_an_item_that_was_never_reversed_is_named",
         "measures/test_reliability.py::test_an_unreversed_item_is_named_with_alpha_both_ways"),
    64: ("measures/scoring/test_bad_answers.py::test_a_reversal_with_the_wrong_maximum_is_recognised",),
    65: ("study/test_rules_answers.py::test_65_an_answer_outside_its_range",
         "measures/scoring/test_bad_answers.py::test_an_answer_out_of_range_stops_with_its_row",
         "study/test_awkward_cells.py::test_65_and_16_answers_that_cannot_be_in_a_questionnaire"),
    66: ("study/test_rules_answers.py::test_66_one_wave_coded_from_another_number_on",
         "measures/scoring/test_bad_answers.py::"
         "test_another_coding_at_one_wave_is_recognised_and_shifted_on_request"),
    67: ("measures/scoring/test_questionnaires.py::test_all_missing_is_missing_and_never_zero",),
    68: ("measures/scoring/test_questionnaires.py::test_below_the_minimum_is_counted",),
    69: ("measures/scoring/test_questionnaires.py::test_a_scale_that_was_not_asked_at_a_wave_is_left_out",
         "measures/test_reliability.py::test_an_unanswered_scale_stops"),
    70: ("measures/test_reliability.py::test_a_constant_item_is_left_out_and_named",),
    71: ("measures/scoring/test_bad_answers.py::test_straight_lines_are_noted",),
    72: ("study/test_codebook.py::test_72_an_item_in_two_constructs_needs_weights",),
    73: ("study/test_rules_answers.py::test_73_an_item_that_is_not_in_the_file",
         "measures/scoring/test_bad_answers.py::"
         "test_an_item_that_the_data_do_not_have_is_named_with_the_nearest",
         "study/test_awkward_cells.py::test_73_an_item_that_is_not_there_in_a_questionnaire"),
    74: ("measures/scoring/test_bad_answers.py::test_a_total_in_the_file_that_disagrees_is_counted",
         "study/test_scores_in_file.py::test_74_a_total_in_the_file_of_a_study_is_compared_with_its_items"),
    75: ("measures/test_reliability.py::test_two_items_get_spearman_brown",),
    76: ("measures/scoring/test_bad_answers.py::test_another_informant_at_the_next_wave_is_counted",
         "measures/scoring/test_bad_answers.py::test_a_new_carer_is_another_informant"),
    77: ("measures/test_reliability.py::test_fourteen_children_get_the_item_table_and_no_factor_model",),
    78: ("measures/test_invariance_ordinal.py::"
         "test_an_answer_that_nobody_of_a_group_gave_is_refused_with_what_joins_it",),
    # codes, segments, coders
    79: ("study/test_rules_coding.py::test_79_a_code_that_is_not_in_the_codebook",
         "measures/scoring/test_interviews.py::test_a_code_that_the_codebook_does_not_have_stops"),
    80: ("study/test_rules_coding.py::test_80_codes_that_speak_for_no_dimension",),
    81: ("study/test_rules_coding.py::test_81_segments_without_a_coder",
         "measures/test_agreement_bad_input.py::test_c6_81_ratings_without_a_coder_are_counted_and_not_used"),
    82: ("study/test_rules_coding.py::test_82_spellings_of_a_coder_are_not_guessed",
         "measures/test_agreement_bad_input.py::test_c6_82_spellings_of_one_name_stop_until_they_are_settled"),
    83: ("measures/test_agreement_bad_input.py::test_c6_83_a_second_different_rating_by_the_same_coder_stops",
         "measures/test_agreement_bad_input.py::test_c6_83_a_second_identical_rating_is_counted_once"),
    84: ("measures/test_agreement_bad_input.py::test_c6_84_no_overlap_stops_with_how_much_to_code_twice",),
    85: ("measures/test_agreement_bad_input.py::test_c6_85_two_clusters_are_said_with_the_interval",),
    86: ("measures/test_agreement_bad_input.py::test_c6_86_one_category_says_why_kappa_is_undefined",),
    87: ("measures/test_agreement_bad_input.py::test_c6_87_high_agreement_with_low_kappa_is_explained",),
    88: ("measures/test_agreement_bad_input.py::test_c6_88_blanks_are_left_out_and_never_a_category",
         "measures/test_agreement_bad_input.py::test_c6_88_words_for_missing_stay_a_category_and_are_told"),
    89: ("measures/test_agreement_bad_input.py::"
         "test_c6_89_units_of_one_rating_are_matched_by_name_and_counted",),
    90: ("measures/test_agreement_bad_input.py::"
         "test_c6_90_unequal_raters_leave_fleiss_empty_with_the_reason",),
    91: ("measures/test_agreement_text.py::"
         "test_c6_91_overlapping_segments_of_one_code_by_one_coder_are_merged_and_counted",),
    92: ("study/test_rules_coding.py::test_92_a_segment_outside_its_text",
         "readers/interviews/test_refi.py::test_passages_outside_their_text_are_refused"),
    93: ("study/test_rules_coding.py::test_93_a_transcript_that_changed_since_it_was_coded",),
    94: ("readers/interviews/test_offsets.py::test_the_convention_of_a_project_is_found",
         "measures/test_agreement_text.py::test_c6_94_words_that_are_not_at_their_place_are_said"),
    95: ("study/test_rules_coding.py::test_95_codes_of_an_earlier_codebook_are_translated_and_counted",),
    96: ("measures/scoring/test_interviews.py::test_one_interview_that_outweighs_the_others_is_noticed",
         "measures/scoring/test_interviews.py::test_counts_that_follow_length_are_noticed"),
    97: ("measures/test_agreement_text.py::test_c6_97_codes_of_one_coder_alone_are_named",),
    98: ("measures/test_agreement_bad_input.py::test_c6_98_names_for_numbers_in_order_are_noted",
         "measures/test_agreement_bad_input.py::test_c6_98_words_without_an_order_stop_at_the_ordinal_level"),
    99: ("show/test_quotations.py::test_99_what_was_masked_is_told_by_row_and_never_by_its_words",
         "show/test_quotations.py::test_99_a_table_with_a_name_in_a_quotation_is_refused_until_it_is_masked"),
}  # fmt: skip
"""Number of the case to the tests that feed it."""


class Case(NamedTuple):
    """A case of the catalogue."""

    number: int
    code: str


def every_case() -> list[Case]:
    return [
        Case(number, f"SB-{family}-{number - numbers.start + 1:02d}")
        for family, numbers in FAMILIES.items()
        for number in numbers
    ]


@functools.cache
def functions_of(file: str) -> dict[str, str]:
    """Name to text, decorators included, of the functions of a file of tests."""
    text = (TESTS / file).read_text(encoding="utf-8")
    lines = text.splitlines()
    return {
        node.name: "\n".join(
            lines[min([node.lineno, *(d.lineno for d in node.decorator_list)]) - 1 : node.end_lineno]
        )
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef)
    }


def text_of(test: str) -> str:
    """The text of a test named as pytest names it."""
    file, name = test.split("::")
    assert name.startswith("test_"), name
    assert name in functions_of(file), f"{test} is gone"
    return functions_of(file)[name]


def test_the_table_lists_every_case_and_no_other():
    assert list(CASES) == [case.number for case in every_case()]


@pytest.mark.parametrize("case", every_case(), ids=lambda case: f"{case.number}-{case.code}")
def test_every_case_has_a_test_that_reads_its_message(case):
    tests = CASES[case.number]
    assert tests
    for text in map(text_of, tests):
        assert case.number in NOTHING_TO_SAY or case.code in text


def codes_told() -> Iterator[str]:
    """The codes that the package can tell, as they stand in its source."""
    for file in PACKAGE.rglob("*.py"):
        yield from re.findall(r'"(SB-[A-Z]+-\d{2})"', file.read_text(encoding="utf-8"))


def test_the_package_tells_the_code_of_every_case():
    told = set(codes_told())
    silent = [case.number for case in every_case() if case.code not in told]
    assert silent == list(NOTHING_TO_SAY)
