"""The small cases on docker configs, keyrings, secrets, kubectl and the runtime."""

from collections.abc import Callable, Iterator
from typing import Any

from sim.analysis.events import kubernetes_events
from sim.cluster.clock import Clock
from sim.cluster.kubelet.credentials import NodeCredentials, Offer
from sim.cluster.kubelet.image_pull_manager import CredentialError
from sim.cluster.kubelet.node_docker_config import NodeDockerConfig
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.rules.credential_provider import registry_of
from sim.rules.docker_config import (
    CONFIG_JSON_TYPE,
    DOCKERCFG_KEY,
    DockerConfigError,
    Entry,
    decode_auth,
    docker_config_json,
    entry_json,
    parse_config_json,
    parse_dockercfg,
    parse_entry,
)
from sim.rules.docker_config_files import (
    DEFAULT_FOLDERS,
    KubeletFolders,
    search_path,
    take_file,
)
from sim.rules.keyring import Credential, Keyring, is_default_registry
from sim.rules.kubectl_create_secret import (
    DEFAULT_SERVER,
    CreateRegistrySecret,
    CreateSecretError,
    SecretFile,
    create_registry_secret,
)
from sim.rules.pull_policy import PullPolicy
from sim.rules.reference import docker_reference, recorded_names
from sim.rules.registry_answers import Answer, Asked, Challenge, resolve_failure
from sim.rules.registry_url import fits
from sim.rules.runtime_auth import AuthConfig, AuthConfigError, parse_auth
from sim.rules.runtime_errors import resolve_failed
from sim.rules.secret_validation import validate_secret
from sim.units import SECOND
from tests.conformance.adapters.credential_stand_ins import (
    LOGIN,
    Answering,
    LoggedIn,
    Offering,
    SecretTable,
    manager_of,
    pod_of,
)
from tests.conformance.adapters.kubelet_stand_ins import ensured
from tests.conformance.harness import Adapter, Part, Step

Facts = dict[str, Any]
Rule = Callable[[Facts], Facts]


def adapter(rule: Rule) -> Adapter:
    """Ask a rule about the input; its answer must have just the expected members."""

    def run(data: Facts) -> Iterator[Step]:
        yield Step("answer", rule(data["input"]), data["expect"])

    return run


# --- docker configs ---


def _decoded(entry: Callable[[], Entry]) -> Entry | None:
    try:
        return entry()
    except DockerConfigError:
        return None


def entry_decode(given: Facts) -> Facts:
    """Decode one entry."""
    entry = _decoded(lambda: parse_entry(given["json"]))
    return {
        "ok": entry is not None,
        "username": entry.username if entry else None,
        "password": entry.password if entry else None,
        "email": entry.email if entry else None,
    }


def auth_field(given: Facts) -> Facts:
    """Decode an auth field."""
    try:
        username, password = decode_auth(given["auth"])
    except DockerConfigError:
        return {"ok": False, "username": None, "password": None}
    return {"ok": True, "username": username, "password": password}


def auth_field_encode(given: Facts) -> Facts:
    """Write an entry."""
    return {"json": entry_json(Entry(**given))}


def file_parse(given: Facts) -> Facts:
    """Parse a file in its layout."""
    dockercfg = given["format"] == DOCKERCFG_KEY
    try:
        parse = parse_dockercfg if dockercfg else parse_config_json
        entries = parse(given["text"])
    except DockerConfigError:
        return {"ok": False, "entries": None}
    shown = {
        key: {"username": e.username, "password": e.password, "email": e.email}
        for key, e in entries
    }
    return {"ok": True, "entries": shown}


def _content(path: str, kind: str) -> str:
    if kind == "one_entry":
        entry = Entry(username="u", password=LOGIN)
        text = docker_config_json("r.io", entry)
        is_dockercfg = path.endswith(DOCKERCFG_KEY)
        return f'{{"r.io": {entry_json(entry)}}}' if is_dockercfg else text
    return "{}" if kind == "no_entries" else "{not json"


