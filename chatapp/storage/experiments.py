"""Sweeps on disk: the statements. Implements `services.ports.ExperimentStore`.

A plan is one column of JSON; which turn answers which place is a row each, so that a long sweep writes little.
"""

import json
import sqlite3

from chatapp.conversation.experiments import Experiment, Plan
from chatapp.exchange.values import from_json, to_json
from chatapp.storage.database import Database
from chatapp.storage.rows import Column, dump, from_text, to_text


class SqliteExperiments:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, experiment: Experiment) -> None:
        plan = experiment.plan
        values = (
            to_text(experiment.id),
            to_text(plan.conversation_id),
            experiment.created_at,
            dump(to_json(plan)),
        )
        await self._database.run(lambda connection: connection.execute(_ADD, values))

    async def name_turn(self, experiment_id: str, place: int, turn_id: str) -> None:
        await self._database.run(lambda connection: name_turn(connection, experiment_id, place, turn_id))

    async def get(self, experiment_id: str) -> Experiment | None:
        found = await self._database.read(lambda connection: _find(connection, "id = ?", experiment_id))
        return found[0] if found else None

    async def of(self, conversation_id: str) -> list[Experiment]:
        return await self._database.read(
            lambda connection: _find(connection, "conversation_id = ?", conversation_id)
        )

    async def all(self) -> list[Experiment]:
        return await self._database.read(lambda connection: _find(connection, "1"))

    async def remove(self, experiment_id: str) -> None:
        """The turns stay."""
        values = (to_text(experiment_id),)
        await self._database.run(
            lambda connection: connection.execute("DELETE FROM experiments WHERE id = ?", values),
            reserve=True,
        )


_ADD = "INSERT INTO experiments (id, conversation_id, created_at, plan) VALUES (?, ?, ?, ?)"
_NAME = """
    INSERT INTO experiment_turns (experiment_id, place, turn_id) SELECT id, ?, ? FROM experiments WHERE id = ?
    ON CONFLICT (experiment_id, place) DO UPDATE SET turn_id = excluded.turn_id
"""
_TURNS = "SELECT place, turn_id FROM experiment_turns WHERE experiment_id = ?"


def name_turn(connection: sqlite3.Connection, experiment_id: str, place: int, turn_id: str) -> None:
    connection.execute(_NAME, (place, to_text(turn_id), to_text(experiment_id)))


def _find(connection: sqlite3.Connection, where: str, *keys: str) -> list[Experiment]:
    rows = connection.execute(
        f"SELECT id, created_at, plan FROM experiments WHERE {where} ORDER BY number",
        tuple(map(to_text, keys)),
    )
    return [_experiment(connection, *row) for row in rows.fetchall()]


def _experiment(connection: sqlite3.Connection, key: Column, created_at: float, plan: str) -> Experiment:
    turns = {place: from_text(turn_id) for place, turn_id in connection.execute(_TURNS, (key,))}
    return Experiment(from_text(key), created_at, from_json(Plan, json.loads(plan), "plan"), turns)
