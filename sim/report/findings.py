"""What a chart's title says: the finding, computed from the tables."""

from collections.abc import Sequence
from typing import Any

from sim.analysis.sentences import short_image
from sim.analysis.tables import Tables, builds_at, mixed_intervals, owners
from sim.units import SECOND, format_size, format_time

TEXTS = {
    "en": {
        "mixed": "{count} builds behind one workload for {length}",
        "changed": "{before} until {time}, then {after}",
        "one": "One build throughout",
        "none": "Nothing ran",
        "cache_many": "One name, {count} builds on the nodes",
        "cache_one": "Every node holds the same build",
        "cache_lost": "{image} was removed from {count} nodes",
        "cache_lost_one": "{image} was removed from 1 node",
        "cache_none": "No node holds an image",
        "waits": "{count} pods waited for an image, the longest {length}",
        "waits_one": "1 pod waited for an image for {length}",
        "no_waits": "No pod waited for an image it could not get",
        "pulls": "{pulls} pulls, {failed} of them failed",
        "pulls_fine": "{pulls} pulls, none failed",
        "traffic": "{requests} requests, {bytes} served",
        "of_variant": "{variant}: {finding}",
        "builds_name": "Builds in service",
        "images_name": "What the image names mean on each node",
        "phases_name": "What each pod did",
        "pulls_name": "Pulls and back-offs of each pod",
        "registry_name": "Registry traffic",
        "images_lanes": "On how many nodes each image name means which build",
        "phases_lanes": "What the containers of each workload waited for, or ran",
        "pulls_lanes": "Pulls of each workload under way; a full lane is its most",
        "lane_pods": "{name} · {count} pods in all",
        "lane_pulls": "{name} · {count} pulls",
        "lane_nodes": "{name} · {count} nodes",
        "pods_axis": "pods",
        "time_axis": "simulated time",
        "requests_axis": "requests",
        "bytes_axis": "served",
        "grouped": "{shown} of {total} shown",
        "counted": "a pod counts for each build that it runs",
        "no_hangul": "No font with Hangul is installed: the charts are in English.",
        "pulled": "pulled",
        "failed": "failed",
        "unfinished": "not finished",
        "back_off": "held back",
    },
    "ko": {
        "mixed": "한 워크로드 뒤에 빌드 {count}개, {length} 동안",
        "changed": "{time}까지 {before}, 그 뒤로 {after}",
        "one": "내내 빌드 하나",
        "none": "실행된 것이 없음",
        "cache_many": "이름 하나, 노드들에는 빌드 {count}개",
        "cache_one": "모든 노드가 같은 빌드를 가짐",
        "cache_lost": "노드 {count}개에서 {image} 삭제됨",
        "cache_lost_one": "노드 1개에서 {image} 삭제됨",
        "cache_none": "이미지를 가진 노드가 없음",
        "waits": "Pod {count}개가 이미지를 기다림, 가장 길게는 {length}",
        "waits_one": "Pod 1개가 이미지를 {length} 동안 기다림",
        "no_waits": "얻지 못하는 이미지를 기다린 Pod가 없음",
        "pulls": "pull {pulls}번, 그중 {failed}번 실패",
        "pulls_fine": "pull {pulls}번, 실패 없음",
        "traffic": "요청 {requests}건, {bytes} 전송",
        "of_variant": "{variant}: {finding}",
        "builds_name": "서비스 중인 빌드",
        "images_name": "각 노드에서 이미지 이름이 뜻하는 것",
        "phases_name": "각 Pod가 한 일",
        "pulls_name": "각 Pod의 pull과 백오프",
        "registry_name": "레지스트리 트래픽",
        "images_lanes": "이미지 이름마다 어느 빌드를 뜻하는 노드의 수",
        "phases_lanes": "각 워크로드의 컨테이너들이 기다리거나 실행한 것",
        "pulls_lanes": "각 워크로드에서 진행 중인 pull, 줄의 높이는 가장 많을 때",
        "lane_pods": "{name} · 모두 Pod {count}개",
        "lane_pulls": "{name} · pull {count}번",
        "lane_nodes": "{name} · 노드 {count}개",
        "pods_axis": "Pod",
        "time_axis": "시뮬레이션 시간",
        "requests_axis": "요청",
        "bytes_axis": "전송량",
        "grouped": "{total}개 중 {shown}개 표시",
        "counted": "Pod는 실행하는 빌드마다 셈",
        "no_hangul": "No font with Hangul is installed: the charts are in English.",
        "pulled": "성공",
        "failed": "실패",
        "unfinished": "끝나지 않음",
        "back_off": "보류",
    },
}
ROLLOUT_US = 60 * SECOND  # builds that are mixed for less were rolled out
IMAGE_REASONS = ("ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull")


