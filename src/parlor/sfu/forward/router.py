"""One call on a worker: packets of those who publish to those who watch.

Owns the tracks, the subscriptions and the way of a packet between them. What is due by time is
`upkeep`, what peers say about the media is `hearing`. Everything goes into `outgoing`, which the
`Switchboard` takes after each burst.
"""

from __future__ import annotations

from collections.abc import Mapping

from parlor.sfu.forward.description import TrackDescription
from parlor.sfu.forward.drop import Drop
from parlor.sfu.forward.history import Kept
from parlor.sfu.forward.peer import Peer
from parlor.sfu.forward.speakers import Speakers
from parlor.sfu.forward.subscription import (
    FIRST_BYTE,
    NARROW,
    NARROW_MARK,
    Subscription,
)
from parlor.sfu.forward.track import Layer, Track
from parlor.sfu.forward.translation import translate
from parlor.sfu.forward.transport import Datagram
from parlor.wire.webrtc.header_extensions import parse_extensions
from parlor.wire.webrtc.malformed import Malformed
from parlor.wire.webrtc.pictures import picture_number
from parlor.wire.webrtc.reception import MAX_DROPOUT
from parlor.wire.webrtc.rtp import RtpPacket, parse_packet
from parlor.wire.webrtc.rtx import unwrap_lost

Watch = Subscription[Peer]


