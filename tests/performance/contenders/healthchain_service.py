"""HealthChain from PyPI: a handler that answers a fixed card, and one that reads the prefetch as FHIR first.

Run by uvicorn in a virtual environment of its own; nothing of ours is imported.
"""

# runs in a virtual environment of its own
from healthchain.fhir import convert_prefetch_to_fhir_objects
from healthchain.gateway import CDSHooksService, HealthChainAPI
from healthchain.models import Card, CDSRequest, CDSResponse

CARD = Card(summary="The order was received", indicator="info", source={"label": "Nobody"})

plain = CDSHooksService()
reading = CDSHooksService()


@plain.hook("order-select", id="sarcoma-pathway")
def answer(request: CDSRequest) -> CDSResponse:
    return CDSResponse(cards=[CARD])


@reading.hook("order-select", id="sarcoma-pathway")
def read_and_answer(request: CDSRequest) -> CDSResponse:
    convert_prefetch_to_fhir_objects(request.prefetch or {})
    return CDSResponse(cards=[CARD])


def served(service: CDSHooksService) -> HealthChainAPI:
    api = HealthChainAPI()
    api.register_service(service)
    return api


plain_app = served(plain)
reading_app = served(reading)
