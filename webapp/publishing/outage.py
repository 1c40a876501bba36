"""What the state of a destination does to its site: all is held until somebody acts, or rests for a while, or goes on.

The caller holds the site's lock, and commits.
"""

import random
from datetime import timedelta

from webapp.core.clock import now
from webapp.publishing.models import PublishingSettings, WaitingReason
from webapp.publishing.target import CredentialsRefused, NeedsOwner, NotConnected, OutOfReach, RightsMissing, TargetDown

BACKOFF = 30.0  # seconds, doubled each time, with full jitter
LONGEST_BACKOFF = 900.0  # so that a site that is back again is noticed soon
LONGEST_REST = 24 * 3600.0  # seconds for which a destination is left alone at its wish

REASONS: dict[type[NeedsOwner], WaitingReason] = {
    CredentialsRefused: WaitingReason.TARGET_REFUSES_CREDENTIALS,
    RightsMissing: WaitingReason.TARGET_REFUSES_ROLE,
    NotConnected: WaitingReason.TARGET_NOT_CONNECTED,
    OutOfReach: WaitingReason.TARGET_OUT_OF_REACH,
}


def hold(settings: PublishingSettings, error: NeedsOwner) -> None:
    """Nothing of the site goes out until a person has changed something."""
    goes_on(settings)
    settings.target_problem = next(reason for kind, reason in REASONS.items() if isinstance(error, kind))
    settings.target_said = error.sentence


def rest(settings: PublishingSettings, error: TargetDown) -> None:
    """Nothing of the site is tried for a while. Each keeps its slot: those that are late by then take turns."""
    longest = min(LONGEST_BACKOFF, BACKOFF * 2**settings.target_failures)
    seconds = max(min(error.retry_after, LONGEST_REST), random.uniform(0, longest))
    settings.target_failures += 1
    settings.target_rests_until = now() + timedelta(seconds=seconds)
    settings.target_said = error.sentence


def begins_anew(settings: PublishingSettings) -> None:
    """The site is connected otherwise from now on: what is still under way to the old place says nothing of this."""
    goes_on(settings)
    settings.target_epoch += 1


def goes_on(settings: PublishingSettings) -> None:
    """The destination takes what it is sent, as far as anybody knows."""
    settings.target_problem, settings.target_said = None, ""
    settings.target_rests_until, settings.target_failures = None, 0
