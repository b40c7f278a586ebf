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
# # Lesson 4: The registry goes away
#
# Every node holds the image. For ten minutes the registry does not answer. One
# container crashes, and a rollout restart begins. The careful team has written
# `Always`.
#
# Run the cells one by one, from top to bottom. Where a prediction is asked for, put a
# letter between the quotes; the answer shows only after that.

# %%
from sim.lessons.desk import open_lesson

lesson = open_lesson(4, language="en")
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
# Every try and every wait of the pods. Measure how the distance between the tries
# grows.

# %%
lesson.chart("pulls-and-back-off", "as written")

# %% [markdown]
# What does a pod say of itself in the middle of the outage?

# %%
lesson.why("deployment/web", at="12m")

# %% [markdown]
# ## Modify
#
# The outage is one minute long now. Does a shorter outage mean a shorter wait?

# %%
lesson.change("timeline.0.for=1m", chart="pod-phases")

# %% [markdown]
# ## Make
#
# Keep `Always`, and see to it that no new pod of the rollout waits for its image
# longer than a minute, though the registry is away for ten. Which act has to move,
# and who decides that in your company? The container that crashed at 6m cannot be
# helped that way. Why?

# %%
lesson.change("timeline.2.at=10m", chart="pod-phases")

# %% [markdown]
# ## Keep this

# %%
lesson.key_points()

# %%
lesson.votes()
