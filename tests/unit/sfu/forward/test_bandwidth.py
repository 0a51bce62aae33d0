import random

import pytest

from parlor.sfu.forward.arrivals import Arrivals
from parlor.sfu.forward.bandwidth import (
    HIGHEST_BPS,
    HOLD_S,
    LOWEST_BPS,
    MOST_DECREASE,
    START_BPS,
    Bandwidth,
)


class Way:
    """To one receiver: packets of 1,000 bytes at a rate, over a link that carries so much."""

    def __init__(self, carries=1e9, jitter_s=0.0, loss=0.0):
        self.bandwidth, self.arrivals = Bandwidth(), Arrivals()
        self.carries, self.jitter_s, self.loss = carries, jitter_s, loss
        self.dice = random.Random(1)
        self.now, self.free_at, self.seq, self.owed = 0.0, 0.0, 65_000, 0.0

    def send(self, seconds, rate):
        self.bandwidth.sent_bps = rate
        came = []
        for tick in range(round(seconds * 100)):
            self.now += 0.01
            self.owed += rate / 8_000 * 0.01
            while self.owed >= 1:
                self.owed -= 1
                self.seq += 1
                self.free_at = max(self.free_at, self.now) + 8_000 / self.carries
                if self.free_at - self.now > 0.5 or self.dice.random() < self.loss:
                    self.free_at -= 8_000 / self.carries * (self.free_at - self.now > 0.5)
                    continue
                came.append((self.free_at + self.dice.random() * self.jitter_s, self.seq))
            self.bandwidth.on_sent(self.seq & 0xFFFF, self.now)
            if tick % 10 == 9:
                for at, seq in sorted(came):
                    self.arrivals.on_packet((seq & 0xFFFF).to_bytes(2), at)
                came = []
                for report in self.arrivals.feedback(1, 2):
                    self.bandwidth.on_feedback(report, self.now)
                self.bandwidth.on_time(self.now)
        return self.bandwidth.bits_per_s


def test_a_free_way_is_given_more_and_more():
    way = Way()
    assert START_BPS < way.send(5, 1e6) < way.send(5, 1e6) <= HIGHEST_BPS


def test_a_queue_that_grows_lowers_the_estimate_under_what_the_way_carries():
    assert Way(carries=1e6).send(8, 2e6) < 1.2e6


@pytest.mark.parametrize("jitter_s", [0.005, 0.02])
def test_jitter_alone_is_no_queue(jitter_s):
    assert Way(jitter_s=jitter_s).send(10, 1e6) > START_BPS


def test_few_losses_are_lived_with_and_many_are_not():
    assert Way(loss=0.04).send(5, 1e6) >= 0.9 * START_BPS
    assert Way(loss=0.25).send(5, 1e6) < 0.7 * START_BPS


def test_after_a_bad_time_the_estimate_comes_back():
    way = Way(carries=1e6)
    low = way.send(8, 2e6)
    way.carries = 1e9
    assert way.send(20, low * 0.8) > 2 * low


def test_one_decrease_takes_no_more_than_half_and_the_next_waits():
    bandwidth = Bandwidth()
    bandwidth.on_loss(1.0, 1.0)
    once = bandwidth.bits_per_s
    assert once == START_BPS * MOST_DECREASE
    bandwidth.on_loss(1.0, 1.0 + HOLD_S / 2)
    assert bandwidth.bits_per_s == once
    for second in range(20):
        bandwidth.on_loss(1.0, 3.0 + second)
    assert bandwidth.bits_per_s == LOWEST_BPS


def test_the_receivers_own_word_is_never_exceeded():
    bandwidth = Bandwidth()
    bandwidth.on_remb(700_000)
    assert bandwidth.bits_per_s == 700_000
    bandwidth.on_remb(90_000_000)
    assert bandwidth.bits_per_s == START_BPS


def test_feedback_about_packets_that_were_never_sent_changes_nothing():
    bandwidth, arrivals = Bandwidth(), Arrivals()
    for seq in range(100):
        arrivals.on_packet(seq.to_bytes(2), seq / 100)
    for report in arrivals.feedback(1, 2):
        bandwidth.on_feedback(report, 1.0)
    bandwidth.on_sent(5, 1.0)
    for seq in range(200, 300):
        arrivals.on_packet(seq.to_bytes(2), seq / 10)
    for report in arrivals.feedback(1, 2):
        bandwidth.on_feedback(report, 2.0)
    assert bandwidth.bits_per_s <= START_BPS
