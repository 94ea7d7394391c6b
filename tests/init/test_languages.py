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
