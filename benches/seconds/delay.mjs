/*
 * A line between the browser and nginx: each byte takes half a round trip, connecting takes a whole one, and a new
 * connection begins slowly, as TCP does (RFC 6928: ten segments, and twice as many after each round trip).
 */

import { createConnection, createServer } from 'node:net';

const SEGMENT = 1460;
const FIRST_WINDOW = 10 * SEGMENT;

/** A line to a port of this machine. */
export async function delayed(target, roundTrip) {
  const open = new Set();
  const server = createServer({ noDelay: true }, (near) => {
    const far = createConnection({ port: target, host: '127.0.0.1', noDelay: true });
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on('close', () => open.delete(socket));
      socket.on('error', () => [near, far].forEach((end) => end.destroy()));
    }
    // The kernel has accepted at once; a distant one would have answered after a round trip.
    pass(near, far, roundTrip / 2, roundTrip);
    pass(far, near, roundTrip / 2, 0);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: server.address().port,
    /** Closes every connection, as time does between two visits. */
    forget() {
      open.forEach((socket) => socket.destroy());
    },
    stop() {
      server.close();
      this.forget();
    },
  };
}

function pass(from, to, latency, handshake) {
  let window = FIRST_WINDOW;
  let unacknowledged = 0;
  const waiting = [];
  const connected = performance.now() + handshake;
  let ended = false;

  function send() {
    while (waiting.length > 0 && window > unacknowledged) {
      const chunk = waiting[0].subarray(0, window - unacknowledged);
      waiting[0] = waiting[0].subarray(chunk.length);
      if (waiting[0].length === 0) waiting.shift();
      unacknowledged += chunk.length;
      const wait = Math.max(0, connected - performance.now()) + latency;
      setTimeout(() => to.destroyed || to.write(chunk), wait);
      setTimeout(() => {
        unacknowledged -= chunk.length;
        window += chunk.length;
        send();
      }, wait + latency);
    }
    if (ended && waiting.length === 0) setTimeout(() => to.destroyed || to.end(), latency);
  }

  from.on('data', (chunk) => {
    waiting.push(chunk);
    send();
  });
  from.on('end', () => {
    ended = true;
    send();
  });
}
