"""Several processes approve articles of one site at the same moment: no slot is booked twice, and none is lost."""

from flask import Flask

from tests.faults.approvals import approved_at_once, site_with_articles

PROCESSES = 4
EACH = 15


def test_every_article_gets_a_slot_of_its_own(app: Flask, environ: dict[str, str]) -> None:
    site = site_with_articles(PROCESSES * EACH)

    found = approved_at_once(site, environ, PROCESSES)

    assert (found.approved, found.scheduled) == (PROCESSES * EACH, PROCESSES * EACH)
    assert (found.booked_twice, found.lost) == (0, 0)
