"""Hypothesis without a clock: a machine that is busy with other tests is no fault of the code."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A decorator for laws whose examples cost more than a few microseconds."""
