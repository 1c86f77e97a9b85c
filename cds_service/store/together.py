"""Putting what many calls ask to a store together: one transaction answers all that wait."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

from .database import StoreDown
from .of_process import OfProcess

Question = TypeVar("Question")
Told = TypeVar("Told")

_AT_ONCE = 200


class Together(Generic[Question, Told]):
    """Asks in one thread of each process, so that its calls do not keep each other out of the store, and nobody waits
    longer than they are willing to."""

    def __init__(self, name: str, put: Callable[[Sequence[Question]], Sequence[Told]]) -> None:
        """`put` answers questions in their order, all of them or none; it raises StoreDown where it cannot."""
        self._own = OfProcess(lambda: _Line(name, put))

    def ask(self, question: Question, seconds: float) -> Told:
        """What the store says. Raises what `put` raises, and StoreDown if it takes longer than `seconds`."""
        told = self._own().join(question)
        try:
            return told.result(seconds)
        except TimeoutError:
            told.cancel()
            raise StoreDown("the store does not answer in time") from None


class _Line(Generic[Question, Told]):
    """Who waits in this process, and the thread that answers."""

    def __init__(self, name: str, put: Callable[[Sequence[Question]], Sequence[Told]]) -> None:
        self._put = put
        self._waiting: deque[tuple[Question, Future[Told]]] = deque()
        self._thread = ThreadPoolExecutor(1, name)

    def join(self, question: Question) -> Future[Told]:
        told: Future[Told] = Future()
        self._waiting.append((question, told))
        self._thread.submit(self._answer)
        return told

    def _answer(self) -> None:
        # started once for each question: whoever was answered with one before finds nothing left to do
        taken = [self._waiting.popleft() for _ in range(min(len(self._waiting), _AT_ONCE))]
        asked = [(question, told) for question, told in taken if told.set_running_or_notify_cancel()]
        if not asked:
            return
        try:
            answers = self._put([question for question, _ in asked])
        except Exception as error:
            for _, told in asked:
                told.set_exception(error)
            return
        for (_, told), answer in zip(asked, answers, strict=True):
            told.set_result(answer)
