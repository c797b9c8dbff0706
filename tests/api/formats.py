"""Values for the formats of docs/api/openapi.yaml and enroll.yaml that no pattern can describe."""

import csv
from datetime import datetime
from pathlib import Path

import schemathesis
from hypothesis import strategies as st

ZONES = ["America/Los_Angeles", "America/New_York", "America/Chicago", "Pacific/Honolulu", "Europe/Berlin", "UTC"]

word = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
domain = st.builds("{}.example.com".format, word)
path = st.from_regex(r"(/[a-z0-9%._~-]{0,10}){0,3}(\?refId=[A-Za-z0-9._~-]{1,20})?", fullmatch=True)

schemathesis.openapi.format("mailbox", st.builds("{}@{}".format, word, domain))
schemathesis.openapi.format("iana-time-zone", st.sampled_from(ZONES))
# The provider's own host: others have to be listed in the campaign.
schemathesis.openapi.format("customer-link", st.builds("https://connect.leap.energy{}".format, path))
# Area codes in service, but those of territories; exchange and last digits are those of invented people.
TERRITORIES = {"AS", "GU", "MP", "VI"}
with open(Path(__file__).parents[2] / "functions/law/data/area_codes.csv", encoding="utf-8") as file:
    AREA_CODES = [row["code"] for row in csv.DictReader(file) if row["state"] not in TERRITORIES]
last = st.integers(0, 99)
spellings = ["+1{}55501{:02}", "({}) 555-01{:02}", "{}-555-01{:02}"]
numbers = st.builds(lambda form, code, n: form.format(code, n), st.sampled_from(spellings), st.sampled_from(AREA_CODES), last)
schemathesis.openapi.format("us-phone", numbers)
past = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2026, 1, 1))
schemathesis.openapi.format("past-date-time", past.map(lambda at: at.strftime("%Y-%m-%dT%H:%M:%SZ")))
tag = st.from_regex(r'(W/)?"[!#-~]{0,30}"', fullmatch=True)
tags = st.lists(tag, min_size=1, max_size=3).map(", ".join)
schemathesis.openapi.format("entity-tags", st.one_of(st.just("*"), tags))
# Cursors are opaque to a partner; these have the form of the one-machine store's.
schemathesis.openapi.format("page-cursor", st.integers(1, 2**40).map("{:016x}".format))
# Letters and digits of any script, as a customer may write where they live.
written = st.text(st.characters(categories=["L", "Nd", "Zs"]), max_size=40)
schemathesis.openapi.format("address-part", st.builds("{}{}".format, st.sampled_from("1Aé"), written))
