"""Ready forms of picture for a table of numbers: each draws columns that are named, and adds nothing to them.

A form is a function of axes and a table. It draws every number as it stands, prints it as the table writes it, and
gives back what it drew in words, for those who cannot see it.
"""

from __future__ import annotations

from securebase_analysis.show.figures.forms.form import FORMS, Form, form_named

__all__ = ["FORMS", "Form", "form_named"]
