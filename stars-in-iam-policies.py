import json, sys

def as_list(value):
    return value if isinstance(value, list) else [value]

def too_broad(st):
    if st["Effect"] != "Allow" or "*" not in as_list(st.get("Resource", [])):
        return False
    if "NotAction" in st:
        return True
    return any(a == "*" or a.endswith(":*") for a in as_list(st["Action"]))

for policy in json.load(sys.stdin):
    for n, st in enumerate(as_list(policy["document"]["Statement"])):
        if too_broad(st):
            print(policy["name"], n)
