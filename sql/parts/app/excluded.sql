-- Whether nobody is to refund a session: the app has done so already, or it is none of our business.
{if never}({exclude}) IS TRUE OR ({never}) IS TRUE{else}{exclude}{end}
