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
# # Lesson 5: Undo that does not undo
#
# A bad build is pushed to the tag that everybody uses. A restart brings it in, and
# `kubectl rollout undo` takes the restart back. The command succeeds.
#
# Run the cells one by one, from top to bottom. Where a prediction is asked for, put a
# letter between the quotes; the answer shows only after that.

# %%
from sim.lessons.desk import open_lesson

lesson = open_lesson(5, language="en")
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
# Which pods came with the undo, on which nodes, and what does each run?

# %%
lesson.chart("pod-phases", "IfNotPresent")

# %%
lesson.why("deployment/web", variant="IfNotPresent")

# %% [markdown]
# ## Modify
#
# The push comes after the restart now, at 8m. What does the undo do to a Deployment
# that was well?

# %%
lesson.change("timeline.0.at=8m")

# %% [markdown]
# ## Make
#
# In place of the undo somebody pushes the good build to the tag again. Why is that
# not enough, and which one command is missing? Then say how the team could have had
# an undo that works.

# %%
push = "registry.example/shop/web:stable"
lesson.change(f"timeline.2={{at: 10m, push: '{push}', build: good}}")

# %% [markdown]
# ## Keep this

# %%
lesson.key_points()

# %%
lesson.votes()
