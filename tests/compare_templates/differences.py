"""What differs between two documents, and what of it may be ignored."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from messaging.settings import ConsumerSettings, Settings

HASH: Final = re.compile(r"\b[0-9a-f]{64}\b")
# A name that a program gives, other than a msgTag, a service or a route.
FIELD: Final = re.compile(r"[a-z][a-z0-9_]*")
MISSING: Final = "(nothing)"
# A setting at its default may be written or left out.
DEFAULTS: Final = {
    repr(field.default)
    for struct in (Settings, ConsumerSettings)
    for field in msgspec.structs.fields(struct)
}


@dataclass(frozen=True)
class Rule:
    """A kind of difference to ignore: `same` compares old and new where `path` matches."""

    name: str
    path: re.Pattern[str]
    same: Callable[[Any, Any], bool] = lambda _old, _new: True


@dataclass(frozen=True)
class Difference:
    """What stands at a path; with `ignored`, the name of the rule that ignores it."""

    path: str
    old: Any
    new: Any
    ignored: str | None = None

    def __str__(self) -> str:
        return f"{self.path}: {_short(self.old)} → {_short(self.new)}"


def expand(value: Any, key: str = "") -> Any:
    """Return a document with the JSON of settings and dashboards in the place of its text."""
    if key in {"WAYSTATION", "DashboardBody"}:
        return json.loads(text(value))
    if isinstance(value, dict):
        return {name: expand(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [expand(each) for each in value]
    return value


def text(value: Any) -> str:
    """Return a value of a template as text, with a reference as `{Ref Id}`."""
    match value:
        case str():
            return value
        case {"Fn::Join": [str(separator), [*parts]]}:
            return separator.join(text(part) for part in parts)
        case {"Ref": str(name)}:
            return f"{{Ref {name}}}"
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return f"{{GetAtt {name}.{attribute}}}"
    raise ValueError(f"neither text nor a reference: {value!r}")


def values(value: Any) -> Counter[str]:
    """Count all values inside a value, keys that are no names of fields included."""
    found: Counter[str] = Counter()
    if isinstance(value, dict):
        found.update(key for key in value if not FIELD.fullmatch(key))
        for each in value.values():
            found += values(each)
    elif isinstance(value, list):
        for each in value:
            found += values(each)
    else:
        found[repr(value)] += 1
    return found


def differences(
    old: Any, new: Any, rules: Sequence[Rule] = (), path: str = ""
) -> Iterator[Difference]:
    """Yield each difference between two documents, at the deepest path that both have."""
    if _written(old) == _written(new):
        return
    matching = (each for each in rules if each.path.search(path) and each.same(old, new))
    if rule := next(matching, None):
        yield Difference(path, old, new, rule.name)
    elif isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys((*old, *new)):
            below = (old.get(key, MISSING), new.get(key, MISSING))
            yield from differences(*below, rules, f"{path}/{key}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, below in enumerate(zip(old, new, strict=True)):
            yield from differences(*below, rules, f"{path}/{index}")
    else:
        yield Difference(path, old, new)


def _same_values(old: Any, new: Any) -> bool:
    first, second = values(old), values(new)
    return {each for each in first | second if first[each] != second[each]} <= DEFAULTS


def _same_but_hashes(old: Any, new: Any) -> bool:
    both_text = isinstance(old, str) and isinstance(new, str)
    return both_text and HASH.sub("", old) == HASH.sub("", new)


def _written(value: Any) -> str:
    """Return a value as JSON, where 1 and true are not equal and the order of keys is no matter."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _short(value: Any) -> str:
    written = value if value is MISSING else _written(value)
    return written if len(written) <= 300 else f"{written[:297]}..."


HASHES: Final = (Rule("hashes of assets", re.compile(""), _same_but_hashes),)
WORDS: Final = (
    *HASHES,
    Rule(
        "names of fields in the settings (WAYSTATION), not their values",
        re.compile(r"/WAYSTATION$"),
        _same_values,
    ),
    Rule("names of handlers", re.compile(r"/Properties/Handler$")),
    Rule("descriptions", re.compile(r"/(Alarm)?Description$")),
    Rule("titles and labels of the dashboard", re.compile(r"/DashboardBody/.*/(title|label)$")),
)
