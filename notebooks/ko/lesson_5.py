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
# # 5과. 되돌리지 않는 undo
#
# 모두가 쓰는 태그에 나쁜 빌드가 push됩니다. 재시작으로 그 빌드가 들어오고, `kubectl
# rollout undo`가 그 재시작을 되돌립니다. 명령은 성공합니다.
#
# 셀을 위에서 아래로 하나씩 실행하세요. 예측할 차례가 되면 따옴표 사이에 글자를
# 쓰세요. 답은 그다음에만 볼 수 있습니다.

# %%
from sim.lessons.desk import open_lesson

lesson = open_lesson(5, language="ko")
ask, predict, reveal = lesson.ask, lesson.predict, lesson.reveal
lesson.overview()

# %%
lesson.scenario()

# %% [markdown]
# ## 예측

# %%
ask("q1")

# %%
predict("q1", "")

# %% [markdown]
# 옆 사람과 이야기해 보세요. 생각이 바뀌면 글자를 고치고 위의 셀을 다시 실행하세요.

# %%
reveal("q1")

# %%
ask("q2")

# %%
predict("q2", "")

# %% [markdown]
# 옆 사람과 이야기해 보세요. 생각이 바뀌면 글자를 고치고 위의 셀을 다시 실행하세요.

# %%
reveal("q2")

# %%
ask("q3")

# %%
predict("q3", "")

# %% [markdown]
# 옆 사람과 이야기해 보세요. 생각이 바뀌면 글자를 고치고 위의 셀을 다시 실행하세요.

# %%
reveal("q3")

# %% [markdown]
# ## 살펴보기
#
# 어떤 Pod가 undo와 함께 생겼고, 어느 노드에서 무엇을 실행할까요?

# %%
lesson.chart("pod-phases", "IfNotPresent")

# %%
lesson.why("deployment/web", variant="IfNotPresent")

# %% [markdown]
# ## 바꾸기
#
# 이제 push가 재시작보다 늦은 8분에 옵니다. 멀쩡하던 Deployment에 undo가 무슨 일을
# 할까요?

# %%
lesson.change("timeline.0.at=8m")

# %% [markdown]
# ## 만들기
#
# undo 대신 누군가 좋은 빌드를 태그에 다시 push합니다. 왜 그것으로는 부족하고, 어떤
# 명령 하나가 빠졌을까요? 그런 다음, 어떻게 했더라면 제대로 되돌릴 수 있었을지 말해
# 보세요.

# %%
push = "registry.example/shop/web:stable"
lesson.change(f"timeline.2={{at: 10m, push: '{push}', build: good}}")

# %% [markdown]
# ## 기억할 것

# %%
lesson.key_points()

# %%
lesson.votes()
