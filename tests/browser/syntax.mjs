// The page's files run as they stand in old web views: rewriting them for those must change nothing.
import { readFileSync, readdirSync } from 'node:fs';
import { transformSync } from 'esbuild';

const root = new URL('../../static/', import.meta.url);
const old = ['chrome69', 'ios12'];
let failed = false;
for (const name of readdirSync(root, { recursive: true })) {
  const [, loader] = /\.(js|css)$/.exec(name) ?? [];
  if (!loader) continue;
  const source = readFileSync(new URL(name, root), 'utf8');
  const rewritten = (target) => transformSync(source, { loader, target }).code.split('\n');
  const asItIs = rewritten('esnext');
  const change = rewritten(old).find((line, i) => line !== asItIs[i]);
  if (change !== undefined) {
    failed = true;
    console.error(`static/${name} has syntax that ${old.join(' or ')} lacks; for them it would read: ${change.trim()}`);
  }
}
process.exit(failed ? 1 : 0);
