"""A headless Chromium that is driven for real: clicks, keys and questions over its debugging pipe; no network."""

import base64
import fcntl
import json
import os
import shutil
import subprocess
import time


class Browser:
    """One page in a headless Chromium; speaks the DevTools protocol over file descriptors 3 and 4 of the process."""

    def __init__(self, profile, proxy="127.0.0.1:1"):
        """Start it; ``proxy`` None: pages of this machine are reached too."""
        program = shutil.which("chromium") or shutil.which("google-chrome")
        if program is None:
            raise FileNotFoundError("no Chromium: apt-get install chromium")
        commands, self.out = os.pipe()
        self.answers, replies = os.pipe()
        # Out of the way of 3 and 4, so that neither is overwritten before it has been copied
        ends = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, 10) for descriptor in (commands, replies)]

        def place():
            for end, wanted in zip(ends, (3, 4), strict=True):
                os.dup2(end, wanted)

        options = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--enable-unsafe-swiftshader",  # three dimensions without a graphics card
            "--window-size=1100,900",
            "--disable-background-networking",
        ]
        options += [
            *([f"--proxy-server={proxy}"] if proxy else []),
            "--remote-debugging-pipe",
            f"--user-data-dir={profile}",
            "--no-first-run",
        ]
        self.process = subprocess.Popen(
            [program, *options], preexec_fn=place, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for descriptor in (commands, replies, *ends):
            os.close(descriptor)
        self.number, self.buffer = 0, b""
        self.session = self._first_page()

    def _first_page(self):
        end = time.monotonic() + 30.0
        while time.monotonic() < end:
            for target in self.call("Target.getTargets")["targetInfos"]:
                if target["type"] == "page":
                    attached = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
                    return attached["sessionId"]
            time.sleep(0.02)
        self.close()
        raise TimeoutError("the browser opened no page")

    def call(self, method, **parameters):
        """Result of one command; an error answer is raised."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if hasattr(self, "session"):
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        while True:
            while b"\0" not in self.buffer:
                more = os.read(self.answers, 1 << 20)
                if not more:
                    raise ConnectionError("the browser has gone")
                self.buffer += more
            answer, _, self.buffer = self.buffer.partition(b"\0")
            reply = json.loads(answer)
            if reply.get("id") == self.number:
                if "error" in reply:
                    raise RuntimeError(reply["error"])
                return reply["result"]

    def open(self, address):
        """Load a page and wait until it is complete."""
        self.call("Page.navigate", url=address)
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def resize(self, width, height):
        """Give the window a size in CSS pixels, as a phone of that width would."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.call("Emulation.setDeviceMetricsOverride", **size)

    def drag(self, start, end):
        """Press the mouse at one point (CSS pixels), move it in steps, and release it at another."""
        self.call("Input.dispatchMouseEvent", type="mousePressed", x=start[0], y=start[1], button="left", clickCount=1)
        for share in (0.25, 0.5, 0.75, 1.0):
            at = {k: a + share * (b - a) for k, a, b in zip("xy", start, end, strict=True)}
            self.call("Input.dispatchMouseEvent", type="mouseMoved", button="left", buttons=1, **at)
            time.sleep(0.05)
        self.call("Input.dispatchMouseEvent", type="mouseReleased", x=end[0], y=end[1], button="left", clickCount=1)

    def ask(self, expression):
        """Value of a JavaScript expression."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"])
        return result["result"].get("value")

    def until(self, expression, seconds=30.0):
        """Poll until the expression is true."""
        end = time.monotonic() + seconds
        while not self.ask(expression):
            if time.monotonic() > end:
                raise TimeoutError(expression)
            time.sleep(0.02)

    def click(self, selector, across=0.5):
        """Press and release the mouse on the first element that matches, at a fraction of its width."""
        place = f"document.querySelector({selector!r})"
        self.ask(f"{place}.scrollIntoView({{block: 'center'}})")
        box = self.ask(f"(({{x, y, width, height}}) => [x, y, width, height])({place}.getBoundingClientRect())")
        at = {"x": box[0] + across * box[2], "y": box[1] + 0.5 * box[3], "button": "left", "clickCount": 1}
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, **at)

    def press(self, key, code):
        """A key on the element that has the focus."""
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)

    def screenshot(self, path):
        """Picture of the window."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))
        return path

    def close(self):
        """End the browser."""
        self.process.terminate()
        self.process.wait(timeout=30)
        os.close(self.out)
        os.close(self.answers)
