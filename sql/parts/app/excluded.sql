-- Whether a session must not be refunded: the app has done so already, or the file ignores it.
{if never}({exclude}) IS TRUE OR ({never}) IS TRUE{else}{exclude}{end}
