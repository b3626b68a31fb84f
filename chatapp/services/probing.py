"""Testing a server: the ten probes one after the other, each told as it ends, and the report of them all.

What was found is kept with the connection, and says from then on how it is spoken to.
"""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from chatapp.conversation.changes import ServerProbed
from chatapp.conversation.findings import PROBES, Finding, Report
from chatapp.services.address_book import AddressBook
from chatapp.services.feed import Feed
from chatapp.services.known_servers import kind_of
from chatapp.services.ports import Clock, Connection, Secrets
from chatapp.services.probes import ANSWERS, Visit, finding_of, remove_all, untried
from chatapp.services.servers_view import ServersView
from chatapp.services.trial import tried_with
from chatapp.services.use_case import use_case

PROBE_S = 120.0
"""How long one probe may take: the first has to wait for a model that is loaded from a disk."""
BLOCKS = {"reached": "the server was not reached", "key": "the key was not accepted"}
"""Probes without which the later ones are not made, and why."""
CLEAN_S = 15.0
"""How long removing what was made may take, also after a cancellation."""


class Probing:
    """`samples` gives files of which the first may be sent to a server and removed again."""

    def __init__(
        self,
        servers: ServersView,
        book: AddressBook,
        secrets: Secrets,
        feed: Feed,
        clock: Clock,
        samples: Callable[[], Sequence[Path]],
    ) -> None:
        self._servers = servers
        self._book = book
        self._secrets = secrets
        self._feed = feed
        self._clock = clock
        self._samples = samples

    @use_case
    async def test(self, connection: Connection, key: str | None = None, name: str = "") -> Report:
        """Makes every probe, with a key that is not kept where one is given. Nothing is remembered, see `remember`.

        Every finding is told to the feed under the test's `name`. Asks four short questions, which cost a few tokens.
        Cancelling stops it; what it made is removed all the same.
        """
        async with tried_with(self._secrets, self._servers, connection, key) as tried:
            visit = await self._visit(tried)
            findings: list[Finding] = []
            try:
                for probe in PROBES:
                    findings.append(await self._probe(probe, visit, findings))
                    self._feed.put(ServerProbed(name, findings[-1]))
            finally:
                left = await self._clean(visit, findings)
            return Report(self._clock.now(), visit.model, tuple(findings), left)

    @use_case
    async def remember(self, connection_id: str, report: Report) -> None:
        """Keeps a report with a server, until the server is changed or tested again."""
        await self._book.learn_report(connection_id, report)

    @use_case
    async def report(self, connection_id: str) -> Report | None:
        return await self._book.report(connection_id)

    async def _visit(self, connection: Connection) -> Visit:
        has_key = await self._secrets.key(connection) is not None
        client, stores = self._servers.responses(connection), self._servers.vector_stores(connection)
        sample = next(iter(self._samples()), None)
        return Visit(connection, has_key, kind_of(connection).quirks, client, stores, sample)

    async def _probe(self, probe: str, visit: Visit, before: Sequence[Finding]) -> Finding:
        """Nothing more is asked of a server that was not reached, or that does not accept the key."""
        blocked = next(
            (BLOCKS[made.probe] for made in before if made.probe in BLOCKS and made.outcome == "failed"), ""
        )
        if blocked:
            return Finding(probe, *untried(blocked))
        try:
            async with asyncio.timeout(PROBE_S):
                return await finding_of(probe, visit)
        except TimeoutError:
            return Finding(probe, "failed", f"No answer within {PROBE_S:.0f} s.")

    async def _clean(self, visit: Visit, findings: Sequence[Finding]) -> str:
        """A sentence about what could not be removed, or nothing."""
        keeps = any(finding.probe == "keeps" and finding.outcome == "passed" for finding in findings)
        try:
            async with asyncio.timeout(CLEAN_S):
                left = await remove_all(visit, keeps)
        except TimeoutError:
            left = [made.what for made in visit.made.values()] or [ANSWERS]
        return f"Still on the server: {', '.join(dict.fromkeys(left))}." if left else ""
