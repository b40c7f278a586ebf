"""The command line: arguments in, one call, exit code out.

Exit codes: 0 all well; 1 an expectation failed; 2 bad input; 130 interrupted.
"""

import argparse
import gc
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from sim.errors import PullsimError, ScenarioError

OK, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
COMMANDS = ("validate", "new", "import", "explain", "events", "report")
EPILOG = """\
commands:
  python -m sim                         list the scenarios here, with their questions
  python -m sim SCENARIO.yaml           run a scenario: answer, charts, page, run folder
  python -m sim validate FILE           check a scenario without running it
  python -m sim new FILE                write a commented scenario to start from
  python -m sim import FILE...          write a scenario from kubectl get -o json|yaml
  python -m sim explain RUN pod/NAME    say why: the chain of causes (or KIND/NAME)
  python -m sim events RUN              print the events as kubectl get events -A does
  python -m sim report RUN [--open]     write the run's page again: report.html
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Without ``argv`` the process is ours: its arguments count, and Ctrl-C ends it.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    if argv is None and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
    try:
        return _dispatch(arguments)
    except PullsimError as error:
        count = len(error.faults) if isinstance(error, ScenarioError) else 0
        print(error, file=sys.stderr)
        if count > 1:
            print(f"{count} mistakes; nothing was run.", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt as stop:
        so_far = stop.args[0] if stop.args else "nothing was written"
        print(f"interrupted; {so_far}", file=sys.stderr, flush=True)
        if argv is None:
            os._exit(INTERRUPTED)  # to take a large cluster apart takes seconds
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone (as in ``| head``); nothing to report.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK


def _interrupt(*_: object) -> None:
    """End what is being done, once: what was begun is removed undisturbed.

    The collector must not look at the millions of objects that a large run has.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()
    raise KeyboardInterrupt


def _dispatch(arguments: list[str]) -> int:
    command = arguments[0] if arguments and arguments[0] in COMMANDS else "run"
    options = _parser(command).parse_args(
        arguments if command == "run" else arguments[1:]
    )
    handlers = {
        "run": _run,
        "validate": _validate,
        "new": _new,
        "import": _import,
        "explain": _explain,
        "events": _events,
        "report": _report,
    }
    return handlers[command](options)


