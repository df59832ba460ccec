import json, sys

WORLD = {"0.0.0.0/0", "::/0"}
PORTS = (22, 3389)

def covers(spec, port):
    low, _, high = spec.partition("-")
    return int(low) <= port <= int(high or low)

def is_open(rule):
    if rule.get("disabled") or rule.get("direction") != "INGRESS":
        return False
    if not WORLD.intersection(rule.get("sourceRanges", [])):
        return False
    for entry in rule.get("allowed", []):
        if entry["IPProtocol"] in ("tcp", "all"):
            specs = entry.get("ports", ["0-65535"])
            if any(covers(s, p) for s in specs for p in PORTS):
                return True
    return False

for rule in json.load(sys.stdin):
    if is_open(rule):
        print(rule["name"])
