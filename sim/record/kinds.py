"""Every kind of thing that can happen, by the number that a record file holds.

What the rows of each say is in ``shapes``.
"""

from enum import IntEnum, unique


@unique
class Kind(IntEnum):
    """What happened; the number is what a record file holds, so it never changes."""

    # outside acts: somebody, or the world, did something to the cluster
    APPLIED = 1
    KUBECTL = 2
    TAG_PUSHED = 3
    PRE_PULLED = 4
    NODE_JOINED = 5
    NODE_DIED = 6
    REGISTRY_DOWN = 7
    REGISTRY_UP = 8
    SECRET_APPLIED = 9
    SECRET_DELETED = 10
    CRASHED = 11
    NODE_COMMAND = 48
    COMMAND_FAILED = 15
    TAG_DELETED = 16
    REGISTRY_SLOW = 17
    REGISTRY_RESTORED = 18
    POD_SAVED = 19
    PROVIDER_SET = 12
    NODE_FILE_WRITTEN = 13
    NODE_FILE_REMOVED = 14
    MANIFEST_DELETED = 130
    PUSH_REFUSED = 131

    # the control plane
    SCALED_REPLICA_SET = 20
    POD_CREATED = 21
    POD_DELETED = 22
    POD_GONE = 23
    SCHEDULED = 24
    FAILED_SCHEDULING = 25
    DEPLOYMENT_CONDITION = 26
    NODE_READY = 27
    NODE_NOT_READY = 28
    NODE_CORDONED = 29
    POD_EVICTED = 30
    POD_PHASE = 31
    POD_READY = 32
    CONTAINER_WAITING = 33
    CONTAINER_RUNNING = 34
    CONTAINER_TERMINATED = 35
    ADMISSION_DENIED = 36
    JOB_COMPLETED = 40
    JOB_FAILED = 41
    JOB_CREATED = 42
    JOB_SKIPPED = 43
    FAILED_DAEMON_POD = 37
    SUCCEEDED_DAEMON_POD = 38
    NODE_UNCORDONED = 49

    # the kubelet
    SANDBOX_CREATED = 50
    SECRETS_MISSING = 51
    PULLING = 52
    PULLED = 53
    PRESENT = 54
    PULL_FAILED = 55
    BACK_OFF = 56
    NEVER_PULL = 57
    INSPECT_FAILED = 58
    START_FAILED = 59
    CREATED = 60
    STARTED = 61
    KILLING = 62
    EXITED = 63
    RESTART_BACK_OFF = 64
    IMAGE_GC = 70
    FREE_DISK_SPACE_FAILED = 71
    IMAGE_GC_FAILED = 72
    INVALID_DISK_CAPACITY = 73
    PROVIDER_ANSWERED = 65
    PROVIDER_FAILED = 66
    PULL_RETRIED = 140
    BACKED_OFF = 141

    # the runtime and the registries
    PULL_STARTED = 80
    REQUEST = 81
    RESOLVED = 82
    IMAGE_STORED = 83
    IMAGE_REMOVED = 84
    TAG_FROM_CACHE = 132


FOLDED = (Kind.PULL_RETRIED, Kind.BACKED_OFF)
"""Kinds of compact records: many rows of a full one in one."""
