"""Sends the steps of `test.py` with the official clients for Python, set up as docs/guide/sources says: the host alone is changed.

Reads from standard input what to send and where to; prints the version of each client. It compares nothing.
"""

import json
import logging
import sys
import threading
import warnings
from datetime import datetime
from importlib.metadata import version

import rudderstack.analytics as rudder_analytics
import segment.analytics as segment_analytics
from posthog import Posthog
from snowplow_tracker import EmitterConfiguration, SelfDescribing, SelfDescribingJson, Snowplow, Subject

warnings.filterwarnings("ignore", category=DeprecationWarning)
# A client says so when a request fails, and one is made to fail.
logging.disable(logging.ERROR)


def when(step):
    return datetime.fromisoformat(step["at"])


def properties(step):
    return {name: step[name] for name in ("revenue", "currency") if name in step}


def segment_protocol(analytics, steps):
    for step in steps:
        shared = {"timestamp": when(step), "message_id": step["id"]}
        ids = {"user_id": step.get("user"), "anonymous_id": step.get("visitor")}
        if step["call"] == "track":
            analytics.track(event=step["name"], properties=properties(step), **ids, **shared)
        elif step["call"] == "identify":
            analytics.identify(traits={"plan": "pro"}, **ids, **shared)
        else:
            getattr(analytics, step["call"])(name=step["name"], **ids, **shared)


def segment(key, host, steps):
    segment_analytics.write_key = key
    segment_analytics.host = host
    segment_protocol(segment_analytics, steps)
    segment_analytics.shutdown()


def rudderstack(key, host, steps):
    rudder_analytics.write_key = key
    rudder_analytics.dataPlaneUrl = host
    segment_protocol(rudder_analytics, steps)
    rudder_analytics.flush()
    rudder_analytics.shutdown()


def posthog(key, host, steps):
    client = Posthog(key, host=host)
    for step in steps:
        shared = {"timestamp": when(step), "uuid": step["id"]}
        who = step.get("user") or step.get("visitor")
        if step["call"] == "identify":
            # The client has no other call to say that two ids are one person.
            client.alias(previous_id=step["visitor"], distinct_id=step["user"], **shared)
        elif step["call"] == "page":
            client.capture("$pageview", distinct_id=who, properties={"$current_url": "https://shop.example/"}, **shared)
        elif step["call"] == "screen":
            client.capture("$screen", distinct_id=who, properties={"$screen_name": step["name"]}, **shared)
        else:
            client.capture(step["name"], distinct_id=who, properties=properties(step), **shared)
    client.flush()
    client.shutdown()


def snowplow(key, host, steps):
    sent = threading.Event()
    configuration = EmitterConfiguration(on_success=lambda _: sent.set())
    tracker = Snowplow.create_tracker(namespace="shop", app_id=key, endpoint=host, emitter_config=configuration)
    for step in steps:
        subject = Subject()
        if "user" in step:
            subject.set_user_id(step["user"])
        if "visitor" in step:
            subject.set_domain_user_id(step["visitor"])
        shared = {"tstamp": when(step).timestamp() * 1000, "event_subject": subject}
        if step["call"] == "page":
            tracker.track_page_view("https://shop.example/", step["name"], **shared)
        elif "schema" in step:
            data = SelfDescribingJson(step["schema"], properties(step))
            event = SelfDescribing(data, event_subject=subject, true_timestamp=shared["tstamp"])
            tracker.track(event)
        elif "revenue" in step:
            tracker.track_ecommerce_transaction(step["id"], step["revenue"], currency=step["currency"], **shared)
        else:
            tracker.track_struct_event("shop", step["name"], **shared)
    tracker.flush()
    # All are one request; where it failed it is sent again from a timer. Who is refused waits in vain.
    sent.wait(5)


SENDERS = {
    "segment-analytics-python": segment,
    "rudder-sdk-python": rudderstack,
    "posthog": posthog,
    "snowplow-tracker": snowplow,
}


def main():
    tasks = json.load(sys.stdin)
    threads = []
    for name, task in tasks.items():
        print(json.dumps({"client": name, "version": version(name)}), flush=True)
        threads.append(threading.Thread(target=SENDERS[name], args=(task["key"], task["host"], task["steps"])))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


main()
