"""What a node's kubelet offers for a pull: order, reasons, what a pull proves."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from sim.cluster.clock import Clock
from sim.cluster.kubelet.credential_plugin import CredentialPlugin
from sim.cluster.kubelet.credentials import NodeCredentials, Offer
from sim.cluster.kubelet.image_pull_manager import CredentialError
from sim.cluster.kubelet.node_docker_config import NodeDockerConfig
from sim.cluster.kubelet.plugin_keyring import InstalledPlugin, PluginKeyring
from sim.cluster.kubelet.simulated_plugin import SimulatedPlugin
from sim.cluster.objects import Pod
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.rules.credential_provider_config import (
    PLUGIN_V1,
    CredentialProvider,
    TokenAttributes,
)
from sim.rules.docker_config import CONFIG_JSON_KEY, CONFIG_JSON_TYPE
from sim.rules.pull_records import (
    PullCredentials,
    SecretCoordinates,
    ServiceAccountCoordinates,
)
from sim.scenario.model import Container, Login, PluginAnswer, PodSpec, Secret

IMAGE = "r.io/team/app:v1"
MAIN = "/var/lib/kubelet/config.json"
NODE_ROW = 0
TOKENS = TokenAttributes(
    audience="aud",
    cache_type="ServiceAccount",
    require_service_account=True,
    required_keys=("role",),
)
BUILDER = ServiceAccountCoordinates(namespace="default", name="builder", uid="uid")


def config(user: str) -> str:
    return f'{{"auths": {{"r.io": {{"username": "{user}", "password": "p"}}}}}}'


def gives(user: str, **more: object) -> PluginAnswer:
    login = Login(key="r.io", username=user, password="p")  # noqa: S106
    return PluginAnswer(auth=(login,), **more)  # type: ignore[arg-type]


@dataclass
class Api:
    """Secrets and service accounts; every secret was written by row 3."""

    secrets: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    row: int = -1

    def secret(self, namespace: str, name: str) -> Secret | None:
        text = self.secrets.get(name)
        if text is None:
            return None
        return Secret(
            namespace=namespace,
            name=name,
            type=CONFIG_JSON_TYPE,
            data={CONFIG_JSON_KEY: text},
        )

    def secret_uid(self, namespace: str, name: str) -> str:
        return f"uid of {name}"

    def secret_row(self, namespace: str, name: str) -> int:
        return 3 if name in self.secrets else -1

    def account_annotations(self, namespace: str, name: str) -> dict[str, str]:
        return self.annotations

    def account_uid(self, namespace: str, name: str) -> str:
        return "uid"

    def account_row(self, namespace: str, name: str) -> int:
        return self.row


class Node:
    """One node's credentials over a record that begins with five rows."""

    def __init__(
        self,
        api: Api | None = None,
        files: dict[str, str] | None = None,
        plugins: dict[str, PluginAnswer] | None = None,
        tokens: TokenAttributes | None = None,
    ) -> None:
        self.env = Clock()
        self.log = EventLog(lambda: self.env.now)
        for _ in range(5):
            self.log.append(Kind.APPLIED, object=self.log.names.id("something"))
        self.api = api or Api()
        self.config = NodeDockerConfig(self.env, files or {}, row=NODE_ROW)
        node = self.log.names.id("node")
        self.plugins = PluginKeyring(
            self.log,
            node,
            self.api,
            [self._install(n, a, tokens) for n, a in (plugins or {}).items()],
        )
        self.credentials = NodeCredentials(
            self.api, self.config, NODE_ROW, self.plugins
        )

    def _install(
        self, name: str, answer: PluginAnswer, tokens: TokenAttributes | None
    ) -> InstalledPlugin:
        provider = CredentialProvider(
            name=name,
            match_images=("r.io",),
            default_cache_us=0,
            api_version=PLUGIN_V1,
            token_attributes=tokens,
        )
        executable = SimulatedPlugin(name, answer)
        plugin = CredentialPlugin(self.env, provider, executable)
        return InstalledPlugin(plugin=plugin, executable=executable)

    def pod(self, *secrets: str, account: str = "builder") -> Pod:
        spec = PodSpec(
            containers=(Container(name="c", image=IMAGE),),
            image_pull_secrets=secrets,
            service_account=account,
        )
        pod = Pod(
            namespace="default",
            name="web",
            uid="pod-uid",
            spec=spec,
            labels={},
            owner="",
            replica_set="",
            created_us=0,
            id=self.log.names.id("default/web"),
        )
        pod.scheduled_row = 4
        return pod

    def offers(self, *secrets: str, image: str = IMAGE) -> Sequence[Offer]:
        return self.credentials.offers(self.pod(*secrets), image)


def users(offers: Sequence[Offer]) -> list[str]:
    return [o.credential.username if o.credential else o.label for o in offers]


def test_secrets_come_first_then_the_node_then_plug_ins() -> None:
    """Each with its name and the row behind it."""
    api = Api(secrets={"s": config("of-secret")})
    node = Node(api, {MAIN: config("of-node")}, {"ecr": gives("of-plugin")})

    offers = node.offers("s")

    assert users(offers) == ["of-secret", "of-node", "of-plugin"]
    assert [offer.label for offer in offers] == [
        "secret default/s",
        "node docker config",
        "credential provider ecr",
    ]
    answered = next(node.log.rows(Kind.PROVIDER_ANSWERED))
    assert [offer.row for offer in offers] == [3, NODE_ROW, answered.row]
    assert (answered.object, answered.image) == ("ecr", IMAGE)
    assert node.log[answered.source].kind is Kind.PROVIDER_SET


