/* What is measured: nginx by our recipe, miandeng twice (by itself, by DingTalk's script), the ideal page, and a CDN. */

import { execFileSync, spawn } from 'node:child_process';
import { X509Certificate, createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createListener, connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { HOME, SIGN_IN } from './ideal.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PROGRAM = process.env.MIANDENG || join(ROOT, 'target/release/miandeng');
const CORP = 'dingsamplecorp00000001';
const CLIENT_ID = 'dingsampleclientid01';
const SCRIPT = '/dingding/dingtalk-jsapi/3.1.0/dingtalk.open.js';

/** Builds miandeng, unless a binary is given, and fetches DingTalk's script. */
export function prepare() {
  const run = (program, parameters) => execFileSync(program, parameters, { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (!process.env.MIANDENG) run('cargo', ['build', '--release', '--locked']);
  if (!existsSync(join(ROOT, 'tests/browser/node_modules'))) run('npm', ['ci', '--prefix', 'tests/browser']);
}

export class Site {
  static async start(folder) {
    const site = new Site();
    Object.assign(site, { folder, processes: [], mode: 'works', path: `/_signin/?corpid=${CORP}` });
    const names = ['port', 'simulator', 'own', 'official', 'cdnPort'];
    for (const name of names) site[name] = await freePort();
    site.certify();
    await site.startCdn();
    site.run(folder, PROGRAM, ['simulator', '--port', String(site.simulator)]);
    await listening(site.simulator);
    site.serve('own', 'app.example.com');
    site.serve('official', 'official.example.com');
    site.writeNginx();
    site.run(folder, '/usr/sbin/nginx', ['-e', 'stderr', '-p', join(folder, 'nginx'), '-c', join(folder, 'nginx/nginx.conf')]);
    for (const name of ['own', 'official', 'port']) await listening(site[name]);
    return site;
  }

  /** "works", "hangs" or "500". */
  cdn(mode) {
    this.mode = mode;
  }

  /** What the client's native side hands out: a code of 张三's. */
  async code() {
    const answer = await fetch(`http://127.0.0.1:${this.simulator}/_simulator/auth-code`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ corp_id: CORP, client_id: CLIENT_ID, userid: 'zhangsan' }),
    });
    return (await answer.json()).code;
  }

  /** Ends all sessions, or the home page would list more of them in each round. */
  endSessions() {
    for (const name of ['own', 'official']) {
      const all = ['sessions', 'revoke', '--user', 'zhangsan'];
      execFileSync(PROGRAM, all, { cwd: join(this.folder, name), stdio: 'ignore', env: quiet() });
    }
  }

  stop() {
    this.processes.forEach((process) => process.kill('SIGKILL'));
    this.cdnServer.close();
  }

  run(folder, program, parameters) {
    const child = spawn(program, parameters, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'], env: quiet() });
    child.on('error', (error) => console.error(`${program}: ${error.message}`));
    this.processes.push(child);
  }

  certify() {
    const [key, certificate] = [join(this.folder, 'key.pem'), join(this.folder, 'certificate.pem')];
    execFileSync('openssl', [
      'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=bench',
      '-addext', 'subjectAltName=DNS:*.example.com,DNS:g.alicdn.com', '-keyout', key, '-out', certificate,
    ], { stdio: 'ignore' });
    const der = new X509Certificate(readFileSync(certificate)).publicKey.export({ type: 'spki', format: 'der' });
    this.fingerprint = createHash('sha256').update(der).digest('base64');
  }

  /** DingTalk's whole script, as its CDN has it: small, and for ever. */
  async startCdn() {
    const folder = join(ROOT, 'tests/browser');
    const source = "import dd from 'dingtalk-jsapi'; window.dd = dd;";
    const parameters = ['--bundle', '--minify', '--format=iife', '--log-level=error'];
    const script = execFileSync(join(folder, 'node_modules/.bin/esbuild'), parameters, { cwd: folder, input: source, maxBuffer: 1e8 });
    const packed = gzipSync(script, { level: 9 });
    const headers = { 'Content-Type': 'application/javascript', 'Content-Encoding': 'gzip', 'Cache-Control': 'max-age=31536000' };
    this.cdnServer = createServer((request, response) => {
      if (this.mode === 'hangs') return;
      if (this.mode === '500' || request.url !== SCRIPT) response.writeHead(500).end();
      else response.writeHead(200, headers).end(packed);
    });
    await new Promise((resolve) => this.cdnServer.listen(this.cdnPort, '127.0.0.1', resolve));
  }

  serve(bootstrap, host) {
    const folder = join(this.folder, bootstrap);
    mkdirSync(folder);
    writeFileSync(join(folder, 'Rocket.toml'), `
[default]
port = ${this[bootstrap]}
[default.databases.miandeng]
url = "miandeng.db"
[default.miandeng]
public_url = "https://${host}"
base_path = "/_signin"
bootstrap = "${bootstrap}"
[default.miandeng.dingtalk]
oapi_url = "http://127.0.0.1:${this.simulator}"
api_url = "http://127.0.0.1:${this.simulator}"
login_url = "http://127.0.0.1:${this.simulator}"
[[default.miandeng.apps]]
name = "oa"
corp_id = "${CORP}"
agent_id = "100000001"
client_id = "${CLIENT_ID}"
client_secret = "sample-client-secret"
`);
    execFileSync(PROGRAM, ['users', 'add', 'zhangsan', '--name', '张三'], { cwd: folder, stdio: 'ignore', env: quiet() });
    this.run(folder, PROGRAM, ['serve']);
  }

  writeNginx() {
    const [deploy, folder] = [join(ROOT, 'deploy/nginx'), join(this.folder, 'nginx')];
    mkdirSync(join(folder, 'miandeng'), { recursive: true });
    for (const name of readdirSync(join(deploy, 'miandeng'))) {
      writeFileSync(join(folder, 'miandeng', name), readFileSync(join(deploy, 'miandeng', name)));
    }
    const placed = (text) => text
      .replaceAll('listen 443', `listen 127.0.0.1:${this.port}`)
      .replaceAll('/etc/ssl/app.example.com.pem', join(this.folder, 'certificate.pem'))
      .replaceAll('/etc/ssl/app.example.com.key', join(this.folder, 'key.pem'));
    const recipe = placed(readFileSync(join(deploy, 'app.example.com.conf'), 'utf8')).replace('127.0.0.1:8000', `127.0.0.1:${this.own}`);
    // The lines of the recipe's own server that are about TLS.
    const tls = recipe.slice(recipe.indexOf('server_name app.example.com')).split('\n').filter((line) => line.includes(' ssl_'));
    const listen = recipe.split('\n').find((line) => line.includes('listen') && !line.includes('default_server'));
    const server = (host, rest) => `server {\n${listen}\nserver_name ${host};\n${tls.join('\n')}\n${rest}\n}\n`;
    const proxied = (port) => `location / { proxy_set_header Host $host; proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header Connection ""; proxy_http_version 1.1; proxy_pass http://127.0.0.1:${port}; }`;
    writeFileSync(join(folder, 'sites.conf'), [
      recipe,
      server('official.example.com', proxied(this.official)),
      server('g.alicdn.com', proxied(this.cdnPort)),
      server('ideal.example.com', this.ideal('')),
      server('redirecting.example.com', this.ideal('if ($cookie_ideal) { return 303 /_signin/home; }')),
    ].join('\n'));
    writeFileSync(join(folder, 'nginx.conf'), NGINX_CONF);
  }

  /** `signedIn`: what becomes of people who are. */
  ideal(signedIn) {
    const folder = join(this.folder, 'ideal');
    mkdirSync(folder, { recursive: true });
    for (const [name, page] of [['sign-in.html', SIGN_IN], ['home.html', HOME]]) {
      writeFileSync(join(folder, name), page);
      writeFileSync(join(folder, name + '.gz'), gzipSync(page, { level: 9 }));
    }
    return `root ${folder}; gzip_static on; default_type text/html; charset utf-8; add_header Cache-Control no-store always;
      location = /_signin/ { ${signedIn} try_files $ideal_page =404; }
      location = /_signin/home { try_files /home.html =404; }
      location = /_signin/userinfo { default_type application/json;
        add_header Set-Cookie "ideal=yes; Path=/; Secure; HttpOnly"; return 200 '{"redirect":"/_signin/home"}'; }`;
  }
}

const NGINX_CONF = `
daemon off;
master_process off;
pid nginx.pid;
error_log stderr error;
events {}
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    map $cookie_ideal $ideal_page { default /sign-in.html; yes /home.html; }
    include miandeng/http.conf;
    include sites.conf;
}
`;

function quiet() {
  return { ...process.env, MIANDENG_LOG: 'warn', ROCKET_LOG_LEVEL: 'off' };
}

async function freePort() {
  const listener = createListener();
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address();
  await new Promise((resolve) => listener.close(resolve));
  return port;
}

async function listening(port) {
  for (let tries = 0; tries !== 600; tries += 1) {
    const connected = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
    if (connected) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing listens on port ${port}`);
}
