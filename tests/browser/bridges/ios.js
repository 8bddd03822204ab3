/* A client of the iPhone: an object with callbacks. It is there late, and says so by an event. */
(function () {
  const bridge = {
    init() {},
    registerHandler() {},
    callHandler(method, params, callback) {
      window.pretendedClient.ask(method, params, (succeeded, body) => {
        callback(succeeded ? { errorCode: '0', result: body } : body);
      });
    },
  };
  setTimeout(() => {
    window.WebViewJavascriptBridge = bridge;
    document.dispatchEvent(new Event('WebViewJavascriptBridgeReady'));
  }, 0);
})();
