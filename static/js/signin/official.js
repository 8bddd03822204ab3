/* The ordinary way to a code: DingTalk's own script, and dd.config. */

import { codeIn, describe, hasV2, isMissingApi } from './client.js';
import { attribute, report } from './messages.js';

/**
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
  if (newer && clientId && dd.env && hasV2(dd.env.platform, dd.env.version)) {
    try {
      return await call(newer, { corpId, clientId });
    } catch (error) {
      if (!isMissingApi(error)) throw error;
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
    const callbacks = { onSuccess: resolve, onFail: reject, onCancel: () => reject({ errorCode: '-1' }) };
    const promise = found(Object.assign(callbacks, options));
    if (promise && promise.then) promise.then(resolve, reject);
  }).then(codeIn);
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
