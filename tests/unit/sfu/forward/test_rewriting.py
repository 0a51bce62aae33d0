"""What one receiver gets, whatever happens: a law for every order of things.

Layers lose, delay and double packets, begin anew and change their source; the receiver is moved
between layers, paused, and asks again for what it likes. Its output has to be one stream.
"""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from parlor.sfu.forward.hearing import hear
from parlor.wire.webrtc.rtcp import Nack, SenderReport
from parlor.wire.webrtc.sequence import Extender, distance
from tests.support.forwarding import Source, Stage, part_of, restored
from tests.support.meeting import video_description
from tests.support.patient import PATIENT

SSRC, RTX_SSRC = 2_000, 2_001
LAYERS = st.integers(0, 1)


class Rewriting(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.stage = Stage()
        self.anna, self.bert = self.stage.peer("anna"), self.stage.peer("bert")
        self.track = self.stage.router.publish(self.anna, video_description("1", (180, 360)))
        self.sub = self.stage.router.subscribe(self.bert, self.track, "1", SSRC, RTX_SSRC)
        self.sources = []
        self.late = []
        self.rtx_seq = 0
        self.numbers = Extender()
        self.direct = {}
        self.resent = {}

    @initialize(
        seqs=st.lists(st.integers(0, 0xFFFF), min_size=2, max_size=2),
        stamps=st.lists(st.integers(0, 0xFFFF_FFFF), min_size=2, max_size=2),
    )
    def begin(self, seqs, stamps):
        self.sources = [
            Source(10 + n, rid, seq=seqs[n], timestamp=stamps[n]) for n, rid in enumerate("qh")
        ]

    def put(self, packet):
        self.stage.router.on_rtp(self.anna, packet, self.stage.now)

    @rule(which=LAYERS, key=st.booleans(), count=st.integers(1, 3), fate=st.integers(0, 26))
    def film(self, which, key, count, fate):
        """A frame; each packet comes, comes late, or is lost."""
        self.stage.now += 0.02
        for packet in self.sources[which].film(key=key, count=count):
            fate, what = divmod(fate, 3)
            if what == 0:
                self.put(packet)
            elif what == 1:
                self.late.append((which, packet))

    @precondition(lambda self: self.late)
    @rule(at=st.integers(0, 100), repaired=st.booleans(), twice=st.booleans())
    def arrive(self, at, repaired, twice):
        """A late packet, by itself or as a retransmission, or both."""
        which, packet = self.late[at % len(self.late)]
        if not twice:
            self.late.remove((which, packet))
        if not repaired:
            self.put(packet)
        if repaired or twice:
            self.rtx_seq += 1
            self.put(self.sources[which].repaired(packet, self.rtx_seq & 0xFFFF, 90 + which))

    @rule(which=st.none() | LAYERS)
    def aim(self, which):
        layer = None if which is None else self.track.layers[which]
        self.stage.router.aim(self.sub, layer, self.stage.now)

    @rule(which=LAYERS, seq=st.integers(0, 0xFFFF), renamed=st.booleans())
    def begin_anew(self, which, seq, renamed):
        source = self.sources[which]
        ahead = distance(seq, source.seq)
        if renamed:
            source.ssrc += 3
        elif -200 < ahead < 3_100:
            return
        source.seq, source.timestamp = seq, seq * 77_777 & 0xFFFF_FFFF
        self.late = [one for one in self.late if one[0] != which]

    @rule(which=LAYERS, wrong=st.integers(0, 3))
    def report(self, which, wrong):
        source = self.sources[which]
        ntp = round(self.stage.now * (1 << 32)) + (wrong << 38)
        said = SenderReport(source.ssrc, ntp, source.timestamp, 1, 1)
        hear(self.stage.router, self.anna, [said], self.stage.now)

    @rule(back=st.lists(st.integers(0, 60), min_size=1, max_size=5))
    def ask_again(self, back):
        newest = self.numbers.newest or 0
        self.stage.now += 0.2
        lost = tuple(newest - far & 0xFFFF for far in back)
        hear(self.stage.router, self.bert, [Nack(1, SSRC, lost)], self.stage.now)

    @rule(seconds=st.sampled_from([0.05, 0.6, 2.0]))
    def wait(self, seconds):
        # Not by the tick: which layer the receiver gets is this test's to say.
        self.stage.now += seconds
        for layer in self.track.layers:
            layer.history.forget_old(self.stage.now)

    @invariant()
    def read(self):
        for packet in self.stage.sent_to(self.bert):
            if packet.ssrc == RTX_SSRC:
                packet = restored(packet, SSRC)
                self.resent[self.numbers.extend(packet.seq)] = packet
                continue
            assert packet.ssrc == SSRC
            seq = self.numbers.extend(packet.seq)
            assert seq not in self.direct, "a sequence number twice"
            self.direct[seq] = packet

    def teardown(self):
        self.read()
        for seq, packet in self.resent.items():
            if seq in self.direct:
                sent = self.direct[seq]
                assert (packet.timestamp, packet.payload) == (sent.timestamp, sent.payload)
        whole = self.resent | self.direct
        before = None
        ended = set()
        for seq in sorted(whole):
            packet = whole[seq]
            layer, frame, at, _ = part_of(packet)
            number = int.from_bytes(packet.payload[2:4]) & 0x7FFF
            if before is not None:
                last, last_part, last_number = before
                step = distance(packet.timestamp, last.timestamp, 32)
                assert step >= 0, "a timestamp that goes back"
                assert distance(number, last_number, 15) >= 0, "a picture that goes back"
                same = (layer, frame) == last_part
                assert same == (step == 0), "two frames in one, or one in two"
                if not same:
                    ended.add(last_part)
                assert (layer, frame) not in ended, "a frame that comes back"
                if layer != last_part[0]:
                    assert at == 0, "a layer that begins in the middle of a frame"
                    assert not packet.payload[5] & 1, "a layer that begins without a key frame"
            before = packet, (layer, frame), number


Rewriting.TestCase.settings = settings(PATIENT, max_examples=60, stateful_step_count=50)
TestRewriting = Rewriting.TestCase
