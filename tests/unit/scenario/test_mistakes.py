"""Mistakes of a scenario: where they stand, and what their texts do not show."""

from sim.errors import Place
from sim.scenario.mistakes import Mistakes
from sim.scenario.reader import Mapping, read_documents

TEXT = """
registries:
  r.example: {accounts: {ci: s3cret}}
nodes: [{name: n-1}]
"""


def mistakes() -> Mistakes:
    (tree,) = read_documents(TEXT, "s.yaml")
    assert isinstance(tree, Mapping)
    return Mistakes(tree)


def test_a_mistake_has_its_place_and_quotes_no_password() -> None:
    """The path leads to a line; what is secret anywhere in the file is left out."""
    found = mistakes()

    found.fault("no user has s3cret", "nodes", 0, "name")

    (fault,) = found.faults
    assert (fault.place.line, fault.place.column) == (4, 16)
    assert fault.message == "no user has ***"


def test_a_mistake_of_another_file_keeps_its_place() -> None:
    """Objects stand in files of their own."""
    found = mistakes()
    place = Place(file="web.yaml", line=3, column=1)

    found.fault_at(place, "it is there already")

    assert [fault.place for fault in found.faults] == [place]


def test_a_name_that_nobody_declares_is_told_with_those_that_are() -> None:
    """The nearest is suggested, and a long list is cut; a known name is no mistake."""
    found = mistakes()
    names = [f"n-{number}" for number in range(20)]

    found.known("n-7", names, "node", "nodes", 0)
    found.known("m-7", names, "node", "nodes", 0)

    (fault,) = found.faults
    assert fault.about_a_name
    assert fault.message.startswith("no node 'm-7' (did you mean 'n-7'?); there are: n")
    assert fault.message.endswith(", n-11 …")