def text(language: str, message: str, /, **parameters: object) -> str:
    """Return one text of the charts."""
    return TEXTS[language][message].format(**parameters)


def builds(tables: Tables, meta: dict[str, Any], language: str) -> str:
    """How many builds were behind a workload, and for how long."""
    until = int(meta["until_us"])
    service = tables.service
    best = (0, 0, "")
    for owner in owners(tables):
        spans = mixed_intervals(tables, owner, until)
        length = sum(end - start for start, end in spans)
        # The containers of a pod differ by design; each is compared with its own kind.
        mine = service[service["owner"] == owner].groupby("container")["digest"]
        best = max(best, (length, int(mine.nunique().max()) if spans else 0, owner))
    length, count, owner = best
    if not length:
        return text(language, "none" if service.empty else "one")
    if length < ROLLOUT_US and (change := _changed(tables, owner, until, language)):
        return change
    return text(language, "mixed", count=count, length=rounded(length))


def _changed(tables: Tables, owner: str, until: int, language: str) -> str:
    """Say what a roll-out changed, which mixes builds for a moment; or nothing."""
    spans = mixed_intervals(tables, owner, until)
    before = list(builds_at(tables, owner, spans[0][0] - 1))
    after = list(builds_at(tables, owner, spans[0][1]))
    if len(spans) > 1 or len(before) != 1 or len(after) != 1:
        return ""
    time = format_time(spans[0][1] // SECOND * SECOND)
    return text(language, "changed", before=before[0], after=after[0], time=time)


def rounded(time_us: int) -> str:
    """Return a span to the minute when it is longer than ten, else to the second."""
    minute, second = 60_000_000, 1_000_000
    unit = minute if time_us >= 10 * minute else second
    return format_time(round(time_us / unit) * unit)


def images(tables: Tables, meta: dict[str, Any], language: str) -> str:
    """Whether a name means the same on every node at the end."""
    until = int(meta["until_us"])
    table = tables.node_images
    tags = table[~table["image"].str.contains("@") & (table["end_us"] >= until)]
    if tags.empty:
        return text(language, "cache_none" if table.empty else "cache_one")
    count = int(tags.groupby("image")["build"].nunique().max())
    if count > 1:
        return text(language, "cache_many", count=count)
    return _lost(tables, until, language) or text(language, "cache_one")


def _lost(tables: Tables, until: int, language: str) -> str:
    """Say which name most nodes lost, for a while or for good; or nothing.

    A name that only came to mean another build was not lost, nor is a dead node's.
    """
    table = tables.node_images
    tags = table[~table["image"].str.contains("@")]
    begins = set(zip(tags["node"], tags["image"], tags["start_us"], strict=True))
    alive = set(table[table["end_us"] >= until]["node"])
    ends = tags[(tags["end_us"] < until) & tags["node"].isin(alive)]
    lost: dict[str, dict[str, None]] = {}
    for node, image, end in zip(
        ends["node"], ends["image"], ends["end_us"], strict=True
    ):
        if (node, image, end) not in begins:
            lost.setdefault(str(image), {})[str(node)] = None
    if not lost:
        return ""
    image = max(lost, key=lambda name: len(lost[name]))
    count = len(lost[image])
    name = short_image(image)
    if count == 1:
        return text(language, "cache_lost_one", image=name)
    return text(language, "cache_lost", image=name, count=count)


def phases(tables: Tables, meta: dict[str, Any], language: str) -> str:
    """How many pods waited for an image they could not get."""
    del meta
    waiting = tables.waiting[tables.waiting["reason"].isin(IMAGE_REASONS)]
    if waiting.empty:
        return text(language, "no_waits")
    spans = waiting.groupby("pod").agg({"start_us": "min", "end_us": "max"})
    longest = rounded(int((spans["end_us"] - spans["start_us"]).max()))
    if len(spans) == 1:
        return text(language, "waits_one", length=longest)
    return text(language, "waits", count=len(spans), length=longest)


def pulls(tables: Tables, meta: dict[str, Any], language: str) -> str:
    """How many pulls, how many in vain."""
    del meta
    failed = int((tables.pulls["outcome"] == "failed").sum())
    if failed:
        return text(language, "pulls", pulls=len(tables.pulls), failed=failed)
    return text(language, "pulls_fine", pulls=len(tables.pulls))


def traffic(tables: Tables, meta: dict[str, Any], language: str) -> str:
    """What the registries had to do."""
    del meta
    served = format_size(int(tables.requests["bytes"].sum()))
    return text(language, "traffic", requests=len(tables.requests), bytes=served)


def title(found: Sequence[tuple[str, str]], language: str) -> str:
    """Return a figure's title: the finding, of the first variant where they differ."""
    variant, first = found[0]
    if all(finding == first for _, finding in found):
        return first
    return text(language, "of_variant", variant=variant, finding=first)
