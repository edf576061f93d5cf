// Serves npm's oidc-provider, as its author wrote it, with its own development pages and with our
// test members and apps. Settings come as one line of JSON on standard input, {"issuer": …} goes to
// standard output once it listens, and it ends when its input closes.

import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createInterface } from 'node:readline';

import Provider from 'oidc-provider';

function client(app) {
  return {
    client_id: app.client_id,
    ...(app.secret ? { client_secret: app.secret } : {}),
    client_name: app.name,
    client_uri: app.site,
    policy_uri: app.privacy_policy,
    redirect_uris: app.redirect_uris,
    application_type: 'web',
    grant_types: app.redirect_uris.length ? ['authorization_code', 'refresh_token'] : [],
    response_types: app.redirect_uris.length ? ['code'] : [],
    token_endpoint_auth_method: app.secret ? 'client_secret_basic' : 'none',
    scope: app.scope,
  };
}

function configuration(settings) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const members = new Set(settings.members.map((member) => member.user));
  const scopes = [...new Set(settings.apps.flatMap((app) => app.scope.split(' ')))];
  const signed = settings.audience && {
    enabled: true,
    defaultResource: () => settings.audience,
    useGrantedResource: () => true,
    getResourceServerInfo: () => ({
      scope: scopes.join(' '),
      audience: settings.audience,
      accessTokenFormat: 'jwt',
      jwt: { sign: { alg: 'RS256' } },
    }),
  };
  return {
    clients: settings.apps.map(client),
    cookies: { keys: ['of-one-run'] },
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig' }] },
    scopes,
    findAccount: (ctx, id) => (members.has(id)
      ? { accountId: id, claims: () => ({ sub: id }) } : undefined),
    features: {
      devInteractions: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
      ...(signed ? { resourceIndicators: signed } : {}),
    },
    ttl: {
      AccessToken: 3600, AuthorizationCode: 60, Grant: 86400, IdToken: 3600, Interaction: 3600,
      RefreshToken: 86400, Session: 86400,
    },
  };
}

const lines = createInterface({ input: process.stdin });
lines.once('line', (line) => {
  const settings = JSON.parse(line);
  const server = createServer({
    cert: readFileSync(settings.chain), key: readFileSync(settings.key),
  });
  server.listen(0, '127.0.0.1', () => {
    const issuer = `https://localhost:${server.address().port}`;
    server.on('request', new Provider(issuer, configuration(settings)).callback());
    process.stdout.write(`${JSON.stringify({ issuer })}\n`);
  });
});
lines.once('close', () => process.exit(0));
