"""What apps call things in other languages than English, as the English word that the rest of `init` knows."""

_BY_ENGLISH = {
    # money and books
    "balance": "guthaben saldo solde tegoed zandaka saldos",
    "credit": "kredit credito kurejitto",
    "point": "punkt punkte punto ponto pointo",
    "amount": "betrag monto importe montant importo valor bedrag kingaku",
    "price": "preis precio prix preco prezzo prijs kakaku nedan",
    "cost": "kosten costo coste custo cout",
    "charged": "berechnet belastet abgebucht cobrado debitado preleve addebitato",
    "charge": "belastung cargo cobro cobranca debito abbuchung",
    "usage": "verbrauch consumo uso consommation shouhi shohi riyou",
    "refund": "erstattung erstattungen rueckerstattung rueckerstattungen ruckerstattung ruckerstattungen gutschrift "
              "reembolso devolucion devolucione remboursement estorno rimborso terugbetaling henkin",
    "refunded": "erstattet rueckerstattet reembolsado devuelto rembourse estornado rimborsato",
    "purchase": "kauf compra recarga achat acquisto aankoop kounyuu",
    "entry": "buchung buchungen asiento ecriture lancamento boeking",
    "movement": "bewegung bewegungen movimiento mouvement movimento",
    "history": "verlauf historial historique historico rireki",
    "kind": "art tipo typ shurui soort",
    # who pays, and what for
    "user": "nutzer benutzer usuario utilisateur utente gebruiker riyousha",
    "account": "konto konten cuenta compte conta rekening kouza",
    "customer": "kunde kunden cliente klant kokyaku",
    "member": "mitglied mitglieder miembro membre membro kaiin",
    "job": "auftrag auftraege trabajo travail trabalho lavoro opdracht",
    "task": "aufgabe aufgaben tarea tache tarefa taak",
    "request": "anfrage anfragen solicitud peticion demande pedido aanvraag irai",
    "process": "shori",
    "batch": "lote stapel",
    # what became of it
    "status": "zustand estado statut etat stato situacao joutai jotai",
    "error": "fehler erreur erro errore fout eraa",
    "failed": "fehlgeschlagen gescheitert fallido fallida fracasado echoue echec falhou falhado fallito "
              "mislukt shippai",
    "done": "fertig erledigt abgeschlossen listo completado completada hecho termine concluido concluida completato "
            "finito klaar kanryou kanryo",
    "canceled": "storniert abgebrochen cancelado cancelada anulado annule annullato geannuleerd torikeshi kyanseru",
    "queued": "wartend wartet eingereiht pendiente attente pendente attesa wachtend machi taiki",
    "progress": "arbeit bearbeitung proceso cour andamento corso jikkouchuu jikkochu shorichuu shorichu",
    "processing": "procesando ejecutando processando elaborando",
    # when
    "created": "erstellt creado cree criado creato aangemaakt sakusei",
    "started": "begonnen gestartet iniciado commence iniziato kaishi",
    "updated": "geaendert geandert aktualisiert actualizado atualizado aggiornato koushin",
    "heartbeat": "lebenszeichen herzschlag latido",
    "finished": "beendet terminado finalizado terminato shuuryou shuryo",
    "at": "am",
    "after": "nachher danach despue apre depois dopo",
    "before": "vorher avant",
}  # fmt: skip
_ENGLISH = {word: english for english, said in _BY_ENGLISH.items() for word in said.split()}


def english(word: str) -> str:
    """The English word for a lower-case word; the word itself if it is English already, or unknown."""
    return _ENGLISH.get(word, word)
