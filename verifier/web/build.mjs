// Puts the page together: one file, with style and script inside. `--check` says whether the committed page is the one that these
// sources make, and changes nothing.

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const root = fileURLToPath(new URL('.', import.meta.url));
const page = `${root}verify.html`;

// Nothing is made shorter or renamed, so that an auditor can read the page itself.
const bundled = await build({
  absWorkingDir: root,
  entryPoints: ['src/page/page.js'],
  bundle: true,
  write: false,
  format: 'iife',
  target: 'es2022',
  charset: 'utf8',
  legalComments: 'inline',
});
const script = `\n${bundled.outputFiles[0].text}`;
const style = `\n${read('src/page/page.css')}`;
if (script.includes('</script') || script.includes('<!--') || style.includes('</style')) {
  throw new Error('the script or the style would end too early in the page');
}

// Only this script and this style run; there is no address from which anything is loaded, or to which anything is sent. A worker
// may be made of text that the page itself has, and is under the same policy.
const policy = [
  "default-src 'none'",
  `script-src '${hashOf(script)}'`,
  `style-src '${hashOf(style)}'`,
  'worker-src blob:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');
const parts = { policy, style, script };
const built = read('src/page/page.html').replaceAll(/\{\{(\w+)\}\}/g, (_, name) => parts[name]);

if (!process.argv.includes('--check')) {
  writeFileSync(page, built);
} else if (readFileSync(page, 'utf8') !== built) {
  console.error('verify.html is not the page that these sources make: run node build.mjs');
  process.exitCode = 1;
} else {
  console.log(`verify.html is the page that these sources make: SHA-256 ${createHash('sha256').update(built).digest('hex')}`);
}

function read(name) {
  return readFileSync(root + name, 'utf8');
}

function hashOf(text) {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
