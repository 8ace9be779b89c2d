"""What the bash completion and the manual page say of memoctl is what its --help says.

usage: memoctl_documents_test.py MEMOCTL COMPLETION MANUAL

Exit code 1 and one line for each difference.
"""
import re
import shutil
import subprocess
import sys


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def subcommands(memoctl):
    # Groups of subcommands follow the options; a line begins with two blanks and the name.
    after_options = output(memoctl, "--help").split("--version", 1)[1]
    return re.findall(r"^  ([a-z]+) ", after_options, re.M)


def flags(memoctl, subcommand):
    options = output(memoctl, subcommand, "--help").split("Options:", 1)[1].split("\n\n", 1)[0]
    return set(re.findall(r"^  (?:-\w,)?(--[a-z-]+)", options, re.M))


def completed(completion, *words):
    script = (
        f'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _memoctl; printf "%s\\n" "${{COMPREPLY[@]}}"'
    )
    return set(output("bash", "-c", script, completion, "memoctl", *words).split())


def differences(what, said, true):
    for name in sorted(true - said):
        yield f"{what} lacks {name}"
    for name in sorted(said - true):
        yield f"{what} has {name}, memoctl has not"


def completion_findings(memoctl, completion):
    names = subcommands(memoctl)
    assert len(names) > 10, f"found only {names} in --help"
    yield from differences("the completion", completed(completion, ""), set(names) | {"--help", "--version"})
    for name in names:
        yield from differences(f"the completion of {name}", completed(completion, name, "--"), flags(memoctl, name))


def manual_findings(memoctl, manual):
    with open(manual, encoding="utf-8") as file:
        text = file.read()
    items = dict(re.findall(r"^\.It Cm ([a-z]+)(.*)$", text, re.M))
    names = subcommands(memoctl)
    yield from differences("the manual", set(items), set(names))
    for name in names:
        said = {"--" + flag for flag in re.findall(r"Fl -([a-z-]+)", items.get(name, ""))}
        # Every command has these; the manual says so once.
        yield from differences(f"the manual of {name}", said, flags(memoctl, name) - {"--help", "--json"})
    if shutil.which("man") is None:
        print("man is not installed: the manual's macros are not checked")
        return
    checked = subprocess.run(["man", "--warnings", "-l", manual], capture_output=True, text=True, check=False)
    yield from (f"the manual: {line}" for line in checked.stderr.splitlines())


def main(memoctl, completion, manual):
    findings = list(completion_findings(memoctl, completion)) + list(manual_findings(memoctl, manual))
    for finding in findings:
        print(finding)
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
