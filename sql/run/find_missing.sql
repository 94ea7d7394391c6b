-- Finds until when the ledger lacks some of what runs, or the app's layers, paid: somebody deleted rows in spite of the
-- trigger; or sweeper's tables were restored, as from a dump; or the app's own ledger has lost what was written there.
-- Reads the ended runs since the moment from which sessions are looked at; null when nothing is missing.
SELECT greatest({include own_gone}, (
           SELECT (s.charge_key ->> 'put_back_at'::text)::timestamptz
           FROM {own_settings} AS s
       ){if ledger}{if by_account}{else},
       {include ledger_gone}{if notes_seen},
       {include seen_gone}{end}{end}{end}) AS missing_until
