/* Counts seconds down, and keeps the way on shut until they are over. */

/**
 * @param {HTMLElement} says holds the number in a span, and what to say afterwards in `data-over`
 * @param {HTMLElement | null} way a button, or a link that looks like one
 * @param {number} seconds
 */
export function countDown(says, way, seconds) {
  const end = Date.now() + seconds * 1000;
  const address = (way && way.getAttribute('href')) || '';
  const number = /** @type {HTMLElement} */ (says.querySelector('span'));
  if (way) {
    shut(way, true);
    way.removeAttribute('href');
  }
  tick();

  function tick() {
    // Counted by the clock: a page in the background, or a phone asleep, misses ticks.
    const left = Math.ceil((end - Date.now()) / 1000);
    if (left > 0) {
      number.textContent = String(left);
      setTimeout(tick, 250);
      return;
    }
    // Only this is read out, not each second.
    says.setAttribute('aria-live', 'polite');
    says.textContent = says.dataset.over || '';
    if (way) shut(way, false);
    if (way instanceof HTMLAnchorElement) way.href = address;
  }
}

/**
 * @param {HTMLElement} way
 * @param {boolean} isShut
 */
function shut(way, isShut) {
  if (way instanceof HTMLButtonElement) way.disabled = isShut;
  else if (isShut) way.setAttribute('aria-disabled', 'true');
  else way.removeAttribute('aria-disabled');
}
