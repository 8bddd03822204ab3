// A browser with the simulated DingTalk client: cookies, redirects by hand, and the sign-in page's one call.
const CORP = 'dingsamplecorp00000001';
const DINGTALK_CLIENT = 'dingsampleclientid01';

export class Browser {
  constructor(server, dingtalk) {
    this.server = server;
    this.dingtalk = dingtalk;
    this.cookies = new Map();
  }

  async send(url, options = {}) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { accept: 'text/html', ...(cookie ? { cookie } : {}), ...options.headers };
    const answer = await fetch(url, { redirect: 'manual', ...options, headers });
    for (const line of answer.headers.getSetCookie()) {
      const [name, value] = line.split(';')[0].split(/=(.*)/s);
      if (value) this.cookies.set(name, value);
      else this.cookies.delete(name);
    }
    return answer;
  }

  // Follows an address until the app's own, and returns that.
  async follow(url, callback) {
    for (let hop = 0; hop < 8; hop += 1) {
      if (url.startsWith(callback)) return url;
      const answer = await this.send(url);
      const location = answer.headers.get('location');
      if (location) {
        url = new URL(location, url).href;
        continue;
      }
      const page = await answer.text();
      const state = page.match(/"state":"([^"]+)"/)?.[1];
      if (!state) throw new Error(`no way on at ${url}: ${answer.status} ${page.slice(0, 300)}`);
      const ask = { corpId: CORP, clientId: DINGTALK_CLIENT, kind: 'employee', url: `${this.server}/` };
      const json = { method: 'POST', headers: { 'content-type': 'application/json' } };
      const { code } = await (await fetch(`${this.dingtalk}/_client/code`, { ...json, body: JSON.stringify(ask) })).json();
      const return_to = new URL(url).searchParams.get('return_to');
      const form = new URLSearchParams({ code, corpid: CORP, state, return_to });
      const welcome = await this.send(`${this.server}/userinfo`, { method: 'POST', body: form });
      url = (await welcome.json()).redirect;
    }
    throw new Error('too many redirects');
  }
}
