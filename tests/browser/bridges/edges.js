/* The visible buttons whose edge cannot be told from what lies behind them: less than 3 to 1, by WCAG 2's formula. */
(() => {
  const luminance = (colour) => {
    const [r, g, b] = colour.match(/[\d.]+/g).map(Number);
    const [x, y, z] = [r, g, b].map((c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  // Where colours are forced, nothing has a background but the page.
  const canvas = luminance(getComputedStyle(document.documentElement).backgroundColor);
  const visible = (button) => button.getClientRects().length > 0 && getComputedStyle(button).visibility === 'visible';
  const weak = [...document.querySelectorAll('button, .button')].filter(visible).filter((button) => {
    const { borderTopStyle, borderTopColor, borderTopWidth } = getComputedStyle(button);
    const edge = luminance(borderTopColor);
    const contrast = (Math.max(edge, canvas) + 0.05) / (Math.min(edge, canvas) + 0.05);
    return borderTopStyle !== 'solid' || parseFloat(borderTopWidth) < 1 || contrast < 3;
  });
  return weak.map((button) => button.textContent.trim());
})();
