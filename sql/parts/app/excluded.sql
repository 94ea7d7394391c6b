-- Whether a session must not be refunded: the app has refunded it itself, or the file excludes it with `never`.
{if never}({exclude}) IS TRUE OR ({never}) IS TRUE{else}{exclude}{end}
