"""What went wrong with an answer, in plain words, and what the reader can do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Remedy(StrEnum):
    """An action offered beside a failure. The value is the action's id."""

    RETRY = "retry"
    CONTINUE = "continue"
    RESUME = "resume"
    SET_KEY = "set_key"
    CHOOSE_MODEL = "choose_model"
    CHANGE_PARAMETERS = "change_parameters"
    OPEN_SETTINGS = "open_settings"
    RESTART_ENGINE = "restart_engine"


@dataclass(frozen=True, slots=True)
class Failure:
    """`kind` names the row of the table it came from (see `describe`), `title` says what happened, `text` what it
    means and what to do, `details` the server's own words, `retry_after` seconds when the server gave them."""

    kind: str
    title: str
    text: str
    details: str = ""
    remedies: tuple[Remedy, ...] = ()
    retry_after: float | None = None
