// The sign-in page of an app that is made of express and node-dingtalk: miandeng's own page, to the byte, with
// another `_config` and nonce each time. PAGE is that page, once fetched; WORKERS processes share the port.
'use strict';

const cluster = require('node:cluster');
const crypto = require('node:crypto');
const fs = require('node:fs');
const express = require('express');
const DingTalk = require('node-dingtalk');

const { PAGE, PORT, WORKERS, DINGTALK, CORP, CORP_SECRET, AGENT } = process.env;

if (cluster.isPrimary && Number(WORKERS) > 1) {
  for (let i = 0; i < Number(WORKERS); i += 1) cluster.fork();
} else {
  const dingtalk = new DingTalk({ corpid: CORP, corpsecret: CORP_SECRET, host: DINGTALK });

  // Cut where the page changes: faster than any template language would be.
  const page = fs.readFileSync(PAGE, 'utf8');
  const nonce = /<script nonce="([0-9a-f]+)">/.exec(page)[1];
  const [head, tail] = page.split(/var _config = .*?;<\/script>/).map((half) => half.split(nonce));

  const app = express();
  app.get('/', async (request, response) => {
    const url = `https://app.example.com${request.originalUrl}`;
    const signed = await dingtalk.client.getJSApiConfig(url);
    const config = {
      agentId: AGENT,
      ...signed,
      url,
      type: 0,
      jsApiList: ['runtime.permission.requestAuthCode', 'runtime.permission.requestOperateAuthCode'],
      state: crypto.randomBytes(16).toString('hex'),
    };
    const fresh = crypto.randomBytes(16).toString('hex');
    response.set('Content-Security-Policy', `script-src 'self' 'nonce-${fresh}'`);
    response.set('Cache-Control', 'no-store');
    response.cookie('signin', config.state, { httpOnly: true, secure: true, sameSite: 'lax' });
    const json = JSON.stringify(config).replace(/</g, '\\u003c');
    response.type('html').send(`${head.join(fresh)}var _config = ${json};</script>${tail.join(fresh)}`);
  });
  app.listen(Number(PORT), '127.0.0.1');
}
