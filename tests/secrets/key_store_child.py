"""Sets, reads and forgets a key in the Secret Service of this D-Bus session; prints what it saw as JSON.

`test_secret_service` starts it in a session of its own.
"""

import asyncio
import json

from chatapp.services.ports import Connection, SecretsUnavailable
from chatapp.storage.secrets import KeyStore

CONNECTION = Connection("openai", "OpenAI", "https://api.openai.com/v1", "keyring")
OTHER = Connection("other", "Other", "https://other.example/v1", "keyring")
KEY = "sk-test-é-1"


async def see() -> dict[str, object]:
    store = KeyStore()
    seen: dict[str, object] = {}
    try:
        seen["before"] = await store.key(CONNECTION)
        await store.set_key(CONNECTION, "sk-first")
        await store.set_key(CONNECTION, KEY)
        seen["after"] = await KeyStore().key(CONNECTION)
        seen["other"] = await store.key(OTHER)
        await store.forget(CONNECTION)
        await store.forget(CONNECTION)
        seen["forgotten"] = await store.key(CONNECTION)
    except SecretsUnavailable as problem:
        seen["refused"] = str(problem)
    finally:
        store.close()
    return seen


if __name__ == "__main__":
    print(json.dumps(asyncio.run(see())))
