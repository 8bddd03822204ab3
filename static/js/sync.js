/*
 * A sync that is under way: shows how far it has come. Without this script, the page's own link does.
 */
(function () {
  'use strict';

  const PAUSE_MS = 900;
  const PROGRESS = '[data-progress]';

  function lookLater() {
    setTimeout(look, PAUSE_MS);
  }

  function look() {
    const request = new XMLHttpRequest();
    request.open('GET', location.pathname);
    request.responseType = 'document';
    request.onerror = lookLater;
    request.onload = function () {
      const shown = document.querySelector(PROGRESS);
      const now = request.responseXML && request.responseXML.querySelector(PROGRESS);
      if (request.status >= 500) {
        lookLater();
      } else if (now && shown) {
        if (shown.textContent !== now.textContent) shown.textContent = now.textContent;
        lookLater();
      } else {
        // It has ended, or nobody is signed in any more.
        location.replace(location.pathname);
      }
    };
    request.send();
  }

  lookLater();
})();
