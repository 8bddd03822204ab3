/* Every pause of a second or more takes a moment, and is noted. */
(function () {
  const patient = window.setTimeout.bind(window);
  window.pauses = [];
  window.setTimeout = function (act, ms, ...rest) {
    if (!(ms >= 1000)) return patient(act, ms, ...rest);
    window.pauses.push(ms);
    return patient(act, ms / 40, ...rest);
  };
})();
