"""The pages of the map: all pathways, each with its groups and tables, each group's options, each table."""

from __future__ import annotations

from ..http.map_pages import Draw, Link, MapPage
from ..loading import Loaded
from ..pathway.groups import PLACED_BY
from .figure import group_map, pathway_map
from .wayfinding import titled


def map_site(loaded: Loaded) -> Draw:
    """What the map's pages show; nothing is drawn before it is asked for."""
    site = _Site(loaded)
    return site.page


class _Site:
    def __init__(self, loaded: Loaded) -> None:
        self.loaded = loaded
        self.wording = loaded.wording

    def page(self, root: str, disease: str | None, part: str | None) -> MapPage | None:
        if disease is None:
            return self._all(root)
        if disease not in self.loaded.knowledge.diseases:
            return None
        return self._pathway(root, disease) if part is None else self._part(root, disease, part)

    def _all(self, root: str) -> MapPage:
        diseases = self.loaded.knowledge.diseases
        figures = [pathway_map(self.loaded, disease=d, root=root, ident=f"map-{d}") for d in diseases]
        links = [(self._named(d), f"{root}/{d}") for d in diseases]
        within = [(self._named(d), f"#map-{d}") for d in diseases]
        return MapPage(
            "The pathways", figures, onward={"Each with its options and tables": links}, within=within
        )

    def _pathway(self, root: str, disease: str) -> MapPage:
        knowledge = self.loaded.knowledge.of(disease)
        here = f"{root}/{disease}"
        groups = [(self.wording.short("groups", g), f"{here}/{g}") for g in knowledge.groups]
        derived = [t.derives for t in knowledge.tables if t.derives != PLACED_BY]
        tables = [(titled(self.loaded, fact), f"{here}/{fact}") for fact in derived]
        return MapPage(
            self._named(disease),
            [pathway_map(self.loaded, disease=disease, root=root)],
            [("Map", root)],
            {"Options of each patient group": groups, "How what is asked for is found": tables},
        )

    def _part(self, root: str, disease: str, part: str) -> MapPage | None:
        knowledge = self.loaded.knowledge.of(disease)
        above: list[Link] = [("Map", root), (self._named(disease), f"{root}/{disease}")]
        if part in knowledge.groups:
            figure = group_map(self.loaded, part, root=root)
            return MapPage(self.wording.short("groups", part), [figure], above)
        if part != PLACED_BY and knowledge.table(part) is not None:
            figure = pathway_map(self.loaded, disease=disease, fact=part, root=root)
            return MapPage(titled(self.loaded, part), [figure], above)
        return None

    def _named(self, disease: str) -> str:
        name = self.wording.value(disease)
        return name[:1].upper() + name[1:]
