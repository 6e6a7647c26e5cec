"""What constructs and scales are called in the report."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from securebase_analysis import theory

if TYPE_CHECKING:
    from securebase_analysis.study.study import Study


def labels_of(study: Study) -> Callable[[str], str]:
    """The model's spelling for constructs, the codebook's title for scales, else the name in words."""
    scales = study.codebook.scales
    titles = {scale: title for scale, title in zip(scales["scale"], scales["title"]) if title}
    return lambda name: theory.label(name) if theory.is_construct(name) else titles.get(name, theory.label(name))
