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
# # 3과. 기본값은 어디에서 오는가
#
# Deployment 다섯 개가 같은 빌드를 다섯 가지 방식으로 가리킵니다. `imagePullPolicy`를
# 쓴 것은 없습니다. 그런 다음 레지스트리가 멈추고, 모든 컨테이너가 비정상 종료합니다.
#
# 셀을 위에서 아래로 하나씩 실행하세요. 예측할 차례가 되면 따옴표 사이에 글자를
# 쓰세요. 답은 그다음에만 볼 수 있습니다.

# %%
from sim.lessons.desk import open_lesson

lesson = open_lesson(3, language="ko")
ask, predict, reveal = lesson.ask, lesson.predict, lesson.reveal
lesson.overview()

# %%
lesson.scenario()

# %% [markdown]
# ## 예측
#
# 먼저 다섯 가지 정책을 종이에 적어 보세요.

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
# `latest`와 다이제스트를 함께 쓴 Deployment는 어차피 빌드 하나만 받을 수 있습니다. 왜
# 기다릴까요?

# %%
lesson.why("deployment/both", at="10m")

# %% [markdown]
# ## 바꾸기
#
# 이제 admission 플러그인 `AlwaysPullImages`가 켜져 있습니다. 다섯 개 중 무엇이
# 달라졌을까요?

# %%
lesson.change("admission=[AlwaysPullImages]", chart="pod-phases")

# %% [markdown]
# ## 만들기
#
# 장애 시각은 그대로 두고 되도록 적게 바꾸어, 다섯 개가 모두 비정상 종료를 견디게 해
# 보세요. 아래 호출은 하나를 해결합니다. 그런 다음 바꾼 Deployment가 저마다 무엇을
# 잃었는지 말해 보세요.

# %%
image = "objects.bare.spec.template.spec.containers.web.image"
lesson.change(f"{image}=web:1.0", chart="pod-phases")

# %% [markdown]
# ## 기억할 것

# %%
lesson.key_points()

# %%
lesson.votes()
