"""The price table in the settings of a real window."""

import json
from pathlib import Path

from PySide6.QtTest import QTest

from chatapp.conversation.prices import PriceTable, read_table
from chatapp.desktop.prices.form import PriceDialog
from chatapp.desktop.prices.page import PricesPage
from chatapp.desktop.settings_dialog import SettingsDialog
from tests.desktop.conftest import SERVER, Room


async def opened_page(room: Room) -> PricesPage:
    await room.until(lambda: room.desk.prices is not None)
    room.window.dialogs.settings("Prices")
    dialog = room.window.findChildren(SettingsDialog)[-1]
    await room.until(dialog.prices.isVisible)
    return dialog.prices


def table(room: Room) -> PriceTable:
    assert room.desk.prices is not None
    return room.desk.prices.table


async def changed(room: Room, before: PriceTable) -> None:
    """The table is another, and no form is open any more."""
    await room.until(lambda: table(room) != before)
    await room.until(lambda: not room.window.findChildren(PriceDialog))


async def test_rows_are_added_changed_and_removed(room: Room) -> None:
    page = await opened_page(room)
    before, many = table(room), len(page.rows.shown)
    page.add.click()
    form = page.findChildren(PriceDialog)[-1]
    form.save.click()
    assert "no model" in form.problem.text()
    for place, words in {"model": "mine-*", "input": "1,5", "output": "x"}.items():
        QTest.keyClicks(form.fields[place], words)
    form.save.click()
    assert form.problem.text() == "“Output” must be a number."
    form.fields["output"].setText("6")
    form.fields["tiers.flex"].setText("0.5")
    form.server.setCurrentText(SERVER)
    form.save.click()
    await changed(room, before)
    price = room.desk.price_of(SERVER, "mine-7b")
    assert price is not None
    assert (price.input, price.output, price.tiers, price.source) == (1.5, 6, {"flex": 0.5}, "Entered by you")
    assert len(page.rows.shown) == many + 1
    page.search.setText("mine")
    assert [page.rows.index(0, at).data() for at in (0, 2, 4, 7)] == ["mine-*", "$1.5", "$6", "yours"]
    page.change.click()
    form = page.findChildren(PriceDialog)[-1]
    assert form.fields["input"].text() == "1.5"
    form.fields["input"].setText("2")
    added = table(room)
    form.save.click()
    await changed(room, added)
    assert (price := room.desk.price_of(SERVER, "mine-7b")) is not None
    assert price.input == 2
    now = table(room)
    page.remove.click()
    await changed(room, now)
    assert table(room) == before


async def test_a_shipped_row_that_is_changed_comes_back_with_the_reset(room: Room) -> None:
    page = await opened_page(room)
    before = table(room)
    page.search.setText("gpt-5.6-luna")
    page.change.click()
    form = page.findChildren(PriceDialog)[-1]
    form.fields["cached"].clear()
    form.save.click()
    await changed(room, before)
    assert (mine := page.chosen) is not None
    assert mine.cached is None
    assert mine.long == (before.of("gpt-5.6-luna", ("api.openai.com",)) or mine).long, (
        "what the form lacks stays"
    )
    assert page._reset.isEnabled()
    now = table(room)
    page._reset.trigger()
    await changed(room, now)
    assert table(room) == before
    assert not page._reset.isEnabled()


async def test_a_server_of_this_computer_is_marked_as_free(room: Room) -> None:
    page = await opened_page(room)
    before = table(room)
    (entry,) = page.servers.actions()
    assert entry.text() == "Scripted"
    entry.trigger()
    await changed(room, before)
    assert (price := room.desk.price_of(SERVER, "any.gguf")) is not None
    assert price.is_free


async def test_a_table_is_given_out_and_taken_in(room: Room, tmp_path: Path) -> None:
    page = await opened_page(room)
    before, target = table(room), tmp_path / "prices.json"
    page.write(target)
    assert read_table(json.loads(target.read_text())) == before
    rows = {"currency": "EUR", "prices": [{"model": "theirs", "server": SERVER, "input": 1, "output": 2}]}
    target.write_text(json.dumps(rows))
    page.take_in(target)
    await changed(room, before)
    assert (price := room.desk.price_of(SERVER, "theirs")) is not None
    assert price.currency == "EUR"
    target.write_bytes(b"\xff\xfe")
    page.take_in(target)
    assert "was not read" in page.said.text()
    target.write_text('{"prices": [{"model": "x", "input": -1}]}')
    page.take_in(target)
    await room.until(lambda: "x: “input”" in page.said.text())
    page.take_in(tmp_path / "none.json")
    assert "was not read" in page.said.text()
    page.write(tmp_path / "no" / "where.json")
    assert "was not written" in page.said.text()
