/* On a busy machine everything takes its time: the page waits ten times as long before it gives anybody up. */
(function () {
  const setTimeout = window.setTimeout.bind(window);
  window.setTimeout = function (act, ms, ...rest) {
    return setTimeout(act, ms >= 1000 ? ms * 10 : ms, ...rest);
  };
})();
