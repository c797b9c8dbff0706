"""Deploys the stack to MiniStack and invokes its functions with their events; see invoke-all."""

import concurrent.futures
import http.server
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

import boto3
from samtranslator.yaml_helper import yaml_parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAM = ROOT / ".tools/python/bin/sam"
STACK = "rekindle"

# Functions invoked beside each other. Most of an invocation is SAM's own start, on one processor.
AT_ONCE = max(2, os.cpu_count() or 1)


def overrides(endpoint):
    """The parameters without a default, and those that point to this machine."""
    return [
        "SenderIdentity=reminders.example.com",
        # Nobody listens there: a provider that cannot be reached is among what a function must bear.
        "LeapBaseUrl=http://127.0.0.1:9",
        "LightBaseUrl=http://127.0.0.1:9/v1",
        "LightSignatureHeader=Light-Signature",
        "LightSignatureHash=sha256",
        "LightSignatureEncoding=hex",
        "LightTypeField=type",
        "LightAccountField=account_uuid",
        "Architecture=x86_64",
        "DeletionProtection=false",
        f"LocalEndpoint={endpoint}",
    ]


# What the events were made with: their tokens, links and proofs are right under these.
SECRETS = {
    "IdentityKeyParameter": "an invented key of 32 bytes long",
    "WebhookSecretParameter": "an-invented-webhook-secret",
    "ApiTokenParameter": "an-invented-api-token",
    "LeapApiKeyParameter": "an-invented-leap-key",
    "LightAppTokenParameter": "an-invented-light-token",
    "LightWebhookSecretParameter": "an-invented-light-secret",
}


def put_secrets(template):
    """Every secret that the template cannot do without."""
    ssm = boto3.client("ssm")
    for name, value in SECRETS.items():
        path = template["Parameters"][name]["Default"]
        ssm.put_parameter(Name=path, Value=value, Type="SecureString")


class Door(http.server.BaseHTTPRequestHandler):
    """The API under an address that can be reached: the emulator knows it by a host name that nobody resolves."""

    target = host = None

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0)) or None
        headers = {name: self.headers[name] for name in ("authorization", "content-type") if self.headers[name]}
        headers["host"] = self.host
        request = urllib.request.Request(self.target + self.path, data=body, headers=headers, method=self.command)
        try:
            answer = urllib.request.urlopen(request)
        except urllib.error.HTTPError as error:
            answer = error
        self.send_response(answer.status)
        self.send_header("content-type", answer.headers.get("content-type", "text/plain"))
        self.end_headers()
        self.wfile.write(answer.read())

    do_GET = do_PUT = pass_on

    def log_message(self, *_):
        pass


def push_campaign(endpoint):
    """The example campaign, as a marketer would push it: without one the functions have nothing to decide by."""
    outputs = boto3.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]["Outputs"]
    api = next(each["OutputValue"] for each in outputs if each["OutputKey"] == "ApiUrl")
    Door.target = endpoint
    Door.host = api.removeprefix("https://").split(".")[0] + ".execute-api.localhost:" + endpoint.rsplit(":", 1)[1]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    rekindle = ROOT / "target/debug/rekindle"
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "campaign.toml")
        with open(file, "wb") as out:
            subprocess.run([rekindle, "campaign", "example"], stdout=out, check=True)
        to = f"http://127.0.0.1:{server.server_port}"
        environment = {**os.environ, "REKINDLE_API_TOKEN": SECRETS["ApiTokenParameter"]}
        done = subprocess.run([rekindle, "campaign", "push", file, "--to", to], env=environment)
    server.shutdown()
    if done.returncode != 0:
        sys.exit("invoke-all: the campaign could not be pushed")


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


def invoke_each(binary, logical, options):
    """Invokes a function with its events, one after the other: how many, and how many went wrong."""
    events = sorted((ROOT / "events" / binary).glob("*.json"))
    if not events:
        print(f"FAIL {binary}: no events in events/{binary}", flush=True)
        return 0, 1
    failed = 0
    for event in events:
        began = time.monotonic()
        command = [SAM, "local", "invoke", logical, "--event", event, "--skip-pull-image", *options]
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
        wrong = fault(result, event.name.startswith("malformed"))
        line = f"{'FAIL' if wrong else 'ok  '} {binary}/{event.name} ({time.monotonic() - began:.1f} s)"
        if wrong:
            line += "\n     " + wrong.replace("\n", "\n     ")
            failed += 1
        print(line, flush=True)
    return len(events), failed


def main(endpoint, from_containers, wanted):
    template = yaml_parse((ROOT / "template.yaml").read_text())
    by_binary = functions(template)
    unknown = set(wanted) - set(by_binary)
    if unknown:
        sys.exit(f"invoke-all: not in template.yaml: {', '.join(sorted(unknown))}")
    chosen = {binary: logical for binary, logical in by_binary.items() if not wanted or binary in wanted}
    put_secrets(template)
    deploy(endpoint)
    push_campaign(endpoint)
    inside = settings(by_binary)
    for variables in inside.values():
        variables["AWS_ENDPOINT_URL"] = from_containers

    failed = done = 0
    with tempfile.TemporaryDirectory() as folder:
        variables = os.path.join(folder, "variables.json")
        with open(variables, "w", encoding="utf-8") as file:
            json.dump(inside, file)
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            options = ["--env-vars", variables, "--parameter-overrides", *overrides(endpoint)]
            jobs = [pool.submit(invoke_each, binary, logical, options) for binary, logical in chosen.items()]
            for job in concurrent.futures.as_completed(jobs):
                tried, wrong = job.result()
                done += tried
                failed += wrong
    print(f"{done} invocations, {failed} failed")
    return 1 if failed or not done else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
