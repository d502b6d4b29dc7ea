"""The verb that opens the local page."""

from argparse import Namespace

from selflimit.app.page import make_page


def serve_page(asked: Namespace) -> None:
    """Serve the page to this machine until it is interrupted."""
    print(f"http://127.0.0.1:{asked.port}   (Ctrl-C ends it)", flush=True)  # noqa: T201
    make_page().run(host="127.0.0.1", port=asked.port, debug=False)
