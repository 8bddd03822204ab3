/*
 * The sign-in page: gets a code from the DingTalk client, sends it to the server once, and goes where it says.
 *
 * It runs as it stands here in web views as old as Chrome 69 and iOS 12. Every message is in the page, hidden; this
 * script reveals one. dd.config is called beside the sign-in and never waited for: the code needs no signature.
 */
(function () {
  'use strict';

  /** How long the script, and then the client, may stay silent before the page says so. A late answer still counts. */
  const CLIENT_PATIENCE_MS = 8000;
  const SERVER_PATIENCE_MS = 15000;

  /** The first clients that have `dd.requestAuthCode` with a client id; of any other platform we know none. */
  const V2_SINCE = { ios: [7, 0, 45], android: [7, 0, 45], pc: [7, 0, 50], harmony: [7, 0, 0] };
  /** The client's "no such API", and the script's "not supported here" and "not registered". */
  const NO_SUCH_API = ['1', '4050', '4060'];

  const page = /** @type {HTMLElement} */ (document.getElementById('signin'));

  /* ---- The course of a sign-in ---- */

  function start() {
    // The message for the case that this script is not here.
    part('[data-stalled]').hidden = true;
    // Who has just signed out is not signed in again before they say so.
    if (attribute('waits')) return;
    const retry = part('[data-retry]');
    retry.addEventListener('click', function () {
      location.reload();
    });
    const stopWaiting = afterSilence(CLIENT_PATIENCE_MS, function () {
      fail('script-failed', 'no answer in ' + CLIENT_PATIENCE_MS + ' ms');
    });
    loadScript(attribute('jsapiUrl')).then(
      function () {
        stopWaiting();
        signIn().catch(function (error) {
          fail('client-refused', describe(error), describe(error));
        });
      },
      function (error) {
        stopWaiting();
        fail('script-failed', describe(error));
      }
    );
  }

  /** @returns {Promise<void>} */
  function signIn() {
    if (isPlainBrowser()) {
      show('plain-browser');
      return Promise.resolve();
    }
    show('working');
    const stopWaiting = afterSilence(CLIENT_PATIENCE_MS, function () {
      fail('no-bridge', 'no answer in ' + CLIENT_PATIENCE_MS + ' ms, ' + describeClient());
    });
    const code = requestCode();
    // After the request for the code is on its way, and whatever becomes of it.
    configure();
    return code.then(
      function (code) {
        stopWaiting();
        show('working');
        return exchange(code);
      },
      function (error) {
        stopWaiting();
        fail('client-refused', describe(error) + ', ' + describeClient(), describe(error));
      }
    );
  }

  /**
   * Sends the code. It is good for one try, so nothing here ever repeats the request.
   * @param {string} code
   * @returns {Promise<void>}
   */
  function exchange(code) {
    const stopWaiting = afterSilence(SERVER_PATIENCE_MS, function () {
      fail('server-silent', 'no answer in ' + SERVER_PATIENCE_MS + ' ms');
    });
    const body = form({ code: code, return_to: attribute('returnTo') });
    // `same-origin` is not yet the default in the oldest of these web views.
    return fetch(attribute('userinfoUrl'), { method: 'POST', body: body, credentials: 'same-origin' })
      .then(readAnswer)
      .then(
        function (answer) {
          stopWaiting();
          if ('redirect' in answer) {
            show('done');
            location.replace(answer.redirect);
          } else {
            showRefusal(answer);
          }
        },
        function (error) {
          stopWaiting();
          fail('server-silent', describe(error));
        }
      );
  }

  /**
   * @param {Response} response
   * @returns {Promise<Welcome | Problem>}
   */
  function readAnswer(response) {
    return response.json().then(
      function (answer) {
        // Anything else was said by somebody between the server and us.
        const expected = response.ok ? answer && answer.redirect : answer && answer.title;
        if (typeof expected !== 'string') throw new Error('HTTP ' + response.status + ', not an answer of ours');
        return answer;
      },
      function () {
        throw new Error('HTTP ' + response.status + ', not an answer of ours');
      }
    );
  }

  /* ---- The DingTalk client ---- */

  /**
   * The template preloads the script, so that it is here as early as this file.
   * @param {string} url
   * @returns {Promise<void>}
   */
  function loadScript(url) {
    return new Promise(function (resolve, reject) {
      const script = document.createElement('script');
      script.src = url;
      script.onload = function () {
        if (typeof dd === 'object' && dd) resolve();
        else reject(new Error('the script defines no dd'));
      };
      script.onerror = function () {
        reject(new Error('the script cannot be loaded'));
      };
      document.head.appendChild(script);
    });
  }

  /** @returns {boolean} */
  function isPlainBrowser() {
    // The oldest scripts have no `env`.
    return dd.env ? dd.env.platform === 'notInDingTalk' : !/DingTalk/i.test(navigator.userAgent);
  }

  /**
   * One call at a time: a second one may void the code of the first.
   * @returns {Promise<string>}
   */
  function requestCode() {
    const corp = { corpId: _config.corpId };
    if (_config.type === 1) {
      return call('channel.permission.requestAuthCode', corp);
    }
    const old = 'runtime.permission.requestAuthCode';
    const clientId = attribute('clientId');
    const newer = ['requestAuthCode', 'getAuthCodeV2'].filter(find)[0];
    if (!newer || !clientId || !clientHasV2()) {
      return call(old, corp);
    }
    return call(newer, { corpId: _config.corpId, clientId: clientId }).catch(function (error) {
      if (NO_SUCH_API.indexOf(errorCode(error)) < 0) throw error;
      return call(old, corp);
    });
  }

  /**
   * @param {string} name under `dd`
   * @returns {Function | null}
   */
  function find(name) {
    const found = name.split('.').reduce(function (/** @type {any} */ object, key) {
      return object && object[key];
    }, dd);
    return typeof found === 'function' ? found : null;
  }

  /**
   * Calls an API that answers with a code. Some scripts answer by callback only, newer ones by a Promise too.
   * @param {string} name
   * @param {{corpId: string, clientId?: string}} options
   * @returns {Promise<string>}
   */
  function call(name, options) {
    return new Promise(function (resolve, reject) {
      const api = find(name);
      if (!api) throw new Error('the script has no dd.' + name);
      /** @param {{code?: string, authCode?: string}} result */
      function succeed(result) {
        const code = result && (result.code || result.authCode);
        if (code) resolve(code);
        else reject({ errorMessage: 'dd.' + name + ' succeeded without a code' });
      }
      const callbacks = {
        onSuccess: succeed,
        onFail: reject,
        onCancel: function () {
          reject({ errorCode: '-1' });
        },
      };
      const promise = api(Object.assign(callbacks, options));
      if (promise && promise.then) promise.then(succeed, reject);
    });
  }

  /** @returns {boolean} */
  function clientHasV2() {
    const since = dd.env && V2_SINCE[/** @type {keyof typeof V2_SINCE} */ (dd.env.platform)];
    const version = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec((dd.env && dd.env.version) || '');
    if (!since || !version) return false;
    const found = [Number(version[1]), Number(version[2]), Number(version[3] || 0)];
    for (let i = 0; i < 3; i += 1) {
      if (found[i] !== since[i]) return found[i] > since[i];
    }
    return true;
  }

  /** Signs the page in to the other JSAPIs. What DingTalk says against it goes to the server's log. */
  function configure() {
    try {
      dd.error(function (error) {
        report('dd.error', describe(error));
      });
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
  function describe(error) {
    if (!error || typeof error !== 'object') return String(error);
    const message = error.errorMessage || error.message || error.reason;
    return [errorCode(error), message ? String(message) : ''].filter(Boolean).join(' ') || JSON.stringify(error);
  }

  /** @returns {string} */
  function describeClient() {
    return dd.env ? 'platform ' + dd.env.platform + ', version ' + (dd.env.version || 'unknown') : 'unknown client';
  }

  /* ---- The page ---- */

  /**
   * Shows one message. It changes what a person sees, so the same one is not shown twice.
   * @param {string} name
   */
  function show(name) {
    const shown = part('[data-message="' + name + '"]');
    if (!shown.hidden) return;
    page.querySelectorAll('[data-message]').forEach(function (message) {
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
    const busy = document.activeElement && document.activeElement !== document.body && !page.contains(document.activeElement);
    if (!heading || busy) return;
    heading.tabIndex = -1;
    heading.focus();
  }

  /**
   * Shows a failure and tells the server, whose log is where an administrator looks.
   * @param {string} name the message's, and the report's kind
   * @param {string} message for the log
   * @param {string} [said] the client's words, for the person
   */
  function fail(name, message, said) {
    part('[data-said]').textContent = said || '';
    show(name);
    report(name, message);
  }

  /**
   * The server's own words, and the id under which its log has the cause.
   * @param {Problem} problem
   */
  function showRefusal(problem) {
    part('[data-title]').textContent = problem.title;
    part('[data-detail]').textContent = problem.detail || '';
    part('[data-hint]').textContent = problem.hint || '';
    if (problem.request_id) part('.request-id code').textContent = problem.request_id;
    show('refused');
  }

  /**
   * Does something after a time, unless the function that it returns is called first. While a dialog lies over the
   * page a person is deciding, and that takes as long as it takes.
   * @param {number} ms
   * @param {() => void} act
   * @returns {() => void}
   */
  function afterSilence(ms, act) {
    let timer = setTimeout(lapse, ms);
    function lapse() {
      if (document.querySelector('[role="dialog"]')) timer = setTimeout(lapse, ms);
      else act();
    }
    return function () {
      clearTimeout(timer);
    };
  }

  /**
   * Tells the server's log. A beacon outlives this page, which may be on its way out.
   * @param {string} kind
   * @param {string} message
   */
  function report(kind, message) {
    const shown = part('.request-id code').textContent || '';
    const body = form({ kind: kind, message: message, signed: _config.url, page: shown });
    if (navigator.sendBeacon) navigator.sendBeacon(attribute('reportUrl'), body);
  }

  /**
   * A form with what every request to the server carries.
   * @param {Object<string, string>} fields
   * @returns {URLSearchParams}
   */
  function form(fields) {
    const all = new URLSearchParams();
    all.set('corpid', _config.corpId);
    all.set('agentid', _config.agentId);
    all.set('state', _config.state);
    Object.keys(fields).forEach(function (name) {
      if (fields[name]) all.set(name, fields[name]);
    });
    return all;
  }

  /**
   * @param {string} name a `data-` attribute of the page, in camel case
   * @returns {string}
   */
  function attribute(name) {
    return page.dataset[name] || '';
  }

  /**
   * A part of the page that its template has.
   * @param {string} selector
   * @returns {HTMLElement}
   */
  function part(selector) {
    return /** @type {HTMLElement} */ (page.querySelector(selector));
  }

  start();
})();
