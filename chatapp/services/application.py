"""All use cases in one value: what the window and the terminal hold. `chatapp.assembly` makes it."""

from dataclasses import dataclass

from chatapp.services.answer_export import AnswerExport
from chatapp.services.asking import CURRENT, Once
from chatapp.services.branches import Branches
from chatapp.services.calls import Calls
from chatapp.services.chains import Chains
from chatapp.services.commands import Commands
from chatapp.services.conversations import Conversations
from chatapp.services.counting import Counting
from chatapp.services.defaults import OwnDefaults
from chatapp.services.edit_drafts import EditDraftKeeping
from chatapp.services.enclosures import Enclosures
from chatapp.services.exchanging import Exchanging
from chatapp.services.experiments import Experiments
from chatapp.services.feed import Feed
from chatapp.services.file_attributes import FileAttributes
from chatapp.services.learnt import Learnt
from chatapp.services.library import Library
from chatapp.services.missing_originals import MissingOriginals
from chatapp.services.preferences import Preferences
from chatapp.services.presets import Presets
from chatapp.services.prices import Prices
from chatapp.services.probing import Probing
from chatapp.services.records import Records
from chatapp.services.remote_images import RemoteImages
from chatapp.services.removals import Removals
from chatapp.services.replaying import Replaying
from chatapp.services.servers_view import ServersView
from chatapp.services.sources import Location, Sources
from chatapp.services.store_copying import StoreCopying
from chatapp.services.store_search import StoreSearch
from chatapp.services.supporting import Supporting
from chatapp.services.turns import Turns
from chatapp.services.use_case import UseCaseFailure

__all__ = ["CURRENT", "Application", "Location", "Once", "UseCaseFailure"]


@dataclass(frozen=True, slots=True)
class Application:
    """Every method of these is a coroutine of the worker loop; what changes is told through `feed`."""

    turns: Turns
    branches: Branches
    chains: Chains
    calls: Calls
    commands: Commands
    conversations: Conversations
    edits: EditDraftKeeping
    enclosures: Enclosures
    library: Library
    attributes: FileAttributes
    copying: StoreCopying
    searching: StoreSearch
    removals: Removals
    supporting: Supporting
    sources: Sources
    missing: MissingOriginals
    preferences: Preferences
    prices: Prices
    counting: Counting
    probing: Probing
    servers: ServersView
    learnt: Learnt
    defaults: OwnDefaults
    presets: Presets
    exchanging: Exchanging
    answers: AnswerExport
    experiments: Experiments
    records: Records
    replaying: Replaying
    images: RemoteImages
    feed: Feed
