"""What a slice of work ends with: a closed set of four."""

from dataclasses import dataclass
from datetime import datetime

from webapp.pipeline.states import StopReason


@dataclass(frozen=True)
class Done:
    """The run has completed."""


@dataclass(frozen=True)
class Again:
    """There is more to do: queue the next slice now."""

    epoch: int


@dataclass(frozen=True)
class Wait:
    """There is more to do, but not before `until`."""

    epoch: int
    until: datetime


@dataclass(frozen=True)
class Stop:
    """The run is no longer ours to work on."""

    reason: StopReason


Outcome = Done | Again | Wait | Stop
