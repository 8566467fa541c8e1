"""Validating the body and the query string of a request; refusals name the field at fault."""

import functools
import re
from collections.abc import Mapping
from typing import Final, TypeVar

import msgspec

from messaging.http.request import HttpRequest
from messaging.http.response import Response, problem

Body = TypeVar("Body")
Query = TypeVar("Query", bound=msgspec.Struct)

# SNS accepts 256 KiB with a topic's default; the rest is for attributes.
MAX_BODY_BYTES: Final = 200 * 1024

# The whole body, as in JSONPath.
_ROOT: Final = "$"
# The location at the end of a message of msgspec: " - at `$.fare`", " - at `key` in `$.fares`".
_LOCATION: Final = r" - at (?:`key` in )?`\$\.?([^`]*)`"
_AT: Final = re.compile(_LOCATION + r"\Z")
_NAMED: Final = re.compile(
    rf"Object (?:(missing required)|contains unknown) field `(.*?)`(?:{_LOCATION})?", re.DOTALL
)
_QUOTED: Final = re.compile(r"`([^`]*)`")
# Python's names of JSON's types.
_JSON_NAMES: Final = {"float": "number", "int": "integer", "str": "string", "bool": "boolean"}


class RefusedError(Exception):
    """The request is refused with `response`."""

    def __init__(self, response: Response) -> None:
        """Set the response."""
        super().__init__(response.status)
        self.response = response


def bad_request(field: str, detail: str) -> RefusedError:
    """Return a refusal with status 400 that names the field at fault; "$" is the whole body."""
    errors = [{"field": field, "detail": detail}]
    return RefusedError(problem(400, f"{field}: {detail}", errors=errors))


def read_body(event: HttpRequest, body: type[Body]) -> Body:
    """Return the request's body, decoded as `body`; raises RefusedError if it does not fit."""
    try:
        content = event.content()
        if not content:
            raise bad_request(_ROOT, "a JSON body is required")
        if len(content) > MAX_BODY_BYTES:
            raise bad_request(_ROOT, f"the body is larger than {MAX_BODY_BYTES} bytes")
        return msgspec.json.decode(content, type=body)
    except msgspec.ValidationError as error:
        raise bad_request(*explain(str(error))) from error
    # ValueError: bytes that are not UTF-8. RecursionError: a deeply nested body, in msgspec.
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise bad_request(_ROOT, "the body is not valid JSON") from error


def read_query(event: HttpRequest, query: type[Query]) -> Query:
    """Return the query string, decoded as `query`; raises RefusedError if it does not fit.

    Parameters that the contract does not declare are ignored unless it forbids unknown fields.
    """
    # Imported here: 2 ms, needed for query strings only. `queryStringParameters` is no substitute:
    # it joins "a=1&a=2" with a comma, which a value may contain.
    from urllib.parse import parse_qs

    try:
        given = parse_qs(event.raw_query_string or "", keep_blank_values=True, errors="strict")
        lists = _lists(query)
        values = {
            name: texts if lists.get(name) else _only(name, texts, known=name in lists)
            for name, texts in given.items()
        }
        return msgspec.convert(values, query, strict=False)
    except msgspec.ValidationError as error:
        raise bad_request(*explain(str(error))) from error
    except UnicodeDecodeError as error:
        raise bad_request(_ROOT, "the query string is not UTF-8") from error


def _only(name: str, texts: list[str], *, known: bool) -> str:
    if known and len(texts) > 1:
        raise bad_request(name, "given more than once")
    return texts[0]


@functools.cache
def _lists(query: type[msgspec.Struct]) -> Mapping[str, bool]:
    """Return by parameter whether it may be repeated."""
    contract = msgspec.inspect.type_info(query)
    assert isinstance(contract, msgspec.inspect.StructType)
    return {field.encode_name: _is_list(field.type) for field in contract.fields}


def _is_list(kind: msgspec.inspect.Type) -> bool:
    if isinstance(kind, msgspec.inspect.UnionType):
        return any(_is_list(each) for each in kind.types)
    if isinstance(kind, msgspec.inspect.Metadata):
        return _is_list(kind.type)
    return isinstance(kind, msgspec.inspect.CollectionType | msgspec.inspect.TupleType)


def explain(message: str) -> tuple[str, str]:
    """Return the field and the detail of a validation message of msgspec."""
    if named := _NAMED.fullmatch(message):
        required, name, inside = named.groups()
        # The name of an unknown field is as long as the client makes it.
        field = (f"{inside}.{name}" if inside else name)[:128]
        return field, "this field is required" if required else "there is no such field"
    at = _AT.search(message)
    return (at[1] if at else "") or _ROOT, _readable(message[: at.start()] if at else message)


def _readable(text: str) -> str:
    """Return "Expected `float`, got `str`" as "expected number, got string"."""
    plain = _QUOTED.sub(lambda types: re.sub(r"\w+", _json_name, types[1]), text)
    return plain[:1].lower() + plain[1:]


def _json_name(name: re.Match[str]) -> str:
    return _JSON_NAMES.get(name[0], name[0])
