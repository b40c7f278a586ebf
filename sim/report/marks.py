"""Short labels on a time axis for what was done from outside."""


def short_mark(kind: str, text: str) -> str:
    """Return the label of an act from outside, as in ``▾ push``."""
    if kind == "KUBECTL":
        words = text.partition("kubectl ")[2].split()
        two = words[:1] in (["rollout"], ["set"], ["create"], ["delete"])
        verb = " ".join(words[: 2 if two else 1])
        return f"▾ {verb}"
    if kind == "NODE_COMMAND":
        words = text.partition(": ")[2].split()
        return f"▾ {' '.join(words[: 1 if words[:1] == ['scp'] else 2])}"
    return "▾ " + {
        "TAG_PUSHED": "push",
        "NODE_DIED": "node dies",
        "REGISTRY_DOWN": "registry down",
        "REGISTRY_UP": "registry up",
        "SECRET_APPLIED": "secret",
        "SECRET_DELETED": "secret deleted",
        "CRASHED": "crash",
        "NODE_FILE_WRITTEN": "file written",
        "NODE_FILE_REMOVED": "file removed",
        "PROVIDER_SET": "plug-in changed",
        "TAG_DELETED": "tag deleted",
        "MANIFEST_DELETED": "manifest deleted",
        "PUSH_REFUSED": "push refused",
        "REGISTRY_SLOW": "registry slow",
        "REGISTRY_RESTORED": "registry as before",
    }.get(kind, kind.lower())
