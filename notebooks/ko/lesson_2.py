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
# # 2과. 세 가지 정책, 하나의 타임라인
#
# 노드 두 개는 이미지를 갖고 있고 두 개는 없습니다. 태그가 옮겨지고, 컨테이너가 비정상
# 종료하고, 레지스트리가 멈추고, 모든 Pod가 다시 시작됩니다. 같은 이야기를 `Always`,
# `IfNotPresent`, `Never`로 실행합니다.
#
# 셀을 위에서 아래로 하나씩 실행하세요. 예측할 차례가 되면 따옴표 사이에 글자를
# 쓰세요. 답은 그다음에만 볼 수 있습니다.

# %%
from sim.lessons.desk import open_lesson

lesson = open_lesson(2, language="ko")
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
# 바뀐 것이 없을 때, 정책마다 시작하는 데 얼마나 걸릴까요? 첫 막대들을 비교해 보세요.

# %%
lesson.chart("pod-phases", "Always", "IfNotPresent", "Never")

# %% [markdown]
# ## 바꾸기
#
# 이제 `Always`에서 컨테이너 네 개가 모두 10분에 비정상 종료합니다. 롤아웃과 무엇이
# 다를까요?

# %%
lesson.change("timeline.1.count=4")

# %% [markdown]
# ## 만들기
#
# 팀은 다음을 각각 원합니다. 재시작할 때마다 최신 빌드, 레지스트리 없이 시작하기,
# 어디에서나 같은 빌드. 저마다 알맞은 정책과 태그 방식, 그리고 그 대가를 말해 보세요.
# 그런 다음 시뮬레이터가 반박하게 해 보세요.

# %%
lesson.change("timeline.2.at=9m")

# %% [markdown]
# ## 기억할 것

# %%
lesson.key_points()

# %%
lesson.votes()
