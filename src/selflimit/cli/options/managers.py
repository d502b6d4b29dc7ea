"""Options of the verbs that hand a flow to a job manager and look after it."""

from argparse import ArgumentParser
from typing import Any

from selflimit.cli.options.chain import add_run


def add_project(parser: ArgumentParser) -> None:
    """Add which jobflow-remote project is meant."""
    parser.add_argument(
        "--project", metavar="NAME", help="jobflow-remote project (default: $JFREMOTE_PROJECT, or the only one)"
    )


def add_run_or_flow(parser: ArgumentParser) -> None:
    """Add the run folder, or the flow of jobflow-remote, that is meant."""
    add_run(parser, "run folder, or uuid of a submitted flow, of which the beginning is enough")


def add_resources(group: Any, text: str) -> None:
    """Add what jobs ask the queue for, with its help ``text``."""
    group.add_argument("--resources", action="append", default=[], metavar="KEY=VALUE", help=text)


def add_submission(parser: ArgumentParser) -> None:
    """Add who runs the jobs, and where."""
    group = parser.add_argument_group("job manager")
    group.add_argument(
        "--manager",
        choices=("jobflow-remote", "fireworks"),
        default="jobflow-remote",
        help="who runs the jobs (default: %(default)s)",
    )
    add_project(group)  # type: ignore[arg-type]
    group.add_argument("--worker", metavar="NAME", help="worker of the jobs (default: the project's first)")
    group.add_argument(
        "--worker-for",
        action="append",
        default=[],
        metavar="TEXT=NAME",
        help="another worker for the jobs whose name contains TEXT, e.g. relax=gpu; repeat for more",
    )
    group.add_argument("--exec-config", metavar="NAME", help="execution configuration of the project")
    add_resources(group, "what each job asks the queue for, in place of the worker's own, e.g. ntasks=1; repeatable")
    group.add_argument("--launchpad", metavar="FILE", help="FireWorks only: the launchpad's YAML file")


def add_status_options(parser: ArgumentParser) -> None:
    """Add whose state is shown: that of all flows, or of the jobs of one."""
    add_project(parser)
    add_run(parser, "run folder, or uuid of a submitted flow", default=None, none="every flow of the project")


def add_resume_options(parser: ArgumentParser) -> None:
    """Add which run goes on."""
    add_project(parser)
    add_run_or_flow(parser)
    parser.add_argument(
        "--break-lock",
        action="store_true",
        help="also free jobs that a killed runner has left locked; only when no runner is at work",
    )
    group = parser.add_argument_group("what failed jobs of a submitted flow ask the queue for when they run again")
    group.add_argument("--worker", metavar="NAME", help="another worker (default: the same)")
    group.add_argument("--exec-config", metavar="NAME", help="another execution configuration (default: the same)")
    add_resources(group, "another resource, by the queue's own name, e.g. mem=16G; repeat for more")
    group.add_argument(
        "--wall-time",
        type=int,
        default=0,
        metavar="S",
        help="another limit of the run time (s; default: the same)",
    )


def add_drawing_options(parser: ArgumentParser) -> None:
    """Add which flow is drawn, and where to."""
    add_project(parser)
    add_run_or_flow(parser)
    parser.add_argument(
        "--out", metavar="FILE", help="picture (.svg) or Mermaid text (.mmd); none: Mermaid text on standard output"
    )


def add_fetch_options(parser: ArgumentParser) -> None:
    """Add which flow's results go where."""
    add_project(parser)
    parser.add_argument("flow", metavar="FLOW", help="uuid of a submitted flow (its beginning is enough)")
    parser.add_argument(
        "--folder",
        required=True,
        help="folder for documents, fields and report: new, empty, or one into which the same flow was fetched before",
    )
