"""Follows the policy: asks its source a few times a second, hands each new one on whole or not at all, keeps the last."""

import asyncio
import logging
import threading
from collections.abc import Callable, Collection
from concurrent.futures import Future
from typing import Any, Final

from lrcp.gateway.policy.kept import PolicyFile
from lrcp.gateway.policy.source import PolicySource
from lrcp.kit.clock import Clock, SystemClock
from lrcp.model.errors import InputError, LrcpError
from lrcp.model.policy.canonical import decode_policy
from lrcp.model.policy.document import NO_POLICY, Policy, PolicyVersion

log = logging.getLogger(__name__)

POLL_S: Final = 0.3
FIRST_ANSWER_S: Final = 0.7
"""How long a start waits for the source when nothing is kept on disk; kept, it does not wait."""
TAKE_TIMEOUT_S: Final = 10.0
STOP_TIMEOUT_S: Final = 5.0
_MAX_REASON_CHARS: Final = 2000

OnPolicy = Callable[[PolicyVersion, Policy], None]
"""Called on the event loop with a policy that is well formed; raises InputError to refuse it, and is then as before."""
MakeFollower = Callable[[OnPolicy], "PolicyFollower"]


class PolicyFollower:
    """One in each worker process. providers: names that the gateway knows by itself, for the targets of a policy."""

    def __init__(
        self,
        source: PolicySource,
        file: PolicyFile,
        providers: Collection[str],
        on_policy: OnPolicy,
        *,
        poll_s: float = POLL_S,
        clock: Clock | None = None,
    ) -> None:
        self._source = source
        self._file = file
        self._providers = providers
        self._on_policy = on_policy
        self._poll_s = poll_s
        self._clock = clock or SystemClock()
        self._seen: int | None = None
        self._refused: dict[str, Any] | None = None
        self._away = "it has not been asked yet"
        self._unsaved = ""
        self._stopping = threading.Event()
        self._asked = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.in_force: PolicyVersion = NO_POLICY

    async def start(self) -> None:
        """Take the policy that is kept on disk, or else wait a moment for the source; then follow."""
        self._loop = asyncio.get_running_loop()
        kept = self._load_kept()
        policy = self._decode(kept) if kept is not None else None
        if kept is not None and policy is not None:
            self._take(kept, policy)
        self._thread = threading.Thread(target=self._follow, name="policy-follower", daemon=True)
        self._thread.start()
        if self.in_force.version == 0:
            await asyncio.to_thread(self._asked.wait, FIRST_ANSWER_S)

    async def stop(self) -> None:
        """Stop asking. What the source holds is released by the thread, which is given a moment for it."""
        self._stopping.set()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, STOP_TIMEOUT_S)

    def describe(self) -> dict[str, Any]:
        """For /health: what is in force, whether the source answers, and what was refused last, with the reason."""
        version = self.in_force
        about: dict[str, Any] = {"version": version.version, "source": self._away or "ok"}
        if version.version:
            about |= {"author": version.author, "reason": version.reason, "created_ns": version.created_ns}
        if version.expires_ns is not None:
            about["expires_ns"] = version.expires_ns
        if self._refused is not None:
            about["refused"] = self._refused
        if self._unsaved:
            about["not_kept"] = self._unsaved
        return about

    @property
    def is_well(self) -> bool:
        """Whether the source answers and its policy is the one in force."""
        return not self._away and self._refused is None

    def _load_kept(self) -> PolicyVersion | None:
        try:
            return self._file.load()
        except (InputError, OSError) as error:
            log.warning("the policy kept on disk cannot be used: %s", error)
            return None

    def _follow(self) -> None:
        """The thread: ask, hand over, keep; until it is stopped."""
        while not self._stopping.is_set():
            self._poll()
            self._asked.set()
            self._stopping.wait(self._poll_s)
        self._source.close()

    def _poll(self) -> None:
        asked_ns = self._clock.now_ns()
        try:
            version = self._source.load_if_changed(self._seen)
        except LrcpError as error:
            self._say_away(str(error)[:_MAX_REASON_CHARS])
            return
        if version is not None and version.version == 0 < self.in_force.version:
            # Versions only grow, so this is another database, or one that was lost: no reason to let everybody in.
            self._say_away("the state database holds no policy at all; put one to go on from there")
            return
        if self._away:
            log.info("the source of the policy answers")
            self._away = ""
        policy = self._decode(version) if version is not None else None
        if version is not None and policy is not None and self._hand_over(version, policy):
            self._keep(version, asked_ns)

    def _say_away(self, reason: str) -> None:
        if reason != self._away:
            log.warning("the policy is not followed, version %d stays in force: %s", self.in_force.version, reason)
            self._away = reason

    def _hand_over(self, version: PolicyVersion, policy: Policy) -> bool:
        """Have the event loop take a version. Returns: whether it did."""
        assert self._loop is not None
        done: Future[bool] = Future()

        def take() -> None:
            if done.set_running_or_notify_cancel():
                done.set_result(self._take(version, policy))

        try:
            self._loop.call_soon_threadsafe(take)
            return done.result(TAKE_TIMEOUT_S)
        except (TimeoutError, RuntimeError):  # the loop is stuck, or closed: another try comes, or none is needed
            done.cancel()
            return False

    def _decode(self, version: PolicyVersion) -> Policy | None:
        """The policy of a version; None when it is none, and is refused."""
        try:
            return decode_policy(version.document, providers=self._providers)
        except InputError as error:
            self._refuse(version, str(error))
            return None

    def _take(self, version: PolicyVersion, policy: Policy) -> bool:
        """Put a version in force, or refuse it whole and go on with the one that is; on the event loop."""
        try:
            self._on_policy(version, policy)
        except InputError as error:
            self._refuse(version, str(error))
            return False
        except Exception as error:  # boundary: a stage that cannot be made refuses the policy, not the gateway
            log.exception("policy %d cannot be put in force", version.version)
            self._refuse(version, f"a fault of this gateway, its log says more ({type(error).__name__})")
            return False
        if version.version != self.in_force.version:
            log.info("policy %d is in force: %s, by %s", version.version, version.reason, version.author)
        self._seen, self.in_force, self._refused = version.version, version, None
        return True

    def _refuse(self, version: PolicyVersion, reason: str) -> None:
        reason = reason[:_MAX_REASON_CHARS]
        log.error("policy %d is refused, %d stays in force: %s", version.version, self.in_force.version, reason)
        self._seen = version.version
        self._refused = {"version": version.version, "reason": reason}

    def _keep(self, version: PolicyVersion, asked_ns: int) -> None:
        try:
            self._file.save(version, asked_ns)
            self._unsaved = ""
        except OSError as error:
            self._unsaved = f"policy {version.version} cannot be kept on disk: {error}"
            log.warning(self._unsaved)
