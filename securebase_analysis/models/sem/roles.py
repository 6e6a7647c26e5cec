"""What each variable of a model is: construct or column, explained or only taken as given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from securebase_analysis.models.sem.reading import Term


@dataclass(frozen=True)
class Roles:
    """The variables of a model, in lavaan's order.

    Attributes
    ----------
    latent : tuple of str
        Constructs.
    observed : tuple of str
        Columns: items, then what is explained, then predictors, then what only covaries.
    given : tuple of str
        Columns that only explain others, and of which nothing is said: exogenous.
    independent, dependent : tuple of str
        Constructs that nothing explains, and variables that are explained and explain nothing.
    """

    latent: tuple[str, ...]
    observed: tuple[str, ...]
    given: tuple[str, ...]
    independent: tuple[str, ...]
    dependent: tuple[str, ...]

    def place(self, name: str) -> int:
        """Constructs come before columns."""
        return (*self.latent, *self.observed).index(name)


def roles_of(terms: Sequence[Term]) -> Roles:
    """The role of every variable in some terms."""
    latent = _once(term.lhs.text for term in terms if term.op == "=~")
    indicators = _once(term.rhs.text for term in terms if term.op == "=~")
    explained = _once(term.lhs.text for term in terms if term.op == "~")
    predictors = _once(term.rhs.text for term in terms if term.op == "~")
    spoken_of = _spoken_of(terms)
    columns = [name for name in _once([*indicators, *explained, *predictors, *spoken_of]) if name not in latent]
    only_given = [name for name in predictors if name not in (*latent, *indicators, *explained, *spoken_of)]
    last = set(indicators) | set(predictors)
    return Roles(
        latent=latent,
        observed=tuple(columns),
        given=tuple(only_given),
        independent=tuple(name for name in latent if name not in (*indicators, *explained)),
        dependent=tuple(name for name in (*latent, *columns) if name in explained and name not in last),
    )


def mentioned_predictors(terms: Sequence[Term]) -> list[str]:
    """Predictors that would be exogenous, were not their variance, covariance or mean in the model."""
    spoken_of = set(_spoken_of(terms))
    roles = roles_of([term for term in terms if term.op in ("=~", "~")])
    return [name for name in roles.given if name in spoken_of]


def _spoken_of(terms: Sequence[Term]) -> tuple[str, ...]:
    """Variables whose variance, covariance or mean is in the model."""
    left = [term.lhs.text for term in terms if term.op == "~~"]
    right = [term.rhs.text for term in terms if term.op == "~~"]
    return _once([*left, *right, *(term.lhs.text for term in terms if term.op == "~1")])


def _once(names: Iterable[str]) -> tuple[str, ...]:
    """Each name where it first stands."""
    return tuple(dict.fromkeys(names))
