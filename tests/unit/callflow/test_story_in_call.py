"""The story of a talk with keys: who was asked to join and did, who handed the caller over, and who ended the call."""

from __future__ import annotations

from tests.unit.callflow.plans import BOB, DAVE, direct
from tests.unit.callflow.test_machine_in_call import joining, keys, rung, talk, three, walked
from tests.unit.callflow.test_story_callback import told
from tests.unit.callflow.transcript import Playbook

TAKEN = 6  # lines until Alice and the caller talk


def of_the_talk(playbook: Playbook) -> list[str]:
    return list(told(playbook, beginning=TAKEN))


def test_somebody_joins_and_who_took_the_call_leaves() -> None:
    playbook = three().after(60).ends("alice").does_nothing().after(60).ends("carol").does("hang up")
    assert of_the_talk(playbook) == [
        "00:08 Alice Martin asked for somebody to join",
        "00:08 rang Carol Diaz (+14155550103) and Dave Okoro (sip:dave) at level 2",
        "00:12 Carol Diaz answered after 4 s",
        "00:15 Carol Diaz pressed 1",
        "00:15 stopped ringing Dave Okoro",
        "00:15 Carol Diaz joined",
        "01:15 Alice Martin hung up after 1 min 7 s of talk",
        "02:15 Carol Diaz hung up after 2 min 0 s of talk",
    ]


def test_nobody_joins() -> None:
    playbook = keys(rung(direct((25, 25))), "alice", "*1").does_nothing()
    playbook = playbook.due_after(25).does("drop carol", "drop dave", "play nobody_joins aside to alice")
    assert of_the_talk(playbook)[2:] == [
        "00:08 Alice Martin asked for somebody to join, once more",
        "00:33 Carol Diaz and Dave Okoro did not answer",
        "00:33 Alice Martin hears “nobody joins”",
    ]
    playbook = joining().ends("carol").does("play nobody_joins aside to alice")
    assert of_the_talk(playbook)[5:] == [
        "00:15 Carol Diaz was gone before the connection stood",
        "00:15 Alice Martin hears “nobody joins”",
    ]


def test_the_caller_is_handed_over_and_somebody_there_takes_the_call() -> None:
    playbook = walked().finds(DAVE).does("ring dave").answers("dave").does("play whisper to dave")
    playbook = playbook.keys("dave", "1").does("stop hold", "stop whisper to dave", "connect dave")
    playbook = playbook.bridged("dave").does_nothing()
    assert of_the_talk(playbook) == [
        "00:08 Alice Martin handed the caller over to Payments",
        "00:08 Alice Martin hears “handed over”",
        "00:08 caller hears “to payments”",
        "00:10 rang Dave Okoro (sip:dave) at level 1",
        "00:10 Dave Okoro answered after 0 s",
        "00:10 Dave Okoro pressed 1",
        "00:10 connected to Dave Okoro after 10 s",
    ]


def test_the_responder_ends_the_call() -> None:
    playbook = keys(talk(), "alice", "*9").does("separate alice", "drop alice", "play goodbye").ends("alice")
    playbook = playbook.does_nothing().after(2).hears_out("goodbye").does("hang up").hangs_up()
    assert of_the_talk(playbook.does("end: connected, responder_ended, by alice")) == [
        "00:08 Alice Martin ended the call",
        "00:08 caller hears “goodbye”",
        "00:10 call over: connected to Alice Martin, ended by the responder",
    ]


def test_keys_that_are_no_code_are_not_told() -> None:
    playbook = talk().keys("alice", "*").does_nothing().due_after(2).does("pass on *").finds(BOB).does_nothing()
    assert of_the_talk(playbook) == []
