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
# # Lesson 1: One tag, two versions
#
# CI pushes a new build to `shop/web:stable` while six pods run it. Then ordinary
# things happen: a scale-up, a drained node, a crash. Nobody deploys anything.
#
# Run the cells one by one, from top to bottom. Where a prediction is asked for, put a
# letter between the quotes; the answer shows only after that.

# %%
from sim.lessons.desk import open_lesson

lesson = open_lesson(1, language="en")
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
# The same name, node by node. Where do the two meanings come from?

# %%
lesson.chart("node-images", "as written", "Always")

# %% [markdown]
# And the pods of the Deployment at the end, with their causes:

# %%
lesson.why("deployment/web", variant="Always")

# %% [markdown]
# ## Modify
#
# The scale-up comes before the push now. Which build do the new pods run, and for how
# long are two builds in service?

# %%
lesson.change("timeline.1.at=4m")

# %% [markdown]
# ## Make
#
# Leave the push where it is, and change the call below so that one build serves from
# beginning to end, without `pin` and without a policy. Which two values do it, and
# why would you not want to rely on them?

# %%
lesson.change("timeline.1.at=4m", "timeline.2.at=20m")

# %% [markdown]
# ## Keep this

# %%
lesson.key_points()

# %%
lesson.votes()
