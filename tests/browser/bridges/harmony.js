/* A client of HarmonyOS: one callback, whose argument says which way it went. It must not be initialised twice. */
(function () {
  let initialised = false;
  window.DingTalkJSBridge = {
    init() {
      if (initialised) throw new Error('DingTalkJSBridge.init called twice');
      initialised = true;
    },
    call(method, params, callback) {
      window.pretendedClient.ask(method, params, (succeeded, body) => {
        if (initialised) callback({ success: succeeded, body });
      });
    },
  };
})();
