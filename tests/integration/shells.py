# SPDX-License-Identifier: MIT
"""What bash, zsh and fish complete, asked of the shells themselves."""

import os
import pathlib
import pty
import select
import shutil
import signal
import subprocess

import pytest

from case import ROOT, program, wait_until

BASH = """
    source "$1"
    compopt() { :; }
    for COMP_LINE in "${@:2}"; do
        read -ra COMP_WORDS <<< "${COMP_LINE//=/ = }"
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        [[ $COMP_LINE == *" " ]] && COMP_WORDS+=("") COMP_CWORD=$((COMP_CWORD + 1))
        _rosterd "${COMP_WORDS[0]}" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
        printf '%s\\n' "${COMPREPLY[@]}" =
    done
"""
FISH = """
    source $argv[1]
    for line in $argv[2..]
        complete -C $line
        echo =
    end
"""
# Each hit that is offered is written down, when all of them are known.
ZSH = """
    PS1= PS2= HISTFILE=
    fpath=($FOLDER $fpath)
    autoload -Uz compinit && compinit -u -D
    compadd() {
        local -a hits
        [[ ${@[1,(i)(-|--)]} == *-(O|A|D)* ]] && { builtin compadd "$@"; return }
        builtin compadd -O hits "$@"
        (($#hits)) && print -rl -- $hits >> $FOLDER/hits
        builtin compadd "$@"
    }
    bound() { comppostfuncs=(told); zle complete-word }
    told() { print -n >> $FOLDER/hits; mv $FOLDER/hits $FOLDER/told }
    zle -N bound
    zstyle ':completion:*' list-prompt ''
    bindkey '^I' bound
    print ready
"""


def environment(case):
    folder = pathlib.Path(program("rosterctl")).parent
    return case.environment({"PATH": f"{folder}:{os.environ['PATH']}", "ROSTERD_CONFIG": str(case.config), "TERM": "xterm",
                             "FOLDER": str(case.folder), "XDG_CONFIG_HOME": str(case.folder), "LC_ALL": "C.UTF-8",
                             "XDG_DATA_HOME": str(case.folder)})


def run(case, *argv):
    """What a shell offers for each of some lines."""
    done = subprocess.run(argv, capture_output=True, text=True, env=environment(case), cwd=case.folder, timeout=120)
    assert done.returncode == 0 and not done.stderr, done
    return [[line.partition("\t")[0] for line in block.splitlines() if line] for block in done.stdout.split("=\n")[:-1]]


def bash(case, *lines):
    return run(case, "bash", "-c", BASH, "-", ROOT / "systemd/rosterd.bash-completion", *lines)


def fish(case, *lines):
    return run(case, "fish", "--no-config", "-c", FISH, str(ROOT / "systemd/rosterd.fish-completion"), *lines)


class Terminal:
    """A shell that somebody types into."""

    def __init__(self, case, *argv):
        self.pid, self.file = pty.fork()
        if self.pid == 0:
            os.chdir(case.folder)
            os.execvpe(argv[0], argv, environment(case))
        self.seen = ""

    def type(self, text):
        os.write(self.file, text.encode())

    def wait_for(self, condition):
        """Reads on until it holds of what was seen."""
        def look():
            while select.select([self.file], [], [], 0)[0]:
                self.seen += os.read(self.file, 65536).decode(errors="replace")
            return condition(self.seen)
        wait_until(look)

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.file)


def zsh(case, *lines):
    shutil.copy(ROOT / "systemd/rosterd.zsh-completion", case.folder / "_rosterd")
    case.write("setup.zsh", ZSH)
    told, offered = case.folder / "told", []
    terminal = Terminal(case, "zsh", "-f", "-i")
    try:
        terminal.type("source $FOLDER/setup.zsh\n")
        terminal.wait_for(lambda seen: "ready\r" in seen)
        for line in lines:
            told.unlink(missing_ok=True)
            terminal.type(f"\x15{line}\t")
            terminal.wait_for(lambda seen: told.exists())
            offered.append(told.read_text().splitlines())
    finally:
        terminal.end()
    return offered


SHELLS = {"bash": bash, "zsh": zsh, "fish": fish}


def complete(shell, case, *lines):
    """The words that a shell offers at the end of each line, in order."""
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    return [sorted(set(words)) for words in SHELLS[shell](case, *lines)]
