/* A client of Android: a function that takes two callbacks. */
window.nuva = {
  isReady: true,
  require() {
    return (succeed, fail, namespace, method, params) => {
      window.pretendedClient.ask(namespace + '.' + method, params, (succeeded, body) => {
        if (succeeded) succeed(body);
        else fail(body);
      });
    };
  },
};
