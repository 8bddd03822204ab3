/*
 * For pages of your own: has dd.config done for the page's current address, also where a single-page app has navigated
 * by then. DingTalk's script takes dd.config once for each document, so navigation is followed until that call. Include
 * it after DingTalk's script:
 *
 *   <script src="https://app.example.com/static/js/jsapi.js" data-js-api-list="device.geolocation.get"></script>
 *
 * data-js-api-list: what the page wants to call, separated by spaces or commas; without it, what the server lists.
 * data-corpid, data-agentid: which app, where the server has several.
 *
 * Then use dd.ready and dd.error as DingTalk documents them. `miandengJsapi.ready` is a Promise of the same: it
 * resolves when dd.config has succeeded and rejects with the reason, which otherwise nobody hears. Runs as it stands in
 * web views as old as Chrome 69 and iOS 12.
 */
(function () {
  'use strict';

  const tag = /** @type {HTMLScriptElement} */ (document.currentScript);
  const endpoint = new URL('../../jsapi/config', tag.src);

  /**
   * The address at which the document was opened. Android's container goes on signing it however the page navigates
   * inside itself; iOS and the desktop sign the current one.
   */
  const entry = withoutFragment(firstAddress());
  /** The address of the last signature that was asked for. */
  let asked = '';
  /** Whether dd.config was called: a second call would be ignored. */
  let done = false;

  /** @type {(value?: any) => void} */
  let succeed;
  /** @type {(reason: any) => void} */
  let fail;
  const ready = new Promise(function (resolve, reject) {
    succeed = resolve;
    fail = reject;
  });
  // Nobody need listen: an unheard rejection is no error of the page's.
  ready.catch(function () {});

  /** @returns {string} */
  function firstAddress() {
    const opened = window.performance && performance.getEntriesByType && performance.getEntriesByType('navigation')[0];
    return (opened && opened.name) || location.href;
  }

  /**
   * @param {string} address
   * @returns {string}
   */
  function withoutFragment(address) {
    return address.split('#')[0];
  }

  /** @returns {string} */
  function addressToSign() {
    return /Android/i.test(navigator.userAgent) ? entry : withoutFragment(location.href);
  }

  /** Has the address signed that the container will sign, unless that was done. */
  function configure() {
    const address = addressToSign();
    if (done || address === asked) return;
    asked = address;
    sign(address).then(
      function (signed) {
        // The page may have navigated while the signature was on its way; that navigation has asked for another.
        if (!done && address === addressToSign()) apply(signed);
      },
      function (error) {
        // The next navigation may ask again.
        asked = '';
        fail(error);
      }
    );
  }

  /**
   * @param {string} address
   * @returns {Promise<PageConfig>}
   */
  function sign(address) {
    endpoint.search = '';
    endpoint.searchParams.set('url', address);
    ['corpid', 'agentid'].forEach(function (name) {
      const value = tag.dataset[name];
      if (value) endpoint.searchParams.set(name, value);
    });
    return fetch(endpoint.href, { credentials: 'include' }).then(function (response) {
      return response.json().then(function (answer) {
        if (response.ok) return answer;
        throw new Error([answer.title, answer.hint, answer.request_id].filter(Boolean).join(' · '));
      });
    });
  }

  /** @param {PageConfig} signed */
  function apply(signed) {
    done = true;
    dd.error(fail);
    dd.ready(succeed);
    dd.config({
      agentId: signed.agentId,
      corpId: signed.corpId,
      timeStamp: signed.timeStamp,
      nonceStr: signed.nonceStr,
      signature: signed.signature,
      type: signed.type,
      jsApiList: wanted() || signed.jsApiList,
    });
  }

  /** @returns {string[] | null} */
  function wanted() {
    const list = (tag.dataset.jsApiList || '').split(/[\s,]+/).filter(Boolean);
    return list.length ? list : null;
  }

  /**
   * The two ways by which a single-page app navigates without the browser saying so.
   * @param {'pushState' | 'replaceState'} name
   */
  function watch(name) {
    const original = history[name];
    history[name] = function () {
      const result = original.apply(history, /** @type {any} */ (arguments));
      configure();
      return result;
    };
  }

  watch('pushState');
  watch('replaceState');
  window.addEventListener('popstate', configure);
  /** @type {any} */ (window).miandengJsapi = { ready: ready };
  configure();
})();
