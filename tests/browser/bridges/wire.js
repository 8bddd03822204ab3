/* The wire between a pretended client's bridge and the story: asks through the binding, and is answered by a call. */
(function () {
  const waiting = {};
  let last = 0;
  window.pretendedClient = {
    ask(method, params, answer) {
      last += 1;
      waiting[last] = answer;
      window.askPretendedClient(JSON.stringify({ id: last, method, params, page: location.href }));
    },
    answer(id, succeeded, body) {
      const answer = waiting[id];
      delete waiting[id];
      answer(succeeded, body);
    },
  };
})();
