import csv, sys
from datetime import datetime, timedelta, timezone

def unused(lines, now):
    for row in csv.DictReader(lines):
        for n in "12":
            key = f"access_key_{n}_"
            if row[key + "active"].lower() != "true":
                continue
            since = row[key + "last_used_date"]
            if not since[:1].isdigit():          # never used
                since = row[key + "last_rotated"]
            if now - datetime.fromisoformat(since) > timedelta(days=90):
                yield row["user"], n

for user, n in unused(sys.stdin, datetime.now(timezone.utc)):
    print(user, n)