class Router:
    """Peers, tracks and subscriptions belong to one router at a time."""

    __slots__ = (
        "_needy",
        "_waiting",
        "_watching",
        "last_n",
        "outgoing",
        "peers",
        "speakers",
        "tracks",
    )

    def __init__(self) -> None:
        self.peers: list[Peer] = []
        self.tracks: list[Track] = []
        self.speakers = Speakers()
        self.last_n: int | None = None
        """Of how many participants, who talked last, videos are forwarded; None for all."""
        self.outgoing: list[Datagram] = []
        self._needy: dict[Layer, Peer] = {}
        self._watching: dict[Layer, list[Watch]] = {}
        """Who gets each packet of a layer."""
        self._waiting: dict[Layer, list[Watch]] = {}
        """Who wants to, from the next packet on that begins a key frame."""

    def add_peer(self, peer: Peer) -> None:
        self.peers.append(peer)

    def remove_peer(self, peer: Peer, now: float) -> None:
        """With everything that it publishes and gets."""
        for track in list(peer.tracks):
            self.unpublish(peer, track, now)
        for subscription in peer.watches:
            self.unsubscribe(subscription, now)
        self.peers.remove(peer)

    def publish(self, peer: Peer, description: TrackDescription) -> Track:
        """From now on packets that fit `description` are accepted from `peer`."""
        track = Track(peer.name, description)
        peer.add_track(track)
        self.tracks.append(track)
        for layer in track.layers:
            self._watching[layer], self._waiting[layer] = [], []
        self.speakers.add(track.owner)
        return track

    def unpublish(self, peer: Peer, track: Track, now: float) -> None:
        for receiver in self.peers:
            for subscription in receiver.watches:
                if subscription.track is track:
                    self.unsubscribe(subscription, now)
        for layer in track.layers:
            del self._watching[layer], self._waiting[layer]
            self._needy.pop(layer, None)
        peer.remove_track(track)
        self.tracks.remove(track)
        if all(other.owner != track.owner for other in self.tracks):
            self.speakers.remove(track.owner)

    def subscribe(
        self,
        receiver: Peer,
        track: Track,
        mid: str,
        ssrc: int,
        rtx_ssrc: int | None = None,
        *,
        takes_red: bool = True,
    ) -> Watch:
        """`receiver` gets `track` as the section `mid` of its offer says, from the next key frame
        on; the lowest layer first. Raises ValueError for an SSRC that it had before.

        `takes_red`: whether its answer has redundant audio; otherwise it gets the newest block.
        """
        subscription = Subscription(receiver, track, mid, ssrc, rtx_ssrc, takes_red=takes_red)
        receiver.add_subscription(subscription)
        if receiver.path is not None:
            self._wait(subscription, track.layers[0])
        return subscription

    def unsubscribe(self, subscription: Watch, now: float) -> None:
        self.aim(subscription, None, now)
        subscription.receiver.remove_subscription(subscription)

    def aim(self, subscription: Watch, layer: Layer | None, now: float) -> None:
        """Make `layer` what the subscription gets: from its next key frame on, and until then what
        it gets now. None pauses at once."""
        if layer is not None and subscription.receiver.path is None:
            layer = None
        target, subscription.target = subscription.target, layer
        if target not in (None, layer) and subscription in self._waiting[target]:
            self._waiting[target].remove(subscription)
        present = subscription.layer
        if layer is None:
            if present is not None:
                self._watching[present].remove(subscription)
                subscription.pause(now)
        elif layer is not present and subscription not in self._waiting[layer]:
            self._wait(subscription, layer)

    def wish_key(self, layer: Layer) -> None:
        """Somebody cannot go on without a key frame of `layer`; asked for at the next tick."""
        if not layer.track.is_video:
            return
        layer.wish.wish()
        self._need(layer)

    def on_rtp(self, peer: Peer, data: bytes, now: float) -> None:
        """Forward a packet that SRTP opened. Never raises for bytes, whatever they are."""
        try:
            packet = parse_packet(data)
            values = parse_extensions(packet)
        except Malformed:
            peer.dropped[Drop.MALFORMED] += 1
            return
        number = values.get(peer.transport_seq_id)
        if number is not None:
            peer.arrivals.on_packet(number, now)
        source = peer.sources.of(packet.ssrc) or peer.sources.learn(packet, values)
        if source is None:
            peer.dropped[Drop.NOT_PUBLISHED] += 1
            peer.forget_source(packet.ssrc)
            return
        layer, is_repair = source
        track = layer.track
        if not track.allowed:
            peer.dropped[Drop.NOT_ALLOWED] += 1
        elif is_repair:
            self._repair(peer, layer, packet, values, now)
        else:
            out_type = track.description.payload_types.get(packet.payload_type)
            if out_type is None:
                peer.dropped[Drop.NOT_PUBLISHED] += 1
                return
            seq = layer.number(packet.seq, packet.timestamp, now)
            if seq is None:
                peer.dropped[Drop.LATE] += 1
                return
            ahead = seq - layer.highest
            if ahead >= MAX_DROPOUT:
                self._begin_anew(layer, now)
            elif ahead > 1 and "nack" in track.description.feedback:
                if not layer.missing.on_gap(layer.highest + 1, seq, now):
                    layer.wish.wish()
                self._need(layer)
            elif ahead <= 0:
                if self._is_of_no_use(peer, layer, seq):
                    return
                layer.missing.on_arrived(seq)
            self._take(peer, layer, seq, packet, values, out_type, now)

    def take_needy(self) -> list[tuple[Layer, Peer]]:
        """Layers of which something may have to be asked for, with whom to ask."""
        return list(self._needy.items())

    def is_wanted(self, layer: Layer) -> bool:
        """Whether anybody gets it, or waits to."""
        return bool(self._watching[layer] or self._waiting[layer])

    def content(self, layer: Layer) -> None:
        """Nothing of `layer` is missing any more."""
        self._needy.pop(layer, None)

    def refresh(self, peer: Peer, now: float) -> None:
        """The peer's transport opened, moved, fell silent or ended.

        After each of these it has missed pictures, and others may have missed its own.
        """
        reachable = peer.refresh()
        for subscription in peer.watches:
            if not reachable:
                self.aim(subscription, None, now)
                continue
            if subscription.target is None and subscription.height != 0:
                self.aim(subscription, subscription.track.layers[0], now)
            if subscription.layer is not None:
                self.wish_key(subscription.layer)
        for track in peer.tracks:
            for layer in track.layers:
                if self._watching[layer]:
                    self.wish_key(layer)

    def _wait(self, subscription: Watch, layer: Layer) -> None:
        subscription.target = layer
        self._waiting[layer].append(subscription)
        self.wish_key(layer)

    def _need(self, layer: Layer) -> None:
        if layer not in self._needy:
            for peer in self.peers:
                if layer.track in peer.tracks:
                    self._needy[layer] = peer

    def _repair(
        self,
        peer: Peer,
        layer: Layer,
        packet: RtpPacket,
        values: Mapping[int, bytes],
        now: float,
    ) -> None:
        track = layer.track
        payload_type = track.description.rtx.get(packet.payload_type)
        if payload_type is None or layer.ssrc is None:
            peer.dropped[Drop.NOT_PUBLISHED] += 1
            return
        try:
            data = unwrap_lost(packet, payload_type=payload_type, ssrc=layer.ssrc)
        except Malformed:
            peer.dropped[Drop.MALFORMED] += 1
            return
        if data is None:
            # A probe of the bandwidth: it has been counted, and there is nothing in it.
            return
        original = parse_packet(bytes(data))
        seq = layer.number_of_repaired(original.seq)
        if seq is None or seq > layer.highest:
            peer.dropped[Drop.LATE] += 1
            return
        if not self._is_of_no_use(peer, layer, seq):
            asked_at = layer.missing.on_arrived(seq)
            if asked_at is not None:
                peer.on_round_trip(now - asked_at)
            out_type = track.description.payload_types[payload_type]
            self._take(peer, layer, seq, original, values, out_type, now)

    def _is_of_no_use(self, peer: Peer, layer: Layer, seq: int) -> bool:
        """Whether a packet behind the newest is dropped; otherwise it fills a gap."""
        if seq in layer.history:
            peer.dropped[Drop.DOUBLED] += 1
            return True
        if seq < layer.history.floor or seq < layer.began:
            peer.dropped[Drop.LATE] += 1
            return True
        return False

    def _begin_anew(self, layer: Layer, now: float) -> None:
        """The publisher began again with other numbers: nobody can go on but with a new run."""
        for subscription in self._watching[layer]:
            subscription.pause(now)
            if subscription.target is layer:
                self._waiting[layer].append(subscription)
        self._watching[layer] = []
        self.wish_key(layer)

    def _take(
        self,
        peer: Peer,
        layer: Layer,
        seq: int,
        packet: RtpPacket,
        values: Mapping[int, bytes],
        out_type: int,
        now: float,
    ) -> None:
        """Keep a packet that is new and send it to all who get it."""
        track = layer.track
        kept = translate(track, packet, values, seq, out_type, now)
        if kept is None:
            peer.dropped[Drop.TOO_BIG] += 1
            return
        picture = kept.picture
        layer.history.put(kept)
        is_newest = seq > layer.highest
        if is_newest:
            layer.highest, layer.timestamp = seq, packet.timestamp
            if picture.id_at >= 0:
                payload = kept.tail[kept.payload_at :]
                layer.picture_number = picture_number(payload, picture)
                if picture.tl0_at >= 0:
                    layer.tl0 = payload[picture.tl0_at]
        if picture.begins_key:
            layer.wish.on_key()
        begun: list[Watch] = []
        if self._waiting[layer] and (picture.begins_key or not track.is_video):
            begun, self._waiting[layer] = self._waiting[layer], []
            for subscription in begun:
                self._begin(subscription, layer, kept, now)
        self._fan_out(layer, kept, is_newest=is_newest)
        layer.packets += 1
        layer.octets += len(kept.tail) - kept.payload_at
        if not is_newest:
            for subscription in begun:
                self._catch_up(subscription, layer, seq)
        if track.level_id and track.level_id in values and is_newest:
            level = values[track.level_id]
            if level:
                self.speakers.on_level(track.owner, level[0] & 0x7F)

    def _begin(self, subscription: Watch, layer: Layer, kept: Kept, now: float) -> None:
        if subscription.layer is not None:
            self._watching[subscription.layer].remove(subscription)
        subscription.begin(layer, kept, now)
        self._watching[layer].append(subscription)

    def _fan_out(self, layer: Layer, kept: Kept, *, is_newest: bool) -> None:
        """The hot loop: a microsecond for each receiver beside SRTP, so nothing here is called."""
        seq, timestamp, second = kept.seq, kept.timestamp, kept.second
        block, tail, is_wide = kept.block, kept.tail, kept.is_wide
        pack, send = NARROW.pack, self.outgoing.append
        for subscription in self._watching[layer]:
            if not is_newest and seq < subscription.first:
                subscription.miscount(-1, kept.payload_at - len(tail))
                continue
            receiver = subscription.receiver
            path = receiver.path
            if path is None:
                continue
            receiver.transport_seq = number = receiver.transport_seq + 1 & 0xFFFF
            if subscription.is_special or is_wide:
                run = subscription.numbering.current
                assert run is not None
                whole = subscription.packet(kept, run, number)
            else:
                whole = (
                    pack(
                        FIRST_BYTE,
                        second,
                        seq - subscription.seq_offset & 0xFFFF,
                        timestamp - subscription.time_offset & 0xFFFF_FFFF,
                        subscription.ssrc,
                        block,
                        NARROW_MARK,
                        number,
                        subscription.narrow_mid,
                    )
                    + tail
                )
            send((receiver.protect(whole), path))

    def _catch_up(self, subscription: Watch, layer: Layer, after: int) -> None:
        """The first packet of a key frame came late: those behind it came before."""
        run, receiver = subscription.numbering.current, subscription.receiver
        if run is None or receiver.path is None:
            return
        for seq in range(after + 1, layer.highest + 1):
            kept = layer.history.get(seq)
            if kept is None:
                continue
            receiver.transport_seq = number = receiver.transport_seq + 1 & 0xFFFF
            whole = subscription.packet(kept, run, number)
            self.outgoing.append((receiver.protect(whole), receiver.path))
            subscription.miscount(1, len(kept.tail) - kept.payload_at)
