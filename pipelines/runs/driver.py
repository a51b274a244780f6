"""Runs one node after the other in a worker's thread, obeying the machine.

Claim, prepare, run, store, commit, and on with the next. Only claiming and committing are
transactions (see `commits`); all slow work lies between them.
"""

import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, TypeVar

from django.db import Error, close_old_connections

from pipelines.artifacts import store
from pipelines.core import machine
from pipelines.core.states import NodeState
from pipelines.executors.protocol import Executor, StepError, StepRequest, StepResult

from . import (
    claims,
    failpoints,
    handlers,
    ledger,
    live,
    outages,
    outcomes,
    outputs,
    plans,
    prepare,
    results,
    shapes,
    statements,
)
from .claims import Claim, Next, Taker, TooLate
from .commits import Commits, Ended
from .environments.builder import BeingBuilt, Builder, Taken, Unbuildable, record_environment
from .environments.locks import Need
from .handlers import waits
from .handlers.work import Work
from .live import Held, Kill
from .models import NodeRun, Run
from .outcomes import Outcome
from .prepare import CannotPrepare, Preparation, Prepared, RunFacts
from .recorder import Recorder

logger = logging.getLogger(__name__)

T = TypeVar("T")
_RETRY_SECONDS = 0.2


class Driver:
    """What the threads of one worker share. `accepting` turns false when the worker stops."""

    def __init__(
        self,
        taker: Taker,
        executor: Executor,
        recorder: Recorder,
        environments: Builder | None = None,
    ) -> None:
        self.taker = taker
        self.executor = executor
        self.recorder = recorder
        self.environments = environments or Builder(taker.worker)
        self.accepting = True
        self.commits = Commits(taker)
        #: Deletes what steps left on disk, so that no slot waits for it.
        self.janitor = ThreadPoolExecutor(1, thread_name_prefix="penstock-janitor")

    def execute(self, node_run_id: int) -> int:
        """Run queued nodes, one after the other, until none is left that may start here.

        The id is only what woke us: which node goes first is decided anew. Returns how many
        attempts were made.
        """
        made, todo = 0, self._anything()
        while self.accepting and todo.is_something:
            claim = todo.claim
            if claim is None and todo.node_run_id is not None:
                todo = self._look(todo.node_run_id)
                claim = todo.claim
            if claim is not None:
                made += 1
                todo = self._attempt(claim)
            if not todo.is_something:
                todo = self._anything()
        if todo.claim is not None:
            self.commits.give_back([todo.claim])
        self.commits.flush()
        return made

    def stop(self) -> None:
        """Claim nothing more; what runs goes on, and what has not begun is given back."""
        self.accepting = False
        self.commits.stop()

    def close(self) -> None:
        """After the last attempt has ended."""
        self.commits.close()
        self.janitor.shutdown()

    # Before an attempt

    def _anything(self) -> Next:
        claim = self.commits.take_ahead()
        return Next(claim) if claim else Next(node_run_id=claims.next_queued(self.taker))

    def _look(self, node_run_id: int) -> Next:
        """Claim a queued node, unless its condition or the cache ends it without an attempt."""
        row = next(iter(statements.nodes_by_id([node_run_id])), None)
        if row is None or row.state != NodeState.QUEUED or row.queue not in self.taker.queues:
            return Next()
        plan = plans.own(row)
        if not row.phase and claims.needs_a_look(plan):
            event, fields = self._decided_without_attempt(row, plan)
            if event is not None:
                return self._end_unclaimed(row, event, fields)
        return Next(claim=claims.claim_row(row, self.taker))

    def _decided_without_attempt(
        self, row: NodeRun, plan: plans.Plan
    ) -> tuple[machine.Event | None, dict[str, Any]]:
        facts = RunFacts.load(row.run_id)
        try:
            preparation = Preparation(facts, plan)
            if not preparation.condition_holds():
                return machine.ConditionFalse(row.node, plan["when"]), {}
            if plan.get("map"):
                return None, {}
            if plan.get("items_of") and (kept := results.kept_item(row.node, plan)):
                return machine.Reused(row.node, f"kept from run #{kept.run.number}"), {
                    "outputs": kept.outputs,
                    "reused_from": results.origin(kept),
                    "cache_parts": kept.cache_parts,
                    "environment": kept.environment,
                }
            if not plan["cache"]:
                return None, {}
            parts = preparation.prepared().key_parts(plan)
        except CannotPrepare as error:
            return machine.Failed(row.node, str(error), permanent=True), _error(str(error))
        except Error:
            raise
        except Exception as error:
            # Else the node would stay queued, and stop every slot that looks at it.
            logger.exception("Node `%s` of run %s could not be prepared", row.node, row.run_id)
            why = f"{type(error).__name__}: {error}"
            return machine.Failed(row.node, why, permanent=True), _error(why)
        found = results.cached(facts, parts.key(), plan.get("cache_max_age"))
        if found is None:
            return None, {}
        fields = {
            "cached": True,
            "outputs": found.outputs,
            "cache_parts": parts.as_json(),
            "reused_from": results.origin(found),
        }
        return machine.Reused(row.node, results.said(found, facts)), fields

    def _end_unclaimed(self, row: NodeRun, event: machine.Event, fields: dict[str, Any]) -> Next:
        then = Next()
        try:
            with (
                claims.giving_back(self.taker, lambda: then.claim),
                ledger.opened(row.run_id) as book,
            ):
                current = book.node_run(row.node)
                if current.state != NodeState.QUEUED or current.attempt != row.attempt:
                    return Next()
                book.touch(current, **fields)
                book.advance(event)
                then = claims.take_next(book, self.taker).first
            return then
        except (ledger.LostRace, Run.DoesNotExist):
            return Next()

    # An attempt

    def _attempt(self, claim: Claim) -> Next:
        held = live.of(claim.token) or live.Held(claim.run_id, claim.token, live.deadline())
        live.hold(held)
        began = time.monotonic()
        try:
            with ExitStack() as cleanup:
                # When the step is over, the next one may have its room.
                cleanup.callback(self.taker.slots.give_back, claim.grant)
                outcome = self._run(claim, held, cleanup)
        except (TooLate, Run.DoesNotExist) as error:
            live.let_go(claim.token)
            logger.warning("%s", error)
            return Next()
        except BaseException:
            live.let_go(claim.token)
            raise
        took = None if outcome.state == outcomes.NO_TRY else time.monotonic() - began
        return self.commits.hand_in(Ended(claim, outcome, held, took))

    def _run(self, claim: Claim, held: Held, cleanup: ExitStack) -> Outcome:
        """Everything between the claim and the commit. Raises TooLate, Run.DoesNotExist."""
        prepared: Prepared | None = None
        result: StepResult | None = None
        try:
            for pool in claim.plan["pools"]:
                # One that had nothing to do for long has ended; it starts while earlier nodes run.
                self.executor.warm(pool)
            facts = self._patiently(lambda: RunFacts.load(claim.run_id), held)
            handler = handlers.handler_for(claim)
            if handler is not None:
                return self._patiently(lambda: handler(Work(claim, facts)), held)
            prepared = self._patiently(lambda: Preparation(facts, claim.plan).prepared(), held)
            need = prepared.need
            if need is not None:
                digest = prepared.environment
                taken = self._patiently(lambda: self._environment(claim, need, digest), held)
                cleanup.callback(taken.hold.release)
                prepared = replace(prepared, environment=taken.digest)
            request = self._patiently(lambda: _request(claim, facts, prepared), held)
            recording = self.recorder.open(claim)
            cleanup.callback(self.recorder.forget, recording)
            step = self.executor.start(request, recording)
            held.attach(step)
            result = step.wait()
            cleanup.callback(self.janitor.submit, result.close)
            self._patiently(recording.close, held)
            given = result.outputs
            kept = self._patiently(lambda: _stored(given, facts), held)
            outcome = _judge(claim, held, result, kept, prepared)
        except (TooLate, Run.DoesNotExist):
            raise
        except CannotPrepare as error:
            outcome = outcomes.failure(claim, StepError("setup", str(error)), permanent=True)
        except BeingBuilt as waits:
            parked = machine.Parked(claim.node, str(waits), waits.until)
            return Outcome(parked, outcomes.NO_TRY, {"build_id": waits.build_id})
        except Unbuildable as error:
            recording = self.recorder.open(claim)
            cleanup.callback(self.recorder.forget, recording)
            recording.log(error.log)
            self._patiently(recording.close, held)
            failed = StepError("environment", str(error))
            outcome = outcomes.failure(claim, failed, permanent=not error.network)
        except store.ArtifactMissing as error:
            outcome = outcomes.failure(claim, StepError("setup", str(error)))
        except outputs.CannotStore as error:
            outcome = outcomes.failure(claim, StepError("setup", str(error)))
        except outputs.BadOutput as error:
            outcome = outcomes.failure(claim, StepError("output", str(error)))
        except Exception as error:
            # A fault of ours must end in an answer on the node, not in a node that runs for ever.
            logger.exception("Node `%s` of run %s could not be run", claim.node, claim.run_id)
            outcome = outcomes.failure(
                claim, StepError("setup", f"{type(error).__name__}: {error}")
            )
        return _with_facts(outcome, claim, prepared, result)

    def _environment(self, claim: Claim, need: Need, digest: str) -> Taken:
        """Raises BeingBuilt, Unbuildable."""
        taken = self.environments.take(need, digest, claim)
        try:
            record_environment(claim, taken.digest)
        except BaseException:
            taken.hold.release()
            raise
        return taken

    def _patiently(self, deed: Callable[[], T], held: Held) -> T:
        """Try until it works or the lease is lost: a database may be away for a while."""
        while True:
            try:
                return deed()
            except (Error, ledger.LostRace) as error:
                if isinstance(error, Error) and not outages.may_pass(error):
                    raise
                if held.killed is Kill.FENCED or time.monotonic() >= held.deadline:
                    raise TooLate(
                        f"run {held.run_id}: the database could not be reached before the lease "
                        f"ended, so the attempt is left to others ({error})"
                    ) from error
                logger.warning("The database did not answer, trying again: %s", error)
                close_old_connections()
                time.sleep(_RETRY_SECONDS)


