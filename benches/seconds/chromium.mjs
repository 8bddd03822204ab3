/* A real Chromium, driven through its debugging pipe, and in it a pretended client of the iPhone. */

import { spawn } from 'node:child_process';
import { join } from 'node:path';

const AGENT =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 26_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/23E246 ' +
  'AliApp(DingTalk/7.8.10) com.laiwang.DingTalk/46766536 Channel/201200 language/zh-Hans-CN UT4Aplus/0.0.6 WK';
const PATIENCE_MS = 30_000;

/** What the container puts into every page: a bridge whose native side takes its time. */
function bridge(codes, delay) {
  const answer = (method) => {
    if (method.includes('requestAuthCode')) return { errorCode: '0', result: { code: codes.shift() } };
    return { errorCode: '0', result: {} };
  };
  window.WebViewJavascriptBridge = {
    init() {},
    registerHandler() {},
    callHandler(method, params, callback) {
      setTimeout(() => callback(answer(method)), delay);
    },
  };
}

export class Chromium {
  static async start(folder, port, fingerprint) {
    const browser = new Chromium();
    browser.waiting = new Map();
    browser.last = 0;
    browser.process = spawn(process.env.CHROMIUM || 'chromium', [
      '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--no-proxy-server',
      '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage',
      '--disable-extensions', '--disable-features=LocalNetworkAccessChecks,NetworkTimeServiceQuerying',
      '--remote-debugging-pipe', `--user-data-dir=${join(folder, 'profile')}`,
      `--host-resolver-rules=MAP * 127.0.0.1:${port}`,
      // Certificates that are merely ignored would keep answers out of the cache.
      `--ignore-certificate-errors-spki-list=${fingerprint}`,
    ], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'], detached: true });
    let buffer = '';
    browser.process.stdio[4].setEncoding('utf8').on('data', (text) => {
      const messages = (buffer + text).split('\0');
      buffer = messages.pop();
      messages.forEach((message) => browser.heard(JSON.parse(message)));
    });
    await browser.call('Browser.getVersion');
    return browser;
  }

  heard({ id, error, result }) {
    const [resolve, reject] = this.waiting.get(id) || [];
    this.waiting.delete(id);
    if (error && reject) reject(new Error(error.message));
    else if (resolve) resolve(result);
  }

  call(method, params = {}, sessionId = undefined) {
    this.last += 1;
    const message = JSON.stringify({ id: this.last, method, params, sessionId });
    this.process.stdio[3].write(message + '\0');
    return new Promise((resolve, reject) => this.waiting.set(this.last, [resolve, reject]));
  }

  /** A profile that knows nothing yet, and a window in it. */
  async window(bridgeMs) {
    const { browserContextId } = await this.call('Target.createBrowserContext');
    const window = new Window();
    Object.assign(window, { browser: this, browserContextId, bridgeMs });
    await window.open();
    return window;
  }

  /** With all its processes. */
  stop() {
    process.kill(-this.process.pid, 'SIGKILL');
  }
}

class Window {
  async open() {
    const { browserContextId } = this;
    const size = { width: 390, height: 844 };
    const { targetId } = await this.browser.call('Target.createTarget', { url: 'about:blank', browserContextId, ...size });
    const { sessionId } = await this.browser.call('Target.attachToTarget', { targetId, flatten: true });
    Object.assign(this, { targetId, sessionId });
    await this.call('Page.enable');
    await this.call('Network.enable');
    await this.call('Network.setUserAgentOverride', { userAgent: AGENT, acceptLanguage: 'zh-CN,zh;q=0.9' });
  }

  call(method, params) {
    return this.browser.call(method, params, this.sessionId);
  }

  async run(expression) {
    const found = await this.call('Runtime.evaluate', { expression, returnByValue: true }).catch(() => null);
    return found && found.result ? found.result.value : undefined;
  }

  /** Milliseconds from the tap to the first paint of the home page. */
  async opens(url, code) {
    // A window of its own, as the client opens one; about:blank has no connection.
    await this.call('Page.navigate', { url: 'about:blank' });
    const source = `(${bridge})([${JSON.stringify(code)}], ${this.bridgeMs})`;
    const { identifier } = await this.call('Page.addScriptToEvaluateOnNewDocument', { source });
    const tapped = Date.now();
    await this.call('Page.navigate', { url });
    // The ideal page is at home without a redirect.
    const painted = `(location.pathname.endsWith('/home') || 'home' in document.documentElement.dataset) && (performance.getEntriesByName('first-contentful-paint')[0] || 0)
      && performance.timeOrigin + performance.getEntriesByName('first-contentful-paint')[0].startTime`;
    let at;
    while (!at && PATIENCE_MS > Date.now() - tapped) {
      at = await this.run(painted);
      if (!at) await new Promise((resolve) => setTimeout(resolve, 25));
    }
    if (!at) throw new Error(`${url} never became the home page: ${await this.run('location.href + document.body.innerText')}`);
    await this.call('Page.removeScriptToEvaluateOnNewDocument', { identifier });
    return at - tapped;
  }

  /** Forgets who is signed in. The profile keeps everything else. */
  async signOut() {
    await this.call('Network.clearBrowserCookies');
  }

  async close() {
    await this.browser.call('Target.disposeBrowserContext', { browserContextId: this.browserContextId });
  }
}
