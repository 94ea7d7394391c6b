"""``sweeper init`` with apps whose tables, columns and states are not called in English."""

from pathlib import Path

import pytest

from sweeper.init.words import sort_status, words
from tests.helpers.drafted import draft
from tests.helpers.server import Server

GERMAN = """
CREATE TABLE auftrag_status (id smallint PRIMARY KEY, bezeichnung text NOT NULL);
INSERT INTO auftrag_status
VALUES (1, 'wartend'), (2, 'in Arbeit'), (3, 'fertig'), (4, 'fehlgeschlagen'), (5, 'storniert');
CREATE TABLE nutzer (id int PRIMARY KEY, email text NOT NULL);
CREATE TABLE konten (id int PRIMARY KEY, nutzer_id int NOT NULL UNIQUE REFERENCES nutzer, guthaben int NOT NULL);
CREATE TABLE auftraege (
    id int PRIMARY KEY, konto_id int NOT NULL REFERENCES konten, status smallint NOT NULL REFERENCES auftrag_status,
    preis int NOT NULL, fehler text, erstellt_am timestamptz NOT NULL, beendet_am timestamptz
);
CREATE TABLE buchungen (
    id bigserial PRIMARY KEY, konto_id int NOT NULL REFERENCES konten, auftrag_id int REFERENCES auftraege,
    art text NOT NULL, betrag int NOT NULL, gebucht_am timestamptz NOT NULL DEFAULT now()
);
INSERT INTO nutzer SELECT n, n || '@x' FROM generate_series(1, 4) AS n;
INSERT INTO konten SELECT 5 - n, n, 100 FROM generate_series(1, 4) AS n;
INSERT INTO auftraege
SELECT n, 1 + n % 4, 1 + n % 5, 2, CASE WHEN n % 5 = 3 THEN 'OCR-Fehler' END, now() - n * interval '3 min',
       CASE WHEN n % 5 > 1 THEN now() - n * interval '2 min' END
FROM generate_series(0, 59) AS n;
INSERT INTO buchungen (konto_id, auftrag_id, art, betrag)
SELECT konto_id, id, 'verbrauch', -preis FROM auftraege
UNION ALL SELECT konto_id, id, 'erstattung', preis FROM auftraege WHERE status = 4 AND id < 40;
"""
SPANISH = """
CREATE TABLE cuentas (id int PRIMARY KEY, correo text NOT NULL, saldo numeric NOT NULL);
CREATE TABLE trabajos (
    id int PRIMARY KEY, cuenta_id int NOT NULL REFERENCES cuentas, estado text NOT NULL, precio numeric NOT NULL,
    error text, creado_en timestamptz NOT NULL, terminado_en timestamptz
);
INSERT INTO cuentas SELECT n, n || '@x', 100 FROM generate_series(1, 4) AS n;
INSERT INTO trabajos
SELECT n, 1 + n % 4, (ARRAY['pendiente', 'procesando', 'listo', 'fallido', 'cancelado'])[1 + n % 5], 2, NULL,
       now() - n * interval '3 min', CASE WHEN n % 5 > 1 THEN now() - n * interval '2 min' END
FROM generate_series(0, 59) AS n;
"""


def test_an_app_in_german(server: Server, tmp_path: Path) -> None:
    found, text = draft(server, tmp_path, GERMAN)
    sessions, ledger = found["sessions"], found["ledger"]
    assert (sessions["table"], sessions["account"], sessions["error"]) == ("auftraege", "konto_id", "fehler")
    assert (sessions["failed"], sessions["succeeded"]) == ([4, "?"], [3, "?"])
    assert "5 = storniert" in text
    assert (found["accounts"]["table"], found["accounts"]["balance"]) == ("konten", "guthaben")
    assert found["logging"]["event_prefix"] == "auftraege", "its own name"
    assert (ledger["table"], ledger["session"], ledger["where"]) == ("buchungen", "auftrag_id", "art = 'erstattung'")


