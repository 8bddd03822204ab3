/* The DingTalk client, and the script through which pages speak to it. */

import { attribute, report } from './messages.js';

/** The first clients that have `dd.requestAuthCode` with a client id; of any other platform we know none. */
const V2_SINCE = { ios: [7, 0, 45], android: [7, 0, 45], pc: [7, 0, 50], harmony: [7, 0, 0] };
/** The client's "no such API", and the script's "not supported here" and "not registered". */
const NO_SUCH_API = ['1', '4050', '4060'];

/**
 * The template preloads the script, so that it is here as early as this file.
 * @param {string} url
 * @returns {Promise<void>}
 */
export function loadScript(url) {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = url;
    script.onload = () => {
      if (typeof dd === 'object' && dd) resolve();
      else reject(new Error('the script defines no dd'));
    };
    script.onerror = () => reject(new Error('the script cannot be loaded'));
    document.head.appendChild(script);
  });
}

/** @returns {boolean} */
export function isPlainBrowser() {
  // The oldest scripts have no `env`.
  return dd.env ? dd.env.platform === 'notInDingTalk' : !/DingTalk/i.test(navigator.userAgent);
}

/**
 * One call at a time: a second one may void the code of the first.
 * @returns {Promise<string>}
 */
export async function requestCode() {
  const corpId = _config.corpId;
  if (_config.type === 1) return call('channel.permission.requestAuthCode', { corpId });
  const clientId = attribute('clientId');
  const newer = ['requestAuthCode', 'getAuthCodeV2'].find((name) => api(name));
  if (newer && clientId && clientHasV2()) {
    try {
      return await call(newer, { corpId, clientId });
    } catch (error) {
      if (!NO_SUCH_API.includes(errorCode(error))) throw error;
    }
  }
  return call('runtime.permission.requestAuthCode', { corpId });
}

/**
 * @param {string} name under `dd`
 * @returns {Function | null}
 */
function api(name) {
  const found = name.split('.').reduce((/** @type {any} */ object, key) => object && object[key], dd);
  return typeof found === 'function' ? found : null;
}

/**
 * Calls an API that answers with a code. Some scripts answer by callback only, newer ones by a Promise too.
 * @param {string} name
 * @param {{corpId: string, clientId?: string}} options
 * @returns {Promise<string>}
 */
function call(name, options) {
  return new Promise((resolve, reject) => {
    const found = api(name);
    if (!found) throw new Error('the script has no dd.' + name);
    /** @param {{code?: string, authCode?: string}} result */
    function succeed(result) {
      const code = result && (result.code || result.authCode);
      if (code) resolve(code);
      else reject({ errorMessage: 'dd.' + name + ' succeeded without a code' });
    }
    const callbacks = { onSuccess: succeed, onFail: reject, onCancel: () => reject({ errorCode: '-1' }) };
    const promise = found(Object.assign(callbacks, options));
    if (promise && promise.then) promise.then(succeed, reject);
  });
}

/** @returns {boolean} */
function clientHasV2() {
  const since = dd.env && V2_SINCE[/** @type {keyof typeof V2_SINCE} */ (dd.env.platform)];
  const version = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec((dd.env && dd.env.version) || '');
  if (!since || !version) return false;
  const found = [Number(version[1]), Number(version[2]), Number(version[3] || 0)];
  const differs = found.findIndex((number, i) => number !== since[i]);
  return differs < 0 || found[differs] > since[differs];
}

/** Signs the page in to the other JSAPIs. What DingTalk says against it goes to the server's log. */
export function configure() {
  try {
    dd.error((error) => report('dd.error', describe(error)));
    dd.config({
      agentId: _config.agentId,
      corpId: _config.corpId,
      timeStamp: _config.timeStamp,
      nonceStr: _config.nonceStr,
      signature: _config.signature,
      type: _config.type,
      jsApiList: _config.jsApiList,
    });
  } catch (error) {
    report('dd.error', describe(error));
  }
}

/**
 * @param {any} error
 * @returns {string}
 */
function errorCode(error) {
  const code = error && (error.errorCode !== undefined ? error.errorCode : error.code);
  return code === undefined || code === null ? '' : String(code);
}

/**
 * What a client, a script or a browser gave as the reason, in one line.
 * @param {any} error
 * @returns {string}
 */
export function describe(error) {
  if (!error || typeof error !== 'object') return String(error);
  const message = error.errorMessage || error.message || error.reason;
  return [errorCode(error), message ? String(message) : ''].filter(Boolean).join(' ') || JSON.stringify(error);
}

/** @returns {string} */
export function describeClient() {
  return dd.env ? 'platform ' + dd.env.platform + ', version ' + (dd.env.version || 'unknown') : 'unknown client';
}
