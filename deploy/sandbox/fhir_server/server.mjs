// A FHIR R4 server in memory, with real search by Medplum's router. It prints the port it listens on and ends with
// its standard input, or with the program that started it.
//
//   node server.mjs [--port N] [--token TOKEN] [--records FILE] [--start-page FILE] [--smart ADDRESS]
//
// Without --records any number of empty servers are told apart by a name: reads, searches and PUTs below /NAME/fhir.
// With --records there is one, below /fhir, that holds the resources of FILE (one a line) and takes nothing else.
// With --token only its bearer is answered. --start-page is shown at /, and --smart names the authorization server
// that launches apps for this one.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';

// Medplum's client library asks for it when it is loaded; Node 20 has none, and nothing here opens one.
globalThis.WebSocket ??= class {};

const { OperationOutcomeError, notFound } = await import('@medplum/core');
const { OneRepository, Records, definitions, refusal } = await import('./records.mjs');
const { asksForSmart, smartAnswer } = await import('./smart.mjs');

const { values: chosen } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    token: { type: 'string' },
    records: { type: 'string' },
    'start-page': { type: 'string' },
    smart: { type: 'string' },
  },
});

definitions();
const named = new Map();
const records = chosen.records && (await Records.of(readFileSync(chosen.records, 'utf8')));
const startPage = chosen['start-page'] && readFileSync(chosen['start-page'], 'utf8');

// What may be asked of the server that an address is below: [its holdings, the rest of the address].
function found(pathname) {
  const [, name, path] = /^(?:\/([^/]+))?\/fhir(\/.*)$/.exec(pathname) ?? [];
  if (!path || Boolean(records) === Boolean(name)) {
    return [];
  }
  if (!records && !named.has(name)) {
    named.set(name, new OneRepository());
  }
  return [records || named.get(name), path];
}

async function answer(request) {
  const address = new URL(request.url, `http://${request.headers.host ?? '127.0.0.1'}`);
  if (chosen.token && request.headers.authorization !== `Bearer ${chosen.token}`) {
    return [401, refusal('login', 'A bearer token that this server knows is needed.')];
  }
  const [holdings, path] = found(address.pathname);
  if (!holdings) {
    return [404, notFound];
  }
  const text = await body(request);
  if (chosen.smart && asksForSmart(path)) {
    return smartAnswer(chosen.smart, `${address.origin}/fhir`, path, text);
  }
  if (path === '/metadata') {
    return [200, capabilities()];
  }
  const form = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded');
  const content = text && (form ? Object.fromEntries(new URLSearchParams(text)) : JSON.parse(text));
  return holdings.answer(request.method, path, address.search, content, request.headers);
}

async function body(request) {
  const parts = [];
  for await (const part of request) {
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function capabilities() {
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: '2026-11-22',
    kind: 'instance',
    implementation: { description: 'Synthetic patients, in memory' },
    fhirVersion: '4.0.1',
    format: ['json'],
    rest: [{ mode: 'server' }],
  };
}

// Pages of any origin may read: everything here is synthetic.
const CORS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers': 'Accept, Authorization, Content-Type',
  'Access-Control-Allow-Methods': 'GET, POST, OPTIONS',
};

const server = createServer(async (request, response) => {
  if (request.method === 'OPTIONS') {
    response.writeHead(204, CORS).end();
    return;
  }
  if (startPage && request.url === '/') {
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(startPage);
    return;
  }
  let status, content;
  try {
    [status, content] = await answer(request);
  } catch (error) {
    if (error instanceof OperationOutcomeError) {
      [status, content] = [400, error.outcome];
    } else if (error instanceof SyntaxError) {
      [status, content] = [400, refusal('structure', 'The body is not the JSON that its type promises.')];
    } else {
      console.error(error);
      [status, content] = [500, refusal('exception', String(error))];
    }
  }
  response.writeHead(status, { ...CORS, 'Content-Type': 'application/fhir+json' });
  response.end(JSON.stringify(content));
});

server.on('error', (error) => {
  console.error(error.code === 'EADDRINUSE' ? `Port ${chosen.port} is taken.` : String(error));
  process.exit(1);
});
server.listen(Number(chosen.port), '127.0.0.1', () => console.log(server.address().port));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
