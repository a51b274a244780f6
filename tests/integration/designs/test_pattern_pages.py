"""The documents on the pages about patterns work, and every link between the pages leads somewhere."""

import re
from pathlib import Path

import pytest

from pipelines.catalog.actions import install_library
from pipelines.core.serialize import load
from pipelines.designs import actions, examples
from pipelines.designs.queries import problems
from pipelines.teams.actions import ensure_first_admin

DOCS = Path(__file__).parents[3] / "docs"
PAGES = sorted((DOCS / "patterns").glob("*.md"))


@pytest.mark.django_db
def test_every_document_can_be_published(tmp_path: Path) -> None:
    """A document may use those before it on its page, and the examples, as sub-pipelines."""
    install_library()
    team = ensure_first_admin().teams.get()
    examples.install(team, tmp_path)
    published: dict[str, int] = {}
    for page in PAGES:
        for text in re.findall(r"```yaml\n(.*?)```", page.read_text(), re.S):
            definition = load(text)
            assert problems(definition, team) == [], page.name
            actions.publish(actions.create(team, definition, None), "", None)
            published[page.name] = published.get(page.name, 0) + 1
    assert set(published) == {page.name for page in PAGES} - {"README.md"}


def test_every_link_leads_somewhere() -> None:
    for page in (
        *PAGES,
        DOCS / "definition.md",
        DOCS / "architecture.md",
        DOCS.parent / "README.md",
    ):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_first_page_names_every_other_page_and_example() -> None:
    first = (DOCS / "patterns" / "README.md").read_text()
    assert {page.name for page in PAGES} - {"README.md"} == set(
        re.findall(r"\]\(([\w-]+\.md)\)", first)
    )
