"""What apps call things in other languages than English, as the English word that the rest of `init` knows."""

import re

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
              "gutschriften reembolso devolucion devolucione remboursement estorno rimborso terugbetaling henkin",
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
    "status": "zustand estado statut etat stato situacao durum joutai jotai",
    "error": "fehler erreur erro errore fout eraa",
    "failed": "fehlgeschlagen gescheitert fallido fallida fracasado echoue echouee echec falhou falhado fallito "
              "mislukt shippai",
    "done": "fertig erledigt abgeschlossen listo completado completada hecho termine terminee concluido "
            "concluida completato finito klaar kanryou kanryo",
    "canceled": "storniert abgebrochen cancelado cancelada anulado annule annulee annullato geannuleerd torikeshi "
                "kyanseru",
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
# in writing without spaces between words, and in other scripts
_IN_OTHER_SCRIPTS = {
    "balance": "余额 残高 баланс رصيد",
    "credit": "积分 点数 额度 кредит кредиты кредитов نقاط",
    "amount": "金额 变动 сумма مبلغ",
    "price": "价格 单价 цена سعر",
    "usage": "消耗 消费 扣费 利用 списание расход استهلاك",
    "total": "累计 总计 всего إجمالي",
    "refund": "退款 退还 返还 返金 возврат استرداد",
    "purchase": "充值 购买 購入 пополнение شراء",
    "entry": "流水 明细 записи قيود",
    "history": "记录 履歴 история سجل",
    "kind": "类型 种类 種類 тип نوع",
    "user": "用户 ユーザー 利用者 пользователь пользователи مستخدم مستخدمون",
    "account": "账户 账号 口座 счет счета حساب",
    "customer": "客户 顾客 顧客 клиент клиенты عميل عملاء",
    "member": "会员 会員 участник عضو",
    "job": "作业 ジョブ задание задания عمل",
    "task": "任务 タスク задача задачи مهمة مهام",
    "request": "请求 依頼 запрос запросы طلب طلبات",
    "status": "状态 状態 статус состояние حالة",
    "error": "错误 失败原因 エラー ошибка خطأ",
    "failed": "失败 出错 失敗 неудача провал فشل فاشل",
    "timeout": "超时 タイムアウト таймаут",
    "done": "完成 已完成 成功 完了 готово завершено выполнено مكتمل",
    "canceled": "取消 已取消 キャンセル отменено отменен ملغى ملغاة",
    "queued": "排队中 排队 等待中 待处理 待機 ожидает معلق",
    "processing": "处理中 进行中 执行中 生成中 运行中 処理中 実行中 обработка выполняется جاري",
    "created": "创建 作成 создано создан إنشاء",
    "updated": "更新 обновлено обновлен تحديث",
    "started": "开始 начато начат بدء",
    "finished": "完成时间 结束时间 结束 終了 окончено انتهاء",
    "at": "时间 日時",
    "after": "后 後 после بعد",
    "before": "前 до قبل",
    "id": "编号 号 番号 номер رقم",
    "key": "键 ключ مفتاح",
}  # fmt: skip
_OTHER = {word: english for english, said in _IN_OTHER_SCRIPTS.items() for word in said.split()}
_UNSPACED = re.compile("|".join(sorted(_OTHER, key=len, reverse=True)))
_ENGLISH = {word: english for english, said in _BY_ENGLISH.items() for word in said.split()} | _OTHER


def english(word: str) -> str:
    """The English word for a lower-case word; the word itself if it is English already, or unknown."""
    return _ENGLISH.get(word, word)


def split(part: str) -> list[str]:
    """The known words in letters without spaces, as of Chinese; all of it if it is one word, or none is known."""
    return [part] if part in _ENGLISH else _UNSPACED.findall(part) or [part]
