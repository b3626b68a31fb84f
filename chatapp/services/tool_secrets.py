"""Secrets of tools, kept where keys are kept: `conversation/tool_secrets` says where they stand."""

from uuid import uuid4

from chatapp.conversation.changes import Notice
from chatapp.conversation.failures import Failure
from chatapp.conversation.tool_secrets import SCHEME, has_secrets, references_to_secrets, with_secrets
from chatapp.protocol.json_types import JsonObject
from chatapp.services.feed import Feed
from chatapp.services.ports import Connection, KeySource, Secrets, SecretsUnavailable
from chatapp.services.use_case import UseCaseFailure


class ToolSecrets:
    def __init__(self, secrets: Secrets, feed: Feed) -> None:
        self._secrets = secrets
        self._feed = feed

    async def hidden(self, parameters: JsonObject, lasting: bool = True) -> JsonObject:
        """The parameters with references in the place of secrets, which are in the key store by then; where there is
        none, or they are not `lasting`, in this session's memory."""
        if not has_secrets(parameters):
            return parameters
        kept: dict[str, str] = {}

        def put(value: str, _label: str) -> str:
            if value.startswith(SCHEME):
                return value
            return kept.setdefault(value, f"{SCHEME}{uuid4().hex}")

        hidden = with_secrets(parameters, put)
        for value, reference in kept.items():
            await self._keep(reference, value, lasting)
        return hidden

    async def revealed(self, request: JsonObject) -> JsonObject:
        """The request as it leaves. Raises UseCaseFailure for a secret that is not known here."""
        values = {reference: await self._value(reference) for reference in references_to_secrets(request)}
        return with_secrets(request, lambda value, label: values.get(value, value)) if values else request

    async def _keep(self, reference: str, value: str, lasting: bool) -> None:
        if lasting:
            try:
                await self._secrets.set_key(_place(reference, "keyring"), value)
            except SecretsUnavailable as problem:
                self._feed.put(
                    Notice(f"The tool's secret is kept for this session only. {problem}", "warning")
                )
            else:
                return
        await self._secrets.set_key(_place(reference, "session"), value)

    async def _value(self, reference: str) -> str:
        try:
            found = await self._secrets.key(_place(reference, "session"))
            found = found or await self._secrets.key(_place(reference, "keyring"))
        except SecretsUnavailable as problem:
            raise UseCaseFailure(_unknown(str(problem))) from problem
        if found is None:
            raise UseCaseFailure(_unknown())
        return found


def printed(request: JsonObject) -> JsonObject:
    """The request to be shown to others: words in the place of its secrets."""
    return with_secrets(request, lambda _value, label: f"<secret of {label}>")


def withheld(said: JsonObject) -> JsonObject:
    """What others say of tools, without the secrets in it: it is kept word for word otherwise."""
    return with_secrets(said, lambda value, _label: value if value.startswith(SCHEME) else NOT_KEPT)


NOT_KEPT = "(not kept)"


def _place(reference: str, source: KeySource) -> Connection:
    return Connection(f"tool {reference.removeprefix(SCHEME)}", "the tool", "", key_source=source)


def _unknown(details: str = "") -> Failure:
    return Failure(
        "tool_secret_unknown",
        "The secret of a tool is not known here",
        "Its authorization, or a header, is kept in the key store of the computer where it was typed, or was kept for "
        "one session. Type it again under Parameters, Tools, Edit; your question is kept.",
        details,
    )