def test_an_app_in_spanish(server: Server, tmp_path: Path) -> None:
    found, text = draft(server, tmp_path, SPANISH)
    sessions = found["sessions"]
    assert (sessions["table"], sessions["account"], sessions["status"]) == ("trabajos", "cuenta_id", "estado")
    assert (sessions["failed"], sessions["running"]) == (["fallido", "?"], ["pendiente", "procesando"])
    assert (found["accounts"]["table"], found["accounts"]["balance"]) == ("cuentas", "saldo")
    assert '"precio"' in text


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Rückerstattungen", ("refund",)),
        ("estornos", ("refund",)),
        ("kaiin_zandaka", ("member", "balance")),
        ("saldo_nachher", ("balance", "after")),
        ("movimientosDeCuenta", ("movement", "de", "account")),
    ],
)
def test_words_of_other_languages(name: str, expected: tuple[str, ...]) -> None:
    assert words(name) == expected


@pytest.mark.parametrize(
    ("status", "kind"),
    [("échoué", "failed"), ("en_cours", "running"), ("concluído", "succeeded"), ("torikeshi", None)],
)
def test_statuses_of_other_languages(status: str, kind: str | None) -> None:
    assert sort_status(status) == kind


CHINESE = """
CREATE TABLE "用户" ("编号" int PRIMARY KEY, "积分余额" int NOT NULL);
CREATE TABLE "生成任务" (
    "任务号" text PRIMARY KEY, "用户编号" int NOT NULL REFERENCES "用户", "状态" text NOT NULL, "消耗积分" int NOT NULL,
    "失败原因" text, "创建时间" timestamptz NOT NULL, "完成时间" timestamptz
);
CREATE TABLE "积分流水" (
    "流水号" bigserial PRIMARY KEY, "用户编号" int NOT NULL REFERENCES "用户", "任务号" text REFERENCES "生成任务",
    "类型" text NOT NULL, "变动" int NOT NULL, "幂等键" text NOT NULL UNIQUE,
    "创建时间" timestamptz NOT NULL DEFAULT now()
);
INSERT INTO "用户" SELECT n, 100 FROM generate_series(1, 4) AS n;
INSERT INTO "生成任务"
SELECT 'T' || n, 1 + n % 4, (ARRAY['排队中', '处理中', '已完成', '失败', '已取消'])[1 + n % 5], 2, NULL,
       now() - n * interval '3 min', CASE WHEN n % 5 > 1 THEN now() - n * interval '2 min' END
FROM generate_series(0, 59) AS n;
INSERT INTO "积分流水" ("用户编号", "任务号", "类型", "变动", "幂等键")
SELECT "用户编号", "任务号", '消费', -2, '消费:' || "任务号" FROM "生成任务"
UNION ALL SELECT "用户编号", "任务号", '退款', 2, '退款:' || "任务号" FROM "生成任务" WHERE "状态" = '失败';
"""


def test_an_app_in_chinese(server: Server, tmp_path: Path) -> None:
    """Its words are written without spaces between them; and the app finds its refunds by a key."""
    found, text = draft(server, tmp_path, CHINESE)
    sessions, ledger = found["sessions"], found["ledger"]
    assert (sessions["table"], sessions["id"], sessions["account"]) == ('"生成任务"', '"任务号"', '"用户编号"')
    assert (sessions["failed"], sessions["running"]) == (["失败", "?"], ["处理中", "排队中"])
    assert (sessions["started_at"], sessions["error"]) == ('"创建时间"', '"失败原因"')
    assert found["accounts"]["balance"] == '"积分余额"'
    assert (ledger["table"], ledger["session"], ledger["where"]) == ('"积分流水"', '"任务号"', "\"类型\" = '退款'")
    assert ledger["insert"]['"幂等键"'] == "?"
    assert 'The app\'s rows name their session in "幂等键", such as 退款:T' in " ".join(text.replace("# ", "").split())


def test_keys_of_refunds_alone_name_the_session(server: Server, tmp_path: Path) -> None:
    found, _ = draft(server, tmp_path, CHINESE.replace("'消费:' || \"任务号\"", 'md5("任务号")'))
    assert found["ledger"]["insert"]['"幂等键"'] == "?"
    found, _ = draft(server, tmp_path, CHINESE.replace("'退款:' || \"任务号\"", "'退款' || md5(\"任务号\")"))
    assert found["ledger"]["insert"]['"幂等键"'] == "refund_id::text"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("变动后余额", ("amount", "after", "balance")),
        ("статус", ("status",)),
        ("échouée", ("failed",)),
        ("退款", ("refund",)),
        ("新的", ("新的",)),
    ],
)
def test_words_in_other_scripts(name: str, said: tuple[str, ...]) -> None:
    assert words(name) == said
