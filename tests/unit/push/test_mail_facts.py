from parlor.model.ids import DeviceId, UserId
from parlor.model.mail import Cursor
from parlor.ports.mailbox import Known
from parlor.push.mail_facts import MailFacts

ANN, BOB, CEM = map(UserId, ("ann", "bob", "cem"))
PHONE, LAPTOP = DeviceId("phone"), DeviceId("laptop")


def loaded(*, boxes=(), cursors=(), devices=(), complete=True, max_boxes=10, max_devices=10):
    facts = MailFacts(max_boxes, max_devices)
    facts.load(Known(tuple(boxes), tuple(cursors), tuple(devices), complete))
    return facts


def test_before_anything_is_known_everybody_may_have_mail():
    facts = MailFacts(10, 10)
    assert facts.waits(ANN, PHONE)
    assert not loaded().waits(ANN, PHONE)


def test_mail_waits_for_a_device_until_it_acknowledged_the_newest():
    facts = loaded(boxes=[(ANN, 7)], cursors=[Cursor(ANN, PHONE, 7, 1), Cursor(ANN, LAPTOP, 6, 1)])
    assert not facts.waits(ANN, PHONE)
    assert facts.waits(ANN, LAPTOP)
    facts.on_ack(ANN, LAPTOP, 7)
    assert not facts.waits(ANN, LAPTOP)
    facts.on_put(ANN, 8)
    assert facts.waits(ANN, PHONE)
    assert facts.newest(ANN) == 8


def test_an_emptied_box_is_forgotten_unless_something_came_meanwhile():
    facts = loaded(boxes=[(ANN, 7), (BOB, 3)])
    facts.on_put(BOB, 4)
    facts.on_emptied(ANN, 7)
    facts.on_emptied(BOB, 3)
    assert not facts.waits(ANN, PHONE)
    assert facts.waits(BOB, PHONE)
    assert facts.boxes == 1


def test_more_users_than_are_remembered_means_that_everybody_may_have_mail():
    facts = loaded(max_boxes=2)
    for user in (ANN, BOB, CEM):
        facts.on_put(user, 1)
    assert facts.boxes == 2
    assert facts.waits(ANN, PHONE)
    assert facts.waits(UserId("somebody else"), PHONE)
    assert loaded(complete=False).waits(ANN, PHONE)


def test_what_happened_while_the_store_was_asked_is_not_undone():
    facts = MailFacts(10, 10)
    facts.on_put(ANN, 9)
    facts.on_heard(ANN, PHONE, 50)
    facts.load(Known(((ANN, 7),), (), (Cursor(ANN, PHONE, 0, 10),), True))
    assert facts.newest(ANN) == 9
    assert facts.written_at_ms(ANN, PHONE) == 50


def test_devices_are_remembered_in_bounds_the_oldest_goes_first():
    facts = loaded(devices=[Cursor(ANN, PHONE, 0, 20), Cursor(BOB, PHONE, 0, 10)], max_devices=2)
    assert facts.written_at_ms(BOB, PHONE) == 10
    facts.on_heard(CEM, PHONE, 30)
    assert facts.written_at_ms(BOB, PHONE) == 0
    assert facts.written_at_ms(ANN, PHONE) == 20
    assert facts.devices == 2
    facts.on_forgotten(ANN, PHONE)
    assert facts.written_at_ms(ANN, PHONE) == 0
