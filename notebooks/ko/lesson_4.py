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
# # 4과. 레지스트리가 사라졌다
#
# 모든 노드에 이미지가 있습니다. 10분 동안 레지스트리가 응답하지 않습니다. 컨테이너
# 하나가 비정상 종료하고, rollout restart가 시작됩니다. 신중한 팀은 `Always`를
# 썼습니다.
#
# 셀을 위에서 아래로 하나씩 실행하세요. 예측할 차례가 되면 따옴표 사이에 글자를
# 쓰세요. 답은 그다음에만 볼 수 있습니다.

# %%
from sim.lessons.desk import open_lesson

lesson = open_lesson(4, language="ko")
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
# Pod의 시도와 기다림을 모두 보입니다. 시도 사이의 간격이 어떻게 커지는지 재어 보세요.

# %%
lesson.chart("pulls-and-back-off", "as written")

# %% [markdown]
# 장애 한가운데에서 Pod는 자신에 대해 무엇을 말할까요?

# %%
lesson.why("deployment/web", at="12m")

# %% [markdown]
# ## 바꾸기
#
# 이제 장애가 1분뿐입니다. 장애가 짧으면 기다림도 짧을까요?

# %%
lesson.change("timeline.0.for=1m", chart="pod-phases")

# %% [markdown]
# ## 만들기
#
# `Always`를 그대로 두고, 레지스트리가 10분 동안 응답하지 않아도 롤아웃의 새 Pod가
# 이미지를 1분 넘게 기다리지 않게 해 보세요. 어떤 행위를 옮겨야 할까요? 여러분의
# 회사에서는 누가 그것을 정하나요? 6분에 비정상 종료한 컨테이너는 그 방법으로 도울 수
# 없습니다. 왜일까요?

# %%
lesson.change("timeline.2.at=10m", chart="pod-phases")

# %% [markdown]
# ## 기억할 것

# %%
lesson.key_points()

# %%
lesson.votes()
