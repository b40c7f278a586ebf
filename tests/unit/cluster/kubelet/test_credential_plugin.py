"""A credential provider plug-in: when it runs, and how long its answer lasts."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from sim.cluster.clock import Clock
from sim.cluster.kubelet.credential_plugin import CredentialPlugin, Requester
from sim.rules.credential_provider import (
    ProviderError,
    ProviderResponse,
    response_text,
)
from sim.rules.credential_provider_config import (
    PLUGIN_V1,
    CredentialProvider,
    TokenAttributes,
)
from sim.rules.docker_config import Entry
from sim.rules.pull_records import ServiceAccountCoordinates
from sim.units import MINUTE, SECOND

IMAGE = "r.io/team/app"
LOGIN = Entry(username="u", password="p")  # noqa: S106 - of this test alone
ANSWER = ProviderResponse(cache_key_type="Registry", auth=[("r.io", LOGIN)])
PROVIDER = CredentialProvider(
    name="ecr",
    match_images=("r.io",),
    default_cache_us=10 * MINUTE,
    api_version=PLUGIN_V1,
)
BUILDER = ServiceAccountCoordinates(namespace="ns", name="builder", uid="1")


class Book:
    """A witness that numbers what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, ...]] = []

    def answered(self, provider: str) -> int:
        return self._note("answered", provider)

    def failed(self, provider: str, error: str) -> int:
        return self._note("failed", provider, error)

    def not_called(self, provider: str, reason: str, source: int) -> int:
        return self._note("not called", provider, reason, str(source))

    def _note(self, *words: str) -> int:
        self.told.append(words)
        return len(self.told)


class World:
    """One plug-in; ``answer`` is what it gives, an error what it fails with."""

    def __init__(self, tokens: TokenAttributes | None = None) -> None:
        self.env = Clock()
        self.book = Book()
        self.answer: ProviderResponse | str = ANSWER
        self.runs = 0
        provider = replace(PROVIDER, token_attributes=tokens)
        self.plugin = CredentialPlugin(self.env, provider, self._execute)

    def _execute(self, stdin: str) -> str:
        self.runs += 1
        if isinstance(self.answer, str):
            raise ProviderError(self.answer)
        return response_text(PLUGIN_V1, self.answer)

    def ask(
        self, at_us: int = 0, image: str = IMAGE, who: Requester | None = None
    ) -> list[str]:
        """The users that a lookup at that time gives."""
        if at_us > self.env.now:
            self.env.run(until=at_us)
        provided = self.plugin.provide(image, who, self.book)
        return [entry.username for _, entry in provided.entries]


def requester(
    token: str = "", annotations: Mapping[str, str] | None = None
) -> Requester:
    return Requester(
        coordinates=BUILDER, annotations=annotations or {}, token=token, row=7
    )


def tokens(**more: object) -> TokenAttributes:
    given = TokenAttributes(
        audience="aud", cache_type="ServiceAccount", require_service_account=True
    )
    return replace(given, **more)  # type: ignore[arg-type]


def test_an_answer_lasts_to_the_end_of_its_last_instant() -> None:
    """After that the plug-in runs again."""
    world = World()

    world.ask()
    world.ask(10 * MINUTE, "r.io/other")
    runs = world.runs
    world.ask(10 * MINUTE + 1)

    assert (runs, world.runs) == (1, 2)


def test_what_it_says_itself_wins_over_the_default() -> None:
    """No time at all is a time, too."""
    world = World()
    world.answer = replace(ANSWER, cache_us=0)

    world.ask()
    world.ask()

    assert world.runs == 2
    assert not world.plugin.cache.entries


def test_a_failure_gives_nothing_and_is_not_kept() -> None:
    """A later run may succeed."""
    world = World()
    world.answer = "down"
    first = world.ask()
    world.answer = ANSWER

    assert (first, world.ask(SECOND)) == ([], ["u"])
    assert world.book.told == [("failed", "ecr", "down"), ("answered", "ecr")]


def test_an_unknown_cache_key_type_loses_the_answer() -> None:
    """As upstream does."""
    world = World()
    world.answer = replace(ANSWER, cache_key_type="Bogus")

    assert world.ask() == []
    assert world.book.told[0][0] == "failed"


def test_it_is_not_asked_for_other_registries() -> None:
    """Nobody hears of it."""
    world = World()

    assert world.ask(0, "s.io/app") == []
    assert (world.runs, world.book.told) == (0, [])


def test_expired_answers_are_swept_after_a_while() -> None:
    """At the first look more than 15 minutes after the last sweep."""
    world = World()
    world.answer = replace(ANSWER, cache_key_type="Image")
    world.ask(0, "r.io/a")

    world.ask(15 * MINUTE, "r.io/b")
    before = len(world.plugin.cache.entries)
    world.ask(15 * MINUTE + 1, "r.io/c")

    assert before == 2
    assert [key.key for key in world.plugin.cache.entries] == ["r.io/b", "r.io/c"]


@pytest.mark.parametrize(("cache_type", "runs"), [("ServiceAccount", 1), ("Token", 2)])
def test_an_answer_is_kept_for_an_account_or_for_a_token(
    cache_type: str, runs: int
) -> None:
    """Two pods of one account have two tokens."""
    world = World(tokens(cache_type=cache_type))

    world.ask(who=requester("one"))
    world.ask(who=requester("two"))

    assert world.runs == runs


def test_sent_annotations_are_part_of_the_key() -> None:
    """Another role is another answer; what is not sent does not matter."""
    world = World(tokens(required_keys=("role",)))

    for annotations in ({"role": "a"}, {"role": "b"}, {"role": "a", "x": "y"}):
        world.ask(who=requester(annotations=annotations))

    assert world.runs == 2


def test_without_what_it_needs_it_is_not_called() -> None:
    """A missing annotation is the account's fault, a missing account nobody's."""
    world = World(tokens(required_keys=("role",)))

    assert (world.ask(who=requester()), world.ask()) == ([], [])
    assert world.book.told == [
        ("not called", "ecr", "required annotation role not found", "7"),
        ("not called", "ecr", "the pod has no service account", "-1"),
    ]


def test_a_token_may_be_optional() -> None:
    """Without an account it is called without a token."""
    world = World(tokens(require_service_account=False))

    provided = world.plugin.provide(IMAGE, None, world.book)
    mine = world.plugin.provide(IMAGE, requester(), world.book)

    assert (provided.account, mine.account) == (None, BUILDER)
    assert (provided.row, mine.row) == (1, 2)
