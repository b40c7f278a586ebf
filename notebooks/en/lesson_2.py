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
# # Lesson 2: Three policies, one timeline
#
# Two nodes hold the image, two do not. The tag moves, a container crashes, the
# registry goes down, and all pods are restarted. The same story runs with `Always`,
# `IfNotPresent` and `Never`.
#
# Run the cells one by one, from top to bottom. Where a prediction is asked for, put a
# letter between the quotes; the answer shows only after that.

# %%
from sim.lessons.desk import open_lesson

lesson = open_lesson(2, language="en")
ask, predict, reveal = lesson.ask, lesson.predict, lesson.reveal
lesson.overview()

# %%
lesson.scenario()

# %% [markdown]
# ## Predict

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

# %%
ask("q3")

# %%
predict("q3", "")

# %% [markdown]
# Talk it over with your neighbour. If you change your mind, change the letter and run
# the cell above again.

# %%
reveal("q3")

# %% [markdown]
# ## Investigate
#
# How long does a start take with each policy, where nothing has changed? Compare the
# first bars.

# %%
lesson.chart("pod-phases", "Always", "IfNotPresent", "Never")

# %% [markdown]
# ## Modify
#
# Now all four containers crash at 10m, with `Always`. What is the difference to a
# roll-out?

# %%
lesson.change("timeline.1.count=4")

# %% [markdown]
# ## Make
#
# Your team wants each of these: the newest build after every restart; a start without
# the registry; the same build everywhere. Name the policy and the style of tag for
# each, and its price. Then let the simulator contradict you.

# %%
lesson.change("timeline.2.at=9m")

# %% [markdown]
# ## Keep this

# %%
lesson.key_points()

# %%
lesson.votes()
