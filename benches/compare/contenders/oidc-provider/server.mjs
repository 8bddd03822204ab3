// `oidc-provider` as its documentation sets it up, but that whoever comes is signed in at once, as one person of many. All it
// knows is in its memory, as it ships: no commit, and nothing is left after a restart.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import Provider from 'oidc-provider';

const [port, callback, apache] = process.argv.slice(2);
const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: 'bench', client_secret: 'bench-secret', redirect_uris: [callback],
    grant_types: ['authorization_code', 'refresh_token'], id_token_signed_response_alg: 'RS256',
  }, {
    client_id: 'apache', client_secret: 'apache-secret', redirect_uris: [apache],
    grant_types: ['authorization_code'], id_token_signed_response_alg: 'RS256',
  }],
  jwks: { keys: [{ ...key, use: 'sig', alg: 'RS256' }] },
  cookies: { keys: [randomUUID()] },
  claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email'], groups: ['groups'] },
  scopes: ['openid', 'offline_access', 'profile', 'email', 'groups'],
  // As miandeng does: each refresh gives another token.
  issueRefreshToken: async (_, client) => client.grantTypeAllowed('refresh_token'),
  rotateRefreshToken: true,
  ttl: { AuthorizationCode: 60, AccessToken: 1800, IdToken: 1800 },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: async (_, accountId) => ({
    accountId,
    claims: async () => ({
      sub: accountId, name: `员工${accountId}`, preferred_username: accountId, email: `${accountId}@example.com`,
      groups: ['研发部/后端组'],
    }),
  }),
  async loadExistingGrant({ oidc: { client, session, provider: { Grant } } }) {
    const known = session.grantIdFor(client.clientId);
    if (known) return Grant.find(known);
    const grant = new Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope('openid offline_access profile email groups');
    await grant.save();
    return grant;
  },
});

provider.use(async (context, next) => {
  if (!context.path.startsWith('/interaction/')) return next();
  const login = { accountId: randomUUID() };
  await provider.interactionFinished(context.req, context.res, { login }, { mergeWithLastSubmission: false });
  context.respond = false;
});
provider.listen(Number(port), '127.0.0.1');
