/* A desktop client that shows the page in a window of its own: messages that the page posts to itself. */
(function () {
  if (window.top !== window) return;
  const hostOrigin = 'https://fake.dingtalk.com';
  window.name = JSON.stringify({ hostOrigin, containerId: 'pretended-1', hostVersion: '{{version}}', language: 'zh_CN' });
  window.dingtalk = { platform: { invokeAPI() {} } };
  const post = window.postMessage.bind(window);
  window.postMessage = function (message, target) {
    if (target !== hostOrigin) return post(...arguments);
    if (!(message.msgId > 0) || message.containerId !== 'pretended-1' || message.type !== 'request') return;
    window.pretendedClient.ask(message.methodName, message.body, (success, body) => {
      const data = { type: 'response', msgId: message.msgId, success, body };
      window.dispatchEvent(new MessageEvent('message', { data, origin: hostOrigin }));
    });
  };
})();
