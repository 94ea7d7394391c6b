"""The words in names: what apps call the things that sweeper looks for.

A name alone never decides; it is evidence beside types, foreign keys, uniqueness and values.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Literal

from sweeper.core.text import word_set
from sweeper.init.languages import english, split

_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")

_MODULE = re.compile(r"^.*(\\|\.|::|/|:)")

CREDITS = word_set("credit balance token coin point quota prepaid")
UNITS = word_set("minute slot unit second page character char")
PRICE = CREDITS | {"cost", "price", "charge", "charged", "amount", "fee", "paid", "spent", "used"}
TAKEN = word_set("taken debited deducted billed free paid reserved held")
LIMIT = word_set("limit max min allowance quota cap included granted purchased initial")
# what is not an amount of credits
OTHER_NUMBERS = word_set(
    "count age version price cost rate usd cent eur tax position rank year month day hour size level score attempt "
    "retry number no percent discount stripe per expired refunded failed expire delta change"
)
SPENT = word_set("spent used consumed usage")
ACCOUNT = word_set(
    "user account customer wallet team organization organisation org member workspace profile tenant company client "
    "balance credit"
)
OWNER = word_set("user account owner customer wallet payer buyer team org organization")
WORK = word_set(
    "session job task run prediction generation render rendering export request execution inference analysis report "
    "video image transcription conversion process workflow training completion scan crawl build edit translation batch "
    "removal upscale extraction enrichment lookup summary search query"
)
OTHER_BUSINESS = word_set(
    "payment invoice subscription transaction refund payout purchase checkout email mail notification webhook log "
    "audit event migration ticket invitation invite message delivery plan coupon token key login step attempt item "
    "history post comment product package feature user account wallet"
)
ERROR = word_set("error err failure fail exception")
LEFT = word_set("remaining left available")
OTHER_STATE = word_set("billing moderation sync approval review shipping upload safety")
WORK_TRACES = word_set(
    "error attempt retry retries progress model prompt input output result worker heartbeat duration started finished "
    "completed failed provider queue"
)
BOOKS = word_set("transaction ledger entry movement refund txn tx journal give book line")
LEDGER = BOOKS | {"history", "log"}
OTHER_MONEY = word_set("payment invoice stripe purchase order subscription paypal checkout")
POLYMORPHIC = word_set("reference ref source related entity subject object item target about")
NOT_ACCOUNTS = (LEDGER | OTHER_MONEY | {"plan", "package", "product", "pack", "coupon"}) - {"subscription"}
KIND = word_set("type kind reason category action operation source direction sort event")
DELTA = CREDITS | {"amount", "delta", "change", "value", "quantity"}
NOT_A_DELTA = word_set("before after balance usd cent eur tax price")
NOTE = word_set("note description memo comment reason detail message")

_FAILED = word_set(
    "fail failed failure failing error errored err timeout timedout crashed dead killed unsuccessful exception faulted "
    "broken lost"
)
_SUCCEEDED = word_set(
    "succeeded success successful finished complete completed done ready ok delivered published fulfilled resolved"
)
# it ended, and only the user knows whether its charge is refunded
_NEITHER = word_set(
    "canceled cancelled aborted expired skipped deleted archived rejected stopped revoked blocked paused suspended "
    "refunded voided"
)
_RUNNING = word_set(
    "queued new created init initialized initialised start started run progress active submitted accepted assigned "
    "claimed dispatched leased scheduled stalled stuck enqueued open received reserved locked picked requested wait "
    "retry queue todo"
)
# what became of a charge, in a table of holds that is called as the state in which they begin
_OF_CHARGES = word_set("authorized authorised captured charged reserved released held")
# it continues when a user does something, which may take days
_WAITING = word_set(
    "awaiting await approval approve review reviewing input confirmation confirm paused draft drafting scheduled "
    "planned human feedback hold"
)
REFUND = word_set("refund refunded reversal reversed compensation compensated restored")
RELEASE = word_set("release released return returned void voided undo restore unhold unlock")
CHARGE = word_set(
    "charge charged debit usage spend spent consume consumed consumption deduct deducted deduction use used"
)

Kind = Literal["failed", "running", "succeeded"]


def words(name: str) -> tuple[str, ...]:
    """The words of a name in any spelling, lower case, singular, in English: ``creditBuchungen`` is credit, entry."""
    return tuple(english(word) for word in spelled(name))


def spelled(name: str) -> tuple[str, ...]:
    """The words of a name in its own language."""
    plain = name if name.isascii() else _without_accents(name)
    parts = (part.lower() for part in _PARTS.findall(plain))
    return tuple(_singular(word) for part in parts for word in ([part] if part.isascii() else split(part)))


def _without_accents(name: str) -> str:
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    return unicodedata.normalize("NFC", plain)  # a syllable of Korean is one letter


def names_table(value: str, table: str) -> bool:
    """Whether a value such as ``App\\Models\\Render`` or ``Billing::Render`` names the table ``renders``."""
    said, name = words(_MODULE.sub("", value)), words(table)
    return bool(said) and said == name[-len(said) :]


def says_kind_of(kind: frozenset[str], link: frozenset[str]) -> bool:
    """Whether one column is called as what says the kind of what another names: ``holder_type`` for ``holder_id``."""
    return "type" in kind and kind - {"type"} == link - {"id"} != frozenset()


def speaks_of_price(spoken: frozenset[str]) -> int:
    """How much the name of a number sounds like a charge in credits; negative if like something else."""
    foreign = word_set("usd cent eur gbp token count max limit refunded estimated input output prompt retry attempt")
    paid = bool(spoken & {"charge", "charged", "cost", "price", "paid", "spent", "fee", "amount"})
    foreign -= {"token"} if spoken & {"charge", "charged", "paid", "spent"} else set()  # not those of a model
    return 2 * bool(spoken & {"credit", "coin", "point"}) + paid - 2 * bool(spoken & foreign)


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    return word if word.endswith(("ss", "us", "is")) or len(word) < 4 else word.removesuffix("s")


def sort_status(status: str) -> Kind | None:
    """The kind of status that a word such as ``timed_out`` or ``IN_PROGRESS`` means; None if its parts disagree."""
    spoken = words(status)
    if spoken[:1] == ("not",):
        return "running" if spoken[1:] in (("started",), ("run",)) else None
    if spoken == ("timed", "out"):
        return "failed"
    kinds: list[Kind] = [kind for word in spoken if (kind := sort_word(word))]
    if "failed" in kinds and "succeeded" in kinds:  # such as completed_with_errors: only the user knows what is owed
        return None
    if "partial" in spoken or "partially" in spoken or "refunded" in spoken:
        return None
    return kinds[-1] if kinds else None


def may_wait(status: str) -> bool:
    """Whether a word such as ``awaiting_approval`` may mean that it waits for a user."""
    return bool(frozenset(words(status)) & _WAITING)


def has_ended(status: str) -> bool:
    """Whether a word such as ``canceled`` says that the work is over, but not how."""
    return bool(frozenset(words(status)) & _NEITHER)


def sort_statuses(values: Sequence[str], about: frozenset[str]) -> dict[str, Kind | None]:
    """The kind of each status of one column, in a table that is ``about`` these words.

    Where no word says success, the one that ends the work does: "rendered" after "rendering", or of a render.
    """
    kinds = {value: sort_status(value) for value in values}
    if "succeeded" in kinds.values():
        return kinds
    going = {word.removesuffix("ing") for value in values for word in words(value) if word.endswith("ing")}
    ended = [value for value in values if kinds[value] is None and _ends_the_work(words(value), going, about)]
    return {**kinds, ended[0]: "succeeded"} if len(ended) == 1 else kinds


def _ends_the_work(spoken: Sequence[str], going: set[str], about: frozenset[str]) -> bool:
    if len(spoken) != 1 or not spoken[0].endswith("ed") or spoken[0] in _NEITHER | _OF_CHARGES:
        return False
    stem = spoken[0].removesuffix("ed")
    return stem in going or (len(stem) > 3 and any(word.startswith(stem) for word in about))


def sort_word(word: str) -> Kind | None:
    if word in _FAILED:
        return "failed"
    if word in _SUCCEEDED:
        return "succeeded"
    # a present participle is work in progress: pending, rendering, researching
    return "running" if word in _RUNNING or (word.endswith("ing") and len(word) > 4) else None
