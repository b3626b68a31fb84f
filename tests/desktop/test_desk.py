"""What the desk tells: nothing that stands on screen is told to have changed for what happens beside it."""

from chatapp.conversation.changes import ConversationChanged, TurnChanged
from chatapp.desktop.desk import Desk
from tests.storage import samples


def test_a_turn_beside_those_on_screen_is_told_apart() -> None:
    desk, all_told, shown, listed = Desk(), list[str](), list[str](), list[int]()
    desk.turn_changed.connect(lambda turn: all_told.append(turn.id))
    desk.shown_changed.connect(lambda turn: shown.append(turn.id))
    desk.listed.connect(lambda: listed.append(1))
    first, second = samples.question("t1"), samples.question("t2", parent_id="t1")
    beside = samples.question("t3", parent_id="t1")
    head = samples.head(current_turn_id="t2")
    desk.show(head, [first, second, beside])
    heads = [ConversationChanged(samples.head(current_turn_id="t2", updated_at=at)) for at in (3.0, 4.0, 5.0)]
    desk.apply([*heads, TurnChanged(beside), TurnChanged(second), TurnChanged(first)])
    assert all_told == ["t3", "t2", "t1"]
    assert shown == ["t2", "t1"]
    assert len(listed) == 1, "once for all that came together"
    paths, besides = list[int](), list[int]()
    desk.path_changed.connect(lambda: paths.append(1))
    desk.beside_changed.connect(lambda: besides.append(1))
    desk.apply([TurnChanged(samples.question(key, parent_id="t1")) for key in ("t4", "t5", "t6")])
    assert (len(paths), len(besides)) == (0, 1)
    assert desk.tree.breadth("t2") == len(desk.tree.siblings("t2")) == 5
    desk.apply([ConversationChanged(samples.head(current_turn_id="t3")), TurnChanged(beside)])
    assert (len(paths), len(besides)) == (1, 1)
    assert shown[2:] == ["t3"]
