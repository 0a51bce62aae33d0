"""A camera and a microphone as files, for Chromium's fake capture devices.

The picture is one colour with a dark bar that moves, so that a receiver can tell whose it is
and an encoder has something to do; the sound is beeps of one pitch. Chromium repeats both for ever.
"""

from __future__ import annotations

import math
import wave
from array import array
from dataclasses import dataclass
from pathlib import Path

WIDTH, HEIGHT, FRAMES_PER_SECOND = 320, 180, 15
SECONDS = 3
BAR = 32
SAMPLES_PER_SECOND = 48_000


@dataclass(frozen=True)
class Colour:
    """BT.601 limited range, as YUV4MPEG2 has it."""

    y: int
    u: int
    v: int


RED = Colour(81, 90, 240)
BLUE = Colour(41, 240, 110)
GREEN = Colour(145, 54, 34)


def write_camera(path: Path, colour: Colour) -> Path:
    """A YUV4MPEG2 file, 4:2:0, of `SECONDS` seconds."""
    chroma = bytes([colour.u]) * (WIDTH * HEIGHT // 4) + bytes([colour.v]) * (WIDTH * HEIGHT // 4)
    with path.open("wb") as file:
        head = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FRAMES_PER_SECOND}:1 Ip A1:1 C420jpeg\n"
        file.write(head.encode())
        frames = SECONDS * FRAMES_PER_SECOND
        for number in range(frames):
            at = number * (WIDTH - BAR) // frames
            row = bytearray([colour.y]) * WIDTH
            row[at : at + BAR] = bytes([16]) * BAR
            file.write(b"FRAME\n" + bytes(row) * HEIGHT + chroma)
    return path


def write_microphone(path: Path, pitch_hz: int) -> Path:
    """A WAV file, 16 bit mono, of one second: four beeps.

    Beeps and not one long tone, which the browser's noise suppression would take away.
    """
    beep = SAMPLES_PER_SECOND // 4
    samples = array("h")
    for at in range(SAMPLES_PER_SECOND):
        loudness = max(0.0, math.sin(2 * math.pi * (at % beep) / beep))
        wave_now = math.sin(2 * math.pi * pitch_hz * at / SAMPLES_PER_SECOND)
        samples.append(round(16_000 * loudness * wave_now))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLES_PER_SECOND)
        file.writeframes(samples.tobytes())
    return path
