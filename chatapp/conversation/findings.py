"""What a test of a server found out: one finding a probe, with how it went and a plain sentence."""

from dataclasses import asdict, dataclass
from typing import Literal, get_args

from chatapp.protocol.json_types import Json, JsonObject, object_of, objects_of, text_of

PROBES = {
    "reached": "Reached",
    "key": "Key accepted",
    "models": "Models listed",
    "answers": "Answers",
    "streams": "Streams",
    "usage": "Usage reported",
    "keeps": "Keeps answers",
    "continues": "Continues by id",
    "tools": "Function tools",
    "stores": "Files and vector stores",
}
"""Names of the probes by id, in the order in which they are made."""
Outcome = Literal["passed", "failed", "not_offered", "undecided"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`probe` is a key of PROBES; `text` says in a sentence what was seen."""

    probe: str
    outcome: Outcome
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """A whole test: when it ended (epoch seconds), with which model, what was found, and in `left` what of it could
    not be removed from the server again, if anything."""

    at: float
    model: str
    findings: tuple[Finding, ...]
    left: str = ""

    @property
    def passed(self) -> int:
        return sum(finding.outcome == "passed" for finding in self.findings)

    @property
    def keeps_responses(self) -> bool | None:
        """Whether a turn can refer to an answer by its id. What the server remembers counts for more than what it
        can show again: some take the id and forget, others remember and show nothing."""
        outcomes = {finding.probe: finding.outcome for finding in self.findings}
        decided = {"passed": True, "failed": False, "not_offered": False}
        by_id = decided.get(outcomes.get("continues", "undecided"))
        return by_id if by_id is not None else decided.get(outcomes.get("keeps", "undecided"))

    @property
    def has_stores(self) -> bool | None:
        """Whether files can be searched there."""
        outcome = next((finding.outcome for finding in self.findings if finding.probe == "stores"), None)
        return {"passed": True, "not_offered": False}.get(outcome or "undecided")


def report_json(report: Report) -> JsonObject:
    return {**asdict(report), "findings": [asdict(finding) for finding in report.findings]}


def read_report(value: Json) -> Report | None:
    """A report as it was written; None for anything else."""
    fields = object_of(value)
    at = fields.get("at")
    findings = [_read(row) for row in objects_of(fields.get("findings"))]
    known = tuple(finding for finding in findings if finding is not None)
    if not known or not isinstance(at, int | float) or isinstance(at, bool):
        return None
    return Report(float(at), text_of(fields.get("model")), known, text_of(fields.get("left")))


def _read(row: JsonObject) -> Finding | None:
    probe = text_of(row.get("probe"))
    outcome: Outcome | None = next(
        (known for known in get_args(Outcome) if known == row.get("outcome")), None
    )
    return Finding(probe, outcome, text_of(row.get("text"))) if probe in PROBES and outcome else None