def chosen_file(given: Facts) -> Facts:
    """Let the kubelet look for its file."""
    folders = KubeletFolders(
        root_dir=given["root_dir"], cwd=given["cwd"], home=given["home"]
    )
    files = {f["path"]: _content(f["path"], f["content"]) for f in given["files"]}
    return {"used": take_file(files, folders).path or None}


def node_config_cache(data: Facts) -> Iterator[Step]:
    """Write and remove the file while time passes, and look credentials up."""
    env = Clock()
    log = EventLog(lambda: env.now)
    config = NodeDockerConfig(env, {})
    credentials = NodeCredentials(SecretTable(), config, -1)
    path = search_path(DEFAULT_FOLDERS)[0]
    users: list[str | None] = []
    for step in data["input"]["steps"]:
        if step["at_s"] * SECOND > env.now:
            env.run(until=step["at_s"] * SECOND)
        if step["op"] == "write":
            entry = Entry(username=step["user"], password=LOGIN)
            config.write(path, docker_config_json("r.io", entry), -1)
        elif step["op"] == "delete":
            config.remove(path, -1)
        else:
            found = credentials.offers(pod_of(log, "default"), "r.io/app")[0].credential
            users.append(found.username if found else None)
    yield Step("users", users, data["expect"]["users"])


# --- keyrings ---


def url_matches(given: Facts) -> Facts:
    """Match a prepared key with a target."""
    return {"match": fits(given["pattern"], given["target"])}


def keyring_lookup(given: Facts) -> Facts:
    """Look an image up in a keyring of several sources."""
    keyring = Keyring(
        ([(e["key"], Entry(username=e["user"], password=LOGIN))], None)
        for e in given["entries"]
    )
    users = [one.username for one in keyring.lookup(given["image"])]
    return {"found": bool(users), "users_in_order": users}


def default_registry(given: Facts) -> Facts:
    """Tell Docker Hub's images."""
    return {"default_registry": is_default_registry(given["image"])}


# --- secrets ---


def kubectl_create_secret(given: Facts) -> Facts:
    """Run the command; an absent flag is its default."""
    file = given["from_file"]
    server = given["server"]
    command = CreateRegistrySecret(
        name=given["name"],
        username=given["username"] or "",
        password=given["password"] or "",
        email=given["email"] or "",
        server=DEFAULT_SERVER if server is None else server,
        append_hash=given["append_hash"],
        from_file=SecretFile(content=file["content"], key=file["key"])
        if file
        else None,
    )
    try:
        made = create_registry_secret(command)
    except CreateSecretError as error:
        return {"ok": False, "error": str(error)}
    return {"ok": True, "name": made.name, "type": made.type, "data": made.data}


def secret_validation(given: Facts) -> Facts:
    """Let the API server look at a secret."""
    error = validate_secret(given["type"], given["data"])
    return {
        "allowed": error is None,
        "field": error.field if error else None,
        "error_type": error.type.value if error else None,
        "value_shown": error.value if error else None,
    }


def secret_keyring(given: Facts) -> Facts:
    """Look an image up in a pod's secrets and the node's credentials."""
    env = Clock()
    log = EventLog(lambda: env.now)
    table = SecretTable()
    names = [f"secret-{number}" for number in range(len(given["secrets"]))]
    for name, secret in zip(names, given["secrets"], strict=True):
        table.add("default", name, secret["type"], secret["data"])
    image = given["image"]
    node = LoggedIn(env, registry_of(image), given["node_credentials"])
    credentials = NodeCredentials(table, node, -1)
    users: list[str] = []
    failed = False
    try:
        offers = credentials.lookup(pod_of(log, "default", names), image, image)
        users = [o.credential.username for o in offers if o.credential is not None]
    except CredentialError:
        failed = True
    return {"lookup_failed": failed, "found": bool(users), "users_in_order": users}


