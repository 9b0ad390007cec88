"""A mail server for tests: aiosmtpd, with recipients that it treats in different ways.

Prints events as lines of JSON, before it answers clients; the first line has its port. Answers "sync N", and ends when its
input is closed.

    unknown…@   550 5.1.1, there is no such address       busy-N…@   450, the first N times
    relay…@     554 5.7.1, at the recipient               lost…@     accepts the first mail, and disconnects without an answer
    full…@      552 5.2.2, at the recipient               held…@     accepts the first mail, and confirms it on the
    spam…@      554 5.7.1, at the content                            command "release"; held-busy…@: 450 meanwhile
    quote-N…@   N, at the content, and quotes it
"""

import argparse
import asyncio
import email
import email.policy
import hashlib
import json
import logging
import os
import ssl
import sys
from collections import Counter

from aiosmtpd.smtp import SMTP, AuthResult

options = argparse.ArgumentParser()
options.add_argument("--port", type=int, default=0)
options.add_argument("--login", help="user:password, asked for after encryption only")
options.add_argument("--certificate", nargs=2, help="certificate and key: offers STARTTLS")
options.add_argument("--implicit", action="store_true", help="encrypted from the first byte")
options.add_argument("--ascii", action="store_true", help="offers no SMTPUTF8")
options = options.parse_args()

context = None
if options.certificate:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*options.certificate)

# Faults of clients are intended in these tests.
logging.disable(logging.CRITICAL)
seen = Counter()
held = asyncio.Event()


def tell(**event):
    print(json.dumps(event), flush=True)


def authenticate(server, session, envelope, mechanism, given):
    pair = f"{given.login.decode()}:{given.password.decode()}"
    tell(event="login", ok=pair == options.login)
    # Not handled: the server itself answers a rejection.
    return AuthResult(success=pair == options.login, handled=False)


class Handler:
    async def handle_MAIL(self, server, session, envelope, address, mail_options):
        if address.startswith("forbidden"):
            return "550 5.7.60 not allowed to send as this address"
        envelope.mail_from = address
        envelope.mail_options.extend(mail_options)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        name = address.split("@")[0].lower()
        seen[name] += 1
        answer = "250 OK"
        if name.startswith("unknown"):
            answer = f"550 5.1.1 <{address}>: there is nobody of that name"
        elif name.startswith("relay"):
            answer = f"554 5.7.1 <{address}>: Relay access denied"
        elif name.startswith("full"):
            answer = "552 5.2.2 mailbox full"
        elif name.startswith("busy-") and seen[name] <= int(name.split("-")[1]):
            answer = "450 4.2.1 try again later"
        elif name.startswith("held-busy") and seen[name] > 1:
            answer = "450 4.2.1 still at the first"
        tell(event="recipient", to=address, answer=answer)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):
        name = envelope.rcpt_tos[0].split("@")[0].lower()
        first = seen[f"data {name}"] == 0
        seen[f"data {name}"] += 1
        if name.startswith("spam"):
            return "554 5.7.1 this looks like spam"
        if name.startswith("quote-"):
            mail = email.message_from_bytes(envelope.original_content, policy=email.policy.SMTPUTF8)
            text = mail.get_body(("plain",)).get_content()
            found = [word for word in text.split() if "token=" in word or word.isdigit() and len(word) > 4]
            return f"{name.split('-')[1]} 5.7.1 suspicious: {' and '.join(found)}"
        self.tell_mail(server, session, envelope)
        if name.startswith("lost") and first:
            server.transport.abort()
        if name.startswith("held") and first:
            await held.wait()
        return "250 2.0.0 taken"

    def tell_mail(self, server, session, envelope):
        content = envelope.original_content
        mail = email.message_from_bytes(content, policy=email.policy.SMTPUTF8)
        parts = {part.get_content_type(): part.get_content() for part in mail.walk() if not part.is_multipart()}
        tell(
            event="mail",
            envelope_from=envelope.mail_from,
            envelope_to=envelope.rcpt_tos,
            headers=[[name, str(value)] for name, value in mail.items()],
            text=parts.get("text/plain", "").replace("\r\n", "\n"),
            html=parts.get("text/html", "").replace("\r\n", "\n"),
            parts=[part.get_content_type() for part in mail.walk()],
            digest=hashlib.sha256(content).hexdigest(),
            encrypted=session.ssl is not None or options.implicit,
            defects=[str(defect) for part in mail.walk() for defect in part.defects],
        )


async def main():
    def protocol():
        return SMTP(
            Handler(),
            hostname="mail.test",
            tls_context=None if options.implicit else context,
            require_starttls=bool(context) and not options.implicit,
            enable_SMTPUTF8=not options.ascii,
            authenticator=authenticate if options.login else None,
            auth_required=bool(options.login),
            auth_require_tls=bool(context) and not options.implicit,
        )

    loop = asyncio.get_running_loop()
    outer = context if options.implicit else None
    server = await loop.create_server(protocol, "127.0.0.1", options.port, ssl=outer)
    tell(event="ready", port=server.sockets[0].getsockname()[1])
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        if line.startswith("sync"):
            tell(event=line.strip())
        else:
            held.set()
    # Ends without closing connections, like a power cut.
    sys.stdout.flush()
    os._exit(0)


asyncio.run(main())
