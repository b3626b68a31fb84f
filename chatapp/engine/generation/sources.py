"""All generators of an engine, from whatever sources it has."""

from collections.abc import AsyncIterator, Sequence

from chatapp.engine.generation.port import Generator, Source


class BuiltIn:
    """Generators that are simply there."""

    def __init__(self, *generators: Generator) -> None:
        self._generators = generators

    async def generators(self) -> Sequence[Generator]:
        return self._generators

    def renew(self) -> None:
        """Nothing is remembered."""

    async def aclose(self) -> None:
        """Nothing is held."""


class Generators:
    """The generators of several sources; where two have the same id, that of the earlier source holds."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources

    async def all(self) -> list[Generator]:
        """Every generator there is, those of the first source first."""
        found: dict[str, Generator] = {}
        async for generator in self._each():
            found.setdefault(generator.id, generator)
        return list(found.values())

    async def find(self, model: str) -> Generator | None:
        """The generator of that id. A later source is asked only if no earlier one has it, and all of them anew where
        none has: it may just have been started."""
        found = await self._find(model)
        if found is None:
            for source in self._sources:
                source.renew()
            found = await self._find(model)
        return found

    async def aclose(self) -> None:
        """Close every source."""
        for source in self._sources:
            await source.aclose()

    async def _find(self, model: str) -> Generator | None:
        async for generator in self._each():
            if generator.id == model:
                return generator
        return None

    async def _each(self) -> AsyncIterator[Generator]:
        for source in self._sources:
            for generator in await source.generators():
                yield generator
