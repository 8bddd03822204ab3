/* A client of HarmonyOS: one callback, whose argument says which way it went. */
window.DingTalkJSBridge = {
  init() {},
  call(method, params, callback) {
    window.pretendedClient.ask(method, params, (succeeded, body) => callback({ success: succeeded, body }));
  },
};