def _parser(command: str) -> argparse.ArgumentParser:
    prog = "python -m sim" + ("" if command == "run" else f" {command}")
    parser = argparse.ArgumentParser(
        prog=prog,
        description="What really happens when this cluster wants that image, and why.",
        epilog=EPILOG if command == "run" else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if command == "run":
        _add_run_options(parser)
    elif command in ("validate", "new"):
        parser.add_argument("file", type=Path, help="a scenario file")
    elif command == "import":
        parser.add_argument(
            "files", nargs="+", type=Path, help="kubectl get -o json; - = from a pipe"
        )
        parser.add_argument(
            "--out", type=Path, default=Path("scenario.yaml"), help="the scenario"
        )
    else:
        parser.add_argument("run", type=Path, help="a run folder")
    if command in ("explain", "events"):
        parser.add_argument("--variant", help="which variant (default: the first)")
    if command == "report":
        _add_report_options(parser)
    if command == "validate":
        _add_set(parser)
    if command == "explain":
        parser.add_argument(
            "target",
            help="pod/NAME, deployment/NAME and the like; a unique beginning will do",
        )
        parser.add_argument(
            "--at", type=_moment, metavar="TIME", help="as of this moment, as in 14m30s"
        )
    if command in ("run", "explain", "report"):
        parser.add_argument(
            "--lang", choices=("en", "ko"), default="en", help="language of sentences"
        )
    return parser


def _add_run_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scenario", nargs="?", type=Path, help="a scenario file")
    _add_set(parser)
    parser.add_argument("--seed", type=int, help="instead of the scenario's seed")
    parser.add_argument("--out", type=Path, help="the run folder (default: runs/…)")
    parser.add_argument("--quiet", action="store_true", help="print only the folder")
    parser.add_argument(
        "--no-charts", action="store_true", help="draw nothing: no charts, no page"
    )
    parser.add_argument("--svg", action="store_true", help="charts as SVG too")


def _add_report_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--open", action="store_true", help="show it in a browser")
    parser.add_argument(
        "--show-answer", action="store_true", help="do not wait to be asked for it"
    )


def _moment(text: str) -> int:
    from sim.rules.durations import parse_go_duration  # noqa: PLC0415

    try:
        return parse_go_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _add_set(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="PATH=VALUE",
        dest="sets",
        help="change one value of the scenario, as in nodes.worker.count=12",
    )


def _run(options: argparse.Namespace) -> int:
    if options.scenario is None:
        return _list_scenarios(Path("scenarios"))
    from sim.scenario.loader import load_scenario  # noqa: PLC0415 - only a run needs it
    from sim.simulation import simulate_file  # noqa: PLC0415

    file = load_scenario(options.scenario, sets=options.sets, seed=options.seed)
    records = simulate_file(file, sys.stderr)
    from sim.report import terminal  # noqa: PLC0415 - pandas, when the run is over
    from sim.report.progress import stage  # noqa: PLC0415
    from sim.runner import judged, save_run  # noqa: PLC0415

    run = judged(file, records, options.lang, sys.stderr)
    formats = () if options.no_charts else ("png", "svg") if options.svg else ("png",)
    folder = save_run(
        run,
        options.out,
        formats=formats,
        language=options.lang,
        terminal=sys.stderr,
    )
    if options.quiet:
        print(folder)
        return OK if run.holds else FAILED
    facts = [(v.name, v.log, v.meta, v.tables, v.verdicts) for v in run.variants]
    charts = bool(formats)
    try:
        with stage(sys.stderr, "summing up"):
            text = terminal.summary(facts, folder, charts=charts, language=options.lang)
    except KeyboardInterrupt as stop:
        raise KeyboardInterrupt(f"the run is in {folder}") from stop
    print(text)
    return OK if run.holds else FAILED


def _list_scenarios(folder: Path) -> int:
    from sim.scenario.loader import summary  # noqa: PLC0415 - reads YAML

    files = sorted(folder.glob("*.yaml"))
    if not files:
        print("no scenarios here; python -m sim new FILE writes one", file=sys.stderr)
        return BAD_INPUT
    for file in files:
        title, question = summary(file)
        print(f"{file}\n  {title}\n  {question}\n")
    return OK


def _validate(options: argparse.Namespace) -> int:
    from sim.scenario.loader import load_scenario  # noqa: PLC0415 - reads YAML

    file = load_scenario(options.file, sets=options.sets)
    names = ", ".join(scenario.variant for scenario in file.variants)
    print(f"{options.file}: valid; variants: {names}")
    for warning in dict.fromkeys(w for s in file.variants for w in s.warnings):
        print(f"warning: {warning}")
    return OK


def _new(options: argparse.Namespace) -> int:
    from sim.errors import RunFolderError  # noqa: PLC0415
    from sim.scenario.loader import starter  # noqa: PLC0415 - reads YAML

    try:
        with options.file.open("x", encoding="utf-8") as stream:
            stream.write(starter())
    except OSError as error:
        reason = error.strerror or str(error)
        raise RunFolderError(f"{options.file}: {reason}; nothing written") from error
    print(f"{options.file} written; run it with: python -m sim {options.file}")
    return OK


def _import(options: argparse.Namespace) -> int:
    from sim.errors import RunFolderError  # noqa: PLC0415
    from sim.scenario.saved.importer import import_files  # noqa: PLC0415 - reads YAML

    imported = import_files(options.files)
    try:
        with options.out.open("x", encoding="utf-8") as stream:
            stream.write(imported.text)
    except OSError as error:
        reason = error.strerror or str(error)
        raise RunFolderError(f"{options.out}: {reason}; nothing written") from error
    counts = ", ".join(f"{count} {what}" for what, count in imported.counts.items())
    print(f"{options.out} written: {counts}")
    for note in imported.notes:
        print(f"  {note}")
    print(f"Run it with: python -m sim {options.out}")
    return OK


def _explain(options: argparse.Namespace) -> int:
    from sim.analysis.explain import explain  # noqa: PLC0415 - only this needs it
    from sim.run_folder import load_variant  # noqa: PLC0415

    log, meta = load_variant(options.run, options.variant)
    text = explain(log, meta, options.target, language=options.lang, at_us=options.at)
    print(text)
    return OK


def _events(options: argparse.Namespace) -> int:
    from sim.analysis.events import get_events  # noqa: PLC0415 - only this needs it
    from sim.run_folder import load_variant  # noqa: PLC0415

    log, meta = load_variant(options.run, options.variant)
    print(get_events(log, meta, meta["until_us"]))
    return OK


def _report(options: argparse.Namespace) -> int:
    from sim.run_page import write_page  # noqa: PLC0415 - only this needs it

    path = write_page(options.run, options.lang, show_answer=options.show_answer)
    print(path)
    if options.open:
        import webbrowser  # noqa: PLC0415

        webbrowser.open(path.resolve().as_uri())
    return OK
