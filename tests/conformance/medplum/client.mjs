// A CDS Hooks client that others wrote calls a service. Standard input: JSON with `service` and `fhir` (base
// addresses), `id`, `hook`, `user` (a resource) and `context`. Standard output: JSON with what discovery listed,
// the `request` that the client built, and the `response`, or the `outcome` with which the service refused.
import { MedplumClient, OperationOutcomeError, buildCdsRequest } from '@medplum/core';
import { readFileSync } from 'node:fs';

const asked = JSON.parse(readFileSync(0, 'utf8'));
const medplum = new MedplumClient({
  baseUrl: asked.fhir,
  cdsServicesUrl: `${asked.service}/cds-services`,
  cacheTime: 0,
});

const { services } = await medplum.getCdsServices();
const service = services.find((s) => s.id === asked.id && s.hook === asked.hook);
const request = await buildCdsRequest(medplum, asked.user, service, asked.context);
const told = { services, request };
try {
  told.response = await medplum.callCdsService(service.id, request);
} catch (error) {
  if (!(error instanceof OperationOutcomeError)) {
    throw error;
  }
  told.outcome = error.outcome;
}
console.log(JSON.stringify(told));
