/* The figures as a page: medians, and ratios within each round. */

import { readFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { execFileSync } from 'node:child_process';

const STATES = ['cold', 'cached', 'signed in'];
const IDEAL = 'ideal';
const REDIRECTING = 'ideal, redirecting';
/** What each visit of ours may take of the ideal one. */
const TARGET = 1.25;

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function report(figures, { rounds, quick, roundTrip, bridge }) {
  const names = [...new Set(figures.map((figure) => figure.name))];
  const of = (name, state) => figures.filter((figure) => figure.name === name && figure.state === state).map(({ ms }) => ms);
  const ratio = (name, state, other) => median(of(name, state).map((ms, round) => ms / of(other, state)[round]));
  const row = (name) => {
    const cells = STATES.map((state) => {
      const own = of(name, state);
      const time = `${(median(own) / 1000).toFixed(2)} s (${(Math.min(...own) / 1000).toFixed(2)}–${(Math.max(...own) / 1000).toFixed(2)})`;
      if (name === IDEAL) return time;
      const times = ratio(name, state, IDEAL);
      const judged = name.startsWith('miandeng') ? (times > TARGET ? ', **not met**' : ', met') : '';
      return `${time}, ${times.toFixed(2)}${judged}`;
    });
    return `| ${name} | ${cells.join(' | ')} |`;
  };
  const version = (program, parameters) => execFileSync(program, parameters, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  const memory = Number(/MemTotal:\s+(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))[1]);
  return `# From the tap to the home page

Written on ${new Date().toISOString().slice(0, 10)} by \`benches/seconds/run${quick ? ' --quick' : ''}\`; every figure is from that one run.

${cpus().length} cores, ${cpus()[0].model}, ${Math.round(memory / 1e6)} GB, Linux ${release()}; ${version(process.env.CHROMIUM || 'chromium', ['--version'])}.
A line of ${roundTrip} ms there and back, ${bridge} ms for the client's native side, TLS 1.3 and HTTP/2 by nginx. Rounds: ${rounds}. A time is
the median of the rounds, from the tap to the first paint of the home page, with the least and the most in brackets. The
number after it is how many times as long as the ideal page took in the same round, their median; the target is ${TARGET}.

| | cold | new sign-in, cached | signed in already |
| --- | --- | --- | --- |
${names.map(row).join('\n')}

*The ideal page* (\`benches/seconds/ideal.mjs\`) makes the same sign-in with nothing else in it, answered by nginx alone.
Whoever is signed in gets the home page at once, where miandeng redirects to it, because its routes promise that; *ideal,
redirecting* does the same, and miandeng takes ${ratio('miandeng', 'signed in', REDIRECTING).toFixed(2)} times as long as that. *Opened at \`/home\`* is miandeng without this
redirect, which then comes first where nobody is signed in. *By DingTalk’s script* is \`bootstrap = "official"\`.

Round trips of a cold visit: TCP, TLS, the page, the code's exchange, the home page. Signed in: TCP, TLS, the redirect, the home
page.
`;
}

/** RESULTS.md with this page as a section of it; benches/compare/run, which writes all of RESULTS.md, takes it along. */
export function within(results, page) {
  const section = page.replace(/^#/gm, '##');
  const [heading] = section.split('\n');
  const [start, others] = results.includes(heading + '\n')
    ? [results.indexOf(heading + '\n'), results.slice(results.indexOf(heading) + heading.length)]
    : [results.indexOf('## How it was measured'), ''];
  const next = others ? results.length - others.length + others.indexOf('\n## ') + 1 : start;
  return `${results.slice(0, start)}${section}\n${results.slice(next)}`;
}
