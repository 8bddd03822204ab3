/*
 * A desktop client that shows the page in a window of its own: messages that the page posts to itself. An older one says
 * where it listens, until the page has heard it.
 */
(function () {
  if (window.top !== window) return;
  const hostOrigin = 'https://fake.dingtalk.com';
  window.name = JSON.stringify({ hostOrigin, containerId: 'pretended-1', hostVersion: '{{version}}', language: 'zh_CN' });
  if (!{{announces}}) window.dingtalk = { platform: { invokeAPI() {} } };
  const post = window.postMessage.bind(window);
  window.postMessage = function (message, target) {
    if (target !== hostOrigin) return post(...arguments);
    if (message.type === 'response' && message.msgId === 1 && message.success) clearInterval(announcing);
    if (!(message.msgId > 0) || message.containerId !== 'pretended-1' || message.type !== 'request') return;
    window.pretendedClient.ask(message.methodName, message.body, (success, body) => {
      const data = { type: 'response', msgId: message.msgId, success, body };
      window.dispatchEvent(new MessageEvent('message', { data, origin: hostOrigin }));
    });
  };
  const announcing = setInterval(() => {
    const data = { type: 'request', msgId: 1, methodName: 'SYS_openAPIContainerInit' };
    if ({{announces}}) window.dispatchEvent(new MessageEvent('message', { data, origin: hostOrigin, source: window }));
  }, 20);
})();
