"""Each story is played on a real database and must end as it is written."""

from pathlib import Path

import pytest

from contracts.publishing import DATA
from contracts.terms import load_terms
from tests.stories.player import Player, load_story, story_paths
from tests.worlds import build_world

PATHS = story_paths()
TERMS = sorted({path.parent.name for path in PATHS})


def _terms_of(path: Path) -> Path:
    return DATA / f"{path.parent.name.replace('_', '-')}.yaml"


def test_there_are_stories_for_every_severity():
    for folder in TERMS:
        paths = [path for path in PATHS if path.parent.name == folder]
        severities = {severity.code for severity in load_terms(_terms_of(paths[0])).severities}
        told = {step.get("severity") for path in paths for step in load_story(path)["steps"] if step["does"] == "files"}
        assert (len(paths) >= 5, told) == (True, severities), folder


@pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_story(worker_db, path):
    story = load_story(path)
    player = Player(build_world(document=_terms_of(path), overrides=story.get("overrides")))
    player.play(story["steps"])
    clocks = player.clocks()
    assert clocks == (story["clocks"] if "clocks" in story else dict.fromkeys(clocks, story["clock"]))
    assert clocks
    assert player.journal() == story["journal"]
    private = set(story.get("private", []))
    public = [line for number, line in enumerate(story["journal"], start=1) if number not in private]
    assert player.customer_journal() == public
    if "told" in story:
        assert player.told() == story["told"]
