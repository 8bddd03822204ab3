/* DingTalk's QR code on the page of an ordinary browser, for a computer; the button does the same without it. */

/** How long the frame may take before the page points at the button. */
const FRAME_PATIENCE_MS = 8000;

/** The frame names the way back in a message, which DingTalk's own `ddlogin.js` hears in the same way. */
export function showQrCode() {
  const box = /** @type {HTMLElement | null} */ (document.querySelector('[data-qr]'));
  if (!box) return;
  const address = new URL(box.dataset.qr || '');
  const callback = address.searchParams.get('redirect_uri');
  const frame = document.createElement('iframe');
  const timer = setTimeout(fail, FRAME_PATIENCE_MS);

  function fail() {
    const says = box && box.querySelector('p');
    if (box && says) says.textContent = box.dataset.qrFailed || '';
    frame.remove();
  }

  window.addEventListener('message', (event) => {
    // Any page may send a message: this one must be DingTalk's own, and lead to where it was told to.
    if (event.origin !== address.origin || event.source !== frame.contentWindow) return;
    const { redirectUrl, errorMsg } = Object(event.data);
    if (typeof redirectUrl === 'string' && redirectUrl.split('?')[0] === callback) location.href = redirectUrl;
    else if (errorMsg) fail();
  });
  frame.addEventListener('load', () => clearTimeout(timer));
  frame.title = box.dataset.qrTitle || '';
  frame.src = address.href;
  box.appendChild(frame);
}
