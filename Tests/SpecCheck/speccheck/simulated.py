# SPDX-License-Identifier: MIT
"""Secrets of the tokens that the simulator hands out: they follow from its seed and a running number (`World.secret`)."""

MASK = (1 << 64) - 1
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
SEED = "1"
# A simulator of a test gives out fewer numbers than this.
NUMBERS = 3_000


def _hash(*parts: str) -> int:
    value = 0xCBF29CE484222325
    for part in parts:
        for byte in part.encode():
            value = ((value ^ byte) * 0x100000001B3) & MASK
        value = ((value ^ 0xFF) * 0x100000001B3) & MASK
    value = (value + 0x9E3779B97F4A7C15) & MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & MASK
    return value ^ (value >> 31)


def _text(number: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = DIGITS[digit] + text
    return text or "0"


def _secret(*parts: str) -> str:
    return "".join(_text(_hash("secret", SEED, "|".join(parts), str(index))) for index in range(3))


def token_secrets() -> dict[str, str]:
    """The secret of each token; of one that lasts by what follows its account's identity."""
    secrets = {}
    for number in map(str, range(NUMBERS)):
        secrets["rq-" + _secret("oauth1", number)] = _secret("oauth1-secret", number)
        secrets[_secret("oauth1-access", number)] = _secret("oauth1-access-secret", number)
    return secrets