def test_plug_ins_share_one_keyring() -> None:
    """The order of the keys decides, not that of the plug-ins."""
    narrow = PluginAnswer(auth=(Login(key="r.io/team", username="b", password="p"),))  # noqa: S106
    node = Node(plugins={"one": gives("a"), "two": narrow})

    assert users(node.offers()) == ["b", "a"]


def test_with_nothing_that_fits_the_pull_is_anonymous() -> None:
    """The node that joined bare is the reason."""
    (offer,) = Node().offers()

    assert (offer.credential, offer.label, offer.row) == (None, "anonymous", NODE_ROW)


def test_a_plug_in_that_failed_is_the_reason_for_an_anonymous_pull() -> None:
    """The row holds the error, and goes back to the plug-in."""
    node = Node(plugins={"ecr": PluginAnswer(error="no session")})

    (offer,) = node.offers()
    row = node.log[offer.row]

    assert row.kind is Kind.PROVIDER_FAILED
    assert row.text == (
        "error execing credential provider plugin ecr for image r.io/team/app: "
        "exit status 1: no session"
    )
    assert node.log[row.source].text == "no session"


def test_an_account_without_the_annotation_is_the_reason() -> None:
    """Its own row is at fault, where somebody wrote it; else the pod's."""
    written = Node(Api(row=2), plugins={"ecr": gives("u")}, tokens=TOKENS)
    default = Node(plugins={"ecr": gives("u")}, tokens=TOKENS)

    rows = [node.log[node.offers()[0].row] for node in (written, default)]

    assert [(row.source, row.cause) for row in rows] == [(2, 4), (-1, 4)]


def test_a_removed_file_is_the_reason_for_an_anonymous_pull() -> None:
    """Not that the node once joined with it."""
    node = Node(files={MAIN: config("u")})
    node.config.remove(MAIN, 4)

    assert node.offers()[0].row == 4


def test_what_a_pull_with_a_token_proves_belongs_to_the_account() -> None:
    """A secret's proves it for the secret, all else for the whole node."""
    api = Api({"s": config("of-secret")}, {"role": "r"})
    node = Node(api, {MAIN: config("of-node")}, {"ecr": gives("u")}, TOKENS)
    secret = SecretCoordinates(
        namespace="default",
        name="s",
        uid="uid of s",
        hash=node.offers("s")[0].credential.hash,  # type: ignore[union-attr]
    )

    proved = [node.credentials.record_of(offer) for offer in node.offers("s")]
    identities = node.credentials.identities(node.offers("s"))

    assert proved == [
        PullCredentials(secrets=(secret,)),
        PullCredentials(node_wide=True),
        PullCredentials(service_accounts=(BUILDER,)),
    ]
    assert (identities.secrets, identities.service_account) == ((secret,), BUILDER)


def test_a_plug_in_without_token_or_nothing_at_all_proves_it_for_the_node() -> None:
    """Every pod there may use the image."""
    node = Node(plugins={"ecr": gives("u")})
    bare = Node()

    for each in (node, bare):
        proved = each.credentials.record_of(each.offers()[0])
        assert proved == PullCredentials(node_wide=True)
    assert node.credentials.identities(node.offers()).service_account is None


def test_a_plug_in_may_answer_only_some_accounts() -> None:
    """Others are told so."""
    api = Api(annotations={"role": "r"})
    mine = Node(
        api,
        plugins={"ecr": gives("u", service_accounts=("default/builder",))},
        tokens=TOKENS,
    )
    other = Node(
        api, plugins={"ecr": gives("u", service_accounts=("default/x",))}, tokens=TOKENS
    )
    blind = Node(plugins={"ecr": gives("u", service_accounts=())})

    assert users(mine.offers()) == ["u"]
    assert other.log[other.offers()[0].row].text.endswith(
        "no credentials for service account default/builder"
    )
    assert blind.log[blind.offers()[0].row].text.endswith("exit status 1: no token")


def test_a_pod_without_account_has_no_token() -> None:
    """Static pods, for one."""
    node = Node(plugins={"ecr": gives("u")}, tokens=TOKENS)

    (offer,) = node.credentials.offers(node.pod(account=""), IMAGE)

    assert node.log[offer.row].text == "the pod has no service account"


def test_a_plug_in_may_change_its_mind() -> None:
    """From then on its row is another; one that is not there is left alone."""
    node = Node(plugins={"ecr": PluginAnswer(error="down")})
    node.plugins.change("ecr", gives("u"))
    node.plugins.change("gcr", gives("u"))

    (offer,) = node.offers()

    assert node.log[node.log[offer.row].source].text == ""
    assert len(list(node.log.rows(Kind.PROVIDER_SET))) == 2


def test_an_unreadable_secret_ends_the_lookup() -> None:
    """Its row is named; nothing else is offered."""
    node = Node(Api(secrets={"s": "not json"}), {MAIN: config("u")})

    with pytest.raises(CredentialError) as caught:
        node.offers("s")

    assert caught.value.row == 3
    assert node.credentials.missing(node.pod("s", "", "t")) == ["t"]


def test_a_name_that_is_no_reference_is_looked_up_as_it_is() -> None:
    """The kubelet fails on it elsewhere."""
    assert users(Node().offers(image="Not A Name")) == ["anonymous"]
