"""What a pod's status means: how far it is, and what is wrong with it, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..containers.words import not_started
from ..protocol import StepError
from .job import DELIVER, FETCH, STEP

#: What a container waits for that will not come by itself. Pulling is tried by the cluster first, so
#: that a failure counts when it backs off.
_HOPELESS = {
    "ImagePullBackOff": "the image `{image}` cannot be pulled",
    "InvalidImageName": "the image `{image}` cannot be pulled",
    "ErrImageNeverPull": "the image `{image}` is not on the node, and the component says never to pull",
    "CreateContainerConfigError": "the container could not be made",
    "CreateContainerError": "the container could not be made",
    "RunContainerError": "the container could not be started",
    "CrashLoopBackOff": "the container does not stay up",
}
_NEVER_RAN = frozenset({"ContainerCannotRun", "StartError"})
#: Reasons of a whole pod for which its step may simply be tried elsewhere.
_TAKEN_AWAY = frozenset(
    {
        "Evicted",
        "NodeLost",
        "NodeShutdown",
        "Shutdown",
        "Terminated",
        "Preempting",
        "UnexpectedAdmissionError",
    }
)


@dataclass(frozen=True)
class Ended:
    """How one container ended."""

    code: int
    reason: str
    message: str


@dataclass(frozen=True)
class Pod:
    """A pod as the API shows it."""

    status: Mapping[str, Any]
    name: str
    metadata: Mapping[str, Any]

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> "Pod":
        metadata = found["metadata"]
        return cls(found.get("status") or {}, str(metadata["name"]), metadata)

    def container(self, name: str) -> Mapping[str, Any]:
        for listed in ("initContainerStatuses", "containerStatuses"):
            for each in self.status.get(listed) or ():
                if each["name"] == name:
                    return each  # type: ignore[no-any-return]
        return {}

    def started(self, name: str) -> bool:
        state = self.container(name).get("state") or {}
        return "running" in state or "terminated" in state

    def ended(self, name: str) -> Ended | None:
        found = (self.container(name).get("state") or {}).get("terminated")
        if found is None:
            return None
        return Ended(
            int(found.get("exitCode") or 0),
            str(found.get("reason") or ""),
            str(found.get("message") or ""),
        )

    def problem(self) -> StepError | None:
        """Why the step will never run, or was taken away; None while all is well, and when the
        step's own container says how it ended.
        """
        if str(self.status.get("reason") or "") in _TAKEN_AWAY:
            said = str(self.status.get("message") or "without a word")
            if "emptydir" in said.lower() or "ephemeral" in said.lower():
                return StepError("output", f"the step wrote more files than its pod may: {said}")
            why = f"{self.status['reason']}: {said}"
            return StepError("lost", f"the step was lost: its pod was taken away ({why})")
        if self.status.get("reason") == "DeadlineExceeded":
            return StepError("lost", "the step was lost: its pod did not come to run in time")
        if self.metadata.get("deletionTimestamp"):
            return StepError("lost", "the step was lost: somebody deleted its pod")
        for name in (FETCH, STEP, DELIVER):
            if problem := self._problem_of(name):
                return problem
        for condition in self.status.get("conditions") or ():
            if condition.get("type") == "DisruptionTarget" and condition.get("status") == "True":
                why = condition.get("message") or condition.get("reason")
                return StepError("lost", f"the step was lost: its pod was taken away ({why})")
        return None

    def waits_for(self) -> str:
        """Why the pod has no place yet; empty when it has, or nothing is said."""
        for condition in self.status.get("conditions") or ():
            if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
                return str(condition.get("message") or condition.get("reason") or "")
        return ""

    def _problem_of(self, name: str) -> StepError | None:
        found = self.container(name)
        waiting = (found.get("state") or {}).get("waiting") or {}
        reason = str(waiting.get("reason") or "")
        if reason in _HOPELESS:
            what = _HOPELESS[reason].format(image=found.get("image", ""))
            whose = "" if name == STEP else f" (of Penstock's own `{name}`)"
            told = str(waiting.get("message") or "")
            if reason == "RunContainerError" and name == STEP:
                return not_started(str(found.get("image", "")), told or reason)
            said = f": {told}" if told else f" ({reason})"
            permanent = reason == "InvalidImageName" and name == STEP
            return StepError("setup", f"{what}{whose}{said}", permanent=permanent)
        ended = self.ended(name)
        if ended is not None and ended.reason in _NEVER_RAN:
            return not_started(str(found.get("image", "")), ended.message)
        return None
