"""Words in the app's rows, as regular expressions of the server, that say what a row does; and units in names."""

import re

from sweeper.app.catalog import Column

# words for a refund in other languages than English
FOREIGN = (
    "erstatt|devoluci|devuelt|devolv|reembols|rembours|estorn|rimbors|terugbeta|возврат|возвращ|henkin"
    "|pengembalian|dikembalikan|zwrot|återbetal|storno|(?<![a-z])iade|退款|退还|退還|返还|返還|返金|払い戻|환불|استرداد|استرجاع"
)
# the same for work that was canceled
CANCELED = re.compile(
    "annul|anulad|cancelad|storn|abgebroch|(?<![a-z])iptal|отмен|取消|キャンセル|취소|ملغ|إلغاء", re.IGNORECASE
)
# words for refunds in the app's rows
GIVEN_BACK = (
    "refund(?!able)|reimburs|giv(e|en|ing)[ _]?back|gave[ _]?back|credits?[ _]?returned|returned[ "
    "_]?credits?|credit(s|ed)?[ _]?back|(paid|pay|money)[ _]?back|compensated|revers(ed|al)|credits?[ "
    "_]?restored|restored[ _]?credits?|(credit|coin|point|token|quota|second|minute|slot)s?[ "
    f"_]?(released|reversed)|(coin|point|minute)s?[ _]?(returned|restored)|credit[ _-]?(note|memo)|{FOREIGN}"
)
REFUND_WORDS = f"refund(?!able)|revers|giv(e|en|ing).?back|gave.?back|return|compensat|credit.?back|restor|{FOREIGN}"
# a column for when, or whether, a row was deleted
UNDONE = re.compile(r"delet|void|storn|anul|annul|discard|removed", re.IGNORECASE)
# a column that a job of the app sets when it has added a row to the balance
ADDED = "added|applied|posted|settled|booked|counted|processed|merged|tallied|consolidated"
# a column that names something, such as what a row is of, by an id or a number
REFERENCE = re.compile(r"(^|_)(id|uuid|key|ref(erence)?|no|number)$|[a-z](Id|ID|Uuid|Key|Ref|No|Number)$")
# words in rows whose amounts have no sign; whole words, because "in" is a part of many
UP_WORDS = r"\m(in|credit|plus|release|released|deposit|incoming|up|undo|void|voided)\M"
DOWN_WORDS = (
    r"\m(out|debit|minus|charge|hold|held|reserve|reserved|spend|use|usage|outgoing|down|withdraw|withdrawal)\M"
)
_UNIT = re.compile(
    r"credit|token|coin|point|gem|minute|second|message|image|page|request|word|slot|byte|storage|call", re.IGNORECASE
)
_MONEY = re.compile(r"cents?(?![a-z])|usd|eur|gbp|dollar|money|micro", re.IGNORECASE)
# a column for who wrote a row: the sweep is another writer than the app's refund code
WRITER = re.compile(
    r"(^|_)by$|[a-z]By$|(^|_)via$|actor|source|origin|channel|author|initiat|creator|operator|service|platform"
    r"|layer|handler|trigger"
)
# a column for a person to read, which the file words in its own way
NOTE = re.compile(r"memo|note|descr|comment|title|message|remark|reason|cause|detail|narrat|explan", re.IGNORECASE)

# the texts in an expression of the file
LITERALS = re.compile(r"'([^']*)'")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def words_of(name: str) -> set[str]:
    """The words of a name in any spelling, in lower case."""
    return {word.lower() for word in _WORD.findall(name)}


def speaks_of_refund(name: str) -> bool:
    """Whether the name of a column or a table speaks of a refund."""
    return bool(re.search(GIVEN_BACK, name, re.IGNORECASE))


def is_in_unit(column: str, balance: str) -> bool:
    """Whether a column may count the same as the balance: both names may have a unit, such as tokens and cents."""
    units, others = ({unit.lower() for unit in _UNIT.findall(name)} for name in (column, balance))
    if not others:  # credits may be money; points, minutes and bytes beside a balance in dollars are not
        return is_money(column) or not (is_money(balance) and units - {"credit"})
    return is_money(column) == is_money(balance) and not (units and units.isdisjoint(others))


def is_mark(column: Column) -> bool:
    """Whether a column may say that something has happened: a flag, or a time that may be missing."""
    return column.is_flag or (column.is_time and column.nullable)


def is_money(name: str) -> bool:
    return bool(_MONEY.search(name))
