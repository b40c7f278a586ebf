"""What a scenario says of its control plane: release, admission, feature gates."""

from sim.errors import did_you_mean
from sim.rules.profiles import FEATURE_GATES, NEWEST, PROFILES, VERSIONS, Profile
from sim.scenario.mistakes import Mistakes
from sim.scenario.schema.scenario import ScenarioPart

ADMISSION = ("AlwaysPullImages",)


def profile_of(part: ScenarioPart) -> Profile:
    """Return what a scenario's release does.

    An unknown release is a fault; the rest is checked as the newest would.
    """
    return PROFILES.get(part.kubernetes, PROFILES[NEWEST])


def check_control_plane(part: ScenarioPart, mistakes: Mistakes) -> None:
    """Note a release, an admission plug-in or a feature gate that is not known."""
    if part.kubernetes not in VERSIONS:
        known = ", ".join(VERSIONS)
        mistakes.fault(
            f"kubernetes {part.kubernetes!r} is not known; known are: {known}",
            "kubernetes",
        )
    for number, plugin in enumerate(part.admission):
        if plugin not in ADMISSION:
            mistakes.fault(
                f"admission plug-in {plugin!r} is not known; known: "
                + ", ".join(ADMISSION),
                "admission",
                number,
            )
    for gate in part.feature_gates:
        if gate not in FEATURE_GATES:
            mistakes.fault(
                f"feature gate {gate!r} is not known"
                f"{did_you_mean(gate, list(FEATURE_GATES))}; known: "
                + ", ".join(FEATURE_GATES),
                "featureGates",
                gate,
            )


def feature_gates(part: ScenarioPart) -> tuple[str, ...]:
    """Return the feature gates that are on."""
    gates = FEATURE_GATES | part.feature_gates
    return tuple(gate for gate, on in gates.items() if on)
