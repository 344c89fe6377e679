"""RustChain: missions, typed graphs of steps that are planned, run durably, and explained. Names load when used (PEP 562)."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from rustchain._version import VERSION as __version__

_HOMES = {
    "step": "rustchain.stepkit",
}
__all__ = ["__version__", *_HOMES]

if TYPE_CHECKING:
    from rustchain.stepkit import step as step


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'rustchain' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
