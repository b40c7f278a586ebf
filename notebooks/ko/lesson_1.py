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
# # 1과. 태그 하나, 두 버전
#
# Pod 여섯 개가 `shop/web:stable`을 실행하는 동안 CI가 그 태그에 새 빌드를 push합니다.
# 그 뒤로는 흔한 일만 일어납니다. 스케일 아웃, 노드 drain, 비정상 종료. 아무도
# 배포하지 않습니다.
#
# 셀을 위에서 아래로 하나씩 실행하세요. 예측할 차례가 되면 따옴표 사이에 글자를
# 쓰세요. 답은 그다음에만 볼 수 있습니다.

# %%
from sim.lessons.desk import open_lesson

lesson = open_lesson(1, language="ko")
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
# 같은 이름을 노드별로 봅니다. 두 가지 뜻은 어디에서 왔을까요?

# %%
lesson.chart("node-images", "as written", "Always")

# %% [markdown]
# 그리고 끝날 때 Deployment의 Pod들과 그 원인입니다.

# %%
lesson.why("deployment/web", variant="Always")

# %% [markdown]
# ## 바꾸기
#
# 이제 스케일 아웃이 push보다 먼저 일어납니다. 새 Pod는 어떤 빌드를 실행하고, 두
# 빌드는 얼마나 오래 함께 서비스될까요?

# %%
lesson.change("timeline.1.at=4m")

# %% [markdown]
# ## 만들기
#
# push는 그대로 두고, `pin`이나 정책 없이 처음부터 끝까지 빌드 하나만 서비스되도록
# 아래 호출을 고쳐 보세요. 어떤 값 두 개면 될까요? 그리고 왜 거기에 기대면 안 될까요?

# %%
lesson.change("timeline.1.at=4m", "timeline.2.at=20m")

# %% [markdown]
# ## 기억할 것

# %%
lesson.key_points()

# %%
lesson.votes()
