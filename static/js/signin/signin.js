/*
 * The sign-in page: gets a code from the DingTalk client, sends it to the server once, and goes where it says.
 *
 * build.rs puts these modules into one script, which is part of the page. It runs as it stands in web views as old as
 * Chrome 69 and iOS 12.
 */

import { askClient } from './bridge.js';
import { describe, describeClient, findClient, isOrdinaryBrowser, isVerdict, unknownClient } from './client.js';
import { attribute, fail, form, part, report, show, showRefusal } from './messages.js';
import { configure, isPlainBrowser, loadScript, requestCode } from './official.js';
import { showQrCode } from './qr.js';

/** How long our own bootstrap may take before DingTalk's script has its turn. */
const BOOTSTRAP_PATIENCE_MS = 1500;
/** How long the script, and then the client, may stay silent before the page says so. */
const CLIENT_PATIENCE_MS = 8000;
const SERVER_PATIENCE_MS = 15000;

async function start() {
  // The message for the case that this script does not run.
  part('[data-stalled]').hidden = true;
  // Who has just signed out is not signed in again before they say so.
  if (attribute('waits')) return;
  part('[data-retry]').addEventListener('click', () => location.reload());
  try {
    await signIn();
  } catch (error) {
    fail('client-refused', describe(error), describe(error));
  }
}

async function signIn() {
  const own = attribute('bootstrap') === 'own';
  const client = own ? findClient() : null;
  if (client) {
    await signInWith(client);
    return;
  }
  // The simulator's script makes a client of an ordinary browser.
  if (own && !attribute('simulated')) {
    if (isOrdinaryBrowser()) {
      show('plain-browser');
      showQrCode();
      return;
    }
    report('bootstrap', 'a client that the page does not know', unknownClient());
  }
  await exchange(await officialCode({ over: false, asked: false }));
}

/** @param {DingTalkClient} client */
async function signInWith(client) {
  const patience = { over: false };
  const asked = askClient(client, patience);
  let code;
  try {
    code = await within(asked, BOOTSTRAP_PATIENCE_MS);
  } catch (error) {
    if (isVerdict(error)) {
      fail('client-refused', describe(error) + ', ' + describeClient(client), describe(error));
      return;
    }
    patience.over = true;
    report('bootstrap', describe(error), client);
    code = await afterAll(asked);
  }
  await exchange(code);
}

/**
 * A code by DingTalk's script, or by our own call if that answers after all. A later call may void the code of an earlier
 * one, so once the script has asked, its code comes first.
 * @param {Promise<string>} own our own call, which has not succeeded in time
 * @returns {Promise<string>}
 */
function afterAll(own) {
  const turn = { over: false, asked: false };
  const official = officialCode(turn);
  const late = own.then((code) => {
    if (turn.asked) return within(official, BOOTSTRAP_PATIENCE_MS).catch(() => code);
    turn.over = true;
    return code;
  }, () => official);
  return Promise.race([official, late]);
}

/**
 * Stays silent for ever if the page has said why there is no code.
 * @param {{over: boolean, asked: boolean}} turn over: nobody needs the code any more; asked: the client was asked for it
 * @returns {Promise<string>}
 */
async function officialCode(turn) {
  /** @type {Promise<never>} */
  const silence = new Promise(() => {});
  try {
    await answered(loadScript(attribute('jsapiUrl')), CLIENT_PATIENCE_MS, 'script-failed', '', turn);
  } catch (error) {
    if (!turn.over) fail('script-failed', describe(error));
    return silence;
  }
  if (turn.over) return silence;
  if (isPlainBrowser()) {
    // Inside a desktop client whose window has lost its name: an ordinary browser to the script, and 4040 to its callers.
    if (!isOrdinaryBrowser()) report('client-refused', '4040 the script finds no client in ' + navigator.userAgent);
    show('plain-browser');
    showQrCode();
    return silence;
  }
  show('working');
  turn.asked = true;
  const request = requestCode();
  // After the request for the code, which needs no signature, is on its way; nothing waits for it.
  configure();
  const client = describeClient(dd.env);
  try {
    return await answered(request, CLIENT_PATIENCE_MS, 'no-bridge', ', ' + client);
  } catch (error) {
    fail('client-refused', describe(error) + ', ' + client, describe(error));
    return silence;
  }
}

/**
 * The code is good for one try, so nothing here ever repeats the request.
 * @param {string} code
 */
async function exchange(code) {
  show('working');
  let answer;
  try {
    answer = await answered(send(code), SERVER_PATIENCE_MS, 'server-silent');
  } catch (error) {
    fail('server-silent', describe(error));
    return;
  }
  if ('redirect' in answer) {
    show('done');
    location.replace(answer.redirect);
  } else {
    showRefusal(answer);
  }
}

/**
 * @param {string} code
 * @returns {Promise<Welcome | Problem>}
 */
async function send(code) {
  const body = form({ code, return_to: attribute('returnTo') });
  // `same-origin` is not yet the default in the oldest of these web views.
  const response = await fetch(attribute('userinfoUrl'), { method: 'POST', body, credentials: 'same-origin' });
  const answer = await response.json().catch(() => null);
  const expected = answer && (response.ok ? answer.redirect : answer.title);
  // Anything else was said by somebody between the server and us.
  if (typeof expected !== 'string') throw new Error('HTTP ' + response.status + ', not an answer of ours');
  return answer;
}

/**
 * @template T
 * @param {Promise<T>} answer
 * @param {number} ms
 * @returns {Promise<T>}
 */
function within(answer, ms) {
  return new Promise((resolve, reject) => {
    answer.then(resolve, reject);
    setTimeout(() => reject(new Error('no answer in ' + ms + ' ms')), ms);
  });
}

/**
 * Waits. After a time the page says that nobody answers; a late answer still counts. While a dialog lies over the page
 * a person is deciding, and that takes as long as it takes.
 * @template T
 * @param {Promise<T>} answer
 * @param {number} ms
 * @param {string} silent the message for silence
 * @param {string} [details] for the log
 * @param {{over: boolean}} [turn] whether the answer is still of interest
 * @returns {Promise<T>}
 */
async function answered(answer, ms, silent, details = '', turn = { over: false }) {
  let timer = setTimeout(lapse, ms);
  function lapse() {
    if (document.querySelector('[role="dialog"]')) timer = setTimeout(lapse, ms);
    else if (!turn.over) fail(silent, 'no answer in ' + ms + ' ms' + details);
  }
  try {
    return await answer;
  } finally {
    clearTimeout(timer);
  }
}

start();
