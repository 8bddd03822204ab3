/*
 * "Open in browser": copies the link. Without this script the link can be opened, or copied by hand.
 */
(function () {
  'use strict';

  const link = /** @type {HTMLElement} */ (document.querySelector('[data-link]'));
  const button = /** @type {HTMLButtonElement} */ (document.querySelector('[data-copy]'));

  button.hidden = false;
  button.addEventListener('click', function () {
    const text = link.textContent || '';
    const copying = navigator.clipboard ? navigator.clipboard.writeText(text) : Promise.reject(new Error('no clipboard'));
    copying.catch(copySelected).then(function () {
      button.textContent = button.dataset.copied || '';
    }, function () {
      // It stays selected, to be copied by hand.
    });
  });

  /** For web views without a clipboard, or without permission to use it. */
  function copySelected() {
    const selection = /** @type {Selection} */ (getSelection());
    selection.selectAllChildren(link);
    if (!document.execCommand('copy')) throw new Error('not copied');
  }
})();
