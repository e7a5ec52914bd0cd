"""Questions that an earlier part asks and later ones answer, typed, registered in `AppConfig.ready()`.

For a rule that decides, "nobody answered" means "a person decides", never "no".
"""

from collections.abc import Callable
from typing import Generic, ParamSpec, TypeVar

P = ParamSpec("P")
A = TypeVar("A")


class Question(Generic[P, A]):
    """A question with any number of answerers, asked in the order of their registration."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._answerers: list[Callable[P, A]] = []

    def answer(self, answerer: Callable[P, A]) -> Callable[P, A]:
        """Register an answerer; usable as a decorator. Registering the same one twice counts once."""
        if answerer not in self._answerers:
            self._answerers.append(answerer)
        return answerer

    def ask(self, *args: P.args, **kwargs: P.kwargs) -> list[A]:
        """All answers; empty when nobody registered."""
        return [answerer(*args, **kwargs) for answerer in self._answerers]
