"""How hypothesis searches: the one place for it."""

import os

from hypothesis import settings

# A machine that is busy with other things is slow, which is no failure.
settings.register_profile("here", deadline=None)
# Where a change is judged, the same examples are tried each time.
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")
