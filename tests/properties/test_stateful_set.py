"""Laws of a StatefulSet, whatever happens to its pods."""

from hypothesis import given
from hypothesis import strategies as st

from sim.rules.stateful_set import (
    Create,
    Delete,
    Member,
    Order,
    next_acts,
)

REVISIONS = st.sampled_from(["web-1", "web-2", "web-3"])
orders = st.builds(
    Order,
    replicas=st.integers(0, 6),
    ordered=st.booleans(),
    rolling=st.booleans(),
    partition=st.integers(0, 7),
    max_unavailable=st.one_of(
        st.none(), st.integers(1, 4), st.sampled_from(["10%", "50%", "100%"])
    ),
    start=st.integers(0, 2),
)


@st.composite
def pods(draw: st.DrawFn) -> Member:
    """A pod in any state: available only if ready, ready only if it has not ended."""
    ready = draw(st.booleans())
    return Member(
        revision=draw(REVISIONS),
        ready=ready,
        available=ready and draw(st.booleans()),
        terminating=draw(st.booleans()),
        ended=not ready and draw(st.booleans()),
    )


sets = st.dictionaries(st.integers(0, 8), pods(), max_size=8)


@given(orders, sets, REVISIONS, REVISIONS)
def test_a_pass_makes_only_what_is_missing_and_deletes_only_what_is_there(
    order: Order, members: dict[int, Member], current: str, update: str
) -> None:
    """At most one pod an ordinal: a new one comes only when the old one is gone."""
    for act in next_acts(order, members, current, update):
        if isinstance(act, Create):
            assert act.ordinal not in members
            assert act.ordinal in order.ordinals
        else:
            assert not members[act.ordinal].terminating


@given(orders, sets, REVISIONS, REVISIONS)
def test_ordered_ready_makes_a_pod_only_behind_available_ones(
    order: Order, members: dict[int, Member], current: str, update: str
) -> None:
    """Ordinals stay contiguous: all before a new pod are there and available."""
    acts = next_acts(order, members, current, update)
    if not order.ordered:
        return

    made = [act.ordinal for act in acts if isinstance(act, Create)]

    assert len(made) <= 1
    for ordinal in made:
        before = [n for n in order.ordinals if n < ordinal]
        assert all(n in members and not members[n].unavailable for n in before)


@given(orders, sets, REVISIONS, REVISIONS)
def test_an_update_takes_no_more_pods_away_than_it_may(
    order: Order, members: dict[int, Member], current: str, update: str
) -> None:
    """Available pods go only within the allowance: one, or maxUnavailable."""
    acts = next_acts(order, members, current, update)
    there = {n: members.get(n) for n in order.ordinals}
    away = sum(pod is None or pod.unavailable for pod in there.values())

    leaving = [
        act.ordinal
        for act in acts
        if isinstance(act, Delete)
        and act.ordinal in there
        and not members[act.ordinal].unavailable
    ]

    share = order.max_unavailable
    if isinstance(share, str):
        share = order.replicas * int(share.removesuffix("%")) // 100
    allowed = max(1, share or 1)
    gated = order.max_unavailable is not None
    assert len(leaving) <= (max(0, allowed - away) if gated else 1)
    assert all(n >= order.start + order.partition for n in leaving)
    assert all(members[n].revision != update for n in leaving)


@given(orders, REVISIONS, REVISIONS, st.integers(0, 6))
def test_a_healthy_set_always_comes_to_rest(
    order: Order, current: str, update: str, size: int
) -> None:
    """With pods that turn ready, passes end: all ordinals there, all of one update."""
    up = Member(revision=current, ready=True, available=True)
    members = dict.fromkeys(range(order.start, order.start + size), up)
    for _ in range(100):
        acts = next_acts(order, members, current, update)
        if not acts:
            break
        for act in acts:
            if isinstance(act, Create):
                made = Member(revision=act.revision, ready=True, available=True)
                members[act.ordinal] = made
            else:
                del members[act.ordinal]

    assert sorted(members) == list(order.ordinals)
    if order.rolling:
        updated = [n for n in members if n >= order.start + order.partition]
        assert all(members[n].revision == update for n in updated)
