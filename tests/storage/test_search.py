"""Search: what is found, how it is shown, and that no string breaks it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chatapp.conversation.tree import SearchHit
from chatapp.storage.conversations import SqliteConversations
from chatapp.storage.database import Database
from tests.storage import samples

LIBRARY = {
    "c1": (
        "Fuel tanks",
        "How many airplanes of U.S. registry?",
        "The AD affects 73 airplanes. C++ and naïve café.",
    ),
    "c2": ("Größe und Maß", "Wie groß ist die Donau?", "Die Donaudampfschifffahrt ist lang."),
    "c3": ("日本の地理", "東京都の人口は?", "東京都の人口は約1400万人です。カタカナも。"),
    "c4": ("ภาษาไทย", "กรุงเทพมหานครอยู่ที่ไหน", "อยู่ในประเทศไทย"),
    "c5": ("한국어", "서울에서 부산까지", "약 400킬로미터입니다"),
    "c6": ("हिन्दी", "दिल्ली कहाँ है?", "भारत में"),
}


async def _store(database: Database) -> SqliteConversations:
    store = SqliteConversations(database)
    for key, (title, asked, said) in LIBRARY.items():
        turn = samples.question(f"t-{key}", asked, conversation_id=key)
        await store.begin_turn(samples.head(key, title), turn)
        await store.finish_turn(samples.completed(turn, said, f"resp-{key}"))
    return store


@pytest.fixture
async def store(database: Database) -> SqliteConversations:
    return await _store(database)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("airplanes", {"t-c1"}),
        ("AIRPLANES", {"t-c1"}),
        ("airpl", {"t-c1"}),
        ("airpl ", set()),
        ("many 73", {"t-c1"}),
        ("73 tanks", set()),
        ('"many airplanes"', {"t-c1"}),
        ('"airplanes many"', set()),
        ("cafe", {"t-c1"}),
        ("naive café", {"t-c1"}),
        ("grosse", set()),
        ("große", {None}),
        ("grösse", set()),
        ("Maß", {None}),
        ("fuel", {None}),
        ("c++", {"t-c1"}),
        ("u.s.", {"t-c1"}),
        ("東京", {"t-c3"}),
        ("京都", {"t-c3"}),
        ("京", {"t-c3"}),
        ("都京", set()),
        ("人口 1400", {"t-c3"}),
        ("地理", {None}),
        ("タカ", {"t-c3"}),
        ("มหานคร", {"t-c4"}),
        ("ประเทศ", {"t-c4"}),
        ("서울", {"t-c5"}),
        ("킬로", {"t-c5"}),
        ("दिल्ली", {"t-c6"}),
        ("nowhere", set()),
    ],
)
async def test_what_is_found(store: SqliteConversations, words: str, expected: set[str | None]) -> None:
    assert {hit.turn_id for hit in await store.search(words)} == expected


async def test_a_hit_knows_its_place_and_marks_its_words(store: SqliteConversations) -> None:
    assert await store.search("affects airplanes") == [
        SearchHit(
            "c1",
            "t-c1",
            "Fuel tanks",
            "The AD \x02affects\x03 73 \x02airplanes\x03. C++ and naïve café.",
        )
    ]
    (hit,) = await store.search("東京都")
    assert hit.snippet in ("\x02東京都\x03の人口は?", "\x02東京都\x03の人口は約1400万人です。カタカナも。")


async def test_a_long_text_is_cut_around_the_hit(database: Database) -> None:
    store = SqliteConversations(database)
    turn = samples.question()
    await store.begin_turn(samples.head(), turn)
    await store.finish_turn(samples.completed(turn, "before " * 500 + "needle" + " after" * 500))
    (hit,) = await store.search("needle")
    assert "\x02needle\x03" in hit.snippet
    assert hit.snippet.startswith("…")
    assert hit.snippet.endswith("…")
    assert len(hit.snippet) < 400


async def test_renamed_deleted_and_restored(store: SqliteConversations) -> None:
    await store.put_conversation(samples.head("c1", "Kerosene"))
    assert await store.search("fuel") == []
    assert [hit.title for hit in await store.search("kerosene")] == ["Kerosene"]
    await store.put_conversation(samples.head("c1", "Kerosene", deleted_at=1.0))
    assert await store.search("airplanes") == await store.search("kerosene") == []
    await store.put_conversation(samples.head("c1", "Kerosene"))
    assert len(await store.search("airplanes")) == 1


async def test_the_limit_holds_and_the_best_come_first(database: Database) -> None:
    store = SqliteConversations(database)
    for number in range(60):
        turn = samples.question(f"t{number}", "a word")
        await store.begin_turn(samples.head(), turn)
        said = "needle" if number == 17 else f"{'needle' if number < 20 else ''}" + " so very much hay" * 10
        await store.finish_turn(samples.completed(turn, said))
    hits = await store.search("needle", limit=5)
    assert len(hits) == 5
    assert hits[0].turn_id == "t17"


@pytest.fixture(scope="module")
def open_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteConversations]:
    folder: Path = tmp_path_factory.mktemp("search")
    database = Database(folder)
    asyncio.run(database.open())
    yield asyncio.run(_store(database))
    asyncio.run(database.close())


@settings(max_examples=150, deadline=None)
@given(words=st.one_of(samples.texts, st.text(alphabet="\"*()^:-+{}[]\\'. \x00\x02 aANDORNTE", max_size=20)))
@example('"')
@example('a"b')
@example("AND OR NOT NEAR(a b)")
@example("title:fuel")
@example("*")
@example("a*b")
@example("a\x00b")
@example("\ud800")
@example("-" * 2_000)
@example("a " * 2_000)
def test_no_string_is_an_error(open_store: SqliteConversations, words: str) -> None:
    hits = asyncio.run(open_store.search(words))
    assert all("\x1f" not in hit.snippet for hit in hits)


@settings(max_examples=60, deadline=None)
@given(text=samples.texts)
def test_any_text_can_be_indexed_and_the_index_stays_sound(
    open_store: SqliteConversations, text: str
) -> None:
    async def index() -> None:
        turn = samples.question("t-any", text, conversation_id="c1")
        await open_store.begin_turn(samples.head("c1", text), turn)
        await open_store.finish_turn(samples.completed(turn, text))
        await open_store._database.run(
            lambda connection: connection.execute("INSERT INTO words(words) VALUES ('integrity-check')")
        )

    asyncio.run(index())
