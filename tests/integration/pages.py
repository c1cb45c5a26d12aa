# SPDX-License-Identifier: MIT
"""Pages in Debian's Chromium, driven by playwright-core of npm (pages.js)."""

import json
import os
import pathlib
import shutil
import subprocess

import pytest

import case as cases
import npm

CHROMIUM = shutil.which("chromium")


class Browser:
    """A browser without a window, for as long as the `with` lasts."""

    def __init__(self):
        if not CHROMIUM:
            pytest.skip("chromium is not installed")
        environment = dict(os.environ, NODE_PATH=str(npm.package("playwright-core")))
        self.process = subprocess.Popen(["node", str(pathlib.Path(__file__).with_suffix(".js")), CHROMIUM], env=environment,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.count = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(60)

    def call(self, command, **parts):
        self.process.stdin.write(json.dumps({"command": command, **parts}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline() or '{"error": "the browser has ended"}')
        assert "error" not in answer, answer["error"]
        return answer["value"]

    def open(self, url, width=1440, height=900, before="", **options):
        """A page of its own, in which the script `before` has run; options are playwright's of a context
        (colorScheme, javaScriptEnabled)."""
        self.count += 1
        name = str(self.count)
        self.call("open", name=name, url=url, before=before, options={"viewport": {"width": width, "height": height}, **options})
        return Page(self, name)


class Page:
    def __init__(self, browser, name):
        self.browser, self.name = browser, name

    def __getattr__(self, command):
        return lambda **parts: self.browser.call(command, name=self.name, **parts)

    def value(self, code):
        return self.evaluate(code=code)

    def until(self, code, seconds=20):
        """Waits until an expression is true."""
        cases.wait_until(lambda: self.value(code), seconds)

    def axe(self):
        """What axe-core finds wrong, as [rule, what it is about]."""
        script = npm.package("axe-core") / "axe-core" / "axe.min.js"
        found = self.value(script.read_text() + "; axe.run({resultTypes: ['violations']})")
        return [(rule["id"], [node["html"] for node in rule["nodes"]][:3]) for rule in found["violations"]]
