"""Removed names stay removed. The table says what each became; ordinary English stays allowed.

A word that is an ordinary one, too, counts only in the form in which it was a name: as a class, a
function, a module, a keyword of one call.
"""

import ast
import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import PurePath
from typing import Final, NamedTuple

import pytest

from ops.paths import ROOT
from tests import project

# form, old, new, and where (everywhere by default). Forms: `name` is any identifier and any option;
# `class`, `function`, `module` and `parameter` are definitions; `member` is `value.attribute`;
# `keyword` is one of a call; `defined` is a field or method of a class, `Class.name`, or one of its
# parameters, `Class.method(name)`; `text` is a whole string, such as a log event or a metric.
TABLE: Final = """
member     *.takes                    accepts_enqueued
keyword    *(takes=)                  accepts_enqueued
name       send_to_queue              enqueue
keyword    enqueue(after=)            enqueue(delay=)
keyword    Consumer(answers=)         invocable=
keyword    Function(answers=)         invocable=
keyword    Settings(answers=)         invocable=
keyword    publish_request(answers=)  expected_replies=
member     context.answers            context.replies
member     context.answer             context.reply
member     consumer.answers           consumer.invocable
class      Answers                    ReplyCount
keyword    Api(calls=)                Api(commands=)
member     api.calls                  api.commands
keyword    Retry(after=)              Retry(delay=)
class      Idempotency                guarantee= of the consumer
keyword    *(idempotency=)            guarantee=
defined    Consumer.takes             accepts_enqueued
defined    Consumer.answers           invocable
defined    Function.answers           invocable
defined    Settings.answers           invocable
defined    Settings.calls             commands
defined    Api.calls                  commands
defined    *.idempotency              guarantee
defined    Retry.__init__(after)      delay
defined    *.enqueue(after)           delay
defined    *.publish_request(answers)  expected_replies
defined    Context.answer*            reply, replies
defined    ConsumerHarness.run        run_until_idle
defined    ConsumerHarness.waiting    visible_messages
function   row                        item                        lambdas/messaging/*
function   advance                    transition                  lambdas/messaging/*
name       invoke_later               invoke(wait=False)
name       permanent                  non_retryable
name       on_late                    on_late_reply
name       NobodyWaits                NoReplyExpected
name       BudgetExceeded             MessageLimitExceeded
name       Station                    ConsumerHarness
class      Place                      a client or an environment
module     place                      a client or an environment
parameter  place                      harness, client, environment or element
member     harness.run                harness.run_until_idle
name       reappear                   expire_visibility
member     harness.waiting            harness.visible_messages
member     table.row                  table.item
member     table.advance              table.transition
text       handed-back                released                    lambdas/messaging/*
text       handed back                released                    lambdas/messaging/*
text       HandedBack                 Released                    lambdas/messaging/* stacks/*
text       kept                       returned                    lambdas/messaging/*
text       Kept                       Returned                    lambdas/messaging/* stacks/*
class      Work                       Delivery                    lambdas/messaging/*
name       HandBack                   Release
name       hand_back                  release
name       handed_back                released
name       bury                       send_dead_letters
name       buried                     dead_letters
function   keep                       change_visibility           lambdas/messaging/*
name       Kept                       ItemFailures
name       lane                       message group
name       lanes                      message groups
name       Lane                       message group
name       set_aside                  isolation
name       held_back                  dispatch
module     sending                    dispatch
class      Outgoing                   OutgoingMessage
function   outgoing                   compose
class      Pending                    ReplyDeadline
class      Call                       InvocationPayload           lambdas/messaging/sending/*
module     calls                      invocations
module     test_calls*                test_invocations
class      Direct                     DirectInvocation
class      Route                      HttpRoute or HandlerRegistration
name       HttpEvent                  HttpRequest
module     gateway                    request
class      Conversation               MessagingContext            lambdas/messaging/*
class      Flow                       ConversationState           lambdas/messaging/*
name       words_of                   error_text
name       told                       a noun
class      Explanation                FailureInfo
module     retrying                   failure
function   ending                     expiry
module     ending                     expiry
module     items                      dynamodb_batches
member     *.hears                    subscribed                  topology/* stacks/*
function   hears                      subscribed                  topology/* stacks/*
member     *.queued                   from_queue                  topology/* stacks/*
function   queued                     from_queue                  topology/* stacks/*
module     copying                    copies
function   requeued                   retry_copy                  lambdas/messaging/consumer/*
function   dead                       dead_letter                 lambdas/messaging/*
class      Common                     FunctionDefaults
function   acknowledge                suppress                    stacks/*
name       let_invoke                 grant_invoke
name       mended                     patched
name       patience                   seconds= of wait_until
name       _PATIENCE                  seconds= of wait_until
function   until                      wait_until
module     asked                      expectations
class      Asked                      expectations                demos/* tests/services/*
module     switch                     pause
module     show                       render
function   show                       render                      ops/* demos/* benchmarks/*
name       sides                      contenders                  *benchmarks/*
name       theirs                     powertools                  *benchmarks/*
module     errands                    requesting_service
module     saying                     sending_service
module     talks                      conversations
module     cast                       services
module     players                    handlers
module     played                     moto_system
name       Played                     MotoSystem
module     at_*                       invariants_*
"""

# In any text, documents included.
PHRASES: Final = {
    r"(?<![a-z])the[ _]maps?(?![a-z])": "the topology",
    r"\bnot for it\b": "filtered out",
    r"\bnever heard of it\b": "not published",
    r"\bas told\b": "simulated failure",
    r"\bhanded[- ]back\b": "released",
    r"\bset aside\b": "isolated",
}


class Row(NamedTuple):
    """One removed name."""

    form: str
    old: str
    new: str
    where: tuple[str, ...]


