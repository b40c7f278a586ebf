"""Each kubectl command of a timeline becomes one action."""

import json

import pytest

from sim.scenario import model
from sim.scenario.commands import kubectl
from sim.scenario.commands.command_line import CommandError


def test_set_image_takes_several_containers_and_pods() -> None:
    """As KIND/NAME or KIND NAME, with any number of pairs."""
    line = "kubectl set image deploy web a=r/a:2 b=r/b:3 -n shop"
    action = kubectl.parse(line, 5)

    assert action == model.SetImage(
        at_us=5,
        command=line,
        namespace="shop",
        kind="deployment",
        name="web",
        images={"a": "r/a:2", "b": "r/b:3"},
    )
    pod = kubectl.parse("kubectl set image po/web *=r/a@sha256:1", 5)
    assert isinstance(pod, model.SetImage)
    assert (pod.kind, pod.name, pod.images) == ("pod", "web", {"*": "r/a@sha256:1"})


@pytest.mark.parametrize(
    ("line", "revision"),
    [
        ("kubectl rollout undo deployment/web", 0),
        ("kubectl rollout undo --to-revision=3 deployment/web", 3),
    ],
)
def test_undo_goes_one_back_unless_it_says_where(line: str, revision: int) -> None:
    """0 is the one before."""
    action = kubectl.parse(line, 0)

    assert isinstance(action, model.RolloutUndo)
    assert (action.name, action.to_revision) == ("web", revision)


@pytest.mark.parametrize(("verb", "paused"), [("pause", True), ("resume", False)])
def test_pause_and_resume(verb: str, paused: bool) -> None:
    """Two words, one action."""
    action = kubectl.parse(f"kubectl rollout {verb} deployment/web", 0)

    assert isinstance(action, model.RolloutPause)
    assert action.paused is paused


def test_apply_names_files() -> None:
    """In order, with -f or -k."""
    action = kubectl.parse("kubectl apply -f a.yaml -f b -k overlay -n shop", 7)

    assert isinstance(action, kubectl.ApplyFiles)
    assert action.files == ("a.yaml", "b", "overlay")
    assert (action.namespace, action.at_us) == ("shop", 7)


@pytest.mark.parametrize(
    "line", ["kubectl delete secret regcred", "kubectl delete secrets/regcred"]
)
def test_a_secret_is_deleted_by_name(line: str) -> None:
    """The command itself is kept for the record."""
    action = kubectl.parse(line, 0)

    assert action == model.DeleteSecret(
        at_us=0, command=line, namespace="default", name="regcred"
    )


def test_create_secret_hides_the_password_in_the_record() -> None:
    """The secret has it, the command does not; Docker Hub is the default server."""
    line = (
        "kubectl create secret docker-registry regcred "
        "--docker-username=u --docker-password='p' --docker-email=u@x"
    )
    action = kubectl.parse(line, 0)

    assert isinstance(action, model.CreateSecret)
    data = json.loads(action.secret.data[".dockerconfigjson"])
    assert data["auths"]["https://index.docker.io/v1/"]["auth"] == "dTpw"
    assert "--docker-password='***' --docker-email=u@x" in action.command


@pytest.mark.parametrize(
    "patch",
    [
        '{"imagePullSecrets": [{"name": "a"}, {"name": "b"}]}',
        "{imagePullSecrets: [{name: a}, {name: b}]}",
    ],
)
def test_a_service_account_gets_other_pull_secrets(patch: str) -> None:
    """The patch is JSON or YAML."""
    action = kubectl.parse(f"kubectl patch sa default -p '{patch}'", 0)

    assert isinstance(action, model.PatchServiceAccount)
    assert (action.name, action.image_pull_secrets) == ("default", ("a", "b"))


@pytest.mark.parametrize(("verb", "cordoned"), [("cordon", True), ("uncordon", False)])
def test_cordon_and_uncordon(verb: str, cordoned: bool) -> None:
    """A node with or without its kind in front."""
    action = kubectl.parse(f"kubectl {verb} node/n-1", 0)

    assert isinstance(action, model.Cordon)
    assert (action.node, action.cordoned) == ("n-1", cordoned)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("kubectl set image deployment/web", "at least one image update"),
        ("kubectl set image web=a", "names nothing"),
        ("kubectl set image deployment/ web=r/a", "name is empty"),
        ("kubectl set image deployment/web =r/a", "expected CONTAINER=IMAGE"),
        ("kubectl set image configmap/web web=r/a", "cronjob, job, pod"),
        ("kubectl rollout undo deployment/web --to-revision=-1", "0 .the one before"),
        ("kubectl rollout undo deployment/web again", "one word too many"),
        ("kubectl rollout status deployment/web", "is not known"),
        ("kubectl apply -f", "expected one argument"),
        ("kubectl delete secret a b", "is not known"),
        ("kubectl patch secret a -p '{}'", "is not known"),
        ("kubectl patch sa a", "-p/--patch"),
        ("kubectl patch sa a -p '{'", "unable to parse"),
        ("kubectl patch sa a -p '[]'", "only imagePullSecrets"),
        ("kubectl patch sa a -p '{imagePullSecrets: a}'", "is a list"),
        ("kubectl patch sa a -p '{imagePullSecrets: [{name: 1}]}'", "is a list"),
        ("kubectl drain n --now", "unrecognized arguments"),
    ],
)
def test_wrong_lines_show_a_right_one(line: str, message: str) -> None:
    """What is wrong, and what is expected."""
    with pytest.raises(CommandError, match=message):
        kubectl.parse(line, 0)
