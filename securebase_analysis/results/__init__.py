"""The contract that every answer keeps, its glossary, and how numbers become intervals and words."""
