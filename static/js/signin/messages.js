/* What the page says. Every message is in the page, hidden; one is revealed, and failures reach the server's log. */

import { countDown } from '../page/countdown.js';

const page = /** @type {HTMLElement} */ (document.getElementById('signin'));

/**
 * @param {string} name a `data-` attribute of the page, in camel case
 * @returns {string}
 */
export function attribute(name) {
  return page.dataset[name] || '';
}

/**
 * @param {string} selector of what the template has
 * @returns {HTMLElement}
 */
export function part(selector) {
  return /** @type {HTMLElement} */ (page.querySelector(selector));
}

/**
 * It changes what a person sees, so the same message is not shown twice.
 * @param {string} name
 */
export function show(name) {
  const shown = part('[data-message="' + name + '"]');
  if (!shown.hidden) return;
  page.querySelectorAll('[data-message]').forEach((message) => {
    /** @type {HTMLElement} */ (message).hidden = message !== shown;
  });
  const busy = name === 'working' || name === 'done';
  page.dataset.shown = name;
  page.setAttribute('aria-busy', String(busy));
  part('[data-failed]').hidden = busy || name === 'plain-browser';
  part('[data-own]').textContent = shown.dataset.adminText || '';
  foldAway();
  if (!busy) focusHeading(shown);
}

/** What only administrators need is there, folded away, on a page of a failure that has any of it. */
function foldAway() {
  const fold = part('[data-admin]');
  const isEmpty = Array.from(fold.querySelectorAll('p')).every((text) => !text.textContent);
  fold.hidden = isEmpty || part('[data-failed]').hidden;
}

/**
 * For people who do not see the message appear. Somebody who is busy elsewhere on the page is left alone.
 * @param {HTMLElement} message
 */
function focusHeading(message) {
  const heading = message.querySelector('h1');
  const focused = document.activeElement;
  const busy = focused && focused !== document.body && !page.contains(focused);
  if (!heading || busy) return;
  heading.tabIndex = -1;
  heading.focus();
}

/**
 * @param {string} name the message's, and the report's kind
 * @param {string} message for the log
 * @param {string} [said] the part of it that is the client's own words
 */
export function fail(name, message, said) {
  part('[data-said]').textContent = said || message;
  show(name);
  report(name, message);
}

/**
 * The server's own words, and the id under which its log has the cause.
 * @param {Problem} problem
 */
export function showRefusal(problem) {
  const { person, hint, admin, wait, next } = problem.page || { hint: problem.hint };
  part('[data-title]').textContent = problem.title;
  part('[data-detail]').textContent = problem.detail || '';
  part('[data-hint]').textContent = (!wait && hint) || '';
  part('[data-account]').hidden = !person;
  part('[data-account] strong').textContent = person || '';
  part('[data-message="refused"]').dataset.adminText = admin || '';
  part('[data-said]').textContent = '';
  if (wait) {
    part('[data-wait]').hidden = false;
    countDown(part('[data-wait]'), part('[data-retry]'), wait);
  }
  if (problem.request_id) part('.request-id code').textContent = problem.request_id;
  wayOn(next || 'try-again');
  show('refused');
}

/**
 * @param {string} next what the person can do: `try-again`; `once-fixed`, after somebody else has acted; or nothing
 */
function wayOn(next) {
  const button = part('[data-retry]');
  page.dataset.next = next;
  button.hidden = next === 'nothing';
  // First the other person, then the way on.
  if (next === 'once-fixed') part('[data-failed]').insertBefore(button, part('.request-id'));
  button.textContent = (next === 'once-fixed' ? button.dataset.reopen : button.dataset.again) || '';
}

/**
 * Tells the server's log, and administrators what the log then says. The request outlives this page, which may be on its
 * way out.
 * @param {string} kind
 * @param {string} message
 * @param {{platform: string, version: string}} [client] of which the page's own bootstrap got no code: no failure yet
 */
export function report(kind, message, client) {
  const shown = part('.request-id code').textContent || '';
  const body = form(Object.assign({ kind, message, signed: _config.url, page: shown }, client));
  const url = attribute('reportUrl');
  if (client || !('keepalive' in Request.prototype)) {
    if (navigator.sendBeacon) navigator.sendBeacon(url, body);
    return;
  }
  fetch(url, { method: 'POST', body, keepalive: true, credentials: 'same-origin', headers: { Accept: 'application/json' } })
    .then((response) => (response.status === 200 ? response.json() : null))
    .then((said) => said && explain(kind, said))
    .catch(() => {
      // Then the page says less.
    });
}

/**
 * To administrators, in place of what the message says to them in general.
 * @param {string} kind
 * @param {Explained} explained
 */
function explain(kind, { title, advice }) {
  const own = part('[data-own]');
  const paragraph = document.createElement('p');
  const name = document.createElement('strong');
  name.textContent = title;
  paragraph.append(name, document.createElement('br'), advice);
  part('[data-admin]').insertBefore(paragraph, own);
  if (page.dataset.shown === kind) own.textContent = '';
  foldAway();
}

/**
 * A form with what every request to the server carries.
 * @param {Object<string, string>} fields
 * @returns {URLSearchParams}
 */
export function form(fields) {
  const all = new URLSearchParams();
  all.set('corpid', _config.corpId);
  all.set('agentid', _config.agentId);
  all.set('state', _config.state);
  for (const [name, value] of Object.entries(fields)) {
    if (value) all.set(name, value);
  }
  return all;
}
