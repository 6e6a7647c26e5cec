"""The report: a study walked down the whole line, written as a page, a Word file, pictures and a provenance."""
