"""Why a plugin could not be loaded, in words."""

from __future__ import annotations

import re
from difflib import get_close_matches
from inspect import signature
from pathlib import Path

from pluggy import PluginValidationError

from sleuth import hookspecs
from sleuth.trackers.errors import ContractError, LoadError, one_line, shortened
from sleuth.trackers.places import place_in, raised_at

ODD_ARGUMENTS = re.compile(r"for hook '(sleuth_\w+)'.*Argument\(s\) \{(.*)\} are declared")
UNKNOWN_HOOK = re.compile(r"^unknown hook '(\w+)'")


def why_not(error: BaseException, files: Path | None = None) -> str:
    """Return why a plugin could not be loaded, as its author can act on it: one sentence or two.

    Args:
        files: The file or folder of the plugin, to say where in it.
    """
    if isinstance(error, LoadError):
        return str(error)
    if isinstance(error, ContractError):
        return f"It breaks the plugin contract: {error}."
    if isinstance(error, PluginValidationError):
        return _misfit(error)
    place = "" if isinstance(error, SyntaxError) else place_in(files, raised_at(error))
    where = f" ({shortened(place)})" if place else ""
    return f"It raised {one_line(error).rstrip('.')}{where}."


def _misfit(error: PluginValidationError) -> str:
    text = " ".join(str(error).split()).rstrip(".")
    if odd := ODD_ARGUMENTS.search(text):
        given = ", ".join(signature(getattr(hookspecs, odd[1])).parameters) or "nothing"
        names = ", ".join(sorted(re.findall(r"'(\w+)'", odd[2])))
        return f"{odd[1]} has arguments that it is never given: {names}. It may have: {given}."
    unknown = UNKNOWN_HOOK.search(text)
    if unknown is None:
        return f"One of its hooks does not fit: {text}."
    name, known = unknown[1], [each for each in vars(hookspecs) if each.startswith("sleuth_")]
    (meant,) = get_close_matches(name, known, n=1) or ("",)
    hint = f" Did you mean {meant}?" if meant else ""
    return f"It has a hook that this Sleuth does not know, {name}.{hint}"
