"""What an EHR does in the rehearsal: a signed call over HTTPS, and feedback on the cards that came.

    python ehr.py BASE CERTIFICATE KEY-FILE ISSUER call FIXTURE ANSWER TOKEN
    python ehr.py BASE CERTIFICATE KEY-FILE ISSUER feedback ANSWER
    python ehr.py BASE CERTIFICATE KEY-FILE ISSUER again FIXTURE TOKEN

`call` sends a fixture's call, writes the answer to the file ANSWER and the token that it used to the file TOKEN;
`feedback` says of the first card of ANSWER that it was overridden; `again` sends a call with the token of TOKEN, which
has to be refused. Exit code 1 with what came instead if the answer is not the one that is due. Runs in the environment
that the wheel is installed in.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import requests

from cds_service.replay.fixture import read_fixture
from cds_service.replay.signing import SignedCalls, read_signing_key

SERVICE = "/cds-services/sarcoma-pathway"


def main(base: str, certificate: str, key_file: str, issuer: str, what: str, *arguments: str) -> None:
    session = requests.Session()
    session.trust_env = False
    session.verify = certificate
    signed = SignedCalls(read_signing_key(Path(key_file)), issuer, time.time, lambda: str(uuid4()))
    address = base + SERVICE
    if what == "feedback":
        (card, *_) = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))["cards"]
        entry = {
            "card": card["uuid"],
            "outcome": "overridden",
            "outcomeTimestamp": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        due(200, session.post(f"{address}/feedback", json={"feedback": [entry]}, auth=signed, timeout=30))
        return
    (service,) = session.get(f"{base}/cds-services", timeout=30).json()["services"][:1]
    body = read_fixture(Path(arguments[0])).call(service["prefetch"])
    if what == "call":
        token = signed.token(address)
        answer = session.post(address, json=body, headers=bearing(token), timeout=30)
        due(200, answer)
        Path(arguments[1]).write_bytes(answer.content)
        Path(arguments[2]).write_text(token, encoding="utf-8")
        for shown in answer.json()["cards"]:
            print(f"  [{shown['indicator']}] {shown['summary']}")
    elif what == "again":
        token = Path(arguments[1]).read_text(encoding="utf-8")
        due(401, session.post(address, json=body, headers=bearing(token), timeout=30))
    else:
        sys.exit(f"{what}: call, feedback or again")


def bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def due(status: int, answer: requests.Response) -> None:
    if answer.status_code != status:
        sys.exit(f"status {answer.status_code}, not {status}: {answer.text[:2000]}")


if __name__ == "__main__":
    main(*sys.argv[1:])
