"""Deploys the stack to MiniStack and invokes its functions with their events; see invoke-all."""

import base64
import json
import os
import pathlib
import secrets
import subprocess
import sys
import tempfile
import time

import boto3
from samtranslator.yaml_helper import yaml_parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAM = ROOT / ".tools/python/bin/sam"
STACK = "rekindle"


def overrides(endpoint):
    """The parameters without a default, and those that point to this machine."""
    return [
        "SenderIdentity=reminders.example.com",
        # Nobody listens there: a provider that cannot be reached is among what a function must bear.
        "LeapBaseUrl=http://127.0.0.1:9",
        "Architecture=x86_64",
        "DeletionProtection=false",
        f"LocalEndpoint={endpoint}",
    ]


def put_secrets(template):
    """Every secret that the template names by default, each with a value of its own."""
    ssm = boto3.client("ssm")
    for name, parameter in template["Parameters"].items():
        path = parameter.get("Default", "")
        if name.endswith("Parameter") and path:
            value = base64.b64encode(secrets.token_bytes(32)).decode()
            ssm.put_parameter(Name=path, Value=value, Type="SecureString")


def deploy(endpoint):
    """The real template with the real binaries."""
    command = [SAM, "deploy", "--stack-name", STACK, "--resolve-s3", "--capabilities", "CAPABILITY_IAM"]
    command += ["--no-confirm-changeset", "--no-progressbar", "--parameter-overrides", *overrides(endpoint)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        sys.exit(f"invoke-all: sam deploy failed:\n{done.stdout[-4000:]}")


def functions(template):
    """The logical id of each function, by the name of its binary."""
    found = {}
    for logical, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            found[pathlib.PurePath(resource["Properties"]["CodeUri"]).name] = logical
    return found


def settings(by_binary):
    """What each function finds in its environment once it is deployed."""
    resources = boto3.client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
    physical = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}
    client = boto3.client("lambda")
    return {
        logical: client.get_function_configuration(FunctionName=physical[logical])["Environment"]["Variables"]
        for logical in by_binary.values()
    }


def fault(result, malformed):
    """What is wrong with a function's answer; none if nothing is."""
    lines = result.stdout.strip().splitlines()
    if result.returncode != 0 or not lines:
        return "no answer:\n" + result.stderr[-2000:]
    try:
        answer = json.loads(lines[-1])
    except ValueError:
        return "not an answer in JSON: " + lines[-1][:500]
    kind = answer.get("errorType", "") if isinstance(answer, dict) else ""
    # A function may refuse what is malformed, but nothing may end it.
    if kind and (not malformed or kind.startswith(("Runtime.", "Sandbox."))):
        return f"{kind}: {answer.get('errorMessage', '')}"
    return None


def main(endpoint, wanted):
    template = yaml_parse((ROOT / "template.yaml").read_text())
    by_binary = functions(template)
    unknown = set(wanted) - set(by_binary)
    if unknown:
        sys.exit(f"invoke-all: not in template.yaml: {', '.join(sorted(unknown))}")
    chosen = {binary: logical for binary, logical in by_binary.items() if not wanted or binary in wanted}
    put_secrets(template)
    deploy(endpoint)

    failed = done = 0
    with tempfile.TemporaryDirectory() as folder:
        variables = os.path.join(folder, "variables.json")
        with open(variables, "w", encoding="utf-8") as file:
            json.dump(settings(by_binary), file)
        for binary, logical in chosen.items():
            events = sorted((ROOT / "events" / binary).glob("*.json"))
            if not events:
                print(f"FAIL {binary}: no events in events/{binary}")
                failed += 1
            for event in events:
                began = time.monotonic()
                command = [SAM, "local", "invoke", logical, "--event", event, "--skip-pull-image"]
                command += ["--docker-network", "host", "--env-vars", variables]
                command += ["--parameter-overrides", *overrides(endpoint)]
                result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
                wrong = fault(result, event.name.startswith("malformed"))
                took = time.monotonic() - began
                print(f"{'FAIL' if wrong else 'ok  '} {binary}/{event.name} ({took:.1f} s)", flush=True)
                if wrong:
                    print("     " + wrong.replace("\n", "\n     "), flush=True)
                    failed += 1
                done += 1
    print(f"{done} invocations, {failed} failed")
    return 1 if failed or not done else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
