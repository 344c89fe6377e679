"""The guarded file system: places are judged by name, then reached so that no link and no race can lead out."""

from rustchain.adapters.files.local import LocalFiles

__all__ = ["LocalFiles"]