def _stored(given: Mapping[str, Any], facts: RunFacts) -> dict[str, Any]:
    failpoints.hit("store.before")
    kept = outputs.stored(given, facts.team_id)
    failpoints.hit("store.after")
    return kept


def _judge(
    claim: Claim, held: Held, result: StepResult, kept: Mapping[str, Any], prepared: Prepared
) -> Outcome:
    """What a finished step means."""
    if result.outcome == "success":
        return outcomes.success(claim, kept)
    error = result.error or StepError("exit", "the step failed and did not say why")
    if held.killed is Kill.FENCED:
        raise TooLate(
            f"the step of node `{claim.node}` of run {claim.run_id} was killed: {held.killed}"
        )
    if held.killed is Kill.CANCELLED:
        return Outcome(machine.Stopped(claim.node), "cancelled", {}, {})
    if held.killed is Kill.RELEASED:
        event = machine.Released(claim.node, str(held.killed))
        return Outcome(event, "released", {}, {"error": error.as_json()})
    if error.kind == "not_yet":
        return waits.look_again(claim, error, prepared.params)
    if error.kind in ("lost", "cancelled"):
        lost = machine.Lost(claim.node, error.message)
        return Outcome(
            lost, "lost", {"error": outcomes.clean(error)}, {"error": outcomes.clean(error)}
        )
    return outcomes.failure(claim, error)


