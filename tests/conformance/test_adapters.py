"""Words that the schemas allow and no shipped case uses.

The cases here are made by hand from the schemas: none was printed by upstream.
"""

from typing import Any

import pytest

from tests.conformance.adapters import ADAPTERS
from tests.conformance.adapters.timeline_replay import recorded
from tests.conformance.harness import Case, Step, first_difference

Raw = dict[str, Any]


def difference(kind: str, data: Raw) -> Step | None:
    """Run a case made by hand."""
    return first_difference(
        ADAPTERS[kind], Case(id="by-hand", kind=kind, file="", data=data)
    )


@pytest.mark.parametrize(
    ("steps", "policy"),
    [
        ([{"op": "create", "image": "web"}], "Always"),
        ([{"op": "create", "image": "web:1"}], "IfNotPresent"),
        (
            [
                {"op": "create", "image": "web:1", "imagePullPolicy": ""},
                {"op": "set_policy", "imagePullPolicy": "Never"},
                {"op": "set_image", "image": "web"},
            ],
            "Never",
        ),
        (
            [
                {"op": "create", "image": "web:1", "imagePullPolicy": "Never"},
                {"op": "set_policy", "imagePullPolicy": ""},
            ],
            "IfNotPresent",
        ),
        (
            [
                {"op": "create", "image": "web:1", "imagePullPolicy": "Never"},
                {"op": "replace", "image": "web"},
            ],
            "Always",
        ),
    ],
)
def test_a_policy_may_be_left_out_or_set_alone(steps: list[Raw], policy: str) -> None:
    """What a write leaves empty is defaulted from the image of that write."""
    data = {
        "input": {"object": "Deployment", "steps": steps},
        "expect": {"imagePullPolicy": policy},
    }

    assert difference("admission.pull-policy-sequence", data) is None


COLLECTED: Raw = {
    "config": {"high": 90, "low": 80, "min_age_s": 0, "max_age_s": 0},
    "steps": [
        {"t_ms": 0.5, "op": "set_pods"},
        {"t_ms": 1, "op": "add_and_detect"},
        {
            "t_ms": 2,
            "op": "add_and_detect",
            "images": [{"id": "a", "size": 7}],
            "records": {"a": [2, None, 7, False]},
        },
        {"t_ms": 3, "op": "set_remove_error", "id": "a", "remove_error": "busy"},
        {
            "t_ms": 4,
            "op": "delete_unused",
            "removals": [{"id": "a", "result": "error"}],
            "error": "wanted to free 9223372036854775807 bytes, but freed 0 bytes "
            "space with errors in image deletion: busy",
        },
        {"t_ms": 5, "op": "remove_outside"},
        {"t_ms": 6, "op": "set_remove_error", "id": "a"},
        {
            "t_ms": 7,
            "op": "delete_unused",
            "removals": [{"id": "a", "result": "ok"}],
            "records": {},
            "hooks": [{"gc_start_s": 0.007}],
        },
    ],
}


def test_a_trace_of_the_collector_may_leave_much_out() -> None:
    """Images, pods, pins and ids; an error that is not given is over."""
    assert difference("image_gc", COLLECTED) is None


def test_one_of_several_alternatives_must_fit() -> None:
    """If none does, the first step of each that differs is told."""
    wrong = {**COLLECTED, "steps": [{"t_ms": 0, "op": "noop", "error": "no"}]}

    assert difference("image_gc", {"alternatives": [wrong, COLLECTED]}) is None
    told = difference("image_gc", {"alternatives": [wrong, wrong]})
    assert told is not None
    assert told.where == "step 0 noop"


def test_a_refused_threshold_is_all_that_a_trace_asks() -> None:
    """Such a trace has no steps."""
    text = "invalid HighThresholdPercent 101, must be in range [0-100]"
    config = {"high": 101, "low": 0, "min_age_s": 0, "max_age_s": 0}

    assert difference("image_gc", {"config": config, "config_error": text}) is None
    assert difference("image_gc", {"config": config}) is not None


def keyring(**more: Any) -> Raw:
    nothing = dict.fromkeys(("keyring_error", "lookups", "url_matches"))
    return {"node_files": None, "secrets": None, **nothing, **more}


# Two keys of one config that are the same when prepared.
BOTH = '{"auths": {"r.io": {"auth": "YTpi"}, "https://r.io": {"auth": "YzpkCg=="}}}'


