import json, sys

own = set(sys.argv[1:])

def as_list(x):
    return x if isinstance(x, list) else [x]

def account(name):
    parts = name.split(":")
    return parts[4] if len(parts) > 4 else name

for role in json.load(sys.stdin)["Roles"]:
    policy = role["AssumeRolePolicyDocument"]
    for rule in as_list(policy["Statement"]):
        who = rule.get("Principal", {})
        if rule["Effect"] != "Allow":
            continue
        if who == "*":
            who = {"AWS": "*"}
        mark = " (condition)" if rule.get("Condition") else ""
        for name in as_list(who.get("AWS", [])):
            if account(name) not in own:
                print(role["RoleName"] + " " + name + mark)