def _error(message: str) -> dict[str, Any]:
    return {"error": outcomes.clean(StepError("setup", message))}


def _request(claim: Claim, facts: RunFacts, prepared: Prepared) -> StepRequest:
    return prepare.request(
        prepared,
        facts,
        claim.plan,
        key=claim.key,
        attempt=claim.attempt,
        gpus=claim.grant.gpus if claim.grant is not None else None,
    )


def _with_facts(
    outcome: Outcome, claim: Claim, prepared: Prepared | None, result: StepResult | None
) -> Outcome:
    """The outcome with what is known about the attempt, whichever way it went."""
    node, attempt = dict(outcome.node), dict(outcome.attempt)
    if prepared is not None:
        attempt["params"] = shapes.small_values(prepared.params)
        attempt["environment"] = prepared.environment
        attempt["secrets"] = prepared.secrets_used()
        attempt["inputs"] = shapes.small_values(prepared.inputs)
        if claim.plan["cache"]:
            parts = prepared.key_parts(claim.plan)
            node["cache_parts"] = parts.as_json()
            if outcome.state == "success":
                node["cache_key"] = parts.key()
    if result is not None:
        attempt["exit_code"] = result.exit_code
        attempt["signal"] = result.signal
        attempt["log_truncated"] = result.log_truncated
        attempt["cpu_seconds"] = result.cpu_seconds
        attempt["peak_memory"] = result.peak_memory
    return replace(outcome, node=node, attempt=attempt)
