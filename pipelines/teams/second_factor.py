"""The second factor: codes of an app (TOTP, RFC 6238) and recovery codes for when it is lost.

A code counts once: the time step of the last one that was taken is kept, and a step is taken by a
conditional update, so that two who send the same code at once do not both come in.
"""

import secrets
import time

import pyotp
import segno
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from . import audit, encryption
from .models import RecoveryCode, SecondFactor, User
from .tokens import digest

ISSUER = "Penstock"
STEP_SECONDS = 30
#: A clock may be off by this many steps to either side.
TOLERANCE = 1
RECOVERY_CODES = 10
#: Without what is easily taken for something else.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


class WrongCode(ValueError):
    """The code is not right, or was used already."""

    def __init__(self) -> None:
        super().__init__(
            "This code is not right, or was used already. Type the one that the app shows now, or a "
            "recovery code."
        )


def required() -> bool:
    """Whether everybody who signs in has to have a second factor."""
    return bool(settings.PENSTOCK_REQUIRE_MFA)


def of(user: User) -> SecondFactor | None:
    """The second factor of a person, once it has been confirmed."""
    return SecondFactor.objects.filter(user=user).exclude(confirmed_at=None).first()


def missing(user: User) -> bool:
    """Whether the person has to set one up before anything else."""
    return required() and not user.service_of_id and of(user) is None


def begin(user: User) -> SecondFactor:
    """A key that waits to be confirmed; the same one until it is. Has no effect on signing in."""
    factor, _ = SecondFactor.objects.get_or_create(
        user=user, defaults={"ciphertext": encryption.encrypt(pyotp.random_base32())}
    )
    return factor


def key(factor: SecondFactor) -> str:
    """The key of the app, in base32. Raises encryption.Undecipherable."""
    return encryption.decrypt(factor.ciphertext)


def address(factor: SecondFactor) -> str:
    """What the QR code says: the `otpauth:` address of the key."""
    totp = pyotp.TOTP(key(factor), interval=STEP_SECONDS)
    return totp.provisioning_uri(name=factor.user.get_username(), issuer_name=ISSUER)


def picture(factor: SecondFactor) -> str:
    """The QR code as SVG: dark on light in both themes, since apps read no inverse codes."""
    code = segno.make(address(factor), error="m")
    return str(code.svg_inline(omitsize=True, border=4, dark="#15202b", light="#ffffff"))


def confirm(user: User, code: str) -> list[str]:
    """Switch it on with a first right code. The recovery codes are told this once.

    Raises WrongCode.
    """
    factor = SecondFactor.objects.filter(user=user, confirmed_at=None).first()
    if factor is None or not _take(factor, code):
        raise WrongCode
    with transaction.atomic():
        SecondFactor.objects.filter(pk=factor.pk).update(confirmed_at=timezone.now())
        audit.record("second_factor.enable", user, team=None, user=user)
        return _fresh_codes(user)


def check(user: User, code: str) -> None:
    """Take a code of the app, or a recovery code, which is used up. Raises WrongCode."""
    factor = of(user)
    if factor is None:
        raise WrongCode
    if _take(factor, code):
        return
    used = RecoveryCode.objects.filter(user=user, digest=digest(_plain(code)), used_at=None).update(
        used_at=timezone.now()
    )
    if not used:
        raise WrongCode
    left = RecoveryCode.objects.filter(user=user, used_at=None).count()
    audit.record(
        "second_factor.use_recovery_code", user, team=None, user=user, after={"left": left}
    )


@transaction.atomic
def renew_codes(user: User) -> list[str]:
    """New recovery codes; the old ones open nothing any more."""
    audit.record("second_factor.renew_recovery_codes", user, team=None, user=user)
    return _fresh_codes(user)


@transaction.atomic
def remove(user: User, by: User | None) -> bool:
    """Switch it off; False when there was none. `by` is the person, an administrator, or nobody."""
    removed, _ = SecondFactor.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()
    if removed:
        verb = "disable" if by == user else "reset"
        audit.record(f"second_factor.{verb}", user, team=None, user=by)
    return bool(removed)


def renew() -> int:
    """Encrypt every key with the newest encryption key; how many were not yet.

    Raises BadKeys, Undecipherable.
    """
    count = 0
    for id in SecondFactor.objects.values_list("pk", flat=True).iterator():
        with transaction.atomic():
            factor = SecondFactor.objects.select_for_update().filter(pk=id).first()
            if factor is not None and not encryption.is_newest(factor.ciphertext):
                factor.ciphertext = encryption.renewed(factor.ciphertext)
                factor.save(update_fields=["ciphertext"])
                count += 1
    return count


def _take(factor: SecondFactor, code: str) -> bool:
    """Whether it is the code of a step that was not taken yet; takes it."""
    given = _plain(code)
    if len(given) != 6 or not (given.isascii() and given.isdecimal()):
        return False
    totp = pyotp.TOTP(key(factor), interval=STEP_SECONDS)
    now = int(time.time()) // STEP_SECONDS
    for step in range(now - TOLERANCE, now + TOLERANCE + 1):
        if secrets.compare_digest(totp.generate_otp(step), given):
            mine = SecondFactor.objects.filter(Q(last_step=None) | Q(last_step__lt=step))
            return mine.filter(pk=factor.pk).update(last_step=step) == 1
    return False


def _fresh_codes(user: User) -> list[str]:
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(12)) for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=digest(c)) for c in codes)
    return [f"{c[:4]}-{c[4:8]}-{c[8:]}" for c in codes]


def _plain(code: str) -> str:
    return "".join(code.lower().replace("-", "").split())
