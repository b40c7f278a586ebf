"""What people run on a node's own shell: docker login, scp, crictl.

A line is run as root on the node that ``on`` names (or on every node of a group).
"""

from collections.abc import Callable
from dataclasses import replace

from sim.scenario import model
from sim.scenario.commands.command_line import Line, Parser, Verb, read

DOCKER_HUB = "https://index.docker.io/v1/"
HOME = "/root"

# From the name of a node or a group to the nodes; raises ``CommandError``.
Nodes = Callable[[str], tuple[str, ...]]


def parse(text: str, at_us: int, on: str, nodes: Nodes) -> list[model.NodeCommand]:
    """Return the action of a line for every node; raises ``CommandError``."""
    action = read(text, at_us, VERBS)
    if isinstance(action, model.CopyFile):
        action = replace(action, to_nodes=nodes(*action.to_nodes))
    return [replace(action, node=node) for node in nodes(on)]


def _login(line: Line) -> model.DockerLogin:
    parser = Parser()
    parser.add_argument("server", nargs="?", default=DOCKER_HUB)
    parser.add_argument("-u", "--username", required=True)
    parser.add_argument("-p", "--password", required=True)
    options = line.options(parser)
    return model.DockerLogin(
        at_us=line.at_us,
        command=line.without(options.password),
        node="",
        server=options.server,
        username=options.username,
        password=options.password,
    )


def _copy(line: Line) -> model.CopyFile:
    parser = Parser()
    parser.add_argument("path")
    parser.add_argument("target")
    options = line.options(parser)
    host, colon, path = options.target.partition(":")
    if not (host and colon):
        raise line.wrong(f"expected NODE:PATH, found {options.target!r}")
    return model.CopyFile(
        at_us=line.at_us,
        command=line.text,
        node="",
        path=_absolute(options.path, line),
        to_nodes=(host.rpartition("@")[2],),
        to_path=_absolute(path, line),
    )


def _absolute(path: str, line: Line) -> str:
    """Return a path as the shell of root reads it."""
    if path.startswith("~/"):
        return HOME + path[1:]
    if not path.startswith("/"):
        raise line.wrong(f"expected a path that begins with / or ~/, found {path!r}")
    return path


def _pull(line: Line) -> model.CrictlPull:
    parser = Parser()
    parser.add_argument("image")
    parser.add_argument("--creds", default="")
    options = line.options(parser)
    username, colon, password = options.creds.partition(":")
    if options.creds and not colon:
        raise line.wrong("--creds is USER:PASSWORD")
    return model.CrictlPull(
        at_us=line.at_us,
        command=line.without(password),
        node="",
        image=options.image,
        username=username,
        password=password,
    )


def _remove(line: Line) -> model.CrictlRemove:
    parser = Parser()
    parser.add_argument("image")
    image = line.options(parser).image
    return model.CrictlRemove(at_us=line.at_us, command=line.text, node="", image=image)


VERBS: tuple[Verb[model.NodeCommand], ...] = (
    Verb(
        words=("docker", "login"),
        usage="docker login [HOST] -u USER -p PASSWORD",
        read=_login,
    ),
    Verb(words=("scp",), usage="scp PATH NODE:PATH", read=_copy),
    Verb(
        words=("crictl", "pull"),
        usage="crictl pull [--creds USER:PASSWORD] IMAGE",
        read=_pull,
    ),
    Verb(words=("crictl", "rmi"), usage="crictl rmi IMAGE", read=_remove),
)
