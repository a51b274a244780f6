"""What a clean-up freed, counted."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Freed:
    """`bytes` are as they were counted when they were made, before any file system."""

    runs: int = 0
    log_bytes: int = 0
    logs: int = 0
    artifacts: int = 0
    artifact_bytes: int = 0
    files: int = 0
    file_bytes: int = 0
    #: Runs by the name of their pipeline.
    by_pipeline: Counter[str] = field(default_factory=Counter)

    def anything(self) -> bool:
        return bool(self.runs or self.logs or self.artifacts or self.files)

    def as_json(self) -> dict[str, Any]:
        return {
            "runs": self.runs,
            "logs": self.logs,
            "log_bytes": self.log_bytes,
            "artifacts": self.artifacts,
            "artifact_bytes": self.artifact_bytes,
            "files": self.files,
            "file_bytes": self.file_bytes,
            "pipelines": dict(self.by_pipeline.most_common(50)),
        }
