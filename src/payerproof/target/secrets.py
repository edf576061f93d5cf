"""References to secrets: ``env:NAME``, ``file:PATH``, ``cmd:COMMAND``; resolved late, shown never.

A payer file is mailed, committed and attached to tickets, so it holds no secret itself.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from payerproof.target.errors import SecretError

KINDS = ("env", "file", "cmd")
COMMAND_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a secret is kept. `reveal` fetches it; nothing else ever holds it."""

    kind: str
    """``env``, ``file`` or ``cmd``."""
    name: str
    """Variable name, path, or command line."""
    folder: str = ""
    """Folder of the payer file: relative paths and commands start there."""

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"

    def __repr__(self) -> str:
        return f"Secret({self.kind}:…)"

    def reveal(self) -> str:
        """The secret's value, without the line end that files and commands add.

        Asked anew each time: a command may hand out one-time codes.
        Raises `SecretError`, which names the reference and what to do.
        """
        value = {"env": self._from_env, "file": self._from_file, "cmd": self._from_cmd}[self.kind]()
        value = value.removesuffix("\n").removesuffix("\r")
        if not value:
            raise SecretError(f"{self} is empty; it must hold the secret")
        return value

    def _from_env(self) -> str:
        try:
            return os.environ[self.name]
        except KeyError:
            raise SecretError(
                f"environment variable {self.name} is not set; "
                f"set it to the secret (export {self.name}=…)"
            ) from None

    def _from_file(self) -> str:
        path = Path(self.folder) / Path(self.name).expanduser()
        try:
            return path.read_text(encoding="utf-8")
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise SecretError(f"file {path} can't be read ({reason})") from None
        except UnicodeDecodeError:
            raise SecretError(f"file {path} is not UTF-8 text; a PEM or text is needed") from None

    def _from_cmd(self) -> str:
        words = shlex.split(self.name)
        try:
            done = subprocess.run(  # noqa: S603  the operator's own command, from the operator's file
                words,
                cwd=self.folder or None,
                capture_output=True,
                text=True,
                timeout=COMMAND_SECONDS,
                check=False,
            )
        except FileNotFoundError:
            raise SecretError(f"command '{words[0]}' was not found on this machine") from None
        except OSError as error:
            raise SecretError(f"command '{words[0]}' can't be started ({error.strerror})") from None
        except subprocess.TimeoutExpired:
            raise SecretError(
                f"command '{words[0]}' gave no answer within {COMMAND_SECONDS} seconds"
            ) from None
        if done.returncode:
            # Neither stream is quoted: either may hold the secret.
            raise SecretError(
                f"command '{words[0]}' ended with exit code {done.returncode}; "
                "run it by hand to see why"
            )
        return done.stdout

    @classmethod
    def parse(cls, reference: str, folder: str = "") -> Secret:
        """Read ``env:NAME``, ``file:PATH`` or ``cmd:COMMAND``.

        Raises `ValueError` for anything else, without repeating it: it may be the secret itself.
        """
        kind, colon, name = reference.partition(":")
        if not colon or kind not in KINDS or not name.strip():
            raise ValueError(
                "a secret is not written into a payer file; refer to it as 'env:NAME', "
                "'file:PATH' or 'cmd:COMMAND', so that the file can be mailed"
            )
        name = name.strip()
        if kind == "env" and not name.replace("_", "").isalnum():
            raise ValueError("'env:' is followed by the name of an environment variable")
        if kind == "cmd":
            try:
                shlex.split(name)
            except ValueError:
                raise ValueError("'cmd:' has an unclosed quote") from None
        return cls(kind, name, folder)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(
            _validate, serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {
            "type": "string",
            "pattern": "^(env|file|cmd):.+$",
            "description": "Reference to a secret: env:NAME, file:PATH or cmd:COMMAND.",
        }


def _validate(value: Any, info: core_schema.ValidationInfo) -> Secret:
    if isinstance(value, Secret):
        return value
    if not isinstance(value, str):
        raise PydanticCustomError(
            "secret",
            "a reference to a secret is a string: 'env:NAME', 'file:PATH' or 'cmd:COMMAND'",
        )
    try:
        return Secret.parse(value, (info.context or {}).get("folder", ""))
    except ValueError as error:
        raise PydanticCustomError("secret", "{reason}", {"reason": str(error)}) from None
