"""Putting what many calls ask to a store together: one transaction answers all that wait."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Generic, TypeVar

from ..turns import Turns, apart
from .database import StoreDown
from .of_process import OfProcess

Question = TypeVar("Question")
Told = TypeVar("Told")

_AT_ONCE = 200
# as many as the database has connections for
_THREADS = 8
# a connection may hang: whoever has waited for so long goes on beside it
_PATIENCE_SECONDS = 0.1


class Together(Generic[Question, Told]):
    """Asks once at a time in each process, so that its calls do not keep each other out of the store. A connection that
    hangs holds up nobody but those whom it was to answer, and these no longer than they are willing to wait."""

    def __init__(
        self,
        name: str,
        put: Callable[[Sequence[Question]], Sequence[Told]],
        patience_seconds: float = _PATIENCE_SECONDS,
    ) -> None:
        """`put` answers questions in their order, all of them or none; it raises StoreDown where it cannot. What comes
        while it does is put with the next, or beside it after `patience_seconds`."""
        self._own = OfProcess(lambda: _Line(name, put, patience_seconds))

    @property
    def waiting(self) -> int:
        """How many questions of this process nobody has put yet."""
        return len(self._own().waiting)

    def ask(self, question: Question, seconds: float) -> Told:
        """What the store says. Raises what `put` raises, and StoreDown if it takes longer than `seconds`."""
        told = self._own().join(question)
        try:
            with apart():
                return told.result(seconds)
        except TimeoutError:
            told.cancel()
            raise StoreDown("the store does not answer in time") from None


class _Line(Generic[Question, Told]):
    """Who waits in this process, and the threads that answer, one after another."""

    def __init__(
        self, name: str, put: Callable[[Sequence[Question]], Sequence[Told]], patience_seconds: float
    ) -> None:
        self._put = put
        self.waiting: deque[tuple[Question, Future[Told]]] = deque()
        self._lock = Lock()
        self._turns = Turns(patience_seconds)
        self._threads = ThreadPoolExecutor(_THREADS, name)

    def join(self, question: Question) -> Future[Told]:
        told: Future[Told] = Future()
        self.waiting.append((question, told))
        self._threads.submit(self._answer)
        return told

    def _answer(self) -> None:
        # started once for each question: whoever was answered with one before finds nothing left to do
        with self._turns.turn():
            self._answer_waiting()

    def _answer_waiting(self) -> None:
        with self._lock:
            taken = [self.waiting.popleft() for _ in range(min(len(self.waiting), _AT_ONCE))]
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
