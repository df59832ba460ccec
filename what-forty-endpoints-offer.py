import json, sys
from datetime import datetime, timedelta, timezone

GOOD = {"TLSv1.2", "TLSv1.3"}

def covers(name, host):
    if name.startswith("*."):
        return host.partition(".")[2] == name[2:]
    return name == host

def problems(row, now):
    if "error" in row:
        return ["not scanned, " + row["error"]]
    found = []
    if set(row["versions"]) - GOOD:
        found.append("old protocol")
    if not any(covers(n, row["host"].lower()) for n in row["names"]):
        found.append("wrong name")
    if datetime.fromisoformat(row["expires"]) < now + timedelta(days=21):
        found.append("renew")
    return found

now = datetime.now(timezone.utc)
for line in sys.stdin:
    row = json.loads(line)
    for problem in problems(row, now):
        print(f"{row['host']}: {problem}")
