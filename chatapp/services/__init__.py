"""Use cases in asyncio: no toolkit, no network and no disk of their own. Neighbours: `ports` are implemented by
`connections` and `storage`; `assembly` joins them; `desktop` and `ask` call them."""
