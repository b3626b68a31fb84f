"""What every answer on its way needs of the world."""

from dataclasses import dataclass

from chatapp.services.address_book import AddressBook
from chatapp.services.chain_marks import ChainMarks
from chatapp.services.defaults import OwnDefaults
from chatapp.services.feed import Feed
from chatapp.services.learnt import Learnt
from chatapp.services.ports import Clock, ConversationStore, Secrets
from chatapp.services.prices import Prices
from chatapp.services.servers_view import ServersView
from chatapp.services.tool_secrets import ToolSecrets


@dataclass(frozen=True, slots=True)
class Surroundings:
    store: ConversationStore
    servers: ServersView
    book: AddressBook
    learnt: Learnt
    defaults: OwnDefaults
    secrets: Secrets
    feed: Feed
    clock: Clock
    tool_secrets: ToolSecrets
    prices: Prices
    marks: ChainMarks
