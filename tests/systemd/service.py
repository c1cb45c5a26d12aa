# SPDX-License-Identifier: MIT
"""rosterd as a service of the machine: its settings, rosters, secrets and drop-ins, and the stand-in beside it."""

import json
import re

from machine import InnerSim, wait_until

import sim as stand_in

SECRET = "/etc/rosterd/secrets/token"


class Service:
    def __init__(self, machine):
        self.machine = machine
        self.sims = []
        self.cursor = machine.text("journalctl", "-n0", "--show-cursor").rpartition("-- cursor: ")[2].strip()
        self.settings = {
            "version": 1, "mode": "prune", "interval": "1s", "rosters": ["rosters.d"],
            "retry": {"attempts": 4, "base": "10ms", "cap": "50ms"},
            "instances": {"prod": {
                "endpoint": f"http://127.0.0.1:{InnerSim.PORT}", "project_id": stand_in.PROJECT,
                "instance_id": stand_in.INSTANCE, "auth": {"method": "token", "token_file": "token"}}}}
        self.secret()
        self.drop_in("10-credential", f"LoadCredential=token:{SECRET}")

    def close(self):
        for unit in "rosterd", "rosterd-git@team.timer", "rosterd-git@team.service":
            self.machine.run("systemctl", "stop", unit, check=False)
        for sim in self.sims:
            sim.stop()
        self.machine.run("systemctl", "clean", "--what=state", "rosterd", check=False)
        self.machine.run("sh", "-c", "rm -rf /etc/rosterd /etc/systemd/system/rosterd*.d /var/lib/rosterd-git /srv/team")
        self.machine.run("systemctl", "daemon-reload")
        self.machine.run("systemctl", "reset-failed")

    # ---- what it is given ----

    def serve(self, *channels, faults=()):
        sim = InnerSim(self.machine, channels, faults)
        self.sims.append(sim)
        return sim

    def secret(self, text="T1"):
        self.machine.write(SECRET, text, "600")

    def drop_in(self, name, *lines, unit="rosterd.service"):
        self.machine.write(f"/etc/systemd/system/{unit}.d/{name}.conf", "\n".join(["[Service]", *lines, ""]))
        self.machine.run("systemctl", "daemon-reload")

    def write_settings(self, path="/etc/rosterd/rosterd.yaml", **changes):
        text = re.sub(r'"(\d+(ms|s|m|h|d))"', r"\1", json.dumps({**self.settings, **changes}, indent=1))
        self.machine.write(path, text)

    def roster(self, *entries, file="team.yaml"):
        self.machine.write(f"/etc/rosterd/rosters.d/{file}", json.dumps({"version": 1, "channels": list(entries)}))

    # ---- its life ----

    def start(self, check=True):
        self.write_settings()
        done = self.machine.run("systemctl", "start", "rosterd", check=False)
        assert not check or done.returncode == 0, self.messages()
        return done

    def state(self):
        return self.machine.show("ActiveState")

    def pid(self):
        return self.machine.show("MainPID")

    def status(self):
        return self.machine.show("StatusText")

    def wait_status(self, *parts):
        def fits():
            text = self.status()
            return text if all(part in text for part in parts) else None
        return wait_until(fits, what=lambda: f"{parts} not in {self.status()!r} {self.messages()}")

    def messages(self):
        return [entry.get("MESSAGE") for entry in self.journal()]

    def journal(self, kind=None, **fields):
        """rosterd's entries of this test, what systemd says of it included; those of one MESSAGE_ID, or with these
        fields. Chosen here: journalctl leaves the first match after a cursor out."""
        wanted = {**fields, **({"MESSAGE_ID": kind} if kind else {})}
        return [entry for entry in self.machine.journal(f"--after-cursor={self.cursor}")
                if "rosterd.service" in (entry.get("_SYSTEMD_UNIT"), entry.get("UNIT"))
                and wanted.items() <= entry.items()]
