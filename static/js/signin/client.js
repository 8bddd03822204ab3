/* Which client shows the page, how it is asked for a code, and what it says when it refuses. */

/** The first clients that take a client id along with the corp; of any other platform we know none. */
const V2_SINCE = { ios: [7, 0, 45], android: [7, 0, 45], pc: [7, 0, 50], harmony: [7, 0, 0] };
/** The client's "no such API", and the script's "not supported here" and "not registered". */
const NO_SUCH_API = ['1', '4050', '4060'];
/** A cancelled dialog, and what DingTalk has to say about the person, the corp or the app. */
const VERDICTS = ['-1', '3'];

/**
 * What a desktop client writes into the name of its window.
 * @param {string} text
 * @returns {{containerId?: string, hostOrigin?: string, hostVersion?: string, corsIframe?: boolean}}
 */
export function settingsIn(text) {
  try {
    return JSON.parse(text) || {};
  } catch (error) {
    return {};
  }
}

/** @returns {boolean} */
export function invokesApi() {
  const platform = window.dingtalk && window.dingtalk.platform;
  return !!platform && typeof platform.invokeAPI === 'function';
}

/** @returns {DingTalkClient | null} one that the page knows how to speak to */
export function findClient() {
  const agent = navigator.userAgent;
  // 政务钉钉, and the web views of mini programs.
  if (/TaurusApp|dd-web/i.test(agent)) return null;
  const container = settingsIn(window.name);
  const platform = platformOf(agent, !!container.containerId);
  return platform && { platform, version: container.hostVersion || versionIn(agent) };
}

/** @returns {boolean} whether nothing here speaks of DingTalk */
export function isOrdinaryBrowser() {
  return !findClient() && !/DingTalk|AliApp|TaurusApp|dd-web/i.test(navigator.userAgent);
}

/** @returns {{platform: string, version: string}} */
export function unknownClient() {
  return { platform: 'unknown', version: versionIn(navigator.userAgent) };
}

/**
 * @param {string} agent
 * @param {boolean} contained
 * @returns {Platform | null}
 */
function platformOf(agent, contained) {
  if (contained || /DingTalk/i.test(agent)) {
    if (/iPhone|iPad|iPod|iOS/i.test(agent)) return 'ios';
    if (/OpenHarmony/i.test(agent) && /ArkWeb/i.test(agent)) return 'harmony';
    if (/Android/i.test(agent)) return 'android';
  }
  return contained || invokesApi() ? 'pc' : null;
}

/**
 * @param {string} agent
 * @returns {string}
 */
function versionIn(agent) {
  const found = /AliApp\(\w+\/([\w.-]+)\)/.exec(agent) || /DingTalk[/(]([\w.-]+)/.exec(agent);
  return found ? found[1] : '';
}

/**
 * @param {string | undefined} platform
 * @param {string | undefined} version
 * @returns {boolean}
 */
export function hasV2(platform, version) {
  const since = V2_SINCE[/** @type {Platform} */ (platform)];
  const found = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(version || '');
  if (!since || !found) return false;
  const numbers = [Number(found[1]), Number(found[2]), Number(found[3] || 0)];
  const differs = numbers.findIndex((number, i) => number !== since[i]);
  return differs === -1 || numbers[differs] > since[differs];
}

/**
 * @param {{code?: string, authCode?: string} | undefined} result
 * @returns {string}
 */
export function codeIn(result) {
  const code = result && (result.code || result.authCode);
  if (!code) throw new Error('the client succeeded without a code');
  return code;
}

/**
 * @param {any} error
 * @returns {boolean}
 */
export function isMissingApi(error) {
  return NO_SUCH_API.includes(errorCode(error));
}

/**
 * @param {any} error
 * @returns {boolean} whether asking in another way would be answered the same
 */
export function isVerdict(error) {
  return VERDICTS.includes(errorCode(error));
}

/**
 * @param {any} error
 * @returns {string}
 */
function errorCode(error) {
  const code = String(error && (error.errorCode !== undefined ? error.errorCode : error.code));
  // An answer of another shape may hold an auth code under that name.
  return /^-?[0-9a-z]{1,8}$/i.test(code) && !/^(undefined|null)$/.test(code) ? code : '';
}

/**
 * What a client, a script or a browser gave as the reason, in one line.
 * @param {any} error
 * @returns {string}
 */
export function describe(error) {
  if (!error || typeof error !== 'object') return String(error);
  const message = error.errorMessage || error.message || error.reason;
  return [errorCode(error), message ? String(message) : ''].filter(Boolean).join(' ') || 'no reason given';
}

/**
 * @param {{platform: string, version?: string} | undefined | null} client
 * @returns {string}
 */
export function describeClient(client) {
  return client ? 'platform ' + client.platform + ', version ' + (client.version || 'unknown') : 'unknown client';
}
