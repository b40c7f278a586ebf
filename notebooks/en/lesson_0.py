# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lesson 0: Read the picture
#
# A Deployment of three pods starts on two empty nodes. Nothing tricky happens. You
# learn to read the charts and to ask why.
#
# Run the cells one by one, from top to bottom. Where a prediction is asked for, put a
# letter between the quotes; the answer shows only after that.

# %%
from sim.lessons.desk import open_lesson

lesson = open_lesson(0, language="en")
ask, predict, reveal = lesson.ask, lesson.predict, lesson.reveal
lesson.overview()

# %% [markdown]
# The whole world of this lesson is in one file. Read it aloud.

# %%
lesson.scenario()

# %% [markdown]
# ## Predict
#
# Vote before you run the rest. A wrong vote teaches more than none.

# %%
ask("q1")

# %%
predict("q1", "")

# %% [markdown]
# Talk it over with your neighbour. If you change your mind, change the letter and run
# the cell above again.

# %%
reveal("q1")

# %%
ask("q2")

# %%
predict("q2", "")

# %% [markdown]
# Talk it over with your neighbour. If you change your mind, change the letter and run
# the cell above again.

# %%
reveal("q2")

# %% [markdown]
# ## Investigate
#
# Each bar is a pod; what it waits for comes first, then the build that it runs. The
# second panel has a slower link.

# %%
lesson.chart("pod-phases", "as written", "a slow link")

# %% [markdown]
# Ask why. Read the chain from the bottom up: an act from outside comes first.

# %%
lesson.why("deployment/hello", at="3m")

# %% [markdown]
# ## Modify
#
# Change one value and compare. With three nodes, how many copies does the registry
# send?

# %%
lesson.change("nodes.worker.count=3", chart="registry-traffic")

# %% [markdown]
# ## Keep this

# %%
lesson.key_points()

# %%
lesson.votes()
