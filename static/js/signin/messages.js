/* What the page says. Every message is in the page, hidden; one is revealed, and failures reach the server's log. */

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
  const failed = name !== 'working' && name !== 'done';
  part('[data-failed]').hidden = !failed;
  page.setAttribute('aria-busy', String(!failed));
  if (failed) focusHeading(shown);
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
 * @param {string} [said] the client's words, for the person
 */
export function fail(name, message, said) {
  part('[data-said]').textContent = said || '';
  show(name);
  report(name, message);
}

/**
 * The server's own words, and the id under which its log has the cause.
 * @param {Problem} problem
 */
export function showRefusal(problem) {
  part('[data-title]').textContent = problem.title;
  part('[data-detail]').textContent = problem.detail || '';
  part('[data-hint]').textContent = problem.hint || '';
  if (problem.request_id) part('.request-id code').textContent = problem.request_id;
  show('refused');
}

/**
 * Tells the server's log. A beacon outlives this page, which may be on its way out.
 * @param {string} kind
 * @param {string} message
 * @param {{platform: string, version: string}} [client]
 */
export function report(kind, message, client) {
  const shown = part('.request-id code').textContent || '';
  const body = form(Object.assign({ kind, message, signed: _config.url, page: shown }, client));
  if (navigator.sendBeacon) navigator.sendBeacon(attribute('reportUrl'), body);
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
