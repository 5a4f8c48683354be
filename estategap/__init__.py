"""The program on top: project file, pipeline, run folder, manifest and command line."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("estategap")
except PackageNotFoundError:  # run from a checkout that is not installed
    __version__ = "0+unknown"
