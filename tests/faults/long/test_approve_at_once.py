"""Eight processes approve five hundred articles each, of one site: every one gets a slot of its own."""

import pytest
from flask import Flask

from tests.faults.approvals import approved_at_once, site_with_articles
from tests.faults.long.table import Figures

PROCESSES = 8
EACH = 500


@pytest.mark.row(13, "8 processes x 500 approvals on one site")
def test_no_slot_is_booked_twice_and_none_is_lost(app: Flask, environ: dict[str, str], figures: Figures) -> None:
    site = site_with_articles(PROCESSES * EACH)

    found = approved_at_once(site, environ, PROCESSES)

    figures.add("approved, with a slot", f"{found.approved}, {found.scheduled}", f"{PROCESSES * EACH} each")
    figures.add("slots booked twice, articles lost", f"{found.booked_twice}, {found.lost}", "0, 0")
    figures.add("found the database busy and tried again", found.refused)
    figures.add("approvals a second", f"{found.approved / found.seconds:.0f}")
    assert (found.approved, found.scheduled) == (PROCESSES * EACH, PROCESSES * EACH)
    assert (found.booked_twice, found.lost) == (0, 0)
