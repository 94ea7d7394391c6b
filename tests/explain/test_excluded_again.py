"""A session whose refund was taken back, and which the file excludes: no run pays it again, by hand neither."""

from tests.helpers.app_database import AppDatabase


def test_what_a_mark_still_excludes_is_not_said_to_be_payable_again(bare: AppDatabase) -> None:
    """The mark that the refund set on the session stays when it is taken back, unless the file sets it back."""
    bare.sql("ALTER TABLE prediction_sessions ADD given_back boolean NOT NULL DEFAULT false")
    bare.configure("exclude    = \"step = 'All models failed - credits refunded'\"", 'exclude = "given_back"')
    bare.append('[sessions.refunded]\ngiven_back = "true"\n')
    bare.account()
    bare.session("s1")
    assert bare.sweeper("install").exit_code == 0
    assert bare.run(role=None).document["refunds"]["sessions"] == 1
    assert bare.sweeper("revert", "--session", "s1", "--reason", "fraud", "--yes").exit_code == 0
    document = bare.sweeper("explain", "s1", "--json").document
    assert document["verdict"] == "reversed"
    assert "No run pays it again: the mapping says never to refund it, given_back." in document["message"]
    assert "No run pays it again" in bare.sweeper("run", "--session", "s1").stdout
    bare.append('[sessions.reversed]\ngiven_back = "false"\n')
    bare.sql("UPDATE prediction_sessions SET given_back = false")
    assert bare.sweeper("install").exit_code == 0
    assert "you can" in bare.sweeper("explain", "s1", "--json").document["message"]
    assert bare.run("--session", "s1", role=None).document["refunds"]["sessions"] == 1
