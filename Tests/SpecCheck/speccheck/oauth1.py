# SPDX-License-Identifier: MIT
"""Signatures of OAuth 1.0a (RFC 5849), verified by oauthlib."""

import re
from urllib.parse import unquote

from oauthlib.common import Request as SignedRequest
from oauthlib.oauth1.rfc5849 import signature

from .recording import Request


def check_signature(request: Request, secrets: dict):
    """What is wrong with the `Authorization: OAuth` header of a request.

    `secrets` has the secret of each consumer key and token that tests use, or several of which one was used. A form body is signed, JSON and
    multipart are not.
    """
    fields = dict(
        (name, unquote(value)) for name, value in re.findall(r'(\w+)="([^"]*)"', request.header("authorization") or ""))
    for name in ("oauth_consumer_key", "oauth_nonce", "oauth_signature", "oauth_signature_method", "oauth_timestamp"):
        if not fields.get(name):
            yield f"no {name}"
            return
    if fields["oauth_signature_method"] != "HMAC-SHA1":
        yield f"signature method {fields['oauth_signature_method']}, not HMAC-SHA1"
        return
    if not re.fullmatch(r"[0-9]{10}", fields["oauth_timestamp"]):
        yield f"oauth_timestamp {fields['oauth_timestamp']} is no time in seconds"
    consumer = secrets.get(fields["oauth_consumer_key"])
    name = fields.get("oauth_token", "")
    token = secrets.get(name, secrets.get(name.partition("-")[2]))
    if consumer is None or ("oauth_token" in fields and token is None):
        yield "nobody told the checker the secrets of this signature"
        return
    uri = f"https://{request.host}{request.path}" + (f"?{request.query}" if request.query else "")
    is_form = request.content_type == "application/x-www-form-urlencoded"
    signed = SignedRequest(uri, request.method, request.body.decode() if is_form else None, {})
    query = request.parameters
    signed.params = [
        (name, value) for name, value in list(fields.items()) + query + (request.form() if is_form else [])
        if name not in ("oauth_signature", "realm")
    ]
    signed.signature = fields["oauth_signature"]
    consumers = consumer if isinstance(consumer, list) else [consumer]
    if not any(signature.verify_hmac_sha1(signed, client_secret=one, resource_owner_secret=token or "") for one in consumers):
        yield "the signature is not that of this request"