def rows() -> Iterator[Row]:
    """Read the table."""
    for line in TABLE.strip().splitlines():
        form, old, new, *where = re.split(r"\s{2,}", line)
        yield Row(form, old, new, tuple(where[0].split()) if where else ("*",))


ROWS: Final = list(rows())
IDENTIFIERS: Final = {
    "class",
    "function",
    "module",
    "parameter",
    "variable",
    "attribute",
    "argument",
}


def words(source: str, stem: str) -> Iterator[tuple[str, str]]:
    """Yield every name and text of a module with its form."""
    yield "module", stem
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ClassDef(name=name, body=body):
                yield "class", name
                yield from (("defined", f"{name}.{each}") for each in _members(body))
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield "function", name
            case ast.arg(arg=name):
                yield "parameter", name
            case ast.Name(id=name):
                yield "variable", name
            case ast.alias(name=name, asname=other):
                yield "variable", other or name.rpartition(".")[2]
            case ast.Attribute(value=value, attr=name):
                yield "attribute", name
                yield "member", f"{_last(value)}.{name}"
            case ast.Call(func=function, keywords=keywords):
                for each in keywords:
                    yield "argument", each.arg or ""
                    yield "keyword", f"{_last(function)}({each.arg}=)"
            case ast.Constant(value=str(text)):
                yield "text", text


def _members(body: list[ast.stmt]) -> Iterator[str]:
    """Yield the fields and methods of a class, and each parameter of its methods."""
    for node in body:
        match node:
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name
            case ast.FunctionDef(name=name, args=args):
                yield name
                parameters = (*args.posonlyargs, *args.args, *args.kwonlyargs)
                yield from (f"{name}({each.arg})" for each in parameters)


def _last(node: ast.expr) -> str:
    """Return the last name of `a`, `a.b` or `a.b(c)`."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Call(func=function):
            return _last(function)
    return ""


def is_removed(row: Row, form: str, word: str) -> bool:
    """Whether a word in this form is the removed name of a row."""
    if row.form == "name":
        option = form == "text" and word == "--" + row.old.replace("_", "-")
        return option or (form in IDENTIFIERS and word == row.old)
    # A class is removed where it is used, too.
    used = row.form == "class" and form == "variable"
    return (used or form == row.form) and fnmatchcase(word, row.old)


def removed(path: PurePath, source: str) -> dict[str, str]:
    """Return the removed names in a module, each with its new name."""
    here = [row for row in ROWS if any(fnmatchcase(str(path), each) for each in row.where)]
    return {
        row.old: row.new
        for form, word in set(words(source, path.stem))
        for row in here
        if is_removed(row, form, word)
    }


def phrases(text: str) -> dict[str, str]:
    """Return the removed phrases in a text, each with its new one."""
    found = ((re.search(old, text, re.IGNORECASE), new) for old, new in PHRASES.items())
    return {match.group(): new for match, new in found if match}


SELF: Final = PurePath("tests/unit/test_words.py")
MODULES: Final = [path for path in project.files(".py") if path != SELF]
# The table of migrations names the old words.
TEXTS: Final = [*MODULES, *(path for path in project.files(".md") if path.name != "CHANGELOG.md")]


def offending(paths: list[PurePath], find: Callable[[PurePath, str], dict[str, str]]) -> object:
    """Return what is found in each file that has any of it."""
    found = {str(path): find(path, (ROOT / path).read_text()) for path in paths}
    return {path: each for path, each in found.items() if each}


def test_no_removed_name_is_back() -> None:
    assert offending(MODULES, removed) == {}


def test_no_removed_phrase_is_back() -> None:
    assert offending(TEXTS, lambda _, text: phrases(text)) == {}


@pytest.mark.parametrize(
    "source",
    [
        "consumer.takes",
        "Consumer('a', takes=(Task,))",
        "from messaging import send_to_queue",
        "raise Retry(after=3)",
        "raise messaging.Retry('busy', after=3)",
        "def test(place): ...",
        "class Station: ...",
        "class Consumer:\n    takes: tuple[str, ...] = ()",
        "class ConsumerSettings:\n    idempotency: str",
        "class Retry:\n    def __init__(self, *, after: float): ...",
        "class MessagingContext:\n    def enqueue(self, command, *, after=0): ...",
        "class Context:\n    def answer(self, event): ...",
        "class ConsumerHarness:\n    def waiting(self): ...",
        "station: Station",
        "table.row(id=1)",
        "OPTION = '--permanent'",
        "def bury(): ...",
        "made.held_back",
    ],
)
def test_a_removed_name_is_noticed(source: str) -> None:
    assert removed(PurePath("a.py"), source)


@pytest.mark.parametrize(
    "source",
    [
        "for place in places: ...",
        "rows = [row for row in table]",
        "api.routes.calls",
        "class Flow: ...",
        "answers = Consumer()",
        "transition('rides', id_, new, after=('open',))",
        "time.sleep(after)",
        "TEXT = 'it takes what is told, and shows the place of a call'",
    ],
)
def test_an_ordinary_word_is_not(source: str) -> None:
    assert removed(PurePath("a.py"), source) == {}


def test_a_removed_phrase_is_noticed() -> None:
    assert set(phrases("What the map says, as told")) == {"the map", "as told"}
    assert set(phrases("def test_a_route_of_the_map_is_served(): ...")) == {"the_map"}
    assert phrases("the mapping of what was told") == {}


def test_the_class_of_a_stack_says_so() -> None:
    classes = [
        node
        for path in MODULES
        for node in ast.walk(ast.parse((ROOT / path).read_text()))
        if isinstance(node, ast.ClassDef) and any(_last(base) == "Stack" for base in node.bases)
    ]
    assert classes
    assert [each.name for each in classes if not each.name.endswith("Stack")] == []
