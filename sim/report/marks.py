"""Short labels on a time axis for what was done from outside."""


def short_mark(kind: str, text: str) -> str:
    """Return the label of an act from outside, as in ``▾ push``."""
    if kind == "KUBECTL":
        words = text.partition("kubectl ")[2].split()
        two = words[:1] in (["rollout"], ["set"], ["create"], ["delete"])
        verb = " ".join(words[: 2 if two else 1])
        return f"▾ {verb}"
    return "▾ " + {
        "TAG_PUSHED": "push",
        "NODE_DIED": "node dies",
        "REGISTRY_DOWN": "registry down",
        "REGISTRY_UP": "registry up",
        "SECRET_APPLIED": "secret",
        "SECRET_DELETED": "secret deleted",
        "CRASHED": "crash",
        "NODE_COMMAND": "on a node",
        "TAG_DELETED": "tag deleted",
        "REGISTRY_SLOW": "registry slow",
        "REGISTRY_RESTORED": "registry as before",
    }.get(kind, kind.lower())
