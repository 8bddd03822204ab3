/*
 * The sign-in page: gets a code from the DingTalk client, sends it to the server once, and goes where it says.
 *
 * build.rs puts these modules into one script, so that the page waits for one file. It runs as it stands in web views
 * as old as Chrome 69 and iOS 12.
 */

import { configure, describe, describeClient, isPlainBrowser, loadScript, requestCode } from './client.js';
import { attribute, fail, form, part, show, showRefusal } from './messages.js';

/** How long the script, and then the client, may stay silent before the page says so. */
const CLIENT_PATIENCE_MS = 8000;
const SERVER_PATIENCE_MS = 15000;

async function start() {
  // The message for the case that this script is not here.
  part('[data-stalled]').hidden = true;
  // Who has just signed out is not signed in again before they say so.
  if (attribute('waits')) return;
  part('[data-retry]').addEventListener('click', () => location.reload());
  try {
    await answered(loadScript(attribute('jsapiUrl')), CLIENT_PATIENCE_MS, 'script-failed');
  } catch (error) {
    fail('script-failed', describe(error));
    return;
  }
  try {
    await signIn();
  } catch (error) {
    fail('client-refused', describe(error), describe(error));
  }
}

async function signIn() {
  if (isPlainBrowser()) {
    show('plain-browser');
    return;
  }
  show('working');
  const request = requestCode();
  // After the request for the code, which needs no signature, is on its way; nothing waits for it.
  configure();
  let code;
  try {
    code = await answered(request, CLIENT_PATIENCE_MS, 'no-bridge', ', ' + describeClient());
  } catch (error) {
    fail('client-refused', describe(error) + ', ' + describeClient(), describe(error));
    return;
  }
  show('working');
  await exchange(code);
}

/**
 * The code is good for one try, so nothing here ever repeats the request.
 * @param {string} code
 */
async function exchange(code) {
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
 * Waits. After a time the page says that nobody answers; a late answer still counts. While a dialog lies over the page
 * a person is deciding, and that takes as long as it takes.
 * @template T
 * @param {Promise<T>} answer
 * @param {number} ms
 * @param {string} silent the message for silence
 * @param {string} [details] for the log
 * @returns {Promise<T>}
 */
async function answered(answer, ms, silent, details = '') {
  let timer = setTimeout(lapse, ms);
  function lapse() {
    if (document.querySelector('[role="dialog"]')) timer = setTimeout(lapse, ms);
    else fail(silent, 'no answer in ' + ms + ' ms' + details);
  }
  try {
    return await answer;
  } finally {
    clearTimeout(timer);
  }
}

start();
