"""JSON schemas: whether an object is one, and whether a value fits it.

The check itself is jsonschema's, which is loaded with the first use: whoever only speaks the language does without.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from itertools import count, islice
from typing import TYPE_CHECKING, Any, Final

from chatapp.protocol.json_types import Json, JsonObject, object_of, shortened

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

TYPES: Final = ("object", "array", "string", "number", "integer", "boolean", "null")


def schema_fault(schema: JsonObject) -> tuple[str, str] | None:
    """What keeps an object from being a JSON schema: the path below it (".properties.a.type") and what is wrong."""
    from jsonschema.exceptions import best_match

    if not isinstance(schema.get("$schema", ""), str):
        return ".$schema", "must be text"
    dialect = _dialect(schema)
    problem = best_match(dialect(dialect.META_SCHEMA).iter_errors(schema))
    if problem is None:
        return None
    path = path_below(problem.absolute_path)
    if path.endswith(".type"):
        return path, f"must be a type of JSON: {', '.join(TYPES)}"
    return path, f"is no JSON schema: {shortened(problem.message, 160)}"


def mismatch(schema: JsonObject, value: Json) -> str | None:
    """How a value differs from what a schema allows: "$.items[2].price is not a number"; None where it fits.

    Raises Uncheckable where the schema cannot be applied. Nothing is fetched that the schema refers to.
    """
    from jsonschema.exceptions import best_match
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    try:
        fault = schema_fault(schema)
        if fault is not None:
            raise Uncheckable(f"its {fault[0].removeprefix('.') or 'root'} {fault[1]}")
        validator = _patient(_dialect(schema))(_without_costly(schema), registry=Registry())
        problem = best_match(islice(validator.iter_errors(value), 1))
    except Unresolvable as error:
        raise Uncheckable(f"it refers to {shortened(str(error.ref))}, which is not in it") from None
    except re.error as error:
        raise Uncheckable(f"{shortened(str(error.pattern))} is no regular expression") from None
    except RecursionError:
        raise Uncheckable("it refers to itself without an end") from None
    except (TypeError, ArithmeticError, AttributeError, LookupError) as error:
        # Of a reference that leads to no schema, or a number too large to be divided: jsonschema's own words.
        raise Uncheckable(f"it cannot be followed ({shortened(str(error), 80)})") from None
    return None if problem is None else _in_words(problem)


def costly_patterns(schema: Json) -> list[str]:
    """The regular expressions of a schema that are not applied: they can take time without bound on text made for
    them, and nothing could interrupt that."""
    if isinstance(schema, list):
        return [pattern for entry in schema for pattern in costly_patterns(entry)]
    if not isinstance(schema, dict):
        return []
    own = [schema["pattern"]] if isinstance(schema.get("pattern"), str) else []
    own += object_of(schema.get("patternProperties"))
    return [*filter(_is_costly, own), *costly_patterns(list(schema.values()))]


def _without_costly(schema: Json) -> Json:
    if isinstance(schema, list):
        return [_without_costly(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    named = object_of(schema.get("patternProperties"))
    if any(map(_is_costly, named)):
        raise Uncheckable("the pattern of a name could take for ever")
    pattern = schema.get("pattern")
    drops = isinstance(pattern, str) and _is_costly(pattern)
    return {
        name: _without_costly(entry) for name, entry in schema.items() if not (drops and name == "pattern")
    }


def _is_costly(pattern: str) -> bool:
    """Whether a repeated group holds a repetition or a choice, or other groups; or it is too long to be looked at."""
    return len(pattern) > LONGEST_PATTERN or _REPEATED_GROUP.search(pattern) is not None


LONGEST_PATTERN: Final = 500
_REPEATS: Final = r"\s*(?:[*+]|\{\d*,\d*\})"
_REPEATED_GROUP: Final = re.compile(rf"\([^()]*[*+|{{][^()]*\){_REPEATS}|\)[^()]*\){_REPEATS}")


class Uncheckable(ValueError):
    """Why a schema cannot be applied."""


def _dialect(schema: JsonObject) -> type[Validator]:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import validator_for

    return validator_for(schema, default=Draft202012Validator)


MOST_REFERENCES: Final = 20_000
"""References followed in one check: some that lead to each other double the work with every step."""
_REFERENCES: Final = ("$ref", "$dynamicRef", "$recursiveRef")


def _patient(dialect: type[Validator]) -> type[Validator]:
    """The dialect, which raises Uncheckable when it has followed too many references."""
    from jsonschema.validators import extend

    followed = count(1)

    def counted(follow: Callable[..., Any]) -> Callable[..., Any]:
        def check(*parts: Any) -> Any:
            if next(followed) > MOST_REFERENCES:
                raise Uncheckable("its references lead to each other too often")
            return follow(*parts)

        return check

    known = dialect.VALIDATORS
    counting = {name: counted(known[name]) for name in _REFERENCES if name in known}
    patient: type[Validator] = extend(dialect, counting)  # type: ignore[no-untyped-call]
    return patient


def _in_words(problem: ValidationError) -> str:
    place = f"${path_below(problem.absolute_path)}"
    wanted: Json = problem.validator_value
    instance: Json = problem.instance
    if problem.validator == "type":
        kinds = wanted if isinstance(wanted, list) else [wanted]
        return f"{place} is not {' or '.join(_KINDS_OF_VALUE.get(kind, str(kind)) for kind in kinds)}"
    if problem.validator == "required":
        missing = [name for name in wanted if name not in instance]
        return f"{place}{path_below(missing[:1])} is missing"
    if problem.validator == "additionalProperties":
        extra = [name for name in instance if name not in object_of(problem.schema).get("properties", {})]
        return f"{place}{path_below(extra[:1])} is not allowed"
    if problem.validator in ("enum", "const"):
        allowed = wanted if problem.validator == "enum" else [wanted]
        return f"{place} is not {shortened(', '.join(json.dumps(one, ensure_ascii=False) for one in allowed), 80)}"
    return f"{place}: {shortened(problem.message, 120)}"


_KINDS_OF_VALUE: Final = {
    "object": "an object",
    "array": "a list",
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "null",
}


def path_below(steps: Iterable[str | int]) -> str:
    """ ".items[2].price" for the steps items, 2, price."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
