// `openid-client` signs an employee in: discovery, PKCE, code, ID token, userinfo, refresh, introspection, revocation.
import assert from 'node:assert/strict';
import * as client from 'openid-client';
import { Browser } from './browser.mjs';

const [server, dingtalk] = process.argv.slice(2);
const callback = 'https://node.example.com/callback';
for (const [id, secret] of [['node', 'node-secret-%+:x'], ['node-public', undefined]]) {
  const auth = secret ? client.ClientSecretBasic(secret) : client.None();
  const config = await client.discovery(new URL(server), id, undefined, auth, { execute: [client.allowInsecureRequests] });
  const verifier = client.randomPKCECodeVerifier();
  const [state, nonce] = [client.randomState(), client.randomNonce()];
  const there = client.buildAuthorizationUrl(config, {
    redirect_uri: callback, scope: 'openid profile groups offline_access', state, nonce,
    code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
  });
  const browser = new Browser(server, dingtalk);
  const back = new URL(await browser.follow(there.href, callback));
  const tokens = await client.authorizationCodeGrant(config, back, {
    pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true,
  });
  const claims = tokens.claims();
  assert.equal(claims.preferred_username, 'zhangsan');
  const info = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
  assert.equal(info.name, '张三');
  assert.ok(Array.isArray(info.groups));
  const next = await client.refreshTokenGrant(config, tokens.refresh_token);
  assert.equal(next.claims().sub, claims.sub);
  if (secret) {
    assert.equal((await client.tokenIntrospection(config, next.access_token)).active, true);
    await client.tokenRevocation(config, next.refresh_token);
    assert.equal((await client.tokenIntrospection(config, next.access_token)).active, false);
  }
  const logout = client.buildEndSessionUrl(config, { post_logout_redirect_uri: 'https://node.example.com/bye', id_token_hint: tokens.id_token });
  assert.equal((await browser.send(logout)).headers.get('location'), 'https://node.example.com/bye');
  await assert.rejects(client.fetchUserInfo(config, tokens.access_token, claims.sub));
}
console.log('openid-client: ok');
