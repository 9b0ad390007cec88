"""Verifies messages with the official libraries of PyPI, and with libsodium where those have no ed25519.
Reads [{ library, key, headers, body }] as JSON, writes [{ accepted, why }]."""

import base64
import json
import sys

import nacl.signing
import standardwebhooks.webhooks
import svix.webhooks


def ed25519(message):
    headers = message["headers"]
    public = nacl.signing.VerifyKey(base64.b64decode(message["key"].removeprefix("whpk_")))
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{message['body']}".encode()
    for text in headers["webhook-signature"].split(" "):
        if text.startswith("v1a,"):
            public.verify(content, base64.b64decode(text[4:]))
            return
    raise ValueError("No matching signature found")


VERIFIERS = {
    "standardwebhooks": lambda m: standardwebhooks.webhooks.Webhook(m["key"]).verify(m["body"], m["headers"]),
    "svix": lambda m: svix.webhooks.Webhook(m["key"]).verify(m["body"], m["headers"]),
    "ed25519": ed25519,
}


def outcome(message):
    try:
        VERIFIERS[message["library"]](message)
        return {"accepted": True, "why": ""}
    except Exception as error:
        return {"accepted": False, "why": f"{type(error).__name__}: {error}"}


json.dump([outcome(message) for message in json.load(sys.stdin)], sys.stdout)
