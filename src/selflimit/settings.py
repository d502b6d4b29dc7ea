"""Settings from the environment (prefix ``SELFLIMIT_``); read when asked for, never at import."""

from typing import Any

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from selflimit.errors import InputError


class Settings(BaseSettings):
    """What differs between machines, not between calculations."""

    model_config = SettingsConfigDict(env_prefix="SELFLIMIT_", frozen=True)

    store: str = Field(
        "selflimit-store",
        description="Where results are kept: a folder (embedded MontyStore) or a MongoDB URI (mongodb://...)",
    )
    database: str = Field("selflimit", description="MongoDB database, used when the URI names none")
    store_timeout: float = Field(10.0, gt=0, description="Seconds to wait for a MongoDB server before giving up")

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as fault:
            first = fault.errors()[0]
            name = f"SELFLIMIT_{first['loc'][0]}".upper()
            raise InputError(f"{name}: {first['msg']}, got {first['input']!r}; correct or unset it") from None
