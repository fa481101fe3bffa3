"""Each story is played on a real database and must end as it is written."""

import pytest

from contracts.publishing import DATA
from contracts.terms import load_terms
from tests.stories.player import Player, load_story, story_paths
from tests.worlds import World, build_world

PATHS = story_paths()


@pytest.fixture
def world(worker_db) -> World:
    """One provider on the HOPEX SaaS terms, as the worker."""
    return build_world()


def test_there_are_stories_for_every_severity():
    severities = {severity.code for severity in load_terms(DATA / "hopex-saas.yaml").severities}
    told = {step.get("severity") for path in PATHS for step in load_story(path)["steps"] if step["does"] == "files"}
    assert (len(PATHS) >= 10, told) == (True, severities)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_story(world, path):
    story, player = load_story(path), Player(world)
    player.play(story["steps"])
    assert player.clock() == story["clock"]
    assert player.journal() == story["journal"]
    private = set(story.get("private", []))
    public = [line for number, line in enumerate(story["journal"], start=1) if number not in private]
    assert player.customer_journal() == public
    if "told" in story:
        assert player.told() == story["told"]
