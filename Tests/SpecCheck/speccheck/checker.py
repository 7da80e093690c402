# SPDX-License-Identifier: MIT
"""Finds the contract of each request, and what is wrong with the request."""

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

from .contract import Contract
from .graph import HOSTS, GraphContract
from .recording import Request
from .rules import RULES, graph_values

SPECS = Path(__file__).parent.parent / "specs"
SHEETS = ("tiktok", "tiktok-upload", "x-oauth", "x-ads-stats", "dialogs", "meta-upload", "graph", "instagram-login")
# Hosts of the simulator's own platform, which has no contract outside of docs/mock-platform.md.
NOT_CHECKED = ("mock.posthorn.test",)
DIALOGS = ("www.facebook.com", "www.instagram.com", "www.tiktok.com", "x.com")


@dataclass
class Verdict:
    """What became of a request."""

    request: Request
    platform: str
    operation: str
    problems: list[str] = field(default_factory=list)


class Checker:
    """All contracts, read from specs/."""

    def __init__(self, secrets: dict | None = None):
        self.secrets = secrets or {}
        self.x = [Contract(_load(f"x-{version}.json"), f"X {version}") for version in ("2.166", "2.167")]
        self.sheets: dict[str, list[Contract]] = {}
        contracts = [Contract(_load(f"sheet-{name}.yaml"), contract_title(name)) for name in SHEETS]
        contracts.append(Contract(_load("x-ads-12.json"), "X's Ads API 12"))
        contracts.append(Contract(_load("tiktok-business-1.3.json"), "TikTok's API for Business"))
        for contract in contracts:
            for host in contract.document["x-hosts"]:
                self.sheets.setdefault(host, []).append(contract)

    def check(self, requests: list[Request]) -> list[Verdict]:
        """The verdicts on the requests of one run to the platforms' hosts, in order."""
        graph = GraphContract(_load("meta-graph.json"), _load("sheet-overrides.yaml"))
        graph.learn(requests)
        return [
            self._verdict(without_answer(request), graph) for request in requests if request.host not in NOT_CHECKED
        ]

    def _verdict(self, request: Request, graph: GraphContract) -> Verdict:
        answers = []
        for contract in self.sheets.get(request.host, []):
            if contract.find(request.method, request.path):
                answers.append(contract.check(request, self.secrets))
        if not answers:
            if request.host == "api.x.com":
                answers = [contract.check(request, self.secrets) for contract in self.x]
            elif request.host in HOSTS:
                answers = [graph.check(request, self.secrets)]
            else:
                answers = [("", [f"{request.host} has no operation {request.method} {request.path}"])]
        # X renamed things between its two contracts: one of them must take the request.
        operation, problems = min(answers, key=lambda answer: (len(answer[1]), not answer[0]))
        if not problems:
            problems = list(self._rules(request, operation, graph))
        return Verdict(request, self._platform(request, operation), operation, problems)

    @staticmethod
    def _rules(request: Request, operation: str, graph: GraphContract):
        rule = RULES.get(operation)
        if rule:
            yield from rule(request)
        elif request.host in HOSTS:
            yield from graph_values(operation, dict(graph.values(request)))

    @staticmethod
    def _platform(request: Request, operation: str) -> str:
        host = request.host
        if host.endswith("instagram.com") or "IG" in operation or "ig-api" in operation:
            return "instagram"
        if host.endswith("facebook.com"):
            return "facebook"
        return "tiktok" if "tiktok" in host else "x"


def contract_title(name: str) -> str:
    """How a sheet's contract is called in complaints."""
    return f"the sheet's contract “{name}”"


def summary(verdicts: list[Verdict]) -> list[str]:
    """One line for each platform and operation, and one for all: accepted of sent."""
    sent, accepted = Counter(), Counter()
    for verdict in verdicts:
        for key in ((verdict.platform, verdict.operation or "(no operation)"), (verdict.platform, "")):
            sent[key] += 1
            accepted[key] += not verdict.problems
    lines = []
    for platform in sorted({platform for platform, _ in sent}):
        lines.append(f"{platform}: {accepted[platform, '']} of {sent[platform, '']} requests accepted")
        lines += [
            f"  {operation}: {accepted[platform, operation]} of {sent[platform, operation]}"
            for known, operation in sorted(sent) if known == platform and operation
        ]
    return lines


def missing(verdicts: list[Verdict], wanted: list[dict]) -> list[str]:
    """What should have been seen and was not, by name."""
    return [
        f"{item['platform']}: {item['name']}" for item in wanted
        if not any(
            verdict.platform == item["platform"] and verdict.operation == item["operation"]
            and all(word in verdict.request.body.decode("utf-8", "replace") for word in item.get("body", []))
            for verdict in verdicts)
    ]


def without_answer(request: Request) -> Request:
    """A dialog without the person's answer, which the simulator takes in the same address."""
    if request.host not in DIALOGS and request.path != "/oauth/authorize":
        return request
    kept = [part for part in request.query.split("&") if not part.startswith(("approve=", "decline="))]
    return replace(request, query="&".join(kept))


def _load(name: str) -> dict:
    text = (SPECS / name).read_text(encoding="utf-8")
    return json.loads(text) if name.endswith(".json") else yaml.safe_load(text)
