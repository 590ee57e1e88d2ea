"""What schemathesis cannot make by itself: an `Idempotency-Key` for each right call.

Its values for headers have no quotes, which the key needs. And a key of its own for each request makes calls come to their
handlers; otherwise most would be told that the key is another request's. Wrong calls keep the keys that were made for them.
"""

import hashlib

import schemathesis

NAME = "Idempotency-Key"


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None or not case.meta.generation.mode.is_positive or NAME not in (case.headers or {}):
        return
    request = repr((case.path_parameters, case.query, case.body)).encode(errors="replace")
    case.headers[NAME] = f'"{hashlib.sha256(request).hexdigest()}"'