def pod_pull_secrets(given: Facts) -> Facts:
    """Let a kubelet find a pod's secrets while it syncs the pod."""
    env = Clock()
    log = EventLog(lambda: env.now)
    table = SecretTable()
    for full_name in given["secrets"]:
        namespace, _, name = full_name.partition("/")
        table.add(namespace, name, CONFIG_JSON_TYPE, {})
    credentials = NodeCredentials(table, NodeDockerConfig(env, {}), -1)
    pod = pod_of(log, given["namespace"], given["refs"])
    manager_of(env, log, Answering([]), credentials).pull_secrets.check(pod, -1)
    events = [
        {"type": event.type, "reason": event.reason, "message": event.message}
        for event in kubernetes_events(log, {})
    ]
    used = [name for name, _ in credentials.present(pod)]
    return {"used": used, "event": events[0] if events else None}


def pull_attempts(given: Facts) -> Facts:
    """Let the image manager try what the lookup gave."""
    env = Clock()
    log = EventLog(lambda: env.now)
    errors = [one["error"] for one in given["credentials"]]
    runtime = Answering(errors or [given["anonymous_error"]])
    users = [one["user"] for one in given["credentials"]]
    offers = [
        Offer(credential=Credential(username=user, password=LOGIN), label=user)
        for user in users
    ] or [Offer(credential=None, label="anonymous")]
    manager = manager_of(env, log, runtime, Offering(offers))
    pod = pod_of(log, "default")
    pull = ensured(env, log, manager, pod, "r.io/app", PullPolicy.ALWAYS)
    env.run(until=env.process(pull))
    failures = [row.text for row in log.rows(Kind.PULL_FAILED)]
    return {"attempts": runtime.calls, "error": failures[0] if failures else None}


# --- the runtime ---


def runtime_auth(given: Facts) -> Facts:
    """Let containerd read an auth config."""
    auth = None if given["auth"] is None else AuthConfig(**given["auth"])
    try:
        login = parse_auth(auth, given["host"])
    except AuthConfigError:
        return {"ok": False, "username": None, "secret": None}
    return {"ok": True, "username": login.username, "secret": login.secret}


def recorded_refs(given: Facts) -> Facts:
    """Name a pulled image."""
    names = recorded_names(given["reference"], given["pulled_digest"])
    return {
        "repo_digest": next(name for name in names if "@" in name),
        "repo_tag": next((name for name in names if "@" not in name), ""),
    }


def pull_error(data: Facts) -> Iterator[Step]:
    """Make an error of a registry's answers."""
    given, expected = data["input"], data["expect"]
    reference = docker_reference(given["image"])
    answers = [
        Answer(
            asked=Asked(one["request"]),
            status=int(one["status"]),
            challenge=Challenge(one["challenge"]),
            challenge_error=one["challenge_error"],
        )
        for one in given["exchange"]
    ]
    failure = resolve_failure(
        reference,
        answers,
        credentials=given["credentials"],
        token_url=given["token_url"] or "",
    )
    text = resolve_failed(str(reference), failure)
    yield Step("text", text, Part(expected["message_end"], end=True))
    yield Step("code", failure.code.value, expected["grpc_code"])


ADAPTERS: dict[str, Adapter] = {
    "cred.entry-decode": adapter(entry_decode),
    "cred.auth-field": adapter(auth_field),
    "cred.auth-field-encode": adapter(auth_field_encode),
    "cred.file-parse": adapter(file_parse),
    "cred.search-path": adapter(chosen_file),
    "cred.node-config-cache": node_config_cache,
    "cred.url-match": adapter(url_matches),
    "cred.lookup": adapter(keyring_lookup),
    "cred.default-registry": adapter(default_registry),
    "cred.kubectl-create-secret": adapter(kubectl_create_secret),
    "cred.secret-keyring": adapter(secret_keyring),
    "cred.pod-pull-secrets": adapter(pod_pull_secrets),
    "cred.secret-validation": adapter(secret_validation),
    "cred.pull-attempts": adapter(pull_attempts),
    "cred.runtime.auth": adapter(runtime_auth),
    "cred.runtime.recorded-refs": adapter(recorded_refs),
    "cred.runtime.pull-error": pull_error,
}
