"""Several limited runs make exactly what one unlimited run makes: limits put work off, and lose none of it."""

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.faults.conftest import Made, made_on
from tests.pipeline.engine import reload, set_limits, site_with_keywords, start, work_to_the_end
from webapp.pipeline.automation import Automation
from webapp.pipeline.states import RunStatus
from webapp.pipeline.view import pending_by_stage
from webapp.sites.models import Site

KEYWORDS = 10
MOST_RUNS = 60
LATER = [name for name in Automation.LIMITS.values() if name != "max_keywords_per_run"]
AS_EVER = settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@AS_EVER
@given(limits=st.fixed_dictionaries(dict.fromkeys(LATER, st.integers(2, 9))))
def test_limited_runs_make_together_what_one_makes(app: Flask, limits: dict[str, int]) -> None:
    at_once, bit_by_bit = site_with_keywords(KEYWORDS), site_with_keywords(KEYWORDS)
    wanted = made_by_runs(at_once)
    set_limits(bit_by_bit, **limits)

    assert made_by_runs(bit_by_bit) == wanted


@pytest.mark.parametrize("limit", [1, 5])
def test_a_limit_on_keywords_takes_each_of_them_once(app: Flask, limit: int) -> None:
    """What is grouped at once differs, and so do the clusters; but no keyword is left or taken twice."""
    at_once, bit_by_bit = site_with_keywords(KEYWORDS), site_with_keywords(KEYWORDS)
    set_limits(bit_by_bit, max_keywords_per_run=limit)

    taken = [(phrase, status) for phrase, status, _ in made_by_runs(bit_by_bit)["keywords"]]

    assert taken == [(phrase, status) for phrase, status, _ in made_by_runs(at_once)["keywords"]]


def made_by_runs(site: Site) -> Made:
    """As many runs as it takes until nothing waits."""
    for _ in range(MOST_RUNS):
        assert work_to_the_end(start(reload(site))).status is RunStatus.COMPLETED
        if not any(pending_by_stage(reload(site)).values()):
            return made_on(reload(site))
    raise AssertionError("there is always something left")
