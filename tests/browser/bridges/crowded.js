/* The visible buttons that are less than 8 pixels from another one, in pairs. */
(() => {
  const name = (button) => button.textContent.trim();
  const gap = (a, b) => Math.max(a.left - b.right, b.left - a.right, a.top - b.bottom, b.top - a.bottom);
  const visible = (button) => button.getClientRects().length > 0 && getComputedStyle(button).visibility === 'visible';
  const buttons = [...document.querySelectorAll('button, .button')].filter(visible);
  const pairs = buttons.flatMap((a, i) => buttons.slice(i + 1).map((b) => [a, b]));
  const boxes = (pair) => pair.map((button) => button.getBoundingClientRect());
  return pairs.filter((pair) => gap(...boxes(pair)) < 8).map((pair) => pair.map(name).join(' | '));
})();
