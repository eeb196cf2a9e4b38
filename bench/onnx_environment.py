"""Where ONNX Runtime is: in a virtual environment with its wheels from PyPI."""
import os
import shutil
import subprocess
import sys

PACKAGES = ["onnxruntime>=1.23,<2", "onnx>=1.18,<2", "numpy"]
SKIPPED = 77


def home_in(directory):
    return os.path.abspath(os.path.join(directory, "venv-onnx"))


def is_complete(directory):
    return os.path.exists(os.path.join(home_in(directory), "complete"))


def get(command, otherwise):
    """What is not to be had on this machine says nothing about clnorm: that is skipped."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        print(done.stdout + otherwise, file=sys.stderr)
        sys.exit(SKIPPED)


def make(directory):
    """The environment is complete once a file says so: one that was interrupted is made anew."""
    if is_complete(directory):
        return
    home = home_in(directory)
    shutil.rmtree(home, ignore_errors=True)
    get([sys.executable, "-m", "venv", home], "no virtual environment can be made")
    get([os.path.join(home, "bin", "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"] +
        PACKAGES, "pip cannot get ONNX Runtime")
    with open(os.path.join(home, "complete"), "w", encoding="utf-8"):
        pass


def enter(directory):
    """Starts this script again in the environment, unless that is where it runs."""
    home = home_in(directory)
    python = os.path.join(home, "bin", "python")
    if os.path.abspath(sys.prefix) != home:
        os.execv(python, [python] + sys.argv)
