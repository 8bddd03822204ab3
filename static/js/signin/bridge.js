/*
 * Our own bootstrap: asks the client's native side for a code, without DingTalk's script of 300 KB from a CDN.
 *
 * How each client is spoken to was read in the npm package dingtalk-jsapi 3.2.9 on 2026-11-26. tests/browser/bootstrap.rs
 * has both ask the same pretended clients and compares.
 */

import { codeIn, hasV2, invokesApi, isMissingApi, settingsIn } from './client.js';
import { attribute } from './messages.js';

/** @typedef {(method: string, params: Object<string, string>) => Promise<any>} Ask */

/** @type {Object<Platform, () => Promise<Ask>>} */
const BRIDGES = { ios, android, harmony, pc };
/** Whose desktop client it is: the name of a window is whatever the page before wrote into it. */
const HOST = /^https:\/\/([a-z0-9-]+\.)+(dingtalk\.com|7ding\.ai)(:\d+)?$/i;

/**
 * One call at a time: a second one may void the code of the first.
 * @param {DingTalkClient} client
 * @param {{over: boolean}} patience whether the page has lost it, and asks in another way
 * @returns {Promise<string>}
 */
export async function askClient(client, patience) {
  const corpId = _config.corpId;
  if (_config.type === 1 && client.platform === 'pc') throw { errorCode: '4050', errorMessage: 'no service windows' };
  const bridge = await BRIDGES[client.platform]();
  /** @type {Ask} */
  const ask = (method, params) => {
    if (patience.over) throw new Error('too late');
    return bridge(method, params);
  };
  if (_config.type === 1) return codeIn(await ask('channel.permission.requestAuthCode', { corpId }));
  const clientId = attribute('clientId');
  if (clientId && hasV2(client.platform, client.version)) {
    try {
      return codeIn(await ask('runtime.permission.requestAuthCodeV2', { corpId, clientId }));
    } catch (error) {
      if (!isMissingApi(error)) throw error;
    }
  }
  /** @type {Object<string, string>} */
  const params = { corpId };
  if (client.platform === 'pc') params.url = location.href.split('#')[0];
  return codeIn(await ask('runtime.permission.requestAuthCode', params));
}

/** @returns {Promise<Ask>} */
async function ios() {
  const bridge = await appearing('WebViewJavascriptBridge', 'WebViewJavascriptBridgeReady');
  initialise(bridge);
  return (method, params) => new Promise((resolve, reject) => {
    bridge.callHandler(method, params, (/** @type {any} */ answer) => {
      if (answer && answer.errorCode === '0') resolve(answer.result);
      else reject(answer);
    });
  });
}

/** @returns {Promise<Ask>} */
async function harmony() {
  const bridge = await appearing('DingTalkJSBridge', 'DingTalkJSBridgeReady');
  initialise(bridge);
  return (method, params) => new Promise((resolve, reject) => {
    bridge.call(method, params, (/** @type {any} */ answer) => {
      if (answer.success) resolve(answer.body);
      else reject(answer.body);
    });
  });
}

/** @returns {Promise<Ask>} */
async function android() {
  await new Promise((resolve, reject) => {
    const nuva = window.nuva;
    if (nuva && (nuva.isReady === undefined || nuva.isReady)) resolve(undefined);
    document.addEventListener('runtimeready', resolve);
    document.addEventListener('runtimefailed', (event) => {
      reject(/** @type {CustomEvent} */ (event).detail || new Error('runtimefailed'));
    });
  });
  const native = window.nuva.require();
  return (method, params) => new Promise((resolve, reject) => {
    const dot = method.lastIndexOf('.');
    native(resolve, reject, method.slice(0, dot), method.slice(dot + 1), params);
  });
}

/**
 * A window of the desktop client: messages to the page above, or to itself where the client listens.
 * @returns {Promise<Ask>}
 */
async function pc() {
  const written = /{.*}/.exec(window.dd_bridge_config || window.name);
  const { hostOrigin, containerId, corsIframe } = settingsIn(written ? written[0] : '');
  if (!containerId || !hostOrigin || !HOST.test(hostOrigin)) throw new Error('no container');
  const host = window.top !== window && !corsIframe ? window.top : window;
  const peer = window.top !== window || invokesApi() ? host : await announced(hostOrigin);
  return (method, params) => new Promise((resolve, reject) => {
    const msgId = Math.floor(Math.random() * 1e12) + 1;
    window.addEventListener('message', ({ origin, data }) => {
      if (origin !== hostOrigin || !data || data.type !== 'response' || data.msgId !== msgId) return;
      if (data.success) resolve(data.body);
      else reject(data.body);
    });
    const message = { msgId, containerId, methodName: method, body: params, type: 'request' };
    /** @type {Window} */ (peer).postMessage(message, hostOrigin);
  });
}

/**
 * Older desktop clients say where they listen.
 * @param {string} hostOrigin
 * @returns {Promise<Window>}
 */
function announced(hostOrigin) {
  return new Promise((resolve) => {
    window.addEventListener('message', ({ origin, data, source }) => {
      if (origin !== hostOrigin || !data || data.methodName !== 'SYS_openAPIContainerInit') return;
      const peer = /** @type {Window} */ (source);
      peer.postMessage({ type: 'response', success: true, body: {}, msgId: data.msgId }, hostOrigin);
      resolve(peer);
    });
  });
}

/**
 * @param {'WebViewJavascriptBridge' | 'DingTalkJSBridge'} name
 * @param {string} event which tells that it is there
 * @returns {Promise<any>}
 */
function appearing(name, event) {
  return new Promise((resolve, reject) => {
    if (window[name]) resolve(window[name]);
    document.addEventListener(event, () => {
      if (window[name]) resolve(window[name]);
      else reject(new Error('no ' + name));
    });
  });
}

/**
 * A bridge throws when it is initialised again, and DingTalk's script, should it be loaded after all, would take that for
 * no bridge.
 * @param {any} bridge
 */
function initialise(bridge) {
  bridge.init(() => {});
  try {
    bridge.init = () => {};
  } catch (error) {
    // It cannot be changed.
  }
}
