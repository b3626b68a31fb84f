"""The official SDK, unchanged and strict, on conversations."""

import openai
import pytest
from openai import OpenAI


def test_conversations(sdk: OpenAI) -> None:
    made = sdk.conversations.create(metadata={"topic": "a"}, items=[{"role": "user", "content": "one"}])
    assert sdk.conversations.retrieve(made.id) == made
    assert sdk.conversations.update(made.id, metadata={"topic": "b"}).metadata == {"topic": "b"}
    deleted = sdk.conversations.delete(made.id)
    assert (deleted.deleted, deleted.object) == (True, "conversation.deleted")
    with pytest.raises(openai.NotFoundError):
        sdk.conversations.retrieve(made.id)


def test_items(sdk: OpenAI) -> None:
    made = sdk.conversations.create(items=[{"role": "user", "content": "one"}])
    added = sdk.conversations.items.create(
        made.id,
        items=[{"role": "assistant", "content": "two"}, {"role": "user", "content": "three"}],
        include=["message.input_image.image_url"],
    )
    assert [item.type for item in added.data] == ["message", "message"]
    listed = list(sdk.conversations.items.list(made.id, order="asc", limit=2))
    assert [item.id for item in listed[1:]] == [item.id for item in added.data]
    first = added.data[0]
    assert first.id
    assert sdk.conversations.items.retrieve(first.id, conversation_id=made.id) == first
    assert sdk.conversations.items.delete(first.id, conversation_id=made.id).id == made.id
    assert len(list(sdk.conversations.items.list(made.id))) == 2


def test_answers_in_a_conversation(sdk: OpenAI) -> None:
    made = sdk.conversations.create()
    response = sdk.responses.create(model="echo", input="think hm\nsay yes", conversation=made.id)
    assert response.conversation
    assert response.conversation.id == made.id
    items = list(sdk.conversations.items.list(made.id, order="asc"))
    assert [item.type for item in items] == ["message", "reasoning", "message"]
