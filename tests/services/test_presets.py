"""Presets through the use cases: saved from a conversation, applied to another, shared, deleted and brought back."""

import json
from pathlib import Path
from typing import Any

import pytest

from chatapp.assembly import open_profile
from chatapp.conversation.changes import Notice, PresetsChanged
from chatapp.conversation.presets import Preset
from chatapp.services.application import UseCaseFailure
from chatapp.services.feed import Feed
from tests.services.conftest import House, answer, posted

SET: dict[str, Any] = {"temperature": 0.2, "instructions": "Be brief.", "vector_stores": ["vs_1"]}


def told(house: House) -> tuple[Preset, ...]:
    return [change for change in house.listen() if isinstance(change, PresetsChanged)][-1].presets


async def parameters(house: House, conversation_id: str) -> dict[str, Any]:
    head, _ = await house.app.conversations.open(conversation_id)
    return head.parameters


async def test_a_preset_is_saved_with_its_defaults_and_applied_without_others(house: House) -> None:
    house.server.script("POST", "/v1/responses", answer("Yes."))
    await house.app.defaults.put("gated", "", "top_p", 0.5)
    preset = await house.app.presets.save("  Brief   answers ", (await house.conversation(**SET)).id)
    wanted = {"temperature": 0.2, "instructions": "Be brief.", "top_p": 0.5}
    assert (preset.name, preset.parameters) == ("Brief answers", wanted)
    assert told(house) == (preset,)
    await house.app.defaults.put("gated", "", "truncation", "auto")
    other = await house.conversation(model="m", user="u", vector_stores=["vs_2"])
    await house.app.presets.apply(preset.id, other.id)
    stays = {"model": "m", "vector_stores": ["vs_2"]}
    assert await parameters(house, other.id) == {**stays, **wanted, "truncation": None}
    await house.ask(other)
    assert {name: posted(house)[-1].get(name) for name in (*wanted, "truncation")} == {
        **wanted,
        "truncation": None,
    }
    undo = [change.undo for change in house.listen() if isinstance(change, Notice)][-1]
    assert undo == f"conversations.give_back_parameters:{other.id}"
    await house.app.conversations.give_back_parameters(other.id)
    assert await parameters(house, other.id) == {"model": "m", "user": "u", "vector_stores": ["vs_2"]}


async def test_what_is_no_preset_s_business_stays_as_it_is(house: House) -> None:
    preset = await house.app.presets.save("Brief", (await house.conversation(temperature=0.2)).id)
    await house.app.defaults.put("gated", "", "prompt", {"id": "pmpt_1"})
    await house.app.defaults.put("gated", "", "truncation", "auto")
    conversation = await house.conversation()
    await house.app.conversations.withhold_parameter(conversation.id, "truncation")
    await house.app.presets.apply(preset.id, conversation.id)
    assert await parameters(house, conversation.id) == {
        "prompt": {"id": "pmpt_1"},
        "temperature": 0.2,
        "truncation": None,
    }


async def test_names_are_one_of_a_kind(house: House) -> None:
    conversation = await house.conversation(**SET)
    first = await house.app.presets.save("Brief", conversation.id)
    for name, reason in (("brief", "“brief” already"), (" ", "needs a name")):
        with pytest.raises(UseCaseFailure) as refusal:
            await house.app.presets.save(name, conversation.id)
        assert reason in refusal.value.failure.text
    second = await house.app.presets.save("Another", conversation.id)
    with pytest.raises(UseCaseFailure):
        await house.app.presets.rename(second.id, "BRIEF")
    await house.app.presets.rename(first.id, "BRIEF")
    await house.app.conversations.set_parameter(conversation.id, "temperature", 1)
    await house.app.presets.overwrite(first.id, conversation.id)
    assert [(preset.name, preset.parameters["temperature"]) for preset in told(house)] == [
        ("Another", 0.2),
        ("BRIEF", 1),
    ]


async def test_a_deleted_one_comes_back_under_a_name_that_is_free(house: House, profile: Path) -> None:
    conversation = await house.conversation(**SET)
    preset = await house.app.presets.save("Brief", conversation.id)
    await house.app.presets.delete(preset.id)
    assert told(house) == ()
    assert [one.undo for one in house.listen() if isinstance(one, Notice)][
        -1
    ] == f"presets.restore:{preset.id}"
    with pytest.raises(UseCaseFailure, match="This preset is gone"):
        await house.app.presets.apply(preset.id, conversation.id)
    await house.app.presets.save("Brief", conversation.id)
    await house.app.presets.restore(preset.id)
    assert [one.name for one in told(house)] == ["Brief", "Brief (2)"]
    await house.app.presets.restore(preset.id)
    feed = Feed()
    async with open_profile(profile, feed, window=False) as app:
        await app.presets.tell()
        (change,) = [one for one in feed.drain() if isinstance(one, PresetsChanged)]
        assert [one.name for one in change.presets] == ["Brief", "Brief (2)"]


async def test_a_file_goes_out_and_comes_in_and_never_holds_a_secret(house: House) -> None:
    tool = {
        "type": "mcp", "server_label": "wiki", "server_url": "https://a.example", "authorization": "sk-very-secret",
    }  # fmt: skip
    conversation = await house.conversation(temperature=0.2)
    await house.app.conversations.set_parameter(conversation.id, "tools", [tool])
    preset = await house.app.presets.save("Brief", conversation.id)
    text = await house.app.presets.export(preset.id)
    assert "sk-very-secret" not in text
    again = await house.app.presets.bring_in(text)
    assert (again.name, again.parameters) == ("Brief (2)", preset.parameters)
    typed = await house.app.presets.bring_in(
        json.dumps({"format": "chatapp preset", "version": 1, "name": "x", "parameters": {"tools": [tool]}})
    )
    assert "sk-very-secret" not in json.dumps(typed.parameters)
    with pytest.raises(UseCaseFailure) as refusal:
        await house.app.presets.bring_in(text.replace("0.2", "7"))
    assert "temperature must be between 0 and 2" in refusal.value.failure.text
    assert len(told(house)) == 3
