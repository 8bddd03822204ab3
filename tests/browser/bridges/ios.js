/*
 * A client of the iPhone: an object with callbacks. It is there late, and says so by an event. It answers nobody before it
 * is initialised, and must not be initialised twice.
 */
(function () {
  let initialised = false;
  const bridge = {
    init() {
      if (initialised) throw new Error('WebViewJavascriptBridge.init called twice');
      initialised = true;
    },
    registerHandler() {},
    callHandler(method, params, callback) {
      window.pretendedClient.ask(method, params, (succeeded, body) => {
        if (initialised) callback(succeeded ? { errorCode: '0', result: body } : body);
      });
    },
  };
  setTimeout(() => {
    window.WebViewJavascriptBridge = bridge;
    document.dispatchEvent(new Event('WebViewJavascriptBridgeReady'));
  }, 0);
})();
