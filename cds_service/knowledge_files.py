"""The files of a knowledge directory, read and checked: a mistake is told with its file and line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from .authored import (
    AuthoringMistakes,
    Document,
    Mistake,
    Schema,
    read_yaml,
)
from .case.vocabulary import AuthoringError
from .pathway.offer_sets import Offers, expanded, unused

T = TypeVar("T")


class KnowledgeFiles:
    """Reads and checks the files of one knowledge directory; each step raises AuthoringMistakes with all that it
    finds."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def one(self, name: str, rules: Mapping[str, Any]) -> Document:
        """One file that must be there."""
        path = self.root / name
        if not path.is_file():
            raise AuthoringMistakes([Mistake(f"knowledge/{name}", 1, "this file is missing")])
        document = read_yaml(path, f"knowledge/{name}")
        if mistakes := Schema(rules).mistakes(document):
            raise AuthoringMistakes(mistakes)
        return document

    def every(self, folder: str, rules: Mapping[str, Any]) -> list[Document]:
        """All YAML files directly in a folder, by name; every mistake in any of them at once."""
        against = Schema(rules)
        documents: list[Document] = []
        mistakes: list[Mistake] = []
        for path in sorted((self.root / folder).glob("*.yaml")):
            try:
                document = read_yaml(path, f"knowledge/{folder}/{path.name}")
            except AuthoringMistakes as broken:
                mistakes += broken.mistakes
                continue
            mistakes += against.mistakes(document)
            documents.append(document)
        if mistakes:
            raise AuthoringMistakes(mistakes)
        return documents

    @staticmethod
    def with_sets(
        documents: list[Document], set_files: list[Document], sets: Mapping[str, Offers]
    ) -> list[Document]:
        """Pathway files with the offers that they take in from sets; a set that none takes in is a mistake."""
        mistakes = [
            Mistake(d.name, d.line(("set",)), f"no pathway file uses the set {d.content['set']!r}")
            for d in set_files
            if d.content["set"] in unused(sets, [d.content for d in documents])
        ]
        found = []
        for document in documents:
            try:
                content, places = expanded(document.content, sets)
            except AuthoringError as error:
                mistakes.append(document.mistake(error))
                continue
            found.append(document.rearranged(content, "offers", places))
        if mistakes:
            raise AuthoringMistakes(mistakes)
        return found

    @staticmethod
    def build(document: Document, make: Callable[[], T]) -> T:
        """What is made of one document; a mistake is laid to its line."""
        try:
            return make()
        except AuthoringError as error:
            raise AuthoringMistakes([document.mistake(error)]) from error

    @staticmethod
    def build_all(documents: list[Document], make: Callable[[Iterable[Any]], T]) -> T:
        """Compile several documents together; a mistake is laid to the one that was being read."""
        current = documents[0] if documents else Document("knowledge", None)

        def contents() -> Iterable[Any]:
            nonlocal current
            for document in documents:
                current = document
                yield document.content

        try:
            return make(contents())
        except AuthoringError as error:
            raise AuthoringMistakes([current.mistake(error)]) from error

    @staticmethod
    def build_named(documents: Mapping[str, Document], make: Callable[[Mapping[str, Any]], T]) -> T:
        """The same of documents by name."""
        current = next(iter(documents.values()), None)

        class Contents(dict[str, Any]):
            def items(self) -> Any:
                nonlocal current
                for stem, document in documents.items():
                    current = document
                    yield stem, document.content

        try:
            return make(Contents({stem: d.content for stem, d in documents.items()}))
        except AuthoringError as error:
            if current is None:
                raise
            raise AuthoringMistakes([current.mistake(error)]) from error
