"""What people do on a node's own shell: docker login, scp, crictl.

Neither the API server nor the kubelet takes part. A command that fails is recorded
with its error text.
"""

from collections.abc import Generator
from typing import Any

import simpy

from sim.cluster.clock import Clock
from sim.cluster.nodes.node_pool import NodePool
from sim.cluster.registry.registries import Registries
from sim.cluster.registry.request import OK, REFUSED
from sim.cluster.runtime.pull_request import PullImageRequest
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.rules import docker_login
from sim.rules.docker_login import DockerLoginError
from sim.rules.keyring import Credential
from sim.scenario import model

COMMAND_LINE = "command line"
ANONYMOUS = "anonymous"


class NodeShell:
    """Root's shell on every node."""

    __slots__ = ("_env", "_log", "_nodes", "_registries")

    def __init__(
        self, env: Clock, log: EventLog, nodes: NodePool, registries: Registries
    ) -> None:
        self._env = env
        self._log = log
        self._nodes = nodes
        self._registries = registries

    def run(self, action: model.NodeCommand) -> None:
        """Carry a command out."""
        if not self._nodes.is_up(action.node):
            self._row(action, f"no route to host {action.node}")
            return
        match action:
            case model.DockerLogin():
                self._login(action)
            case model.CopyFile():
                self._copy(action)
            case model.CrictlPull():
                self._env.process(self._pull(action, self._row(action)))
            case model.CrictlRemove():
                self._remove(action)

    def _row(self, action: model.NodeCommand, error: str = "") -> int:
        ids = self._log.names.id
        return self._log.append(
            Kind.NODE_COMMAND,
            node=ids(action.node),
            text=ids(action.command),
            reason=ids(error),
        )

    def _login(self, action: model.DockerLogin) -> None:
        files = self._nodes.machines[action.node].docker_config
        host = docker_login.login_host(action.server)
        try:
            answer = self._registries.at(host).login(action.username, action.password)
            if answer != OK:
                raise (
                    docker_login.unreachable(host)
                    if answer == REFUSED
                    else docker_login.refused(host)
                )
            text = docker_login.with_login(
                files.text(model.DOCKER_CONFIG),
                action.server,
                action.username,
                action.password,
            )
        except DockerLoginError as error:
            self._row(action, str(error))
            return
        files.write(model.DOCKER_CONFIG, text, self._row(action))

    def _copy(self, action: model.CopyFile) -> None:
        text = self._nodes.machines[action.node].docker_config.text(action.path)
        if text is None:
            self._row(action, f"scp: stat local {action.path!r}: no such file")
            return
        missing = [name for name in action.to_nodes if not self._nodes.is_up(name)]
        error = f"no route to host {', '.join(missing)}" if missing else ""
        row = self._row(action, error)
        for name in action.to_nodes:
            if name not in missing:
                self._nodes.machines[name].docker_config.write(
                    action.to_path, text, row
                )

    def _pull(
        self, action: model.CrictlPull, row: int
    ) -> Generator[simpy.Event, Any, None]:
        credential = None
        if action.username:
            credential = Credential(username=action.username, password=action.password)
        result = yield from self._nodes.machines[action.node].runtime.pull_image(
            PullImageRequest(
                image=action.image,
                credential=credential,
                cause=row,
                label=self._log.names.id(COMMAND_LINE if credential else ANONYMOUS),
            )
        )
        if result.error:
            ids = self._log.names.id
            self._log.append(
                Kind.COMMAND_FAILED,
                node=ids(action.node),
                text=ids(action.command),
                reason=ids(f"pulling image: {result.error}"),
                cause=result.row,
            )

    def _remove(self, action: model.CrictlRemove) -> None:
        runtime = self._nodes.machines[action.node].runtime
        image = runtime.image_status(action.image)
        if image is None:
            self._row(action, f"no such image {action.image}")
            return
        runtime.remove_image(image.id, self._log.names.id(""), self._row(action))