@pytest.mark.parametrize("said_of", ["look-up", "answer"])
def test_an_order_that_varies_counts_by_content(said_of: str) -> None:
    """Whichever of two equal keys upstream's map gives first."""
    creds = [
        {"username": user, "password": password, "hash": found}
        for user, password, found in reversed(answers())
    ]
    varies = {"order_varies": True}
    answer = {"found": True, "creds": creds} | (varies if said_of == "answer" else {})
    lookup: Raw = {"image": "r.io/a", "arg": "r.io/a", "results": [answer]}
    lookup |= varies if said_of == "look-up" else {}
    data = keyring(node_files={"config.json": BOTH}, lookups=[lookup])

    assert difference("keyring", data) is None


def answers() -> list[tuple[str, str, str]]:
    """What our keyring says, in its order."""
    lookup = {"image": "r.io/a", "arg": "r.io/a", "results": [{"creds": []}]}
    data = keyring(node_files={"config.json": BOTH}, lookups=[lookup])
    step = difference("keyring", data)
    assert step is not None
    assert isinstance(step.ours, list)
    return [(user, password, found) for user, password, _, found, _ in step.ours]


def test_secrets_that_cannot_be_read_end_a_keyring() -> None:
    """There are no results then, and the globs are matched all the same."""
    secret = {
        "uid": "u",
        "type": "kubernetes.io/dockerconfigjson",
        "data": {".dockerconfigjson": "{"},
    }
    data = keyring(
        secrets=[secret],
        keyring_error="unexpected end of JSON input",
        lookups=[{"image": "r.io/a", "arg": "r.io/a"}],
        url_matches=[{"glob": "*.io", "target": "r.io", "match": True, "error": None}],
    )

    assert difference("keyring", data) is None


def test_an_image_that_cannot_be_parsed_is_not_looked_up() -> None:
    """The text of the parser is compared instead."""
    text = 'couldn\'t parse image name "A": invalid reference format: '
    text += "repository name (library/A) must be lowercase"
    lookup = {"image": "A", "arg": "", "parse_error": text}

    assert difference("keyring", keyring(lookups=[lookup])) is None
    lookup["parse_error"] = "other"
    assert difference("keyring", keyring(lookups=[lookup])) is not None


def test_recorded_times_may_have_decimals() -> None:
    """The clock has whole microseconds."""
    data = {
        "cri_dict": [["ImageStatus", "", "web", "absent"]],
        "event_dict": [["p", "spec", "Normal", "Pulling", "m"]],
        "status_dict": [["p", "Pending", [], []]],
    }
    run = recorded(
        data, {"cri": [[1.0015, 0]], "events": [[2.25, 0]], "status": [[0.1, 0]]}
    )

    times = [part[0][0] for part in (run.calls, run.events, run.statuses)]
    assert times == [1002, 2250, 100]
    assert all(isinstance(time, int) for time in times)


@pytest.mark.parametrize(
    ("credentials", "images"),
    [
        ("none", {}),
        ("empty", {"r.io/a": {}}),
        ({"node_pods_accessible": True}, {"r.io/a": {"node_pods_accessible": True}}),
    ],
)
def test_a_pull_without_credentials_may_be_nil_or_empty(
    credentials: object, images: Raw
) -> None:
    """Either way it is written down, at a time that may have decimals."""
    pulled = {
        "t_s": 1.5,
        "op": "pulled",
        "image": "r.io/a:1",
        "image_ref": "id",
        "credentials": credentials,
        "intent_first": True,
    }
    state = {
        "intents": [],
        "pulled": {"id": {"images": images, "updated_s": 1}},
    }
    data = {"policy": "NeverVerify", "steps": [{**pulled, "state": state}]}

    assert difference("credential_verify", data) is None


@pytest.mark.parametrize(
    "kind", ["deployment_rollout", "statefulset_rollout", "daemonset_rollout"]
)
def test_an_unknown_step_of_a_rollout_is_no_other_step(kind: str) -> None:
    """It is not passed over: the trace would be judged without it."""
    config = {
        "replicas": 1,
        "image": "v1",
        "strategy": "RollingUpdate",
        "max_surge": 1,
        "max_unavailable": 0,
        "min_ready_s": 0,
        "progress_deadline_s": 600,
        "ready_ms": {"v1": 100},
        "stagger_ms": 0,
        "term_ms": 100,
        "term_not_ready_ms": 100,
        "start_subsecond_ms": 0,
        "partition": 0,
        "pod_management": "OrderedReady",
        "gate_max_unavailable": False,
        "nodes": 1,
        "never_ready_on": {},
    }
    variant = {"states": [], "pods": [[2000, "create", "v1", 1]]}
    data = {
        "config": config,
        "steps": [{"at_ms": 1000, "op": "reverse"}],
        "variants": [variant],
        "distinct": 1,
    }

    with pytest.raises(ValueError, match="no such step: reverse"):
        difference(kind, data)
