/* Tells the page that frames DingTalk's QR code where to go. */
const back = document.querySelector('[data-back]');
parent.postMessage({ success: true, redirectUrl: back.dataset.back }, '*');
