"""Values for the formats of docs/api/openapi.yaml that no pattern can describe."""

import schemathesis
from hypothesis import strategies as st

ZONES = ["America/Los_Angeles", "America/New_York", "America/Chicago", "Pacific/Honolulu", "Europe/Berlin", "UTC"]

word = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
domain = st.builds("{}.example.com".format, word)
path = st.from_regex(r"(/[a-z0-9%._~-]{0,10}){0,3}(\?refId=[A-Za-z0-9._~-]{1,20})?", fullmatch=True)

schemathesis.openapi.format("mailbox", st.builds("{}@{}".format, word, domain))
schemathesis.openapi.format("iana-time-zone", st.sampled_from(ZONES))
schemathesis.openapi.format("customer-link", st.builds("https://{}{}".format, domain, path))
tag = st.from_regex(r'(W/)?"[!#-~]{0,30}"', fullmatch=True)
tags = st.lists(tag, min_size=1, max_size=3).map(", ".join)
schemathesis.openapi.format("entity-tags", st.one_of(st.just("*"), tags))
# Cursors are opaque to a partner; these have the form of the one-machine store's.
schemathesis.openapi.format("page-cursor", st.integers(1, 2**40).map("{:016x}".format))
