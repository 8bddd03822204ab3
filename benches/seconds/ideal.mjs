/*
 * The ideal page: the same flow with nothing else in it. A page that asks the iPhone's bridge for a code, posts it, and goes
 * home; and a home page. Each is one small answer, and nginx has it ready.
 */

const page = (title, body, attributes = '') => `<!doctype html>
<html lang="zh-CN"${attributes}><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><link rel="icon" href="data:,">
<style>body{font:16px/1.5 system-ui,sans-serif;margin:2rem;color:#1c2733}button{font:inherit;padding:.5rem 1rem}</style>
</head><body>${body}</body></html>`;

export const SIGN_IN = page('登录', `<h1>正在登录…</h1><script>
var corpId = 'dingsamplecorp00000001', clientId = 'dingsampleclientid01';
WebViewJavascriptBridge.init(function () {});
WebViewJavascriptBridge.callHandler('runtime.permission.requestAuthCodeV2', { corpId, clientId }, function (answer) {
  fetch('/_signin/userinfo', { method: 'POST', body: new URLSearchParams({ code: answer.result.code }) })
    .then(function (response) { return response.json(); })
    .then(function (answer) { location.replace(answer.redirect); });
});
</script>`);

export const HOME = page('张三', '<h1>张三</h1><p>研发部/后端组</p><form method="post" action="/logout"><button>退出</button></form>', ' data-home');
