/*
 * Copies a text by a button: `data-copy` is the selector of the element that holds it, `data-copied` what the button
 * then says. Without this script the button stays hidden, and the text can be copied by hand.
 */
(function () {
  'use strict';

  document.querySelectorAll('[data-copy]').forEach(function (found) {
    const button = /** @type {HTMLButtonElement} */ (found);
    const text = /** @type {HTMLElement} */ (document.querySelector(button.dataset.copy || '[data-link]'));
    button.hidden = false;
    button.addEventListener('click', function () {
      const copying = navigator.clipboard
        ? navigator.clipboard.writeText(text.textContent || '')
        : Promise.reject(new Error('no clipboard'));
      copying.catch(copySelected).then(function () {
        button.textContent = button.dataset.copied || '';
      }, function () {
        // It stays selected, to be copied by hand.
      });
    });

    /** For web views without a clipboard, or without permission to use it. */
    function copySelected() {
      const selection = /** @type {Selection} */ (getSelection());
      selection.selectAllChildren(text);
      if (!document.execCommand('copy')) throw new Error('not copied');
    }
  });
})();
