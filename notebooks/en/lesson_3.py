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
# # Lesson 3: Where the default comes from
#
# Five Deployments name one build in five ways. None says `imagePullPolicy`. Then the
# registry goes down, and every container crashes.
#
# Run the cells one by one, from top to bottom. Where a prediction is asked for, put a
# letter between the quotes; the answer shows only after that.

# %%
from sim.lessons.desk import open_lesson

lesson = open_lesson(3, language="en")
ask, predict, reveal = lesson.ask, lesson.predict, lesson.reveal
lesson.overview()

# %%
lesson.scenario()

# %% [markdown]
# ## Predict
#
# First write the five policies on paper.

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
# The Deployment with `latest` and a digest could only ever get one build. Why does it
# wait?

# %%
lesson.why("deployment/both", at="10m")

# %% [markdown]
# ## Modify
#
# The admission plug-in `AlwaysPullImages` is on now. Which of the five are different?

# %%
lesson.change("admission=[AlwaysPullImages]", chart="pod-phases")

# %% [markdown]
# ## Make
#
# See to it that all five survive the crash, without moving the outage, and change as
# little as you can. The call below does it for one. Then say what each of the changed
# Deployments has lost.

# %%
image = "objects.bare.spec.template.spec.containers.web.image"
lesson.change(f"{image}=web:1.0", chart="pod-phases")

# %% [markdown]
# ## Keep this

# %%
lesson.key_points()

# %%
lesson.votes()
