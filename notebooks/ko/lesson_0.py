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
# # 0과. 그림 읽기
#
# 빈 노드 두 개에서 Pod 세 개짜리 Deployment가 시작합니다. 까다로운 일은 일어나지
# 않습니다. 차트를 읽고 원인을 묻는 법을 배웁니다.
#
# 셀을 위에서 아래로 하나씩 실행하세요. 예측할 차례가 되면 따옴표 사이에 글자를
# 쓰세요. 답은 그다음에만 볼 수 있습니다.

# %%
from sim.lessons.desk import open_lesson

lesson = open_lesson(0, language="ko")
ask, predict, reveal = lesson.ask, lesson.predict, lesson.reveal
lesson.overview()

# %% [markdown]
# 이 과의 세계는 파일 하나에 다 들어 있습니다. 소리 내어 읽어 보세요.

# %%
lesson.scenario()

# %% [markdown]
# ## 예측
#
# 나머지를 실행하기 전에 투표하세요. 틀린 예측이 예측하지 않는 것보다 더 많이 가르쳐
# 줍니다.

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

# %% [markdown]
# ## 살펴보기
#
# 막대 하나가 Pod 하나입니다. 먼저 무엇을 기다리는지, 그다음에 어떤 빌드를 실행하는지
# 보입니다. 두 번째 그림은 링크가 더 느립니다.

# %%
lesson.chart("pod-phases", "as written", "a slow link")

# %% [markdown]
# 원인을 물어보세요. 사슬은 아래에서 위로 읽습니다. 바깥에서 일어난 행위가 먼저입니다.

# %%
lesson.why("deployment/hello", at="3m")

# %% [markdown]
# ## 바꾸기
#
# 값 하나를 바꾸고 비교해 보세요. 노드가 세 개면 레지스트리는 사본을 몇 개 보낼까요?

# %%
lesson.change("nodes.worker.count=3", chart="registry-traffic")

# %% [markdown]
# ## 기억할 것

# %%
lesson.key_points()

# %%
lesson.votes()
