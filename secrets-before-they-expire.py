import json, sys
from datetime import date

today = date.fromisoformat(sys.argv[1])
due = []
for app in json.load(sys.stdin)["value"]:
    for kind in ("passwordCredentials", "keyCredentials"):
        for item in app.get(kind) or []:
            end = date.fromisoformat(item["endDateTime"][:10])
            left = (end - today).days
            if -14 <= left <= 30:
                name = item.get("displayName") or "no name"
                due.append((left, app["displayName"], name))

for left, app, name in sorted(due):
    print(left, app, f"({name})")
sys.exit(any(left <= 7 for left, _, _ in due))
