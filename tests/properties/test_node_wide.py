"""What is remembered of records that let everybody in is what they say."""

from hypothesis import given
from hypothesis import strategies as st

from sim.cluster.kubelet.image_pull_manager import ImagePullManager, PullDirectory
from sim.rules.image_name import trim_to_repository
from sim.rules.pull_records import PullCredentials, SecretCoordinates, known_credentials

IMAGES = ("r.io/app:v1", "r.io/app:v2", "r.io/other:v1")
REFS = ("id-1", "id-2")
SECRET = SecretCoordinates(namespace="ns", name="regcred", uid="1", hash="h")
GIVEN = (
    None,
    PullCredentials(),
    PullCredentials(node_wide=True),
    PullCredentials(secrets=(SECRET,)),
)
pulls = st.tuples(
    st.sampled_from(IMAGES), st.sampled_from(REFS), st.sampled_from(GIVEN)
)
prunes = st.lists(st.sampled_from(REFS), unique=True)


@given(st.lists(pulls | prunes, max_size=12))
def test_node_wide_is_what_the_records_say(
    acts: list[tuple[str, str, PullCredentials | None] | list[str]],
) -> None:
    """After any pulls, and after any images went."""
    directory = PullDirectory()
    manager = ImagePullManager(directory=directory)
    for now_us, act in enumerate(acts):
        if isinstance(act, tuple):
            image, ref, credentials = act
            manager.record_image_pulled(image, ref, credentials, now_us)
        else:
            manager.prune_unknown_records(act, until_us=now_us)
        for image in IMAGES:
            for ref in REFS:
                record = directory.pulled.get(ref)
                known = known_credentials(record, trim_to_repository(image))
                assert manager.is_node_wide(image, ref) == known.node_wide
